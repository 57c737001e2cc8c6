"""Whole stories: the real neighbours, real Kafka, real PostgreSQL, and the vendors' own books."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.booking.v1 import booking_pb2
from mesh.database import Database
from mesh.faults import FailedPrecondition
from mesh.outbox import Outbox
from services.booking.domain import Booking, Move, State
from services.booking.saga import Done, Refused, Wait
from services.booking.store import SCHEMA, Store
from tests.services.booking.trips import Trips, state_number
from tests.services.conftest import House, eventually

NOTHING = {"authorized": 0, "captures": 0, "amount_captured": 0, "amount_refunded": 0}


@pytest.fixture
async def ada(house: House) -> Trips:
    return await Trips.of_somebody_new(house)


@pytest.fixture
async def stored(house: House) -> AsyncIterator[Store]:
    """The store of the house itself, to hold a booking still."""
    database = Database(house.running.addresses.database_url, SCHEMA, pool_size=2)
    yield Store(Outbox(database, house.process.clock, house.process.ids))
    await database.close()


async def given_back(ada: Trips, booking: booking_pb2.Booking) -> None:
    """Wait until no money of a booking is set aside or kept."""

    async def nothing_left() -> bool:
        books = await ada.charged(booking)
        kept = books["amount_captured"] - books["amount_refunded"]
        return books["authorized"] == 0 and kept == 0

    await eventually(nothing_left)


async def test_a_paid_booking_is_ordered_captured_and_confirmed(ada: Trips) -> None:
    booking = await ada.a_confirmed_booking()
    (order,) = await ada.orders(booking)
    assert booking.items[0].record_locator == order["pnr"]
    books = await ada.charged(booking)
    cents = booking.total.units * 100 + booking.total.nanos // 10_000_000
    assert (books["captures"], books["amount_captured"]) == (1, cents)
    assert booking.version == 4


async def test_what_sells_out_before_the_order_costs_nothing(ada: Trips) -> None:
    booking = await ada.a_booking()
    await ada.house.fault("amadeus", "order.create", "sold-out")
    await ada.pay(booking)
    failed = await ada.reaches(booking, State.FAILED)
    assert failed.reason == "SOLD_OUT"
    assert await ada.orders(booking) == []
    assert (await ada.charged(booking))["captures"] == 0
    await given_back(ada, booking)


async def test_a_reply_that_is_lost_after_the_order_leads_to_one_order(ada: Trips) -> None:
    booking = await ada.a_booking()
    await ada.house.fault("amadeus", "order.create", "reply-lost-after-commit")
    await ada.pay(booking)
    confirmed = await ada.reaches(booking, State.CONFIRMED)
    (order,) = await ada.orders(booking)
    assert confirmed.items[0].record_locator == order["pnr"]
    assert (await ada.charged(booking))["captures"] == 1


async def test_a_reply_that_is_lost_after_the_capture_charges_once(ada: Trips) -> None:
    booking = await ada.a_booking()
    await ada.house.fault("stripe", "payment_intents.capture", "reply-lost-after-commit")
    await ada.pay(booking)
    await ada.reaches(booking, State.CONFIRMED)
    assert (await ada.charged(booking))["captures"] == 1


async def test_after_a_decline_another_card_pays(ada: Trips) -> None:
    booking = await ada.a_booking()
    with pytest.raises(FailedPrecondition, match="declined"):
        await ada.pay(booking, "pm_card_chargeDeclined")
    assert (await ada.look(booking)).state == state_number(State.AWAITING_PAYMENT)
    await ada.pay(booking)
    await ada.reaches(booking, State.CONFIRMED)
    assert (await ada.charged(booking))["captures"] == 1


async def test_an_unpaid_booking_expires_and_cannot_be_paid_any_more(ada: Trips) -> None:
    booking = await ada.a_booking()
    await ada.let_time_pass(booking)
    seen = await ada.look(booking)
    assert (seen.state, seen.reason) == (state_number(State.EXPIRED), "NOT_PAID_IN_TIME")
    with pytest.raises(FailedPrecondition):
        await ada.pay(booking)

    async def written() -> bool:
        return (await ada.look(booking)).update_time.seconds > seen.expire_time.seconds

    await eventually(written)
    assert (await ada.look(booking)).version == seen.version
    assert await ada.charged(booking) == NOTHING


async def test_paying_in_the_last_moment_either_books_or_gives_the_money_back(ada: Trips) -> None:
    bookings = [await ada.a_booking() for _ in range(3)]
    for booking in bookings:
        await asyncio.gather(ada.pay(booking), ada.let_time_pass(booking), return_exceptions=True)
    for booking in bookings:
        ended = await ada.reaches(booking, State.CONFIRMED, State.EXPIRED)
        if ended.state == state_number(State.CONFIRMED):
            assert (await ada.charged(booking))["captures"] == 1
        else:
            await given_back(ada, booking)
            assert await ada.orders(booking) == []


async def test_a_cancelled_booking_is_cancelled_at_the_airline_and_refunded_once(
    ada: Trips,
) -> None:
    booking = await ada.a_confirmed_booking()
    answers = await asyncio.gather(*(ada.cancel(booking) for _ in range(5)))
    assert {answer.booking_id for answer in answers} == {booking.booking_id}
    cancelled = await ada.reaches(booking, State.CANCELLED)
    assert cancelled.reason == "CANCELLED_BY_TRAVELLER"
    assert await ada.cancel(booking) == cancelled
    (order,) = await ada.orders(booking)
    assert order["deleted_at"]
    books = await ada.charged(booking)
    assert books["captures"] == 1
    assert books["amount_refunded"] == books["amount_captured"]


async def test_a_booking_that_waits_for_its_payment_is_cancelled_for_good(ada: Trips) -> None:
    booking = await ada.a_booking()
    await ada.cancel(booking)
    await ada.reaches(booking, State.CANCELLED)
    with pytest.raises(FailedPrecondition):
        await ada.pay(booking)
    assert await ada.orders(booking) == []
    assert await ada.charged(booking) == NOTHING


async def test_a_booking_cancelled_while_it_is_ordered_is_cancelled_when_it_can_be(
    ada: Trips,
) -> None:
    booking = await ada.a_booking()
    await ada.house.fault("amadeus", "order.create", "slow:1.5")
    await ada.pay(booking)
    await ada.reaches(booking, State.ORDERING)
    await ada.cancel(booking)
    await ada.reaches(booking, State.CANCELLED)
    (order,) = await ada.orders(booking)
    assert order["deleted_at"]
    await given_back(ada, booking)


async def test_a_payment_is_found_by_looking_while_its_event_is_held_up(
    ada: Trips, stored: Store
) -> None:
    booking = await ada.a_booking()
    async with stored.transaction() as session:
        held = await stored.lock(session, booking.booking_id)
        assert held is not None
        assert isinstance(await ada.neighbours.collect(held), Wait)
        await ada.pay(booking)
        assert await ada.neighbours.collect(held) == Done()
    await ada.reaches(booking, State.CONFIRMED)


async def test_money_that_arrives_after_the_cancellation_goes_back(
    ada: Trips, stored: Store
) -> None:
    booking = await ada.a_booking()
    async with stored.transaction() as session:
        held = await stored.lock(session, booking.booking_id)
        assert held is not None
        await ada.pay(booking)
        await stored.interrupt(session, held, Move(State.CANCELLING))
    await ada.reaches(booking, State.CANCELLED)
    await given_back(ada, booking)
    assert await ada.orders(booking) == []


async def left_by_a_dead_worker(session: AsyncSession, booking: Booking) -> None:
    """Put a booking into the hands of a worker that will never write again."""
    statement = text(
        "UPDATE booking SET lease_owner = 'dead', fencing_token = fencing_token + 1, "
        "lease_until = clock_timestamp() + interval '1 second' WHERE booking_id = :id"
    )
    await session.execute(statement, {"id": booking.booking_id})


async def test_what_a_dead_worker_had_ordered_is_not_ordered_again(
    ada: Trips, stored: Store
) -> None:
    booking = await ada.a_booking()
    async with stored.transaction() as session:
        held = await stored.lock(session, booking.booking_id)
        assert held is not None
        await ada.pay(booking)
        ordering = await stored.interrupt(session, held, Move(State.ORDERING))
        outcome = await ada.neighbours.order(ordering)
        await left_by_a_dead_worker(session, ordering)
    confirmed = await ada.reaches(booking, State.CONFIRMED)
    (order,) = await ada.orders(booking)
    assert outcome == Done((order["pnr"],))
    assert confirmed.items[0].record_locator == order["pnr"]


async def test_what_a_dead_worker_had_captured_is_not_captured_again(
    ada: Trips, stored: Store
) -> None:
    booking = await ada.a_booking()
    async with stored.transaction() as session:
        held = await stored.lock(session, booking.booking_id)
        assert held is not None
        await ada.pay(booking)
        ordering = await stored.interrupt(session, held, Move(State.ORDERING))
        assert isinstance(await ada.neighbours.order(ordering), Done)
        capturing = await stored.interrupt(session, ordering, Move(State.CAPTURING))
        assert await ada.neighbours.capture(capturing) == Done()
        await left_by_a_dead_worker(session, capturing)
    await ada.reaches(booking, State.CONFIRMED)
    assert (await ada.charged(booking))["captures"] == 1


async def test_money_that_is_gone_before_the_capture_undoes_the_order(
    ada: Trips, stored: Store
) -> None:
    booking = await ada.a_booking()
    async with stored.transaction() as session:
        held = await stored.lock(session, booking.booking_id)
        assert held is not None
        await ada.pay(booking)
        await ada.neighbours.give_back(held)
        await stored.interrupt(session, held, Move(State.ORDERING))
    failed = await ada.reaches(booking, State.FAILED)
    assert failed.reason
    (order,) = await ada.orders(booking)
    assert order["deleted_at"]
    assert (await ada.charged(booking))["captures"] == 0


async def test_once_a_booking_has_run_out_its_money_is_blocked_before_that_is_written(
    ada: Trips, stored: Store
) -> None:
    booking = await ada.a_booking()
    async with stored.transaction() as session:
        held = await stored.lock(session, booking.booking_id)
        assert held is not None
        late = replace(held, expire_time=held.create_time)
        assert await ada.neighbours.collect(late) == Refused("NOT_PAID_IN_TIME")
        with pytest.raises(FailedPrecondition):
            await ada.pay(booking)
    assert await ada.charged(booking) == NOTHING
