"""What every public answer tells browsers and caches."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from dreamscape.auth.v1 import auth_pb2
from tests.edge.envoy.bodies import fail
from tests.edge.envoy.live import Mesh, in_filter, running, without

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTH = "/dreamscape.auth.v1.AuthService"
JWKS = "/.well-known/jwks.json"
LOCKED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
ALWAYS = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": LOCKED,
    "cache-control": "no-store",
}


def told(answer: httpx.Response) -> dict[str, str | None]:
    return {name: answer.headers.get(name) for name in ALWAYS}


@pytest.mark.parametrize(
    "call",
    [
        "GET /health",
        "GET /api/v1/users/profile",
        "POST /api/v1/auth/logout",
        "POST /graphql",
        "GET /graphql/schema",
        "GET /openapi.json",
        "GET /docs",
        "GET /api/v1/nothing",
        "PUT /",
        "GET /api/flights/search?nonsense=1",
        "OPTIONS /api/v1/bookings",
        "POST /dreamscape.auth.v1.AuthService/Login",
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_every_answer_is_locked_and_not_to_be_kept(
    mesh: Mesh, rest: httpx.AsyncClient, call: str, signed_in: bool
) -> None:
    verb, path = call.split()
    preflight = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
    headers = preflight if verb == "OPTIONS" else {}
    headers |= mesh.signer.bearer() if signed_in else {}
    answer = await rest.request(verb, path, headers=headers)
    assert told(answer) == ALWAYS
    assert all(len(answer.headers.get_list(name)) == 1 for name in ALWAYS)


@pytest.mark.parametrize(
    "request_text",
    ["NONSENSE\r\n\r\n", "GET /health HTTP/1.1\r\nhost: x\r\na_b: c\r\n\r\n"],
)
async def test_what_is_no_proper_http_is_answered_as_safely(mesh: Mesh, request_text: str) -> None:
    head, _ = await mesh.raw(request_text)
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    assert {name: lines.get(name) for name in ALWAYS} == ALWAYS


async def test_what_a_service_says_of_its_answer_stays(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    @mesh.services.on(f"{AUTH}/GetAccount")
    async def account(_: Any, context: Any) -> Any:
        own = (("cache-control", "private, max-age=5"), ("content-security-policy", "sandbox"))
        await context.send_initial_metadata(own)
        return auth_pb2.GetAccountResponse()

    answer = await rest.get("/api/v1/auth/profile", headers=mesh.signer.bearer())
    assert answer.headers.get_list("cache-control") == ["private, max-age=5"]
    assert answer.headers.get_list("content-security-policy") == ["sandbox"]


async def test_what_the_contract_lets_be_kept_says_for_how_long(rest: httpx.AsyncClient) -> None:
    answer = await rest.get(JWKS)
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["vary"] == "origin"


async def test_what_is_given_to_somebody_known_is_for_nobody_else(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    answer = await rest.get(JWKS, headers=mesh.signer.bearer())
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


async def test_a_failure_is_not_kept(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    @mesh.services.on(f"{AUTH}/ListKeys")
    async def keys(_: Any, context: Any) -> None:
        await fail(context, 13, "a bug")

    answer = await rest.get(JWKS)
    assert (answer.status_code, answer.headers["cache-control"]) == (500, "no-store")


async def test_a_redirect_goes_where_the_service_says(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    @mesh.services.on(f"{AUTH}/StartOauth")
    async def start(request: Any, context: Any) -> Any:
        place = f"https://accounts.example/{request.provider}?state=s%2F1&nonce=n"
        await context.send_initial_metadata((("location", place), ("set-cookie", "s=1")))
        return auth_pb2.StartOauthResponse(authorization_url=place)

    answer = await rest.get("/api/v1/auth/oauth/google")
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://accounts.example/google?state=s%2F1&nonce=n"
    assert answer.headers["set-cookie"] == "s=1"
    assert told(answer) == ALWAYS


async def test_mutant_header_rules_gone_browsers_are_told_nothing(tmp_path: Path) -> None:
    def silent(mutations: Any) -> None:
        rules = mutations["mutations"]["response_mutations"]
        rules[:] = [rule for rule in rules if "append" not in rule]

    mutation = in_filter("header_mutation", silent)
    async with running(tmp_path, "single", mutate=mutation) as mesh, mesh.rest() as rest:
        assert set(told(await rest.get("/docs")).values()) == {None}


async def test_mutant_question_who_asks_gone_somebody_s_answer_is_for_all(tmp_path: Path) -> None:
    mutation = without(" and not is_known(handle)", "")
    async with running(tmp_path, "single", mutate=mutation) as mesh, mesh.rest() as rest:
        answer = await rest.get(JWKS, headers=mesh.signer.bearer())
        assert answer.headers["cache-control"] == "public, max-age=300"
