"""Events are published if and only if their change is committed, and taken in once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from dreamscape.booking.v1 import booking_pb2
from mesh.bus import Bus, Consumer, Event
from mesh.clock import SystemClock, SystemIds
from mesh.database import Database, Signals
from mesh.outbox import Outbox, Relay, first_time
from tests.conftest import Running

TOPIC = "dreamscape.booking.v1"
SCRIPTS = Path(__file__).parent / "scripts"
PATIENCE = 30.0


@dataclass
class Events:
    database: Database
    outbox: Outbox
    relay: Relay
    bus: Bus
    signals: Signals
    bootstrap: str

    async def announce(self, booking_id: str) -> None:
        async with self.database.transaction() as session:
            event = booking_pb2.BookingConfirmed()
            event.booking.booking_id = booking_id
            await self.outbox.announce(session, booking_id, event)

    async def unpublished(self) -> int:
        async with self.database.transaction() as session:
            rows = await session.execute(
                text("SELECT count(*) FROM outbox WHERE publish_time IS NULL")
            )
            return int(rows.scalar_one())


@pytest.fixture
async def events(servers: Running) -> AsyncIterator[Events]:
    clock, ids = SystemClock(), SystemIds()
    schema = f"events_{ids.new().replace('-', '')}"
    database = Database(servers.addresses.database_url, schema)
    await database.migrate(SCRIPTS)
    signals = Signals(servers.addresses.database_url)
    bus = Bus(servers.addresses.kafka_bootstrap)
    relay = Relay(database, bus, signals, clock)
    outbox = Outbox(database, clock, ids)
    listening = asyncio.create_task(signals.run())
    yield Events(database, outbox, relay, bus, signals, servers.addresses.kafka_bootstrap)
    listening.cancel()
    await bus.close()
    await database.close()


async def consumed(events: Events, keys: set[str], *, group: str) -> list[Event]:
    """Every event of these keys that a new group receives, until each key was seen."""
    found: list[Event] = []
    complete = asyncio.Event()

    async def handle(event: Event) -> None:
        if event.key in keys:
            found.append(event)
            if {e.key for e in found} == keys:
                complete.set()

    consumer = Consumer(events.bootstrap, group, [TOPIC], handle, events.bus)
    running = asyncio.create_task(consumer.run())
    async with asyncio.timeout(PATIENCE):
        await complete.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return found


async def test_a_committed_event_arrives_with_its_payload(events: Events) -> None:
    key = SystemIds().new()
    await events.announce(key)
    assert await events.relay.publish_batch() == 1
    [event] = await consumed(events, {key}, group=f"g.{key}")
    assert event.type == "dreamscape.booking.v1.BookingConfirmed"
    assert event.source == f"/{events.database.schema}"
    assert booking_pb2.BookingConfirmed.FromString(event.payload).booking.booking_id == key


async def test_a_change_that_is_rolled_back_announces_nothing(events: Events) -> None:
    with suppress(RuntimeError):
        async with events.database.transaction() as session:
            await events.outbox.announce(session, "k", booking_pb2.BookingConfirmed())
            raise RuntimeError
    assert await events.relay.publish_batch() == 0


async def test_an_event_that_commits_late_is_not_skipped(events: Events) -> None:
    """Its position is drawn before that of an event which is published first."""
    late, early = SystemIds().new(), SystemIds().new()
    async with events.database.transaction() as session:
        event = booking_pb2.BookingConfirmed()
        await events.outbox.announce(session, late, event)
        await session.flush()
        await events.announce(early)
        assert await events.relay.publish_batch() == 1
    assert await events.relay.publish_batch() == 1
    assert await events.unpublished() == 0


async def test_what_is_not_acknowledged_stays_unpublished(events: Events) -> None:
    await events.announce("k")
    nowhere = Bus("127.0.0.1:1")
    relay = Relay(events.database, nowhere, events.signals, SystemClock())
    with pytest.raises(ConnectionError):
        await relay.publish_batch()
    assert await events.unpublished() == 1
    await nowhere.close()


async def test_a_running_relay_publishes_on_its_own(events: Events) -> None:
    running = asyncio.create_task(events.relay.run())
    key = SystemIds().new()
    await events.announce(key)
    assert [e.key for e in await consumed(events, {key}, group=f"g.{key}")] == [key]
    running.cancel()


async def test_an_event_that_arrives_twice_has_one_effect(events: Events) -> None:
    event = Event(SystemIds().new(), TOPIC, "k", "t", "/s", SystemClock().now(), b"")

    async def take_in() -> None:
        async with events.database.transaction() as session:
            if await first_time(session, "test", event):
                await session.execute(text("INSERT INTO effect VALUES ('once')"))

    await asyncio.gather(*(take_in() for _ in range(4)))
    async with events.database.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM effect"))).scalar_one() == 1


async def test_a_poisonous_event_goes_aside_and_the_next_one_passes(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesh.bus._ATTEMPTS", 2)
    key = SystemIds().new()  # one key, so that the second event waits behind the first
    for _ in range(2):
        await events.announce(key)
    await events.relay.publish_batch()
    handled: list[str] = []
    passed = asyncio.Event()

    async def handle(event: Event) -> None:
        if event.key == key and event.event_id not in handled:
            handled.append(event.event_id)
        if handled[:1] == [event.event_id]:
            raise ValueError("poison")
        if event.key == key:
            passed.set()

    consumer = Consumer(events.bootstrap, f"g.{key}", [TOPIC], handle, events.bus)
    running = asyncio.create_task(consumer.run())
    async with asyncio.timeout(PATIENCE):
        await passed.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    aside: list[Event] = []
    arrived = asyncio.Event()

    async def look(event: Event) -> None:
        if event.key == key:
            aside.append(event)
            arrived.set()

    consumer = Consumer(events.bootstrap, f"d.{key}", [f"{TOPIC}.dlq"], look, events.bus)
    running = asyncio.create_task(consumer.run())
    async with asyncio.timeout(PATIENCE):
        await arrived.wait()
    running.cancel()
    assert [e.event_id for e in aside] == handled[:1]
