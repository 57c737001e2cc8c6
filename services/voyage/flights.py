"""Flights at Amadeus: searched, priced, ordered. What is said and read lives in offers.py."""

import logging
from collections.abc import Mapping

from mesh.faults import FailedPrecondition, Fault, InvalidArgument, Violation
from services.voyage.amadeus import (
    READ_SECONDS,
    Amadeus,
    NotSentError,
    RefusedError,
    UnansweredError,
    unavailable,
)
from services.voyage.domain import Order, Quote, Search, Traveller
from services.voyage.offers import order_body, order_of, quotes, remarks, search_parameters
from services.voyage.ports import OrderInDoubtError

_OFFERS = "/v2/shopping/flight-offers"
_PRICING = "/v1/shopping/flight-offers/pricing"
_ORDERS = "/v1/booking/flight-orders"
_FIND_SECONDS = 4.0
_ORDER_SECONDS = 15.0
_REASONS = {34651: "SOLD_OUT", 37200: "PRICE_CHANGED", 34107: "OFFER_EXPIRED"}
_SEARCH_FIELDS = {
    "originLocationCode": ("INVALID_LOCATION", "originLocationCode"),
    "destinationLocationCode": ("INVALID_LOCATION", "destinationLocationCode"),
    "departureDate": ("INVALID_DATE", "departureDate"),
    "returnDate": ("INVALID_DATE", "returnDate"),
    "currencyCode": ("INVALID_CURRENCY", "currencyCode"),
}

_log = logging.getLogger("voyage.amadeus")


class AmadeusFlights:
    """A FlightSupplier."""

    def __init__(self, amadeus: Amadeus, *, order_seconds: float = _ORDER_SECONDS) -> None:
        self._amadeus = amadeus
        self._order_seconds = order_seconds

    async def search(self, wanted: Search) -> list[Quote]:
        """See FlightSupplier."""
        parameters = search_parameters(wanted)
        try:
            answer = await self._amadeus.read(lambda sdk: sdk.get(_OFFERS, **parameters))
        except RefusedError as refusal:
            if refusal.status == 404:
                return []
            raise _search_refused(refusal) from refusal
        return quotes(answer.result, answer.text, ("data",))

    async def price(self, document: str) -> Quote:
        """See FlightSupplier."""
        body = f'{{"data":{{"type":"flight-offers-pricing","flightOffers":[{document}]}}}}'
        try:
            answer = await self._amadeus.read(lambda sdk: sdk.post(_PRICING, body))
        except RefusedError as refusal:
            raise _refused(refusal) from refusal
        found = quotes(answer.result, answer.text, ("data", "flightOffers"))
        if len(found) != 1:
            raise unavailable()
        return found[0]

    async def order(
        self, reference: str, document: str, travellers: Mapping[str, Traveller]
    ) -> Order:
        """See FlightSupplier."""
        body = order_body(reference, document, travellers)
        try:
            answer = await self._amadeus.send(
                lambda sdk: sdk.post(_ORDERS, body), self._order_seconds
            )
            return order_of(answer.data)
        except NotSentError as error:
            raise unavailable() from error
        except RefusedError as refusal:
            raise _refused(refusal) from refusal
        except (UnansweredError, LookupError, TypeError, ValueError) as error:
            raise OrderInDoubtError(repr(error)) from error

    async def find_orders(self, reference: str) -> list[Order]:
        """See FlightSupplier. The query by reference is the sandbox's extension."""
        try:
            answer = await self._amadeus.read(
                lambda sdk: sdk.get(_ORDERS, reference=reference), _FIND_SECONDS
            )
            return [order_of(data) for data in answer.data if reference in remarks(data)]
        except (RefusedError, LookupError, TypeError, ValueError) as error:
            _log.error("orders cannot be looked up by reference: %r", error)
            raise unavailable() from error

    async def cancel(self, supplier_order_id: str) -> None:
        """See FlightSupplier."""
        path = f"{_ORDERS}/{supplier_order_id}"
        try:
            await self._amadeus.send(lambda sdk: sdk.delete(path), READ_SECONDS)
        except RefusedError as refusal:
            if refusal.status != 404:
                raise _refused(refusal) from refusal
        except (NotSentError, UnansweredError) as error:
            raise unavailable() from error


def _refused(refusal: RefusedError) -> Fault:
    """Why an offer cannot be priced or ordered."""
    reason = _REASONS.get(refusal.code, "SUPPLIER_REFUSED")
    if refusal.code == 4926:
        # Said both of a fare that nobody sells any more and of a flight that was moved.
        reason = "SOLD_OUT" if "fare" in refusal.detail.lower() else "OFFER_EXPIRED"
    return FailedPrecondition(
        reason,
        f"the supplier refuses: {refusal.detail}",
        metadata={"supplier_code": str(refusal.code)},
    )


def _search_refused(refusal: RefusedError) -> Fault:
    parameter = refusal.parameter
    reason, field = _SEARCH_FIELDS.get(parameter, ("SEARCH_REFUSED", parameter))
    detail = refusal.detail or "the supplier refuses the search"
    return InvalidArgument(
        reason,
        detail,
        metadata={"supplier_code": str(refusal.code)},
        violations=(Violation(field, detail),) if field else (),
    )
