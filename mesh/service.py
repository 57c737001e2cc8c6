"""What a process gives to each of its services, and what it gets back."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf.descriptor import ServiceDescriptor

from mesh.bus import Bus, Consumer, Handler
from mesh.cache import Cache
from mesh.channel import Channel
from mesh.clock import Clock, Ids
from mesh.database import Database, Signals
from mesh.revocations import Revocations


class Parts(Protocol):
    """The mesh as one service sees it; a process makes one for each of its services."""

    clock: Clock
    ids: Ids
    signals: Signals
    bus: Bus
    database: Database
    cache: Cache
    revocations: Revocations

    def channel(self, service: str) -> Channel:
        """A channel to a service by its full name, wherever it runs."""
        ...

    def consumer(self, name: str, topics: Iterable[str], handler: Handler) -> Consumer:
        """A consumer in the group `<this service>.<name>`."""
        ...


@dataclass(frozen=True)
class Service:
    """A service that is built: its servicer, what runs beside it, and how it ends."""

    servicer: object
    descriptor: ServiceDescriptor
    background: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = ()
    close: tuple[Callable[[], Awaitable[None]], ...] = ()
