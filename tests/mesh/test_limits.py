"""Limits: exact over processes, whenever a burst comes, and strict when Redis is gone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from mesh.cache import Cache, Limit, Limiter
from mesh.clock import ManualClock, SystemIds
from tests.conftest import Running

START = datetime(2027, 1, 1, tzinfo=UTC)
TEN_A_MINUTE = Limit(10, timedelta(minutes=1))
NOBODY_LISTENS = "redis://127.0.0.1:1/0"
AT_ONCE = timedelta(0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def limiters(servers: Running, clock: ManualClock) -> AsyncIterator[list[Limiter]]:
    """Two processes that count together."""
    cache = Cache(servers.addresses.redis_url, SystemIds().new())
    both = [Limiter(cache, clock) for _ in range(2)]
    yield both
    for each in (*both, cache):
        await each.close()


@pytest.fixture
async def alone(clock: ManualClock) -> AsyncIterator[Limiter]:
    """A process whose Redis is gone."""
    limiter = Limiter(Cache(NOBODY_LISTENS, "alone"), clock)
    yield limiter
    await limiter.close()


async def test_of_two_hundred_at_once_over_two_processes_ten_pass(
    limiters: list[Limiter],
) -> None:
    takes = [limiter.take("a", TEN_A_MINUTE, START) for limiter in limiters * 100]
    waits = await asyncio.gather(*takes)
    assert waits.count(AT_ONCE) == 10
    assert {wait for wait in waits if wait} == {timedelta(minutes=1)}


async def test_no_minute_has_more_than_ten_wherever_it_begins(limiters: list[Limiter]) -> None:
    admitted: list[datetime] = []
    for second in range(0, 300, 2):
        now = START + timedelta(seconds=second)
        # A burst, silence, another burst: what a counter that is reset would let pass twice.
        if second % 60 < 10 or second % 60 > 50:
            waits = [await limiters[0].take("a", TEN_A_MINUTE, now) for _ in range(4)]
            admitted += [now] * waits.count(AT_ONCE)
    for begin in admitted:
        within = [each for each in admitted if AT_ONCE <= each - begin < timedelta(minutes=1)]
        assert len(within) <= 10
    assert len(admitted) == 50


async def test_a_burst_before_a_minute_turns_counts_after_it(limiters: list[Limiter]) -> None:
    before, after = (START + timedelta(seconds=second) for second in (59, 61))
    waits = [await limiters[0].take("a", TEN_A_MINUTE, before) for _ in range(10)]
    assert waits == [AT_ONCE] * 10
    assert await limiters[0].take("a", TEN_A_MINUTE, after) == timedelta(seconds=58)


async def test_a_refusal_says_when_there_is_room_again(limiters: list[Limiter]) -> None:
    limiter = limiters[0]
    for second in range(10):
        await limiter.take("a", TEN_A_MINUTE, START + timedelta(seconds=second))
    wait = await limiter.take("a", TEN_A_MINUTE, START + timedelta(seconds=20))
    assert wait == timedelta(seconds=40)
    again = START + timedelta(seconds=60)
    assert await limiter.take("a", TEN_A_MINUTE, again - timedelta(microseconds=1)) > AT_ONCE
    assert await limiter.take("a", TEN_A_MINUTE, again) == AT_ONCE


async def test_buckets_do_not_touch_each_other(limiters: list[Limiter]) -> None:
    one = Limit(1, timedelta(minutes=1))
    waits = [await limiters[0].take(bucket, one, START) for bucket in ("a", "b", "a")]
    assert waits == [AT_ONCE, AT_ONCE, timedelta(minutes=1)]


async def test_what_is_given_back_can_be_taken_again(limiters: list[Limiter]) -> None:
    one, (limiter, other) = Limit(1, timedelta(minutes=1)), limiters
    await limiter.take("a", one, START)
    await other.give_back("a", START)
    assert await limiter.take("a", one, START) == AT_ONCE
    assert await limiter.take("a", one, START) > AT_ONCE
    await other.fill("a")
    assert await limiter.take("a", one, START) == AT_ONCE


async def test_without_redis_a_fifth_passes_and_no_more(alone: Limiter) -> None:
    waits = await asyncio.gather(*(alone.take("a", TEN_A_MINUTE, START) for _ in range(100)))
    assert waits.count(AT_ONCE) == 2
    later = START + timedelta(minutes=1)
    assert await alone.take("a", TEN_A_MINUTE, later) == AT_ONCE


async def test_without_redis_memory_is_bounded_and_nothing_opens(alone: Limiter) -> None:
    one = Limit(1, timedelta(minutes=1))
    assert await alone.take("victim", one, START) == AT_ONCE
    for number in range(10_000):
        await alone.take(f"another {number}", one, START)
    assert await alone.take("victim", one, START) > AT_ONCE


async def test_redis_is_asked_again_after_a_second(servers: Running, clock: ManualClock) -> None:
    limiter = Limiter(Cache(servers.addresses.redis_url, SystemIds().new()), clock)
    five, pool = Limit(5, timedelta(days=1)), limiter._redis.connection_pool
    port, pool.connection_kwargs["port"] = pool.connection_kwargs["port"], 1
    waits = [await limiter.take("a", five, START) for _ in range(2)]
    assert waits == [AT_ONCE, timedelta(days=1)]
    pool.connection_kwargs["port"] = port
    pool.reset()
    assert await limiter.take("a", five, START) > AT_ONCE
    clock.advance(timedelta(seconds=1))
    waits = [await limiter.take("a", five, START) for _ in range(7)]
    assert waits == [AT_ONCE] * 5 + [timedelta(days=1)] * 2
    await limiter.close()


async def test_mutant_a_count_that_is_read_before_it_is_raised_lets_all_pass(
    limiters: list[Limiter],
) -> None:
    """Decided in two steps instead of one script, a hundred at once see an empty bucket."""
    limiter = limiters[0]
    taken: list[datetime] = []

    async def take_in_two_steps() -> timedelta:
        full = len(taken) >= TEN_A_MINUTE.count
        await limiter.take("elsewhere", TEN_A_MINUTE, START)
        if full:
            return timedelta(minutes=1)
        taken.append(START)
        return AT_ONCE

    waits = await asyncio.gather(*(take_in_two_steps() for _ in range(100)))
    assert waits.count(AT_ONCE) > 10
