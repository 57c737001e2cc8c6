"""What voyage needs of a flight supplier, in our words."""

from collections.abc import Mapping
from typing import Protocol

from services.voyage.domain import Order, Quote, Search, Traveller


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

    async def close(self) -> None:
        """Let go of the threads."""
        ...
