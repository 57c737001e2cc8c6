"""What Redis does for services: answers kept for a while, and counts of what was tried.

A cache that does not answer is a miss, never a failure. A limiter whose Redis does not answer
counts in this process, more strictly, and never lets everything through.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from mesh.clock import Clock

_TIMEOUT_SECONDS = 0.25
_CONNECTIONS = 32
# A count is waited for longer: without it there is only a guess.
_COUNT_TIMEOUT_SECONDS = 1.0
_COUNT_CONNECTIONS = 8
# While Redis does not answer, it is asked only now and then, so that nobody waits for it.
_ASK_AGAIN_AFTER = timedelta(seconds=1)
# What one process allows by itself: a fifth, for it does not see what the others allow.
_STRICTER = 5
_SLOTS = 4096

_log = logging.getLogger("mesh.cache")


class Cache:
    """Bytes by key. `url` is `redis://:password@host:port/0`; `prefix` keeps services apart."""

    def __init__(self, url: str, prefix: str) -> None:
        self.url = url
        self.prefix = prefix
        self._redis = _redis(url, _CONNECTIONS, _TIMEOUT_SECONDS)

    async def get(self, key: str) -> bytes | None:
        """The value of `key`; None when it is not there or Redis is not."""
        try:
            value = await self._redis.get(f"{self.prefix}:{key}")
        except (RedisError, OSError) as problem:
            _log.warning("get: %s", problem)
            return None
        return value if isinstance(value, bytes) else None

    async def put(self, key: str, value: bytes, ttl: timedelta) -> None:
        """Keep `value` for `ttl`."""
        try:
            await self._redis.set(f"{self.prefix}:{key}", value, px=ttl)
        except (RedisError, OSError) as problem:
            _log.warning("put: %s", problem)

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()


def _redis(url: str, connections: int, seconds: float) -> Redis:
    # Waits for a free connection, where the usual pool fails when all are taken.
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=seconds,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
    )
    return Redis.from_pool(pool)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` within any `period`, wherever it begins."""

    count: int
    period: timedelta


# A bucket is a list of the last `count` moments, in microseconds, the newest first. One more fits
# when the oldest of a full list is a period ago. Answers how many microseconds to wait, or 0.
_TAKE = """
local count, period, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local oldest = redis.call('LINDEX', KEYS[1], count - 1)
if oldest and now < oldest + period then return oldest + period - now end
redis.call('LPUSH', KEYS[1], ARGV[3])
redis.call('LTRIM', KEYS[1], 0, count - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(period / 1000))
return 0
"""


class Limiter:
    """Counts what is tried, over all processes, exactly: a burst at any moment changes nothing.

    Each decision is one script in the Redis of `cache`, so that any number at once cannot pass
    together.
    """

    def __init__(self, cache: Cache, clock: Clock) -> None:
        self._redis = _redis(cache.url, _COUNT_CONNECTIONS, _COUNT_TIMEOUT_SECONDS)
        self._prefix = f"{cache.prefix}:limit"
        self._clock = clock
        self._script = self._redis.register_script(_TAKE)
        self._alone = _Alone()
        self._gone_until: datetime | None = None

    async def take(self, bucket: str, limit: Limit, now: datetime) -> timedelta:
        """Take one from `bucket`: zero when it was there, else how long until one is."""
        if not self._gone():
            try:
                wait = await self._script(
                    keys=[f"{self._prefix}:{bucket}"],
                    args=[limit.count, _micros(limit.period), _stamp(now)],
                )
                self._gone_until = None
                return timedelta(microseconds=int(wait))
            except (RedisError, OSError) as problem:
                self._gone_until = self._clock.now() + _ASK_AGAIN_AFTER
                _log.warning("limits are counted here, strictly: %s", problem)
        return self._alone.take(bucket, limit, now)

    async def give_back(self, bucket: str, now: datetime) -> None:
        """Put back what was taken from `bucket` at `now`."""
        if self._gone():
            return
        try:
            await self._redis.lrem(f"{self._prefix}:{bucket}", 1, str(_stamp(now)))
        except (RedisError, OSError) as problem:
            _log.warning("give back: %s", problem)

    async def fill(self, bucket: str) -> None:
        """Forget what was taken from `bucket`."""
        if self._gone():
            return
        try:
            await self._redis.delete(f"{self._prefix}:{bucket}")
        except (RedisError, OSError) as problem:
            _log.warning("fill: %s", problem)

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()

    def _gone(self) -> bool:
        """Whether Redis did not answer lately; now and then one caller is told otherwise."""
        if self._gone_until is None:
            return False
        now = self._clock.now()
        if now < self._gone_until:
            return True
        self._gone_until = now + _ASK_AGAIN_AFTER
        return False


class _Alone:
    """Counts in this process. Buckets share a fixed number of slots: strict, and bounded."""

    def __init__(self) -> None:
        self._taken: dict[int, tuple[datetime, ...]] = {}

    def take(self, bucket: str, limit: Limit, now: datetime) -> timedelta:
        """As `Limiter.take`, with a fifth of the limit."""
        count = max(1, limit.count // _STRICTER)
        slot = hash(bucket) % _SLOTS
        taken = self._taken.get(slot, ())
        if len(taken) >= count and now < taken[-count] + limit.period:
            return taken[-count] + limit.period - now
        self._taken[slot] = (*taken, now)[-limit.count :]
        return timedelta(0)


def _stamp(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def _micros(period: timedelta) -> int:
    return period // timedelta(microseconds=1)
