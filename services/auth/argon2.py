"""Passwords by argon2id, in a bounded pool: what does not fit is refused at once, never queued up.

A hash costs 19 MiB and tens of milliseconds of a core by design, so that a flood of logins would
otherwise be a denial of service.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from prometheus_client import Counter

from mesh.faults import ResourceExhausted

T = TypeVar("T")

_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1
_THREADS = 2
_QUEUE = 16
_RETRY_AFTER = timedelta(seconds=1)
_HASHES = Counter("auth_hashes_total", "Passwords that were hashed or checked.")


class Turn:
    """A place in the pool: one password at a time is hashed or checked in it."""

    def __init__(self, argon2: PasswordHasher, threads: ThreadPoolExecutor, nobodys: str) -> None:
        self._argon2 = argon2
        self._threads = threads
        self._nobodys = nobodys
        self.latest: Future[Any] | None = None

    async def hash(self, password: str) -> str:
        """The encoded hash of `password`, with its parameters and salt."""
        return await self._run(lambda: self._argon2.hash(password))

    async def matches(self, password: str, encoded: str) -> bool:
        """Whether `password` is the one that was hashed; without a hash False, after equal work."""
        right = await self._run(lambda: self._verify(encoded or self._nobodys, password))
        return right and bool(encoded)

    def outdated(self, encoded: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(encoded)

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._argon2.verify(encoded, password)
        except VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        _HASHES.inc()
        future = self._threads.submit(work)
        self.latest = future
        return await asyncio.wrap_future(future)


class Passwords:
    """The pool: two threads, and sixteen that may wait for them."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(
            time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._places = threading.BoundedSemaphore(_THREADS + _QUEUE)
        # Checked for accounts that do not exist, so that they take as long as those that do.
        self._nobodys = self._argon2.hash("nobody's password")

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A place in the pool, to be taken before any other work is done for a password.

        ResourceExhausted when all are taken.
        """
        if not self._places.acquire(blocking=False):
            raise ResourceExhausted(
                "BUSY", "too many sign in at this moment; try again", retry_after=_RETRY_AFTER
            )
        turn = Turn(self._argon2, self._threads, self._nobodys)
        try:
            yield turn
        finally:
            if turn.latest is None:
                self._places.release()
            else:
                # Given back when the thread is done, not when the caller stops waiting for it.
                turn.latest.add_done_callback(lambda _: self._places.release())

    async def close(self) -> None:
        """Let the hashes under way end, and drop those that wait."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
