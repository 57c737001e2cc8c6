"""The provider's events: kept once and answered at once, then taken in by a worker.

An event only says which payment to look at again: the worker asks the provider how it is now. So
events may be repeated, late, in any order, or lost, which the completer makes up for.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Field, col, select

from mesh.clock import Clock
from mesh.database import Database, Signals
from mesh.faults import InvalidArgument
from services.payment.ports import EventReader, OutcomeUnknownError, ProviderEvent
from services.payment.saga import Till
from services.payment.store import TIME, Table

TOPIC = "provider_event"
_BATCH = 20
_ATTEMPTS = 20
_AGAIN_AFTER = timedelta(seconds=15)
_POLL_SECONDS = 1.0

_log = logging.getLogger("payment.webhooks")


class EventRow(Table, table=True):
    """An event of the provider, and the job of taking it in until `done_time`."""

    __tablename__ = "provider_event"

    event_id: str = Field(primary_key=True)
    type: str
    intent_id: str
    attempt: int = 0
    receive_time: datetime = Field(sa_type=TIME)
    due_time: datetime = Field(sa_type=TIME)
    done_time: datetime | None = Field(sa_type=TIME, default=None)


class Journal:
    """The events that were received, and which of them are still to be taken in."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, event: ProviderEvent) -> bool:
        """Keep an event of the provider with the job of taking it in; whether it is new."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            kept = await session.execute(
                insert(EventRow)
                .values(
                    event_id=event.event_id,
                    type=event.kind,
                    intent_id=event.intent_id,
                    receive_time=now,
                    due_time=now,
                    done_time=None if event.intent_id else now,
                )
                .on_conflict_do_nothing()
                .returning(col(EventRow.event_id))
            )
            await self._database.notify(session, TOPIC)
            return kept.first() is not None

    async def take(self, pause: timedelta) -> list[EventRow]:
        """Some events that are due; those not done are due again after `pause`."""
        now = self._clock.now()
        chosen = (
            select(EventRow.event_id)
            .where(col(EventRow.done_time).is_(None), col(EventRow.due_time) <= now)
            .order_by(col(EventRow.due_time))
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(EventRow)
            .where(col(EventRow.event_id).in_(chosen))
            .values(due_time=now + pause, attempt=col(EventRow.attempt) + 1)
            .returning(EventRow)
        )
        async with self._database.transaction() as session:
            return list((await session.execute(statement)).scalars())

    async def done(self, event_id: str) -> None:
        """Record that an event has been taken in."""
        async with self._database.transaction() as session:
            await session.execute(
                update(EventRow)
                .where(col(EventRow.event_id) == event_id)
                .values(done_time=self._clock.now())
            )


class Webhooks:
    """Receives events and takes them in."""

    def __init__(
        self, journal: Journal, till: Till, read: EventReader, *, signals: Signals, schema: str
    ) -> None:
        self._journal = journal
        self._till = till
        self._read = read
        self._signals = signals
        self._schema = schema

    async def receive(self, payload: bytes, signature: str) -> bool:
        """Keep a signed event; whether it is new. InvalidArgument when it is not well signed."""
        if not signature:
            raise InvalidArgument("SIGNATURE_MISSING", "the header Stripe-Signature is needed")
        return await self._journal.keep(self._read(payload, signature))

    async def run(self) -> None:
        """Take events in until cancelled."""
        with self._signals.subscribe(self._schema, TOPIC) as woken:
            while True:
                try:
                    taken = await self.work()
                except (OSError, SQLAlchemyError, TimeoutError) as problem:
                    _log.warning("events wait: %s", problem)
                    taken = 0
                if taken < _BATCH:
                    await woken.wait(_POLL_SECONDS)

    async def work(self) -> int:
        """Take in some events; how many there were. One that fails is taken up again later."""
        events = await self._journal.take(_AGAIN_AFTER)
        for event in events:
            try:
                await self._till.news(event.intent_id)
            except OutcomeUnknownError as unknown:
                _log.warning("event %s waits: %s", event.event_id, unknown)
                continue
            except Exception:
                _log.exception("event %s fails, attempt %d", event.event_id, event.attempt)
                # The completer looks at every payment anyway, so nothing is lost in the end.
                if event.attempt < _ATTEMPTS:
                    continue
            await self._journal.done(event.event_id)
        return len(events)
