"""Bookings on real PostgreSQL: edges, fences, claims."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, text, true
from sqlalchemy.exc import DBAPIError

from dreamscape.booking.v1 import booking_pb2
from mesh.clock import ManualClock
from mesh.database import Database, Signals
from mesh.faults import NotFound
from mesh.outbox import Outbox
from services.booking.domain import EDGES, FIRST, Booking, Move, State
from services.booking.store import SCHEMA, Store, Superseded, as_message, topic_of
from tests.services.booking.builders import HOLD, LEASE, NOW, a_booking, kept, read, scalar

PAIRS = [(one, other) for one in State for other in State]


async def claimed(store: Store, owner: str = "first", lease: timedelta = LEASE) -> Booking | None:
    async with store.transaction() as session:
        return await store.claim(session, owner, lease)


async def advanced(store: Store, booking: Booking, to: State) -> Booking:
    async with store.transaction() as session:
        return await store.advance(session, booking, Move(to))


@pytest.mark.parametrize(("one", "other"), PAIRS)
async def test_the_database_admits_the_edges_and_nothing_else(
    store: Store, one: State, other: State
) -> None:
    booking = await kept(store, one)
    statement = text("UPDATE booking SET state = :other, version = version + 1")
    legal = other in EDGES[one]
    try:
        async with store.transaction() as session:
            await session.execute(statement, {"other": other.value})
    except DBAPIError as refusal:
        assert not legal
        assert "may not go from" in str(refusal)
    assert (await read(store, booking)).state is (other if legal else one)


async def test_a_version_can_be_neither_kept_nor_skipped(store: Store) -> None:
    await kept(store)
    for version in (1, 3):
        with pytest.raises(DBAPIError, match="may not go from"):
            async with store.transaction() as session:
                statement = text("UPDATE booking SET state = 'ORDERING', version = :version")
                await session.execute(statement, {"version": version})


@pytest.mark.parametrize("state", sorted(set(State) - {FIRST}))
async def test_no_booking_begins_in_the_middle(store: Store, state: State) -> None:
    with pytest.raises(DBAPIError, match="a booking begins as"):
        async with store.transaction() as session:
            await store.add(session, a_booking(state=state))


async def test_a_booking_comes_back_as_it_was_kept(store: Store) -> None:
    booking = await kept(store)
    assert await read(store, booking) == booking
    with pytest.raises(NotFound):
        await store.find(booking.booking_id, "somebody else")


async def test_every_transition_leaves_a_version_in_the_history(
    store: Store, clock: ManualClock
) -> None:
    booking = await kept(store)
    clock.advance(timedelta(seconds=7))
    async with store.transaction() as session:
        await store.interrupt(session, booking, Move(State.CANCELLING, "CHANGED_MY_MIND"))
        rows = await session.execute(
            text("SELECT version, state, reason, time FROM booking_history ORDER BY version")
        )
        assert [tuple(row) for row in rows] == [
            (1, "AWAITING_PAYMENT", "", NOW),
            (2, "CANCELLING", "CHANGED_MY_MIND", NOW + timedelta(seconds=7)),
        ]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (State.CONFIRMED, booking_pb2.BookingConfirmed),
        (State.CANCELLED, booking_pb2.BookingCancelled),
        (State.EXPIRED, booking_pb2.BookingCancelled),
        (State.FAILED, booking_pb2.BookingCancelled),
    ],
)
async def test_a_settled_booking_is_announced_as_it_is(
    store: Store, state: State, kind: Any
) -> None:
    booking = await kept(store, state)
    async with store.transaction() as session:
        newest = "SELECT {} FROM outbox ORDER BY position DESC LIMIT 1"
        assert await scalar(session, newest.format("type")) == kind.DESCRIPTOR.full_name
        assert await scalar(session, newest.format("key")) == booking.booking_id
        event = kind.FromString(await scalar(session, newest.format("payload")))
    assert event.booking == as_message(booking)


async def test_a_transition_that_fails_leaves_neither_history_nor_event(store: Store) -> None:
    booking = await kept(store, State.CAPTURING)
    with pytest.raises(RuntimeError):
        async with store.transaction() as session:
            await store.interrupt(session, booking, Move(State.CONFIRMED))
            raise RuntimeError("the power goes")
    assert (await read(store, booking)).state is State.CAPTURING
    async with store.transaction() as session:
        assert await scalar(session, "SELECT count(*) FROM outbox") == 0
        assert await scalar(session, "SELECT max(version) FROM booking_history") == 3


async def test_of_many_transitions_at_once_exactly_one_happens(store: Store) -> None:
    booking = await kept(store)

    async def try_to(move: Move) -> bool:
        try:
            async with store.transaction() as session:
                await store.interrupt(session, booking, move)
        except Superseded:
            return False
        return True

    wishes = [Move(State.ORDERING), Move(State.CANCELLING), Move(State.EXPIRED)] * 5
    assert sum(await asyncio.gather(*(try_to(wish) for wish in wishes))) == 1
    assert (await read(store, booking)).version == 2


async def test_a_booking_is_claimed_by_one_of_many(store: Store) -> None:
    bookings = [await kept(store) for _ in range(3)]
    claims = await asyncio.gather(*(claimed(store, f"worker {n}") for n in range(12)))
    taken = [claim.booking_id for claim in claims if claim]
    assert sorted(taken) == sorted(booking.booking_id for booking in bookings)


async def test_a_booking_is_claimed_when_it_is_due_and_longest_due_first(
    store: Store, clock: ManualClock
) -> None:
    older = await kept(store)
    clock.advance(timedelta(seconds=1))
    newer = await kept(store)
    first, second = await claimed(store), await claimed(store)
    assert first is not None
    assert second is not None
    assert [first.booking_id, second.booking_id] == [older.booking_id, newer.booking_id]
    async with store.transaction() as session:
        await store.release(session, second, clock.now() + HOLD)
    assert await claimed(store) is None
    clock.advance(HOLD)
    again = await claimed(store)
    assert again is not None
    assert (again.booking_id, again.attempt, again.fencing_token) == (newer.booking_id, 2, 2)


async def test_a_booking_is_due_for_nobody_once_it_rests(store: Store) -> None:
    booking = await kept(store, State.CANCELLED)
    assert await claimed(store) is None
    async with store.transaction() as session:
        await store.wake(session, booking)
    assert await claimed(store) is not None


async def test_a_held_booking_changes_hands_when_the_lease_runs_out(store: Store) -> None:
    await kept(store)
    dead = await claimed(store, "dead", timedelta(0))
    alive = await claimed(store, "alive")
    assert dead is not None
    assert alive is not None
    assert await claimed(store, "third") is None
    assert alive.fencing_token == dead.fencing_token + 1


async def test_a_worker_that_lost_its_lease_writes_nothing(store: Store) -> None:
    await kept(store)
    zombie = await claimed(store, "zombie", timedelta(0))
    assert zombie is not None
    owner = await claimed(store, "owner")
    assert owner is not None
    with pytest.raises(Superseded):
        await advanced(store, zombie, State.ORDERING)
    async with store.transaction() as session:
        with pytest.raises(Superseded):
            await store.release(session, zombie, None)
        with pytest.raises(Superseded):
            await store.keep(session, zombie, LEASE)
    assert await read(store, zombie) == owner
    moved = await advanced(store, owner, State.ORDERING)
    assert moved.version == 2


class Fenceless(Store):
    """The mutant: whoever ever held a booking may write it."""

    def _held(self, booking: Booking) -> ColumnElement[bool]:
        return true()


async def test_without_the_fence_a_zombie_would_move_what_another_worker_holds(
    outbox: Outbox,
) -> None:
    store = Fenceless(outbox)
    await kept(store)
    zombie = await claimed(store, "zombie", timedelta(0))
    assert zombie is not None
    owner = await claimed(store, "owner")
    assert owner is not None
    await advanced(store, zombie, State.ORDERING)
    with pytest.raises(Superseded):
        await advanced(store, owner, State.ORDERING)


async def test_moving_a_booking_from_outside_takes_it_from_its_worker(store: Store) -> None:
    booking = await kept(store)
    held = await claimed(store)
    assert held is not None
    async with store.transaction() as session:
        locked = await store.lock(session, booking.booking_id)
        assert locked is not None
        await store.interrupt(session, locked, Move(State.ORDERING))
    async with store.transaction() as session:
        with pytest.raises(Superseded):
            await store.keep(session, held, LEASE)
    taken = await claimed(store, "next")
    assert taken is not None
    assert taken.attempt == 1


async def test_a_wish_to_cancel_leaves_the_step_under_way_alone(store: Store) -> None:
    booking = await kept(store, State.CAPTURING)
    held = await claimed(store)
    assert held is not None
    async with store.transaction() as session:
        locked = await store.lock(session, booking.booking_id)
        assert locked is not None
        await store.request_cancel(session, locked)
    moved = await advanced(store, held, State.CONFIRMED)
    assert moved.cancel_requested


async def test_pages_go_from_the_newest_to_the_oldest_and_show_no_stranger(store: Store) -> None:
    mine = [(await kept(store)).booking_id for _ in range(5)]
    await kept(store, user_id="somebody else")
    first = [booking.booking_id for booking in await store.page("ada", size=3)]
    rest = [booking.booking_id for booking in await store.page("ada", size=3, after=first[-1])]
    assert first + rest == mine[::-1]


async def test_whoever_watches_a_booking_is_woken_by_its_transition(
    store: Store, signals: Signals, database: Database
) -> None:
    booking = await kept(store)
    with signals.subscribe(SCHEMA, topic_of(booking.booking_id)) as woken:
        async with store.transaction() as session:
            await store.interrupt(session, booking, Move(State.ORDERING))
        async with asyncio.timeout(5):
            await woken.wait(60)
