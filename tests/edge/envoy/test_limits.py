"""Who may call how often at the public edge, and what does not help against it.

Buckets that do not fill again while a test runs make its counts exact. Each test calls from
loopback addresses of its own, so that it begins with full buckets.
"""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio

from tests.edge.envoy.bodies import problem, too_many
from tests.edge.envoy.live import Mesh, in_filter, running, without

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTH = "/dreamscape.auth.v1.AuthService"
SEARCH, LOGIN, REFRESH = (
    "GET /api/flights/search",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh",
)
PROFILE, GRAPHQL = "GET /api/v1/users/profile", "POST /graphql"
ADDRESSES = (f"127.0.{high}.{low}" for high in range(1, 9) for low in range(1, 200))
STILL = without('"fill_interval": "1s"', '"fill_interval": "3600s"')
HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def limited(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """The edge with the limits of the contract."""
    folder = tmp_path_factory.mktemp("limited")
    async with running(folder, "single", mutate=STILL, RATE_FACTOR="1") as mesh:
        yield mesh


async def answers(
    mesh: Mesh, call: str, times: int, address: str, headers: dict[str, str] | None = None
) -> list[httpx.Response]:
    """What the same call gets, made again and again from an address."""
    verb, path = call.split()
    body: Any = {"json": {}} if verb == "POST" else {}
    async with mesh.rest(address) as client:
        return [await client.request(verb, path, headers=headers, **body) for _ in range(times)]


async def passed(mesh: Mesh, call: str, times: int, address: str, **more: Any) -> int:
    """How many of so many calls were let in; the others were told that they were too many."""
    statuses = [answer.status_code for answer in await answers(mesh, call, times, address, **more)]
    assert set(statuses) <= {200, 429}
    return statuses.count(200)


@pytest.mark.parametrize(
    ("call", "limit"), [(LOGIN, 10), (REFRESH, 10), (SEARCH, 50), (GRAPHQL, 50), ("GET /docs", 50)]
)
async def test_an_address_has_the_calls_of_its_class_and_no_more(
    limited: Mesh, call: str, limit: int
) -> None:
    assert await passed(limited, call, limit + 5, next(ADDRESSES)) == limit
    assert await passed(limited, call, 1, next(ADDRESSES)) == 1


async def test_all_methods_of_a_class_take_from_the_same_buckets(limited: Mesh) -> None:
    address = next(ADDRESSES)
    assert await passed(limited, REFRESH, 6, address) == 6
    assert await passed(limited, "POST /api/v1/auth/logout", 6, address) == 4
    assert await passed(limited, SEARCH, 30, address) == 30
    assert await passed(limited, GRAPHQL, 30, address) == 20
    assert await passed(limited, LOGIN, 11, address) == 10


async def test_a_user_has_no_more_calls_from_two_addresses_than_from_one(limited: Mesh) -> None:
    ada, bob = (limited.signer.bearer(sub=name) for name in ("ada", "bob"))
    first, second = next(ADDRESSES), next(ADDRESSES)
    assert await passed(limited, PROFILE, 30, first, headers=ada) == 30
    assert await passed(limited, PROFILE, 30, second, headers=ada) == 20
    assert await passed(limited, PROFILE, 20, first, headers=bob) == 20


async def test_a_header_makes_nobody_another_user(limited: Mesh) -> None:
    token = limited.signer.bearer(sub="carol")
    counts = [
        await passed(limited, PROFILE, 20, next(ADDRESSES), headers=token | {"x-ds-sub": name})
        for name in ("a", "b", "c")
    ]
    assert counts == [20, 20, 10]


def spoofed() -> Iterator[dict[str, str]]:
    """Headers by which a client claims to be somewhere else, ever elsewhere."""
    for n in itertools.count(1):
        place = f"203.0.113.{n}"
        yield {
            "x-forwarded-for": f"{place}, {place}",
            "x-real-ip": place,
            "forwarded": f"for={place}",
        }


async def guesses(mesh: Mesh) -> int:
    """How many of 15 logins are let in that each claim another address."""
    address, statuses = next(ADDRESSES), []
    for _, headers in zip(range(15), spoofed(), strict=False):
        found = await answers(mesh, LOGIN, 1, address, headers)
        statuses.append(found[0].status_code)
    return statuses.count(200)


async def test_claiming_other_addresses_does_not_help(limited: Mesh) -> None:
    assert await guesses(limited) == 10


@pytest.mark.parametrize(
    ("call", "limit", "wait"), [(LOGIN, "10", "6"), (REFRESH, "10", "1"), (SEARCH, "50", "1")]
)
async def test_who_calls_too_often_is_told_when_to_come_again(
    limited: Mesh, call: str, limit: str, wait: str
) -> None:
    *_, last, refused = await answers(limited, call, int(limit) + 1, next(ADDRESSES))
    assert [last.headers.get(name) for name in HEADERS[:2]] == [limit, "0"]
    assert "retry-after" not in last.headers
    assert (refused.status_code, problem(refused)) == (429, too_many(f"{wait}s"))
    assert [refused.headers[name] for name in (*HEADERS[:2], "retry-after")] == [limit, "0", wait]
    assert "x-envoy-ratelimited" not in refused.headers


async def test_a_grpc_caller_gets_resource_exhausted_and_takes_from_the_same_bucket(
    limited: Mesh,
) -> None:
    assert await passed(limited, LOGIN, 10, "127.0.0.1") == 10
    limited.services.seen.clear()
    async with limited.grpc() as channel:
        stub: Any = channel.unary_unary(f"{AUTH}/Login")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub(b"")
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.value.details() == "Too many requests. Try again later."
    told = dict([*refused.value.initial_metadata(), *refused.value.trailing_metadata()])
    assert told["retry-after"] == "6"
    assert limited.services.seen == []


async def test_a_webhook_is_not_limited(limited: Mesh) -> None:
    assert await passed(limited, "POST /api/v1/payments/webhook", 70, next(ADDRESSES)) == 70


async def test_a_page_may_read_how_many_calls_are_left(limited: Mesh) -> None:
    origin = {"origin": "http://localhost:5173"}
    answer = (await answers(limited, SEARCH, 1, next(ADDRESSES), origin))[0]
    assert set(HEADERS) <= set(answer.headers["access-control-expose-headers"].split(","))


async def test_the_factor_of_a_test_multiplies_every_limit(tmp_path: Path) -> None:
    async with running(tmp_path, "single", mutate=STILL, RATE_FACTOR="2") as mesh:
        assert await passed(mesh, LOGIN, 25, next(ADDRESSES)) == 20


async def test_mutant_remote_address_gone_a_client_says_where_it_is(tmp_path: Path) -> None:
    mutation = without('"use_remote_address": true', '"use_remote_address": false')
    async with running(tmp_path, "single", mutate=mutation, RATE_FACTOR="1") as mesh:
        assert await guesses(mesh) == 15


async def test_mutant_rate_class_gone_a_method_has_no_limit(tmp_path: Path) -> None:
    mutation = without('"rate": "login"', '"rate": "none"')
    async with running(tmp_path, "single", mutate=mutation, RATE_FACTOR="1") as mesh:
        assert await guesses(mesh) == 15


async def test_mutant_filter_enforced_gone_nobody_is_refused(tmp_path: Path) -> None:
    mutation = in_filter("local_ratelimit", lambda limits: limits.pop("filter_enforced"))
    async with running(tmp_path, "single", mutate=mutation, RATE_FACTOR="1") as mesh:
        assert await guesses(mesh) == 15


async def test_mutant_user_bucket_gone_two_addresses_have_twice_the_calls(tmp_path: Path) -> None:
    def only_by_address(document: str) -> str:
        return in_filter("local_ratelimit", lambda limits: limits["rate_limits"].pop(0))(
            STILL(document)
        )

    async with running(tmp_path, "single", mutate=only_by_address, RATE_FACTOR="1") as mesh:
        token = mesh.signer.bearer()
        for _ in range(2):
            assert await passed(mesh, PROFILE, 30, next(ADDRESSES), headers=token) == 30


async def test_mutant_resource_exhausted_gone_grpc_callers_try_again_at_once(
    tmp_path: Path,
) -> None:
    mutation = in_filter(
        "local_ratelimit", lambda limits: limits.pop("rate_limited_as_resource_exhausted")
    )
    async with running(tmp_path, "single", mutate=mutation, RATE_FACTOR="1") as mesh:
        assert await passed(mesh, LOGIN, 10, "127.0.0.1") == 10
        async with mesh.grpc() as channel:
            stub: Any = channel.unary_unary(f"{AUTH}/Login")
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await stub(b"")
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
