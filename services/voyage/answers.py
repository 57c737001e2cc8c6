"""Answers that are for everybody: kept in the cache, and made once for all who ask at once."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import timedelta
from typing import TypeVar

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from dreamscape.policy.v1 import policy_pb2
from mesh.cache import Cache
from mesh.call import Call

Response = TypeVar("Response", bound=Message)
Make = Callable[[], Awaitable[bytes]]

# Nothing that is made takes longer: the supplier's own limit, and what is stored of its answer.
_LONGEST_SECONDS = 12.0


class Together:
    """Makes one thing at a time for each key, and gives it to all who want it meanwhile.

    It is made on nobody's behalf: whoever gives up, or runs out of time, leaves the others be, and
    what is under way comes to its end, or to `seconds`.
    """

    def __init__(self, seconds: float = _LONGEST_SECONDS) -> None:
        self._seconds = seconds
        self._under_way: dict[str, asyncio.Task[bytes]] = {}

    async def get(self, key: str, make: Make) -> bytes:
        """What `make` makes, or what another's `make` is making for this key."""
        task = self._under_way.get(key)
        if task is None:
            # A context of its own: the first caller's deadline and token are not the others'.
            task = asyncio.get_running_loop().create_task(self._bounded(make), context=Context())
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _bounded(self, make: Make) -> bytes:
        async with asyncio.timeout(self._seconds):
            return await make()


class Answers:
    """The answers of one service, each kept as long as its contract says."""

    def __init__(self, cache: Cache, service: ServiceDescriptor, together: Together) -> None:
        self._cache = cache
        self._together = together
        self._ttl = {method.output_type.full_name: _ttl(method) for method in service.methods}

    async def give(
        self,
        call: Call,
        wanted: object,
        kind: type[Response],
        make: Callable[[], Awaitable[Response]],
    ) -> Response:
        """The answer to `wanted` that is kept, or the one that `make` makes, which then is.

        `wanted` is the question, normalised: equal ones have the same repr. Whoever passes the
        answer on may keep it as long as we do. A failure is kept by nobody.
        """
        question = hashlib.sha256(repr(wanted).encode()).hexdigest()
        key = f"{kind.DESCRIPTOR.name}.{question}"
        ttl = self._ttl[kind.DESCRIPTOR.full_name]

        async def found() -> bytes:
            # Looked up in here: who comes just after an answer was made finds it kept.
            kept = await self._cache.get(key)
            if kept is None:
                kept = (await make()).SerializeToString()
                await self._cache.put(key, kept, ttl)
            return kept

        answer = kind.FromString(await self._together.get(key, found))
        call.headers.append(("cache-control", f"public, max-age={int(ttl.total_seconds())}"))
        return answer

    async def close(self) -> None:
        """Give up what is under way."""
        await self._together.close()


def _ttl(method: MethodDescriptor) -> timedelta:
    policy: policy_pb2.MethodPolicy = method.GetOptions().Extensions[policy_pb2.method]  # type: ignore[index]
    return timedelta(seconds=policy.cache_ttl_s)
