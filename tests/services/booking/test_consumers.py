"""What booking makes of the news that money has been set aside."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from dreamscape.payment.v1 import payment_pb2
from mesh.clock import ManualClock
from mesh.money import Money
from services.booking.consumers import Payments
from services.booking.domain import Booking, State
from services.booking.store import Store
from tests.services.booking.builders import HOLD, a_booking, authorized, kept, read, scalar

OVER = [State.CANCELLED, State.EXPIRED, State.FAILED]
UNDER_WAY = sorted(set(State) - {State.AWAITING_PAYMENT, *OVER})


@pytest.fixture
def payments(store: Store, clock: ManualClock) -> Payments:
    return Payments(store, clock)


async def due(store: Store, booking: Booking) -> datetime | None:
    async with store.transaction() as session:
        statement = "SELECT next_run FROM booking WHERE booking_id = :id"
        when: datetime | None = await scalar(session, statement, id=booking.booking_id)
    return when


async def test_a_paid_booking_is_ordered_next(store: Store, payments: Payments) -> None:
    booking = await kept(store)
    await payments.handle(authorized(booking))
    assert (await read(store, booking)).state is State.ORDERING


async def test_the_same_event_counts_once_however_often_it_comes(
    store: Store, payments: Payments
) -> None:
    over = await kept(store, State.CANCELLED)
    event = authorized(over)
    await asyncio.gather(*(payments.handle(event) for _ in range(10)))
    assert (await read(store, over)).fencing_token == over.fencing_token + 1
    async with store.transaction() as session:
        assert await scalar(session, "SELECT count(*) FROM inbox") == 1


@pytest.mark.parametrize("amount", [Money(98_764, "EUR"), Money(98_765, "USD")])
async def test_another_amount_pays_for_nothing(
    store: Store, payments: Payments, amount: Money
) -> None:
    booking = await kept(store)
    await payments.handle(authorized(booking, amount=amount))
    assert await read(store, booking) == booking


async def test_money_that_comes_too_late_orders_nothing_and_is_looked_after_at_once(
    store: Store, payments: Payments, clock: ManualClock
) -> None:
    booking = await kept(store)
    clock.advance(HOLD)
    await payments.handle(authorized(booking))
    assert (await read(store, booking)).state is State.AWAITING_PAYMENT
    assert await due(store, booking) == clock.now()


@pytest.mark.parametrize("state", OVER)
async def test_money_for_a_booking_that_is_over_wakes_the_saga_to_give_it_back(
    store: Store, payments: Payments, clock: ManualClock, state: State
) -> None:
    booking = await kept(store, state)
    assert await due(store, booking) is None
    await payments.handle(authorized(booking))
    assert (await read(store, booking)).state is state
    assert await due(store, booking) == clock.now()


@pytest.mark.parametrize("state", UNDER_WAY)
async def test_money_for_a_booking_under_way_changes_nothing(
    store: Store, payments: Payments, state: State
) -> None:
    booking = await kept(store, state)
    await payments.handle(authorized(booking))
    assert await read(store, booking) == booking


async def test_money_for_no_booking_of_ours_is_taken_note_of(
    store: Store, payments: Payments
) -> None:
    await payments.handle(authorized(a_booking()))
    async with store.transaction() as session:
        assert await scalar(session, "SELECT count(*) FROM inbox") == 1


async def test_news_that_does_not_concern_booking_is_passed_over(
    store: Store, payments: Payments
) -> None:
    booking = await kept(store)
    returned = payment_pb2.PaymentReturned.DESCRIPTOR.full_name
    await payments.handle(replace(authorized(booking), type=returned))
    assert await read(store, booking) == booking
    async with store.transaction() as session:
        assert await scalar(session, "SELECT count(*) FROM inbox") == 0
