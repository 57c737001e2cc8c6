"""Bookings as tests need them, and a way to bring one to any state by legal moves only."""

from collections import deque
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.payment.v1 import payment_pb2
from mesh.bus import Event
from mesh.clock import SystemIds
from mesh.money import Money
from mesh.outbox import topic_of
from services.booking.domain import EDGES, FIRST, Booking, Item, Move, State, Traveller
from services.booking.store import Store

NOW = datetime.fromisoformat("2026-11-23T12:00:00Z")
HOLD = timedelta(minutes=15)
LEASE = timedelta(seconds=10)
TOTAL = Money(98_765, "EUR")
ADA = Traveller("Ada", "Lovelace", "1985-12-10", "FEMALE", "ada@example.com", "+33612345678")

_ids = SystemIds()


def a_booking(now: datetime = NOW, **facts: Any) -> Booking:
    """A booking of one flight for Ada, made at `now`, that waits for its payment."""
    item = Item(_ids.new(), _ids.new(), TOTAL)
    values: dict[str, Any] = {
        "booking_id": _ids.new(),
        "user_id": "ada",
        "total": TOTAL,
        "items": (item,),
        "travellers": (ADA,),
        "create_time": now,
        "update_time": now,
        "expire_time": now + HOLD,
    }
    return Booking(**(values | facts))


def path_to(state: State) -> list[State]:
    """The shortest legal way from the first state, which it leaves out."""
    ways: deque[list[State]] = deque([[FIRST]])
    while ways:
        way = ways.popleft()
        if way[-1] is state:
            return way[1:]
        ways.extend([*way, onward] for onward in sorted(EDGES[way[-1]]) if onward not in way)
    raise AssertionError(f"no way leads to {state}")


async def kept(store: Store, state: State = FIRST, **facts: Any) -> Booking:
    """A booking in the database, brought to `state`."""
    booking = a_booking(**facts)
    async with store.transaction() as session:
        await store.add(session, booking)
        for onward in path_to(state):
            booking = await store.interrupt(session, booking, Move(onward))
    return booking


async def read(store: Store, booking: Booking) -> Booking:
    """The booking as it is in the database now."""
    return await store.find(booking.booking_id, booking.user_id)


async def scalar(session: AsyncSession, statement: str, **values: Any) -> Any:
    """The one value of a query."""
    return (await session.execute(text(statement), values)).scalar()


def authorized(booking: Booking, *, amount: Money = TOTAL) -> Event:
    """The event that the money of a booking has been set aside."""
    payment = payment_pb2.Payment(
        payment_id=_ids.new(),
        booking_id=booking.booking_id,
        user_id=booking.user_id,
        status=payment_pb2.PAYMENT_STATUS_AUTHORIZED,
        amount=amount.to_wire(),
    )
    event = payment_pb2.PaymentAuthorized(payment=payment)
    return Event(
        event_id=_ids.new(),
        topic=topic_of(event),
        key=booking.booking_id,
        type=event.DESCRIPTOR.full_name,
        source="/payment",
        time=NOW,
        payload=event.SerializeToString(),
    )
