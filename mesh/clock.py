"""Time, identifiers and randomness as injectable parts, so that a test decides what "now" is."""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import uuid_utils


class Clock(Protocol):
    """Where the current time comes from."""

    def now(self) -> datetime:
        """The current instant, always in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for measuring durations and deadlines."""
        ...

    async def sleep(self, delay: timedelta) -> None:
        """Wait for `delay` of this clock's time."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The current instant in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from the monotonic clock."""
        return time.monotonic()

    async def sleep(self, delay: timedelta) -> None:
        """Wait in real time."""
        await asyncio.sleep(delay.total_seconds())


class ManualClock:
    """A clock that a test moves by hand; sleeping moves it and yields once."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The instant the test has set."""
        return self._now

    def monotonic(self) -> float:
        """Seconds advanced since construction."""
        return self._elapsed

    def advance(self, delta: timedelta) -> None:
        """Move time forward by `delta`."""
        self._now += delta
        self._elapsed += delta.total_seconds()

    async def sleep(self, delay: timedelta) -> None:
        """Advance by `delay` without waiting."""
        self.advance(delay)
        await asyncio.sleep(0)


class Ids(Protocol):
    """Where identifiers and secrets come from."""

    def new(self) -> str:
        """A fresh identifier: UUIDv7 in lower-case hyphenated form, ordered by creation."""
        ...

    def secret(self, size: int = 32) -> str:
        """`size` unpredictable bytes as URL-safe text."""
        ...


class SystemIds:
    """Identifiers from the operating system's randomness."""

    def new(self) -> str:
        """A fresh UUIDv7."""
        return str(uuid_utils.uuid7())

    def secret(self, size: int = 32) -> str:
        """`size` bytes from the system's generator, URL-safe."""
        return secrets.token_urlsafe(size)
