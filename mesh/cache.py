"""Answers kept for a while in Redis. A cache that does not answer is a miss, never a failure."""

import logging
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

_TIMEOUT_SECONDS = 0.25
_CONNECTIONS = 32

_log = logging.getLogger("mesh.cache")


class Cache:
    """Bytes by key. `url` is `redis://:password@host:port/0`; `prefix` keeps services apart."""

    def __init__(self, url: str, prefix: str) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            max_connections=_CONNECTIONS,
        )
        self._prefix = prefix

    async def get(self, key: str) -> bytes | None:
        """The value of `key`; None when it is not there or Redis is not."""
        try:
            value = await self._redis.get(f"{self._prefix}:{key}")
        except (RedisError, OSError) as problem:
            _log.warning("get: %s", problem)
            return None
        return value if isinstance(value, bytes) else None

    async def put(self, key: str, value: bytes, ttl: timedelta) -> None:
        """Keep `value` for `ttl`."""
        try:
            await self._redis.set(f"{self._prefix}:{key}", value, px=ttl)
        except (RedisError, OSError) as problem:
            _log.warning("put: %s", problem)

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()
