"""The story's table, and the workers that carry it on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import ColumnElement, true

from mesh.clock import ManualClock
from mesh.database import Signals
from mesh.outbox import Outbox
from services.booking.domain import EDGES, Booking, Move, State
from services.booking.saga import (
    STEPS,
    Claims,
    Done,
    Neighbours,
    Outcome,
    Refused,
    Step,
    Wait,
    Worker,
    decide,
    decide_unclear,
    next_look,
)
from services.booking.store import Store
from tests.services.booking.builders import HOLD, NOW, a_booking, kept, read, scalar
from tests.services.conftest import eventually

Do = Callable[[Neighbours, Booking], Awaitable[Outcome]]
LEASE = timedelta(seconds=0.6)
SECOND = timedelta(seconds=1)


async def ordered(_: Neighbours, __: Booking) -> Outcome:
    return Done(("ABC123",))


async def done(_: Neighbours, __: Booking) -> Outcome:
    return Done()


async def rest(_: Neighbours, __: Booking) -> Outcome:
    return Wait(None)


# No neighbour is called by these steps: what is tested is who does them and what is written.
SHORT = {
    State.AWAITING_PAYMENT: Step(do=rest),
    State.ORDERING: Step(do=ordered, done=State.CAPTURING, wished=State.CANCELLING),
    State.CAPTURING: Step(do=done, done=State.CONFIRMED, wished=State.CANCELLING),
    State.CONFIRMED: Step(do=rest, wished=State.CANCELLING),
    State.CANCELLING: Step(do=done, done=State.CANCELLED),
}


@asynccontextmanager
async def working(
    store: Store, signals: Signals, do: Do | None = None, *, owner: str = "worker", most: int = 8
) -> AsyncIterator["asyncio.Task[None]"]:
    """A worker that runs; `do` takes the place of ordering."""
    steps = SHORT if do is None else SHORT | {State.ORDERING: Step(do=do, done=State.CAPTURING)}
    neighbours = Neighbours(cast(Any, None), cast(Any, None), store._clock)
    worker = Worker(store, neighbours, signals, Claims(owner, LEASE, most), steps)
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def in_state(store: Store, booking: Booking, state: State) -> Booking:
    async def look() -> Booking | None:
        now = await read(store, booking)
        return now if now.state is state else None

    return cast(Booking, await eventually(look))


def test_the_steps_lead_along_every_edge_but_the_travellers_own_and_along_no_other() -> None:
    led = {
        (state, to)
        for state, step in STEPS.items()
        for to in (step.done, step.refused, step.wished, step.unclear, step.silent)
        if to
    }
    edges = {(state, to) for state, onward in EDGES.items() for to in onward}
    assert set(STEPS) == set(State)
    assert led <= edges
    assert edges - led == {(State.AWAITING_PAYMENT, State.CANCELLING)}


def test_only_before_the_pivot_is_silence_ever_taken_for_a_no() -> None:
    assert [state for state, step in STEPS.items() if step.silent] == [State.SUPPLIER_IN_DOUBT]


@pytest.mark.parametrize(
    ("state", "outcome", "decision"),
    [
        (State.AWAITING_PAYMENT, Done(), Move(State.ORDERING)),
        (State.AWAITING_PAYMENT, Refused("LATE"), Move(State.EXPIRED, "LATE")),
        (State.ORDERING, Done(("X",)), Move(State.CAPTURING, record_locators=("X",))),
        (State.ORDERING, Refused("SOLD_OUT"), Move(State.COMPENSATING, "SOLD_OUT")),
        (State.SUPPLIER_IN_DOUBT, Done(("X",)), Move(State.CAPTURING, record_locators=("X",))),
        (State.SUPPLIER_IN_DOUBT, Refused("SOLD_OUT"), Move(State.COMPENSATING, "SOLD_OUT")),
        (State.CAPTURING, Done(), Move(State.CONFIRMED)),
        (State.CAPTURING, Refused("RELEASED"), Move(State.COMPENSATING, "RELEASED")),
        (State.CONFIRMED, Wait(None), Wait(None)),
        (State.CANCELLING, Done(), Move(State.CANCELLED)),
        (State.COMPENSATING, Done(), Move(State.FAILED)),
        (State.EXPIRED, Done(), Wait(None)),
    ],
)
def test_an_outcome_leads_where_the_table_says(
    state: State, outcome: Outcome, decision: Move | Wait
) -> None:
    assert decide(STEPS[state], outcome) == decision


def test_a_lost_answer_puts_the_order_in_doubt_and_a_long_silence_undoes_it() -> None:
    order, doubt = STEPS[State.ORDERING], STEPS[State.SUPPLIER_IN_DOUBT]
    assert decide_unclear(order, a_booking(attempt=1), NOW) == Move(State.SUPPLIER_IN_DOUBT)
    assert decide_unclear(doubt, a_booking(attempt=29), NOW) == Wait(NOW + 5 * SECOND)
    given_up = Move(State.COMPENSATING, "SUPPLIER_UNAVAILABLE")
    assert decide_unclear(doubt, a_booking(attempt=30), NOW) == given_up


def test_after_the_pivot_attempts_go_on_for_ever_with_growing_pauses() -> None:
    capture = STEPS[State.CAPTURING]
    pauses = []
    for attempt in (1, 2, 3, 4, 5, 6, 1_000_000):
        again = decide_unclear(capture, a_booking(attempt=attempt), NOW)
        assert isinstance(again, Wait)
        assert again.until is not None
        pauses.append((again.until - NOW).total_seconds())
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_a_lost_payment_is_looked_for_rarer_and_rarer_and_just_before_the_end() -> None:
    booking, now, looks = a_booking(attempt=1), NOW, []
    while now < NOW + HOLD:
        now = next_look(booking, now)
        looks.append((now - NOW).total_seconds())
        booking = a_booking(attempt=booking.attempt + 1)
    assert looks[:6] == [2, 6, 14, 30, 60, 90]
    assert looks[-2:] == [899, 900]


async def test_a_worker_carries_a_booking_as_far_as_it_goes(store: Store, signals: Signals) -> None:
    async with working(store, signals):
        booking = await kept(store, State.ORDERING)
        confirmed = await in_state(store, booking, State.CONFIRMED)
    assert confirmed.version == 4
    assert [item.record_locator for item in confirmed.items] == ["ABC123"]


async def test_a_step_that_fails_is_done_again(
    store: Store, signals: Signals, clock: ManualClock
) -> None:
    attempts: list[int] = []

    async def fails_twice(_: Neighbours, booking: Booking) -> Outcome:
        attempts.append(booking.attempt)
        if len(attempts) < 3:
            clock.advance(SECOND)
            raise ConnectionError("lost")
        return Done()

    booking = await kept(store, State.ORDERING)
    async with working(store, signals, fails_twice):
        await asyncio.gather(
            in_state(store, booking, State.CONFIRMED), _time_goes_by(store, booking, clock)
        )
    assert attempts == [1, 2, 3]


async def _time_goes_by(store: Store, booking: Booking, clock: ManualClock) -> None:
    async def confirmed() -> bool:
        clock.advance(SECOND)
        return (await read(store, booking)).state is State.CONFIRMED

    await eventually(confirmed)


async def test_what_a_killed_worker_began_another_finishes_once_the_lease_is_over(
    store: Store, signals: Signals
) -> None:
    began: asyncio.Queue[str] = asyncio.Queue()

    async def hangs(_: Neighbours, booking: Booking) -> Outcome:
        began.put_nowait(booking.booking_id)
        await asyncio.Event().wait()
        raise AssertionError("it is killed before")

    booking = await kept(store, State.ORDERING)
    async with working(store, signals, hangs, owner="killed") as killed:
        await began.get()
        killed.cancel()
    async with working(store, signals, owner="survivor"):
        confirmed = await in_state(store, booking, State.CONFIRMED)
    assert confirmed.fencing_token == 3


async def test_a_slow_step_is_kept_by_its_worker_for_many_leases(
    store: Store, signals: Signals
) -> None:
    calls: list[str] = []
    go = asyncio.Event()

    async def slow(_: Neighbours, booking: Booking) -> Outcome:
        calls.append(booking.booking_id)
        await go.wait()
        return Done()

    booking = await kept(store, State.ORDERING)
    ends: list[datetime] = []

    async def two_leases_later() -> bool:
        async with store.transaction() as session:
            statement = "SELECT lease_until FROM booking WHERE lease_until IS NOT NULL"
            until = await scalar(session, statement)
        if until:
            ends.append(until)
        return bool(ends) and ends[-1] >= ends[0] + 2 * LEASE

    async with (
        working(store, signals, slow, owner="slow"),
        working(store, signals, slow, owner="idle"),
    ):
        await eventually(two_leases_later)
        go.set()
        await in_state(store, booking, State.CONFIRMED)
    assert calls == [booking.booking_id]


async def test_a_stopped_worker_that_wakes_up_again_writes_nothing(
    store: Store, signals: Signals
) -> None:
    assert await _zombie_and_survivor(store, signals) == "SURVIVR"


class Fenceless(Store):
    """The mutant: whoever ever held a booking may write it."""

    def _held(self, booking: Booking) -> ColumnElement[bool]:
        return true()


async def test_without_the_fence_it_would(outbox: Outbox, signals: Signals) -> None:
    assert await _zombie_and_survivor(Fenceless(outbox), signals) == "ZOMBIE1"


async def _zombie_and_survivor(store: Store, signals: Signals) -> str:
    """A worker loses its lease in mid-step, then answers first; whose locator is written?

    The survivor's step ends only when the zombie has had its chance.
    """
    booking = await kept(store, State.ORDERING)
    async with store.transaction() as session:
        zombie = await store.claim(session, "zombie", timedelta(0))
    assert zombie is not None
    go, began = asyncio.Event(), asyncio.Event()

    async def survives(_: Neighbours, __: Booking) -> Outcome:
        began.set()
        await go.wait()
        return Done(("SURVIVR",))

    async with working(store, signals, survives):
        await began.wait()
        with suppress(Exception):
            async with store.transaction() as session:
                move = Move(State.CAPTURING, record_locators=("ZOMBIE1",))
                await store.advance(session, zombie, move)
        go.set()
        confirmed = await in_state(store, booking, State.CONFIRMED)
    return confirmed.items[0].record_locator


async def test_a_wish_to_cancel_is_kept_until_the_step_under_way_is_done(
    store: Store, signals: Signals
) -> None:
    began, go = asyncio.Event(), asyncio.Event()

    async def slow(_: Neighbours, __: Booking) -> Outcome:
        began.set()
        await go.wait()
        return Done(("ABC123",))

    booking = await kept(store, State.ORDERING)
    async with working(store, signals, slow):
        await began.wait()
        async with store.transaction() as session:
            locked = await store.lock(session, booking.booking_id)
            assert locked is not None
            await store.request_cancel(session, locked)
        go.set()
        cancelled = await in_state(store, booking, State.CANCELLED)
    assert cancelled.items[0].record_locator == "ABC123"
    assert cancelled.reason == "CANCELLED_BY_TRAVELLER"


async def test_a_worker_has_only_so_many_bookings_in_hand(store: Store, signals: Signals) -> None:
    under_way: set[str] = set()
    most = 0
    go = asyncio.Event()

    async def counted(_: Neighbours, booking: Booking) -> Outcome:
        nonlocal most
        under_way.add(booking.booking_id)
        most = max(most, len(under_way))
        await go.wait()
        under_way.discard(booking.booking_id)
        return Done()

    bookings = [await kept(store, State.ORDERING) for _ in range(5)]
    async with working(store, signals, counted, most=2):

        async def full() -> bool:
            return len(under_way) == 2

        await eventually(full)
        go.set()
        for booking in bookings:
            await in_state(store, booking, State.CONFIRMED)
    assert most == 2
