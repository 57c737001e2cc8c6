"""A session that has ended is refused everywhere, also when Redis has forgotten or is gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from mesh import faults
from mesh.channel import Caller, LocalChannel
from mesh.clock import ManualClock, SystemClock, SystemIds
from mesh.revocations import Revocations
from mesh.server import routes
from tests.conftest import Running
from tests.mesh.conftest import Bookings, Keys

IDS = SystemIds()
TTL = timedelta(minutes=16)
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
NOWHERE = "redis://127.0.0.1:1/0"
BOOKING = "0190b1d6-0000-7000-8000-000000000001"


@pytest.fixture
async def redis(servers: Running) -> AsyncIterator[Redis]:
    """A database of Redis that no other test uses, empty."""
    client = Redis.from_url(own(servers))
    await client.flushdb()
    yield client
    await client.aclose()


def own(servers: Running) -> str:
    return servers.addresses.redis_url.removesuffix("/0") + "/7"


def after(clock: Any) -> datetime:
    moment: datetime = clock.now() + TTL
    return moment


async def as_is(sessions: list[str]) -> list[str]:
    return sessions


class Relay:
    """A way to Redis that can be cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = ""

    def cut(self) -> None:
        self._open = False
        for writer in self._writers:
            writer.close()

    def mend(self) -> None:
        self._open = True

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.close()
            return
        onward, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, back}
        await asyncio.gather(self._copy(reader, back), self._copy(onward, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()
        self._writers.discard(writer)


@asynccontextmanager
async def a_relay(target: int) -> AsyncIterator[Relay]:
    relay = Relay(target)
    server = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    relay.port = str(server.sockets[0].getsockname()[1])
    yield relay
    relay.cut()
    server.close()


@asynccontextmanager
async def a_process(
    url: str, kind: type[Revocations] = Revocations, *, sessions: list[str] | None = None
) -> AsyncIterator[Revocations]:
    """What a process knows, following along; with `sessions` it is the one that knows the truth."""
    revocations = kind(url, SystemClock(), IDS)
    tasks = [asyncio.create_task(revocations.run())]
    if sessions is not None:
        tasks.append(asyncio.create_task(revocations.keep(lambda: as_is(sessions), TTL)))
    try:
        yield revocations
    finally:
        for task in tasks:
            task.cancel()
        await revocations.close()


async def soon(look: Callable[[], bool]) -> None:
    """Wait until it is so, a second at most: that is the promise."""
    async with asyncio.timeout(1):
        while not look():
            await asyncio.sleep(0.01)


async def test_every_process_knows_within_a_second(servers: Running, redis: Redis) -> None:
    url, session = own(servers), IDS.new()
    async with a_process(url, sessions=[]) as auth, a_process(url) as other:
        await soon(lambda: other.readable)
        assert session not in other
        await auth.revoke([session], after(SystemClock()))
        assert session in auth
        await soon(lambda: session in other)


async def test_a_process_that_starts_later_knows_what_ended_before(
    servers: Running, redis: Redis
) -> None:
    url, sessions = own(servers), [IDS.new() for _ in range(3)]
    async with a_process(url, sessions=[]) as auth:
        await auth.revoke(sessions, after(SystemClock()))
        async with a_process(url) as late:
            await soon(lambda: all(session in late for session in sessions))


async def test_a_redis_that_forgot_is_told_again_by_the_database(
    servers: Running, redis: Redis
) -> None:
    url, before, during = own(servers), IDS.new(), IDS.new()
    async with a_process(url, sessions=[before, during]) as auth, a_process(url) as old:
        await soon(lambda: before in old)
        await redis.flushdb()
        await auth.revoke([during], after(SystemClock()))
        assert before in old
        async with a_process(url) as new:
            await soon(lambda: before in new and during in new)


class Forgetful(Revocations):
    """Believes what Redis says now, and forgets what it knew."""

    def _merge(self, found: Any) -> None:
        self._ended = dict(found)


async def test_mutant_memory_gone_a_wiped_redis_lets_a_session_live_again(
    servers: Running, redis: Redis
) -> None:
    url, session = own(servers), IDS.new()
    async with a_process(url, sessions=[]) as auth, a_process(url, Forgetful) as other:
        await auth.revoke([session], after(SystemClock()))
        await soon(lambda: session in other)
        await redis.flushdb()
        await soon(lambda: session not in other)


class Trusting(Revocations):
    """Takes any change for the sign of a whole list."""

    async def _write(self, ended: dict[str, float], *, complete: bool) -> None:
        await super()._write(ended, complete=True)


async def test_mutant_whole_list_mark_gone_one_change_hides_what_was_lost(
    servers: Running, redis: Redis
) -> None:
    auth = Trusting(own(servers), SystemClock(), IDS)
    await auth.revoke([IDS.new()], after(SystemClock()))
    assert await redis.exists("mesh:revoked:version") == 1
    await redis.flushdb()
    await Revocations(own(servers), SystemClock(), IDS).revoke([IDS.new()], after(SystemClock()))
    assert await redis.exists("mesh:revoked:version") == 0
    await auth.close()


async def test_what_redis_does_not_take_is_refused_here_at_once_and_written_later(
    servers: Running, redis: Redis
) -> None:
    session, sessions = IDS.new(), list[str]()
    async with (
        a_relay(servers.config.ports.redis) as relay,
        a_process(own(servers).replace(str(servers.config.ports.redis), relay.port)) as auth,
        a_process(own(servers)) as other,
    ):
        keeping = asyncio.create_task(auth.keep(lambda: as_is(sessions), TTL))
        await soon(lambda: other.readable)
        relay.cut()
        sessions.append(session)
        await auth.revoke([session], after(SystemClock()))
        assert session in auth
        assert session not in other
        relay.mend()
        await soon(lambda: session in other)
        keeping.cancel()


async def test_a_session_is_forgotten_when_its_last_token_has_expired(
    servers: Running, redis: Redis
) -> None:
    clock = ManualClock(NOW)
    revocations = Revocations(own(servers), clock, IDS)
    await revocations.revoke(["early"], after(clock))
    clock.advance(TTL)
    await redis.set("mesh:revoked:version", "1")
    await revocations.revoke(["late"], after(clock))
    await revocations.read()
    assert ("early" in revocations, "late" in revocations) == (False, True)
    assert await redis.zrange("mesh:revoked", 0, -1) == [b"late"]
    await revocations.close()


class Edge:
    """Bookings behind the interceptors, whose list of ended sessions a test decides about."""

    def __init__(self, keys: Keys, revocations: Revocations) -> None:
        async def answer(request: Any, call: Any) -> Any:
            return booking_pb2.GetBookingResponse()

        async def watch(request: Any, call: Any) -> Any:
            for number in range(9):
                yield booking_pb2.WatchBookingResponse(
                    item=booking_pb2.Booking(booking_id=str(number))
                )

        behaviour = {"GetBooking": answer, "CancelBooking": answer, "WatchBooking": watch}
        table = routes(
            Bookings(behaviour),
            booking_pb2.DESCRIPTOR.services_by_name["BookingService"],
            replace(keys.chain, revocations=revocations),
        )
        clock = SystemClock()
        self.client = BookingClient(
            LocalChannel(table, Caller("test", keys.services, clock), clock)
        )
        self.metadata = [("authorization", keys.bearer("ada", sid="ended"))]

    async def get(self) -> Any:
        request = booking_pb2.GetBookingRequest(booking_id=BOOKING)
        return await self.client.get_booking(request, metadata=self.metadata)

    async def cancel(self) -> Any:
        request = booking_pb2.CancelBookingRequest(booking_id=BOOKING)
        return await self.client.cancel_booking(request, metadata=self.metadata)

    def watch(self) -> Any:
        request = booking_pb2.WatchBookingRequest(booking_id=BOOKING)
        return self.client.watch_booking(request, metadata=self.metadata)


async def test_a_token_of_a_session_that_ended_is_refused(keys: Keys) -> None:
    clock = ManualClock(NOW)
    revocations = Revocations(NOWHERE, clock, IDS)
    edge = Edge(keys, revocations)
    await edge.get()
    await revocations.revoke(["ended", "another"], after(clock))
    with pytest.raises(faults.Unauthenticated) as refusal:
        await edge.get()
    assert refusal.value.reason == "TOKEN_REVOKED"


async def test_a_stream_ends_when_its_session_does(keys: Keys) -> None:
    clock = ManualClock(NOW)
    revocations = Revocations(NOWHERE, clock, IDS)
    seen = []
    async for response in Edge(keys, revocations).watch():
        seen.append(response.item.booking_id or response.error.message)
        if response.item.booking_id == "1":
            await revocations.revoke(["ended"], after(clock))
    assert seen == ["0", "1", "the session of this token has ended"]


async def test_while_nobody_can_tell_who_left_only_what_is_audited_is_refused(keys: Keys) -> None:
    clock = ManualClock(NOW)
    revocations = Revocations(NOWHERE, clock, IDS)
    edge = Edge(keys, revocations)
    await revocations.read()
    clock.advance(timedelta(seconds=5))
    await edge.cancel()
    clock.advance(timedelta(seconds=0.1))
    with pytest.raises(faults.Unavailable) as refusal:
        await edge.cancel()
    assert (refusal.value.reason, refusal.value.retry_after) == (
        "SESSIONS_UNKNOWN",
        timedelta(seconds=1),
    )
    await edge.get()
