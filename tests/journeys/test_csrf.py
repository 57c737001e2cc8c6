"""No page elsewhere can use, or take away, the cookie of somebody who is signed in."""

from dataclasses import dataclass

import httpx
import pytest

from mesh.clock import SystemIds
from tests.journeys.conftest import Edge
from tests.journeys.test_bad_input import reason_of

IDS = SystemIds()
COOKIE = "ds_rt"
REFRESH, LOGOUT = "/api/v1/auth/refresh", "/api/v1/auth/logout"
EVIL = {"origin": "https://evil.example"}
# Every way in which a page may have a browser send a body without asking us first, and two in which
# it would have to ask.
BODIES = {
    "plain text": ("text/plain", b"{}"),
    "plain text with a hint": ("text/plain; application/json", b"{}"),
    "form": ("application/x-www-form-urlencoded", b"a=b"),
    "empty form": ("application/x-www-form-urlencoded", b""),
    "multipart": ("multipart/form-data; boundary=x", b"--x--"),
    "no type": ("", b"{}"),
    "no body": ("", b""),
    "json": ("application/json", b"{}"),
    "grpc-web": ("application/grpc-web+proto", bytes(5)),
}
# How browsers, old and new, tell that a request does not come from our own pages.
FOREIGN = {
    "foreign origin": EVIL,
    "null origin": {"origin": "null"},
    "no origin": {},
    "cross-site": {**EVIL, "sec-fetch-site": "cross-site"},
    "same-site": {"origin": "https://other.localhost", "sec-fetch-site": "same-site"},
    "cross-site without origin": {"sec-fetch-site": "cross-site"},
    "cross-site and null": {"origin": "null", "sec-fetch-site": "cross-site"},
    "unknown site": {**EVIL, "sec-fetch-site": "nonsense"},
    "our name in theirs": {"origin": "http://localhost.evil.example"},
    "our address as http user": {"origin": "http://localhost@evil.example"},
}


@dataclass(frozen=True)
class Victim:
    """Somebody whose browser holds the cookie."""

    edge: Edge
    token: str
    cookie: str

    async def lured(self, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        """What their browser gets when a page has it call `path`, cookie and all."""
        sent = {"cookie": f"{COOKIE}={self.cookie}"} | headers
        async with self.edge.http() as client:
            return await client.post(path, headers=sent, content=body)

    async def is_signed_in(self) -> bool:
        async with self.edge.http(self.token) as client:
            return (await client.post("/api/v1/auth/verify-token", json={})).status_code == 200


@pytest.fixture
async def victim(edge: Edge) -> Victim:
    account = {"email": f"{IDS.new()}@example.com", "password": IDS.secret()}
    async with edge.http() as client:
        await client.post("/api/v1/auth/register", json=account)
        login = await client.post("/api/v1/auth/login", json=account)
        return Victim(edge, login.json()["tokens"]["accessToken"], client.cookies[COOKIE])


def typed(kind: str) -> dict[str, str]:
    return {"content-type": kind} if kind else {}


@pytest.mark.parametrize("path", [REFRESH, LOGOUT])
async def test_whatever_a_foreign_page_sends_nothing_happens(victim: Victim, path: str) -> None:
    rpc = "/dreamscape.auth.v1.AuthService/" + path.rpartition("/")[2].title()
    for body, (kind, content) in BODIES.items():
        target = rpc if "grpc" in kind else path
        for page, headers in FOREIGN.items():
            case = f"{body}, {page}"
            answer = await victim.lured(target, headers | typed(kind), content)
            refused = answer.headers.get("grpc-status") if "grpc" in kind else answer.status_code
            assert refused in {403, 415, "7"}, case
            assert "set-cookie" not in answer.headers, case
            assert "accessToken" not in answer.text, case
            # Nor may the page read it: only our own origins are named.
            assert answer.headers.get("access-control-allow-origin") is None, case
    assert await victim.is_signed_in()


@pytest.mark.parametrize("page", FOREIGN)
async def test_a_foreign_page_may_not_even_ask(edge: Edge, page: str) -> None:
    ask = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    async with edge.http() as client:
        answer = await client.options(REFRESH, headers=FOREIGN[page] | ask)
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_form_that_comes_without_the_cookie_does_not_clear_it(edge: Edge) -> None:
    """As browsers send it: SameSite keeps the cookie back, but an answer could still replace it."""
    form = EVIL | {"sec-fetch-site": "cross-site", "content-type": BODIES["form"][0]}
    async with edge.http() as client:
        answer = await client.post(LOGOUT, headers=form)
    assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_own_page_refreshes_and_leaves(victim: Victim, site: str) -> None:
    headers = {"sec-fetch-site": site} | typed("application/json")
    refreshed = await victim.lured(REFRESH, headers, b"{}")
    assert refreshed.status_code == 200
    left = await victim.lured(LOGOUT, headers, b"{}")
    assert left.status_code == 200
    assert f"{COOKIE}=;" in left.headers["set-cookie"]
    assert not await victim.is_signed_in()


async def test_an_old_browser_on_our_own_page_is_known_by_its_origin(victim: Victim) -> None:
    own = {"origin": victim.edge.url} | typed("application/json")
    assert (await victim.lured(REFRESH, own, b"{}")).status_code == 200


@pytest.mark.parametrize("page", ["foreign origin", "no origin", "cross-site"])
async def test_json_of_a_foreign_page_is_refused_for_where_it_comes_from(
    victim: Victim, page: str
) -> None:
    answer = await victim.lured(REFRESH, FOREIGN[page] | typed("application/json"), b"{}")
    assert (answer.status_code, reason_of(answer)) == (403, "CROSS_SITE_REQUEST")


@pytest.mark.parametrize("field", ["refresh { tokens { accessToken } }", "logout { __typename }"])
async def test_graphql_takes_no_cookie(victim: Victim, field: str) -> None:
    headers = {"cookie": f"{COOKIE}={victim.cookie}", "sec-fetch-site": "same-origin"}
    async with victim.edge.http() as client:
        answer = await client.post(
            "/graphql", json={"query": f"mutation {{ {field} }}"}, headers=headers
        )
    assert "accessToken" not in answer.text.replace(field, "")
    assert "set-cookie" not in answer.headers
    assert await victim.is_signed_in()
