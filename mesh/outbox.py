"""Events that cannot be lost: saved with the change, published after it, taken in once.

A service writes an event into its `outbox` in the transaction that makes it true. A relay
publishes what is unpublished and marks it, so a crash in between publishes twice, never not at
all. A consumer writes the event's id into its `inbox` in the transaction of the effect, so twice
is once. Rows are read by state, never by "id after the last": ids are drawn before the commit.
"""

import logging
from dataclasses import dataclass

from alembic import op
from google.protobuf.message import Message
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.bus import Bus, Event
from mesh.clock import Clock, Ids
from mesh.database import Database, Signals

_BATCH = 100
_POLL_SECONDS = 1.0
_TOPIC = "outbox"

_log = logging.getLogger("mesh.outbox")


def create_tables() -> None:
    """Create `outbox` and `inbox`; called by a service's first migration."""
    op.execute("""
        CREATE TABLE outbox (
            position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            event_id uuid NOT NULL UNIQUE,
            topic text NOT NULL,
            key text NOT NULL,
            type text NOT NULL,
            payload bytea NOT NULL,
            create_time timestamptz NOT NULL,
            publish_time timestamptz
        )
    """)
    op.execute("CREATE INDEX outbox_unpublished ON outbox (position) WHERE publish_time IS NULL")
    op.execute("""
        CREATE TABLE inbox (
            consumer text NOT NULL,
            event_id uuid NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (consumer, event_id)
        )
    """)


def topic_of(event: Message) -> str:
    """The topic of an event's type: its package, such as `dreamscape.booking.v1`."""
    return str(event.DESCRIPTOR.file.package)


@dataclass(frozen=True)
class Outbox:
    """Where a service's events are written."""

    database: Database
    clock: Clock
    ids: Ids

    async def announce(self, session: AsyncSession, key: str, event: Message) -> None:
        """Publish `event` once this transaction has committed; events of a `key` stay in order."""
        await session.execute(
            text(
                "INSERT INTO outbox (event_id, topic, key, type, payload, create_time) "
                "VALUES (:event_id, :topic, :key, :type, :payload, :create_time)"
            ),
            {
                "event_id": self.ids.new(),
                "topic": topic_of(event),
                "key": key,
                "type": event.DESCRIPTOR.full_name,
                "payload": event.SerializeToString(),
                "create_time": self.clock.now(),
            },
        )
        await self.database.notify(session, _TOPIC)


async def first_time(session: AsyncSession, consumer: str, event: Event) -> bool:
    """Whether `consumer` has not taken in this event before; it has, once this commits."""
    result = await session.execute(
        text(
            "INSERT INTO inbox (consumer, event_id) VALUES (:consumer, :event_id) "
            "ON CONFLICT DO NOTHING RETURNING event_id"
        ),
        {"consumer": consumer, "event_id": event.event_id},
    )
    return result.first() is not None


class Relay:
    """Publishes a schema's outbox. Any number may run; one at a time works."""

    def __init__(self, database: Database, bus: Bus, signals: Signals, clock: Clock) -> None:
        self._database = database
        self._bus = bus
        self._signals = signals
        self._clock = clock

    async def run(self) -> None:
        """Publish until cancelled."""
        with self._signals.subscribe(self._database.schema, _TOPIC) as woken:
            while True:
                try:
                    published = await self.publish_batch()
                except (OSError, SQLAlchemyError, TimeoutError) as problem:
                    _log.warning("relay of %s: %s", self._database.schema, problem)
                    published = 0
                if published < _BATCH:
                    await woken.wait(_POLL_SECONDS)

    async def publish_batch(self) -> int:
        """Publish the oldest unpublished events, then mark them; how many there were."""
        async with self._database.transaction() as session:
            # Two relays at once would publish the events of a key out of order.
            alone = await session.execute(
                text("SELECT pg_try_advisory_xact_lock(hashtext(:name))"),
                {"name": f"relay.{self._database.schema}"},
            )
            if not alone.scalar():
                return 0
            rows = await session.execute(
                text(
                    "SELECT event_id::text, topic, key, type, payload, create_time AS time "
                    "FROM outbox WHERE publish_time IS NULL ORDER BY position LIMIT :batch"
                ),
                {"batch": _BATCH},
            )
            source = f"/{self._database.schema}"
            events = [Event(source=source, **row) for row in rows.mappings()]
            if events:
                await self._bus.publish(events)
                await self._mark(session, events)
            return len(events)

    async def _mark(self, session: AsyncSession, events: list[Event]) -> None:
        await session.execute(
            text("UPDATE outbox SET publish_time = :now WHERE event_id = ANY(:ids)"),
            {"now": self._clock.now(), "ids": [event.event_id for event in events]},
        )
