"""The story of a booking, as a table: what is done in a state, and where its outcome leads.

A worker claims a booking that is due, does its step while it prolongs the claim, and writes the
outcome down under its fencing token. Any worker on any pod may go on where another one died, so
every step can be done twice: each calls a neighbour that answers the same the second time.

An outcome is Done, Refused (a neighbour said no, for good) or Wait. Everything else, a timeout or
a lost connection, means that nobody knows: the step is done again until somebody does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.voyage.v1 import voyage_pb2
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.clock import Clock
from mesh.database import Signals
from mesh.faults import FailedPrecondition, Fault, InvalidArgument, NotFound
from mesh.money import Money
from services.booking.domain import (
    CANCELLED_BY_TRAVELLER,
    NOT_PAID_IN_TIME,
    Booking,
    Move,
    State,
)
from services.booking.store import DUE, SCHEMA, Store, Superseded, as_travellers

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=0.2), timedelta(seconds=5)
_FIRST_LOOK, _RAREST_LOOK = timedelta(seconds=2), timedelta(seconds=30)
# The last look for a payment whose event is lost comes this long before the booking expires.
_LAST_LOOK = timedelta(seconds=1)
# How often the supplier is asked before its silence counts as a no; about two minutes.
_ATTEMPTS = 30
_SUPPLIER_SILENT = "SUPPLIER_UNAVAILABLE"
_POLL_SECONDS = 0.5
_BEATS_PER_LEASE = 3

_NO = (FailedPrecondition, InvalidArgument, NotFound)

_log = logging.getLogger("booking.saga")


@dataclass(frozen=True, slots=True)
class Done:
    """The step is done; an order has its items' record locators."""

    record_locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A neighbour said no, and will say so again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`; None waits for somebody to move or wake the booking."""

    until: datetime | None


Outcome = Done | Refused | Wait


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the steps do, each safe to do again."""

    voyages: VoyageClient
    payments: PaymentClient
    clock: Clock

    async def collect(self, booking: Booking) -> Outcome:
        """See whether the money is there, should its event be lost; past its time, block it."""
        if self.clock.now() >= booking.expire_time:
            # First the money, then the word: nothing can be authorised once EXPIRED is written.
            await self.give_back(booking)
            return Refused(NOT_PAID_IN_TIME)
        wanted = payment_pb2.BatchGetPaymentsRequest(booking_ids=[booking.booking_id])
        for payment in (await self.payments.batch_get_payments(wanted)).payments:
            authorized = payment.status == payment_pb2.PAYMENT_STATUS_AUTHORIZED
            amount = Money.from_wire(payment.amount)
            if authorized and booking.paid_by(amount, self.clock.now()):
                return Done()
        return Wait(next_look(booking, self.clock.now()))

    async def order(self, booking: Booking) -> Outcome:
        """Order every item; the item's id lets the supplier's side know a second try."""
        locators = []
        for item in booking.items:
            request = voyage_pb2.CreateOrderRequest(
                reference=item.item_id,
                offer_id=item.offer_id,
                travellers=as_travellers(booking.travellers),
            )
            try:
                answer = await self.voyages.create_order(request)
            except _NO as fault:
                return Refused(fault.reason)
            locators.append(answer.order.record_locator)
        return Done(tuple(locators))

    async def capture(self, booking: Booking) -> Outcome:
        """Take the money that is set aside."""
        request = payment_pb2.CapturePaymentRequest(booking_id=booking.booking_id)
        try:
            await self.payments.capture_payment(request)
        except _NO as fault:
            return Refused(fault.reason)
        return Done()

    async def undo(self, booking: Booking) -> Outcome:
        """Cancel the orders, whatever became of them, then give the money back."""
        for item in booking.items:
            request = voyage_pb2.CancelOrderRequest(reference=item.item_id)
            await self.voyages.cancel_order(request)
        return await self.give_back(booking)

    async def give_back(self, booking: Booking) -> Outcome:
        """Release or refund the money, and let none be authorised any more."""
        request = payment_pb2.ReturnPaymentRequest(booking_id=booking.booking_id)
        await self.payments.return_payment(request)
        return Done()

    async def rest(self, _: Booking) -> Outcome:
        """Nothing: the traveller decides what comes next."""
        return Wait(None)


@dataclass(frozen=True, slots=True)
class Step:
    """What is done in a state, and the state that each outcome leads to; None stays.

    `wished` is where a wish to cancel leads before anything is done. `unclear` is where a first
    attempt without an answer leads, `silent` where the last one does, when there is a last one.
    """

    do: Callable[[Neighbours, Booking], Awaitable[Outcome]]
    done: State | None = None
    refused: State | None = None
    wished: State | None = None
    unclear: State | None = None
    silent: State | None = None


STEPS: Mapping[State, Step] = {
    State.AWAITING_PAYMENT: Step(
        do=Neighbours.collect,
        done=State.ORDERING,
        refused=State.EXPIRED,
    ),
    State.ORDERING: Step(
        do=Neighbours.order,
        done=State.CAPTURING,
        refused=State.COMPENSATING,
        wished=State.CANCELLING,
        unclear=State.SUPPLIER_IN_DOUBT,
    ),
    State.SUPPLIER_IN_DOUBT: Step(
        do=Neighbours.order,
        done=State.CAPTURING,
        refused=State.COMPENSATING,
        silent=State.COMPENSATING,
    ),
    State.CAPTURING: Step(
        do=Neighbours.capture,
        done=State.CONFIRMED,
        refused=State.COMPENSATING,
        wished=State.CANCELLING,
    ),
    State.CONFIRMED: Step(do=Neighbours.rest, wished=State.CANCELLING),
    State.CANCELLING: Step(do=Neighbours.undo, done=State.CANCELLED),
    State.COMPENSATING: Step(do=Neighbours.undo, done=State.FAILED),
    # Woken by money that came too late.
    State.CANCELLED: Step(do=Neighbours.give_back),
    State.EXPIRED: Step(do=Neighbours.give_back),
    State.FAILED: Step(do=Neighbours.give_back),
}


def next_look(booking: Booking, now: datetime) -> datetime:
    """When to look for the payment again: rarer and rarer, a last time just before the end."""
    last = booking.expire_time - _LAST_LOOK
    if now >= last:
        return booking.expire_time
    return min(now + _growing(_FIRST_LOOK, _RAREST_LOOK, booking.attempt), last)


def decide(step: Step, outcome: Outcome) -> Move | Wait:
    """Where an outcome leads."""
    match outcome:
        case Done(record_locators) if step.done:
            return Move(step.done, record_locators=record_locators)
        case Refused(reason) if step.refused:
            return Move(step.refused, reason)
        case Wait():
            return outcome
    return Wait(None)


def decide_unclear(step: Step, booking: Booking, now: datetime) -> Move | Wait:
    """Where an attempt without an answer leads: mostly to another one, after a pause."""
    if step.unclear:
        return Move(step.unclear)
    if step.silent and booking.attempt >= _ATTEMPTS:
        return Move(step.silent, _SUPPLIER_SILENT)
    return Wait(now + _growing(_FIRST_PAUSE, _LONGEST_PAUSE, booking.attempt))


def _growing(first: timedelta, longest: timedelta, attempt: int) -> timedelta:
    """Twice as long at each attempt, from `first` to `longest`."""
    doublings = min(max(attempt - 1, 0), 16)
    return min(first * (1 << doublings), longest)


@dataclass(frozen=True, slots=True)
class Claims:
    """How bookings are claimed: by whom, for how long at a time, how many at once."""

    owner: str
    lease: timedelta
    most: int = 8


class Worker:
    """Carries bookings on. Any number may run, on any pod."""

    def __init__(
        self,
        store: Store,
        neighbours: Neighbours,
        signals: Signals,
        claims: Claims,
        steps: Mapping[State, Step] = STEPS,
    ) -> None:
        self._store = store
        self._neighbours = neighbours
        self._clock = neighbours.clock
        self._signals = signals
        self._claims = claims
        self._steps = steps

    async def run(self) -> None:
        """Work until cancelled, on at most `claims.most` bookings at once."""
        free = asyncio.Semaphore(self._claims.most)
        with self._signals.subscribe(SCHEMA, DUE) as woken:
            async with asyncio.TaskGroup() as carrying:
                while True:
                    await free.acquire()
                    booking = await self._claim()
                    if booking is None:
                        free.release()
                        await woken.wait(_POLL_SECONDS)
                        continue
                    task = carrying.create_task(self._carry(booking))
                    task.add_done_callback(lambda _: free.release())

    async def _claim(self) -> Booking | None:
        try:
            async with self._store.transaction() as session:
                return await self._store.claim(session, self._claims.owner, self._claims.lease)
        except (OSError, SQLAlchemyError, TimeoutError) as problem:
            _log.warning("no claim: %s", problem)
            return None

    async def _carry(self, booking: Booking) -> None:
        """Take a claimed booking as far as it goes; whatever fails, its lease runs out."""
        try:
            async with asyncio.TaskGroup() as holding:
                beat = holding.create_task(self._keep(booking))
                await self._advance(booking)
                beat.cancel()
        except* Superseded:
            _log.info("booking %s is in other hands", booking.booking_id)
        except* Exception:
            _log.exception("booking %s is left to the next worker", booking.booking_id)

    async def _keep(self, booking: Booking) -> None:
        """Prolong the lease until cancelled; when it is lost, the step under way is cancelled."""
        while True:
            await asyncio.sleep(self._claims.lease.total_seconds() / _BEATS_PER_LEASE)
            async with self._store.transaction() as session:
                await self._store.keep(session, booking, self._claims.lease)

    async def _advance(self, booking: Booking) -> None:
        while True:
            decision = await self._decision(booking)
            async with self._store.transaction() as session:
                if isinstance(decision, Wait):
                    await self._store.release(session, booking, decision.until)
                    return
                booking = await self._store.advance(session, booking, decision)

    async def _decision(self, booking: Booking) -> Move | Wait:
        step = self._steps[booking.state]
        if booking.cancel_requested and step.wished:
            return Move(step.wished, CANCELLED_BY_TRAVELLER)
        try:
            return decide(step, await step.do(self._neighbours, booking))
        except Exception as problem:
            # After that many attempts somebody should look, though the story goes on by itself.
            level = logging.ERROR if booking.attempt >= _ATTEMPTS else logging.WARNING
            ours = not isinstance(problem, Fault)
            _log.log(level, "%s: %r", booking.booking_id, problem, exc_info=ours)
            return decide_unclear(step, booking, self._clock.now())
