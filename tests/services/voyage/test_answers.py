"""One thing at a time for each key: made once for all who ask at once, on nobody's behalf."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from dreamscape.policy.v1 import policy_pb2
from dreamscape.voyage.v1 import voyage_pb2
from mesh.call import Call, current_call
from mesh.clock import ManualClock
from mesh.faults import Unavailable
from services.voyage.answers import Make, Together
from services.voyage.domain import SEARCH_OFFER_TTL
from tests.conftest import Running
from tests.services.voyage.conftest import SERVICE, Rig, Sandbox, a_search

PATIENCE = 5.0
AT_ONCE = 200


class Oven:
    """Something that takes as long as the test says, and counts how often it was lit."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.lit = 0
        self.done = asyncio.Event()
        self.on_behalf_of: Call | None = None
        self._failure = failure

    async def bake(self) -> bytes:
        self.lit += 1
        self.on_behalf_of = current_call.get()
        await self.done.wait()
        if self._failure:
            raise self._failure
        return b"loaf %d" % self.lit

    async def has_been_lit(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while not self.lit:
                await asyncio.sleep(0)


def waiting(together: Together, oven: Oven, count: int = 1) -> "list[asyncio.Task[bytes]]":
    return [asyncio.create_task(together.get("loaf", oven.bake)) for _ in range(count)]


async def test_two_hundred_who_ask_at_once_are_given_what_is_made_once() -> None:
    together, oven = Together(), Oven()
    all_of_them = waiting(together, oven, AT_ONCE)
    await oven.has_been_lit()
    oven.done.set()
    assert await asyncio.gather(*all_of_them) == [b"loaf 1"] * AT_ONCE


async def test_other_keys_and_later_times_are_made_by_themselves() -> None:
    together, oven, other = Together(), Oven(), Oven()
    oven.done.set()
    [first] = waiting(together, oven)
    await oven.has_been_lit()
    other.done.set()
    assert await together.get("cake", other.bake) == b"loaf 1"
    assert await first == b"loaf 1"
    assert await together.get("loaf", oven.bake) == b"loaf 2"


async def test_who_gives_up_first_leaves_the_others_be() -> None:
    together, oven = Together(), Oven()
    first, *others = waiting(together, oven, 3)
    await oven.has_been_lit()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    oven.done.set()
    assert await asyncio.gather(*others) == [b"loaf 1"] * 2


async def test_who_runs_out_of_time_leaves_the_others_be() -> None:
    together, oven = Together(), Oven()
    [patient] = waiting(together, oven)
    await oven.has_been_lit()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await together.get("loaf", oven.bake)
    oven.done.set()
    assert await patient == b"loaf 1"


async def test_what_nobody_waits_for_any_more_is_still_made() -> None:
    together, oven, kept = Together(), Oven(), asyncio.Event()

    async def bake_and_keep() -> bytes:
        loaf = await oven.bake()
        kept.set()
        return loaf

    alone = asyncio.create_task(together.get("loaf", bake_and_keep))
    await oven.has_been_lit()
    alone.cancel()
    oven.done.set()
    await asyncio.wait_for(kept.wait(), PATIENCE)


async def test_a_failure_is_told_to_all_and_tried_again_by_the_next() -> None:
    together, oven = Together(), Oven(Unavailable("OUT_OF_FLOUR", "no bread today"))
    all_of_them = waiting(together, oven, 3)
    await oven.has_been_lit()
    oven.done.set()
    told = await asyncio.gather(*all_of_them, return_exceptions=True)
    assert [type(each) for each in told] == [Unavailable] * 3
    with pytest.raises(Unavailable):
        await together.get("loaf", oven.bake)
    assert oven.lit == 2


async def test_it_is_made_on_behalf_of_nobody(clock: ManualClock) -> None:
    together, oven = Together(), Oven()
    token = current_call.set(Call((), clock))
    oven.done.set()
    await together.get("loaf", oven.bake)
    current_call.reset(token)
    assert oven.on_behalf_of is None


async def test_what_takes_too_long_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        await Together(seconds=0.01).get("loaf", Oven().bake)


async def test_closing_gives_up_what_is_under_way() -> None:
    together, oven = Together(), Oven()
    [hungry] = waiting(together, oven)
    await oven.has_been_lit()
    await together.close()
    with pytest.raises(asyncio.CancelledError):
        await hungry


async def test_two_hundred_equal_searches_at_once_are_one_call_of_the_supplier(
    rig: Rig, sandbox: Sandbox
) -> None:
    await sandbox.fault("search", "slow:0.2", 100)
    wish, calls = a_search(), [rig.call for _ in range(AT_ONCE)]
    found = await asyncio.gather(*(rig.service.SearchFlights(wish, call) for call in calls))
    assert await sandbox.waiting("search") == 99
    assert [each.offers[0] for each in found] == [found[0].offers[0]] * AT_ONCE
    assert {tuple(call.headers) for call in calls} == {(("cache-control", "public, max-age=300"),)}


class EachForThemselves(Together):
    """Makes everything anew for everybody."""

    async def get(self, key: str, make: Make) -> bytes:
        return await make()


async def test_mutant_without_togetherness_each_search_is_a_call_of_the_supplier(
    around: Running, clock: ManualClock, sandbox: Sandbox
) -> None:
    rig, wish = Rig(around, clock, together=EachForThemselves()), a_search()
    await sandbox.fault("search", "slow:0.2", 100)
    await asyncio.gather(*(rig.service.SearchFlights(wish, rig.call) for _ in range(10)))
    await rig.close()
    assert await sandbox.waiting("search") == 90


async def test_an_answer_is_kept_as_long_as_the_contract_says(rig: Rig, around: Running) -> None:
    await rig.service.SearchFlights(a_search(), rig.call)
    redis = Redis.from_url(around.addresses.redis_url)
    [key] = await redis.keys(f"{rig.cache.prefix}:SearchFlightsResponse.*")
    assert 290 < await redis.ttl(key) <= 300
    await redis.aclose()


def test_offers_outlive_the_answers_they_are_kept_in() -> None:
    policy = SERVICE.methods_by_name["SearchFlights"].GetOptions().Extensions[policy_pb2.method]
    # Kept here for that long, and as long again by whoever passes it on.
    assert 2 * timedelta(seconds=policy.cache_ttl_s) < SEARCH_OFFER_TTL


async def test_a_failure_is_not_to_be_kept_by_anybody(rig: Rig, sandbox: Sandbox) -> None:
    await sandbox.fault("search", "status:503", 2)
    wish, call = a_search(), rig.call
    with pytest.raises(Unavailable):
        await rig.service.SearchFlights(wish, call)
    assert call.headers == []
    assert isinstance(
        await rig.service.SearchFlights(wish, rig.call), voyage_pb2.SearchFlightsResponse
    )
