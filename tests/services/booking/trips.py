"""A traveller who books, pays and looks, in the whole house; and the witnesses outside it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import httpx

from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.voyage.v1 import voyage_pb2
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.clock import SystemClock
from services.booking.domain import State
from services.booking.saga import Neighbours
from services.booking.store import as_travellers
from tests.services.booking.builders import ADA
from tests.services.conftest import House, Traveller, eventually

_FIRST_DAY = 60


class Days:
    """Days of departure, each given out once: what a test sells out is no other test's flight."""

    def __init__(self) -> None:
        self._given = 0

    def one(self) -> str:
        """The next day, `YYYY-MM-DD`."""
        self._given += 1
        day = SystemClock().now() + timedelta(days=_FIRST_DAY + self._given)
        return day.date().isoformat()


_days = Days()


@dataclass(frozen=True)
class Trips:
    """One traveller with their clients."""

    house: House
    user_id: str
    bookings: BookingClient
    payments: PaymentClient
    voyages: VoyageClient

    @classmethod
    async def of_somebody_new(cls, house: House) -> "Trips":
        """A traveller who has just registered."""
        return cls.of(house, await house.a_traveller())

    @classmethod
    def of(cls, house: House, traveller: Traveller) -> "Trips":
        """A traveller who is known already."""
        return cls(
            house,
            traveller.user_id,
            house.client(BookingClient, token=traveller.token),
            house.client(PaymentClient, token=traveller.token),
            house.client(VoyageClient, token=traveller.token),
        )

    async def an_offer(self) -> voyage_pb2.FlightOffer:
        """The cheapest flight on a day of its own."""
        answer = await self.voyages.search_flights(
            voyage_pb2.SearchFlightsRequest(
                origin_location_code="CDG",
                destination_location_code="JFK",
                departure_date=_days.one(),
                adults=1,
            )
        )
        return answer.offers[0]

    async def book(self, offer_id: str, *, key: str = "", many: int = 1) -> booking_pb2.Booking:
        """Book an offer for Ada, and for her again if there are to be more."""
        travellers = as_travellers([ADA] * many)
        request = booking_pb2.CreateBookingRequest(
            items=[booking_pb2.NewBookingItem(flight_offer_id=offer_id)], travellers=travellers
        )
        key = key or self.house.process.ids.new()
        return (await self.bookings.create_booking(request, idempotency_key=key)).booking

    async def a_booking(self) -> booking_pb2.Booking:
        """A booking that waits for its payment."""
        return await self.book((await self.an_offer()).offer_id)

    async def pay(self, booking: booking_pb2.Booking, card: str = "pm_card_visa") -> None:
        """Pay with a test card."""
        request = payment_pb2.CreatePaymentIntentRequest(
            booking_id=booking.booking_id, payment_method=card
        )
        key = self.house.process.ids.new()
        await self.payments.create_payment_intent(request, idempotency_key=key)

    async def a_confirmed_booking(self) -> booking_pb2.Booking:
        """A booking that is ordered and paid."""
        booking = await self.a_booking()
        await self.pay(booking)
        return await self.reaches(booking, State.CONFIRMED)

    async def look(self, booking: booking_pb2.Booking) -> booking_pb2.Booking:
        """The booking as it is."""
        request = booking_pb2.GetBookingRequest(booking_id=booking.booking_id)
        return (await self.bookings.get_booking(request)).booking

    async def cancel(self, booking: booking_pb2.Booking) -> booking_pb2.Booking:
        """Cancel it."""
        request = booking_pb2.CancelBookingRequest(booking_id=booking.booking_id)
        return (await self.bookings.cancel_booking(request)).booking

    async def reaches(
        self, booking: booking_pb2.Booking, *states: State, within: float = 20.0
    ) -> booking_pb2.Booking:
        """The booking once it is in one of the states."""
        wanted = {state_number(state) for state in states}

        async def look() -> booking_pb2.Booking | None:
            now = await self.look(booking)
            return now if now.state in wanted else None

        found: booking_pb2.Booking = await eventually(look, within=within)
        return found

    @property
    def neighbours(self) -> Neighbours:
        """What the saga itself calls, with the real services behind it."""
        return Neighbours(
            self.house.client(VoyageClient, service="booking"),
            self.house.client(PaymentClient, service="booking"),
            self.house.process.clock,
        )

    async def let_time_pass(self, booking: booking_pb2.Booking) -> None:
        """Age a booking by an hour, which is past its time, as if it had been made then."""
        connection = await asyncpg.connect(self.house.running.addresses.database_url)
        try:
            await connection.execute(
                "UPDATE booking.booking SET create_time = create_time - interval '1 hour', "
                "expire_time = expire_time - interval '1 hour', next_run = now() "
                "WHERE booking_id = $1",
                booking.booking_id,
            )
        finally:
            await connection.close()

    async def forget_faults(self) -> None:
        """Forget the faults of the airline that no call has met."""
        async with httpx.AsyncClient(base_url=self.house.running.addresses.amadeus_url) as client:
            (await client.delete("/_sandbox/faults")).raise_for_status()

    async def charged(self, booking: booking_pb2.Booking) -> dict[str, int]:
        """What Stripe's own books say of a booking."""
        books = await self.house.witness("stripe/_sandbox/charges")
        nothing = dict.fromkeys(("authorized", "captures", "amount_captured", "amount_refunded"), 0)
        found: dict[str, int] = books["byBooking"].get(booking.booking_id, nothing)
        return found

    async def orders(self, booking: booking_pb2.Booking) -> list[dict[str, Any]]:
        """What the airline's own books say of a booking."""
        books = await self.house.witness("amadeus/_sandbox/orders")
        reference = booking.items[0].item_id
        return [order for order in books["orders"] if reference in order["references"]]


def state_number(state: State) -> int:
    """A state as the contract numbers it."""
    return int(booking_pb2.BookingState.Value(f"BOOKING_STATE_{state}"))
