"""What voyage needs of its suppliers, in our words: flights, and what is known of places."""

from collections.abc import Mapping
from typing import Protocol

from services.voyage.domain import Order, Quote, Search, Traveller
from services.voyage.places import (
    Airline,
    AirlineQuery,
    Around,
    CheckinLink,
    CheckinQuery,
    Location,
    PlaceQuery,
    Routes,
)


class OrderInDoubtError(Exception):
    """An order was sent and its outcome is unknown: look it up, never send it again blindly."""


class FlightSupplier(Protocol):
    """Somebody who sells flights.

    Every method may raise Unavailable when the supplier does not answer, which for `order` means
    that nothing was ordered for certain.
    """

    async def search(self, wanted: Search) -> list[Quote]:
        """Offers, cheapest first; none when there are none.

        InvalidArgument with INVALID_LOCATION, INVALID_DATE or SEARCH_REFUSED.
        """
        ...

    async def price(self, document: str) -> Quote:
        """An offer as it is sold now. FailedPrecondition with SOLD_OUT or OFFER_EXPIRED."""
        ...

    async def order(
        self, reference: str, document: str, travellers: Mapping[str, Traveller]
    ) -> Order:
        """Order an offer for the travellers by seat; may be sent once, within 15 seconds.

        OrderInDoubtError when the outcome is unknown. FailedPrecondition with SOLD_OUT,
        PRICE_CHANGED, OFFER_EXPIRED or SUPPLIER_REFUSED when nothing was ordered and never will.
        """
        ...

    async def find_orders(self, reference: str) -> list[Order]:
        """The live orders with our reference, oldest first."""
        ...

    async def cancel(self, supplier_order_id: str) -> None:
        """Cancel an order; done already is done."""
        ...


class ReferenceData(Protocol):
    """Somebody who knows cities, airports and airlines.

    Nothing found, or a code that nobody has, is an empty list. Every method may raise Unavailable
    when the supplier does not answer, InvalidArgument QUERY_REFUSED when it takes no such query.
    """

    async def locations(self, wanted: PlaceQuery) -> list[Location]:
        """Cities and airports by keyword, most popular first."""
        ...

    async def nearest_airports(self, wanted: Around) -> list[Location]:
        """Airports around a point, most relevant first."""
        ...

    async def airport_routes(self, wanted: Routes) -> list[Location]:
        """Cities that the airport `wanted.code` has direct flights to."""
        ...

    async def airline_routes(self, wanted: Routes) -> list[Location]:
        """Cities that the airline `wanted.code` flies to."""
        ...

    async def airlines(self, wanted: AirlineQuery) -> list[Airline]:
        """Airlines by their codes; all that are known when none is given."""
        ...

    async def checkin_links(self, wanted: CheckinQuery) -> list[CheckinLink]:
        """Where the passengers of an airline check in."""
        ...
