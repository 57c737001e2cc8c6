"""A closed loop over HTTP/1.1: so many connections, on each the next request after its answer.

One process, one event loop, the same bytes of a request for every server. It parses every answer,
so a wrong status is counted and never taken for speed.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from statistics import quantiles

import httptools

from mesh.clock import SystemClock


@dataclass
class Tally:
    """What came back: seconds of each answer, and how many had which status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers with status 200 in a second."""
        return self.statuses.get(200, 0) / self.seconds

    @property
    def wrong(self) -> int:
        """How many had another status."""
        return sum(self.statuses.values()) - self.statuses.get(200, 0)

    def percentile(self, percent: int) -> float:
        """Milliseconds within which that part of the answers came."""
        return quantiles(self.latencies, n=100)[percent - 1] * 1000


class Connection(asyncio.Protocol):
    """One keep-alive connection: sends a request as soon as the one before is answered."""

    def __init__(self, requests: Iterator[bytes], tally: Tally, clock: SystemClock) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.measuring = False
        self._requests = requests
        self._tally = tally
        self._clock = clock
        self._stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self.measuring:
            self._tally.latencies.append(self._clock.monotonic() - self._sent_at)
            status = self._parser.get_status_code()
            self._tally.statuses[status] = self._tally.statuses.get(status, 0) + 1
        if self._stopping:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def stop(self) -> None:
        """Close after the answer that is under way."""
        self._stopping = True

    def _send(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._sent_at = self._clock.monotonic()
        self._transport.write(next(self._requests))


@dataclass(frozen=True)
class Load:
    """How hard, and how long: seconds before the measurement, and of it."""

    connections: int
    warm_up: float
    measured: float


async def closed_loop(port: int, requests: list[bytes], load: Load) -> Tally:
    """What came back from a server on this machine that got these requests in turn."""
    loop, clock, tally, ring = asyncio.get_running_loop(), SystemClock(), Tally(), cycle(requests)
    connections = [
        (await loop.create_connection(lambda: Connection(ring, tally, clock), "127.0.0.1", port))[1]
        for _ in range(load.connections)
    ]
    await asyncio.sleep(load.warm_up)
    began = clock.monotonic()
    for connection in connections:
        connection.measuring = True
    await asyncio.sleep(load.measured)
    for connection in connections:
        connection.measuring = False
        connection.stop()
    tally.seconds = clock.monotonic() - began
    await asyncio.wait_for(asyncio.gather(*(each.closed for each in connections)), 30)
    if not tally.statuses:
        raise ConnectionError(f"port {port} answered nothing")
    return tally


def a_request(verb: str, path: str, *, token: str = "", body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{verb} {path} HTTP/1.1", "host: localhost", "accept: application/json"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
