"""Sessions that have ended, known to every process before their access tokens expire.

An access token is good by itself for a quarter of an hour. So the service that ends sessions also
writes them to one sorted set in Redis, and each process keeps a copy in memory, which a call reads
for nothing. Redis is not the truth: what it loses is written again from the database.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mesh.clock import Clock, Ids

_SESSIONS = "mesh:revoked"  # session id by the second until which its tokens may live
_VERSION = "mesh:revoked:version"  # another with every change; none when Redis lost the list
_POLL = timedelta(seconds=0.25)
_UNREADABLE_AFTER = 5.0
_TIMEOUT_SECONDS = 0.25
_CONNECTIONS = 4

_log = logging.getLogger("mesh.revocations")


class Revocations:
    """The sessions whose access tokens are refused. `url` is `redis://:password@host:port/0`."""

    def __init__(self, url: str, clock: Clock, ids: Ids) -> None:
        self._redis: Any = Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            max_connections=_CONNECTIONS,
            decode_responses=True,
        )
        self._clock = clock
        self._ids = ids
        self._ended: dict[str, float] = {}
        self._version = ""
        self._read_at = clock.monotonic()
        self._was_readable = True
        self._not_taken = 0

    def __contains__(self, session_id: object) -> bool:
        """Whether a session has ended, as far as this process knows."""
        return session_id in self._ended

    @property
    def readable(self) -> bool:
        """Whether the list could be read in the last five seconds."""
        return self._clock.monotonic() - self._read_at <= _UNREADABLE_AFTER

    async def revoke(self, session_ids: Iterable[str], until: datetime) -> None:
        """Refuse the tokens of these sessions, everywhere within a second.

        `until` is when the last of those tokens expires by itself. Never fails: what Redis does
        not take now, `keep` writes later.
        """
        ended = dict.fromkeys(session_ids, until.timestamp())
        self._ended |= ended
        try:
            await self._write(ended, complete=False)
        except (RedisError, OSError) as problem:
            self._not_taken += 1
            _log.warning("%d ended sessions are not in Redis yet: %s", len(ended), problem)

    async def keep(self, recent: Callable[[], Awaitable[Iterable[str]]], ttl: timedelta) -> None:
        """Hold the list complete until cancelled; for the service whose database is the truth.

        At the start, and whenever Redis has lost the list or did not take a change, the `recent`
        ones are written to it: all sessions that ended within the last `ttl`, the longest life of
        an access token.
        """
        written = -1
        while True:
            not_taken = self._not_taken
            try:
                if written != not_taken or not await self._redis.exists(_VERSION):
                    until = (self._clock.now() + ttl).timestamp()
                    ended = dict.fromkeys(await recent(), until)
                    self._ended |= ended
                    await self._write(ended, complete=True)
                    written = not_taken
            except (RedisError, OSError) as problem:
                _log.warning("the list of ended sessions is not complete: %s", problem)
            await self._clock.sleep(_POLL)

    async def run(self) -> None:
        """Follow the list until cancelled."""
        while True:
            await self.read()
            await self._clock.sleep(_POLL)

    async def read(self) -> None:
        """Take in what has changed. What is known here stays until its tokens have expired."""
        try:
            version = await self._redis.get(_VERSION)
            if version is not None and version != self._version:
                self._merge(await self._redis.zrange(_SESSIONS, 0, -1, withscores=True))
        except (RedisError, OSError) as problem:
            _log.debug("the list of ended sessions was not read: %s", problem)
            version = None
        if version is not None:
            self._version = version
            self._read_at = self._clock.monotonic()
        if self.readable != self._was_readable:
            self._was_readable = self.readable
            state = "read again" if self.readable else "not readable: audited calls are refused"
            _log.warning("the list of ended sessions is %s", state)

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()

    def _merge(self, found: Iterable[tuple[str, float]]) -> None:
        now = self._clock.now().timestamp()
        known = {**self._ended, **dict(found)}
        self._ended = {session: until for session, until in known.items() if until > now}

    async def _write(self, ended: dict[str, float], *, complete: bool) -> None:
        change = self._redis.pipeline(transaction=True)
        change.zremrangebyscore(_SESSIONS, "-inf", self._clock.now().timestamp())
        if ended:
            change.zadd(_SESSIONS, ended)
        # A single change must not make a list that was lost look like a whole one.
        change.set(_VERSION, self._ids.new(), xx=not complete)
        await change.execute()
