"""The composition root: one process of ours, from its configuration to its last drain."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mesh.bus import Bus, Consumer, Handler
from mesh.cache import Cache
from mesh.channel import Caller, Channel, LocalChannel, RemoteChannel
from mesh.clock import Clock, Ids, SystemClock, SystemIds
from mesh.database import Database, Signals
from mesh.interceptors import Chain
from mesh.revocations import Revocations
from mesh.server import Route, Server, routes
from mesh.service import Service
from mesh.tokens import SERVICES, USERS
from pods import logs
from pods.addresses import addresses
from pods.catalogue import CATALOGUE, Surroundings
from pods.config import Config
from pods.keys import KeyRing
from pods.part import LOCAL
from pods.pods import Pod, home_of, topology
from pods.secrets import Secrets, secrets_dir

_DRAIN_SECONDS = 3.0  # Envoy asks every second and believes the second bad answer
_GRACE_SECONDS = 10.0
_RESTART_AFTER = timedelta(seconds=1)

_log = logging.getLogger("pods.process")


@dataclass
class ServiceParts:
    """What one service is given: `mesh.service.Parts`."""

    noun: str
    clock: Clock
    ids: Ids
    signals: Signals
    bus: Bus
    database: Database
    cache: Cache
    revocations: Revocations
    channel_to: Callable[[str, str], Channel]
    bootstrap: str

    def channel(self, service: str) -> Channel:
        """A channel from this service to another."""
        return self.channel_to(self.noun, service)

    def consumer(self, name: str, topics: Iterable[str], handler: Handler) -> Consumer:
        """A consumer in the group `<noun>.<name>`."""
        return Consumer(self.bootstrap, f"{self.noun}.{name}", topics, handler, self.bus)


class Process:
    """A pod that is built. `start` opens it, `stop` ends it; in between it serves."""

    def __init__(self, config: Config, secrets: Secrets, pod: Pod) -> None:
        self.pod = pod
        self.clock, self.ids = SystemClock(), SystemIds()
        self._config = config
        self._pods = topology(config.topology)
        folder, found = secrets_dir(config), addresses(config, secrets)
        self.keys = KeyRing(folder, USERS, self.clock, self.ids)
        self._mesh_keys = KeyRing(folder, SERVICES, self.clock, self.ids)
        self._surroundings = Surroundings(config, secrets, found, self.keys)
        self.signals = Signals(found.database_url)
        self.bus = Bus(found.kafka_bootstrap)
        self.revocations = Revocations(found.redis_url, self.clock, self.ids)
        self.chain = Chain(
            clock=self.clock,
            ids=self.ids,
            users=self.keys.verifier,
            services=self._mesh_keys.verifier,
            revocations=self.revocations,
        )
        self.routes: dict[str, Route] = {}
        self._remote: dict[tuple[str, str], RemoteChannel] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._services = [self._build(noun) for noun in pod.services]

    def channel(self, caller: str, service: str) -> Channel:
        """A channel from `caller` to a service by its full name, in this process or another."""
        identity = Caller(caller, self._mesh_keys.signer, self.clock)
        home = home_of(service.split(".")[1], self._pods)
        if home.name == self.pod.name:
            return LocalChannel(self.routes, identity, self.clock)
        key = (caller, home.name)
        if key not in self._remote:
            address = f"{LOCAL}:{envoy_port(self._config, home.name)}"
            self._remote[key] = RemoteChannel(address, identity)
        return self._remote[key]

    async def start(self) -> None:
        """Run what runs beside the servicers."""
        for follow in (self.signals, self.revocations, self.keys, self._mesh_keys):
            self._spawn(follow.run)
        for service in self._services:
            for work in service.background:
                self._spawn(work)

    async def stop(self) -> None:
        """End what runs beside the servicers, then close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for close in reversed(self._closing):
            await close()
        for channel in self._remote.values():
            await channel.close()
        await self.revocations.close()
        await self.bus.close()

    def _build(self, noun: str) -> Service:
        entry = CATALOGUE[noun]
        found = self._surroundings.addresses
        database = Database(found.database_url, entry.schema)
        cache = Cache(found.redis_url, noun)
        self._closing += [database.close, cache.close]
        parts = ServiceParts(
            noun=noun,
            clock=self.clock,
            ids=self.ids,
            signals=self.signals,
            bus=self.bus,
            database=database,
            cache=cache,
            revocations=self.revocations,
            channel_to=self.channel,
            bootstrap=found.kafka_bootstrap,
        )
        service = entry.build(self._surroundings, parts)
        self.routes |= routes(service.servicer, service.descriptor, self.chain)
        self._closing += service.close
        return service

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._tasks.append(asyncio.create_task(self._keep_running(work)))

    async def _keep_running(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `work` again after it fails: a worker that dies of one bad moment must come back."""
        while True:
            try:
                await work()
                return
            except Exception:
                _log.exception("%s failed and starts again", getattr(work, "__qualname__", work))
                await self.clock.sleep(_RESTART_AFTER)


def envoy_port(config: Config, pod: str) -> int:
    """Where the Envoy of a pod listens inside the mesh."""
    return {"core": config.ports.core_envoy, "business": config.ports.business_envoy}[pod]


def grpc_port(config: Config, pod: str) -> int:
    """Where the gRPC server of a pod listens, behind its Envoy."""
    ports = config.ports
    own = {"core": ports.core_grpc, "business": ports.business_grpc}
    return own.get(pod, ports.experience_grpc)


async def run(config: Config, secrets: Secrets, name: str) -> None:
    """Be the pod `name` until SIGTERM, then drain."""
    logs.set_up()
    pod = topology(config.topology)[name]
    process = Process(config, secrets, pod)
    server = Server(process.routes, engine=config.grpc_engine, clock=process.clock)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await process.start()
    async with _web(config, process) if pod.edge else nullcontext():
        await server.start(f"{LOCAL}:{grpc_port(config, name)}")
        _log.info("pod %s serves %s", name, ", ".join(pod.services) or "the edge")
        await stopped.wait()
        await server.stop(drain=_DRAIN_SECONDS, grace=_GRACE_SECONDS)
    await process.stop()


def _web(config: Config, process: Process) -> AbstractAsyncContextManager[None]:
    # Only the pod at the edge pays for an HTTP server and a GraphQL engine.
    from pods.web import serving  # noqa: PLC0415

    return serving(
        config, lambda service: process.channel("graphql", service), process.keys.published
    )


async def migrate(config: Config, secrets: Secrets) -> None:
    """Bring every service's schema to its newest revision."""
    logs.set_up()
    url = addresses(config, secrets).database_url
    for pod in topology(config.topology).values():
        for noun in pod.services:
            entry = CATALOGUE[noun]
            database = Database(url, entry.schema, pool_size=1)
            await database.migrate(entry.migrations)
            await database.close()
