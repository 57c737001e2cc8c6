"""Every failure that a REST client can see has the same body, whoever refuses."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from dreamscape.booking.v1 import booking_pb2
from tests.edge.envoy.bodies import (
    MALFORMED_HEAD,
    by_edge,
    fail,
    malformed,
    not_json,
    nothing,
    problem,
    too_large,
    unauthenticated,
)
from tests.edge.envoy.live import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOOKING = "/dreamscape.booking.v1.BookingService"
AUTH = "/dreamscape.auth.v1.AuthService"
JSON = {"content-type": "application/json"}
ANYTHING = b'{"email":"ada@example.com"}'
ORIGIN = "http://localhost:5173"


@pytest.mark.parametrize(
    ("code", "status", "title"),
    [
        (1, 499, "Client Closed Request"),
        (2, 500, "Internal Server Error"),
        (3, 400, "Bad Request"),
        (4, 504, "Gateway Timeout"),
        (5, 404, "Not Found"),
        (6, 409, "Conflict"),
        (7, 403, "Forbidden"),
        (8, 429, "Too Many Requests"),
        (9, 400, "Bad Request"),
        (10, 409, "Conflict"),
        (12, 501, "Not Implemented"),
        (13, 500, "Internal Server Error"),
        (14, 503, "Service Unavailable"),
        (16, 401, "Unauthorized"),
    ],
)
async def test_a_service_failure_is_a_problem_that_carries_its_status(
    mesh: Mesh, rest: httpx.AsyncClient, code: int, status: int, title: str
) -> None:
    info = error_details_pb2.ErrorInfo(reason="NO", domain="auth", metadata={"a": 'b"c'})
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.seconds = 2

    @mesh.services.on(f"{AUTH}/Login")
    async def login(_: Any, context: Any) -> None:
        await fail(context, code, 'it "failed"', info, retry)

    answer = await rest.post("/api/v1/auth/login", json={})
    assert answer.status_code == status
    assert problem(answer) == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "message": 'it "failed"',
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "NO",
                "domain": "auth",
                "metadata": {"a": 'b"c'},
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"},
        ],
    }


@pytest.mark.parametrize(
    ("milliseconds", "header"), [(0, "0"), (5, "1"), (2000, "2"), (2001, "3"), (59_400, "60")]
)
async def test_when_to_come_again_is_also_a_header_in_whole_seconds(
    mesh: Mesh, rest: httpx.AsyncClient, milliseconds: int, header: str
) -> None:
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(milliseconds)

    @mesh.services.on(f"{AUTH}/Login")
    async def login(_: Any, context: Any) -> None:
        await fail(context, 8, "too many", error_details_pb2.ErrorInfo(reason="NO"), retry)

    answer = await rest.post("/api/v1/auth/login", json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, header)


@pytest.mark.parametrize(
    ("call", "options", "expected"),
    [
        ("GET /", {}, nothing()),
        ("GET /api/v1/nothing", {}, nothing()),
        ("PUT /api/v1/bookings", {"json": {}}, nothing()),
        ("GET /healthy", {}, nothing()),
        ("GET /docsx", {}, nothing()),
        ("GET /api/v1/bookings", {}, unauthenticated("Jwt is missing")),
        (
            "GET /api/flights/search?nonsense=1",
            {},
            malformed(
                'Could not find field "nonsense" in the type '
                '"dreamscape.voyage.v1.SearchFlightsRequest".'
            ),
        ),
        (
            "GET /api/flights/search?adults=abc",
            {},
            malformed('adults: invalid value "abc" for type TYPE_UINT32'),
        ),
        (
            "POST /api/v1/auth/login",
            {"json": {"email": 5}},
            malformed("email: invalid value 5 for type TYPE_STRING"),
        ),
        ("POST /api/v1/auth/login", {"json": {"email": "a" * (1 << 20)}}, too_large()),
        ("POST /graphql", {"json": {"query": "a" * (1 << 16)}}, too_large()),
        ("POST /api/v1/auth/login", {"content": ANYTHING}, not_json()),
        ("POST /graphql", {"content": ANYTHING}, not_json()),
        (f"POST {AUTH}/Login", {"json": {}}, nothing()),
    ],
)
async def test_what_the_edge_refuses_is_a_problem_of_the_same_shape(
    mesh: Mesh, rest: httpx.AsyncClient, call: str, options: Any, expected: Any
) -> None:
    answer = await rest.request(*call.split(), **options)
    assert (answer.status_code, problem(answer)) == (expected["status"], expected)
    assert mesh.services.seen == []
    assert mesh.app.seen == []


async def test_malformed_json_is_a_bad_request(rest: httpx.AsyncClient) -> None:
    answer = await rest.post("/api/v1/auth/login", content=b"{nope", headers=JSON)
    body = problem(answer)
    assert answer.status_code == 400
    assert body == malformed(body["message"])
    assert "Expected : between key:value pair" in body["message"]


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": 1}, "Jwt is expired"),
        ({"iss": "https://elsewhere"}, "Jwt issuer is not configured"),
        ({"aud": "elsewhere"}, "Audiences in Jwt are not allowed"),
    ],
)
async def test_a_token_that_is_not_good_is_refused_where_one_is_needed(
    mesh: Mesh, rest: httpx.AsyncClient, claims: Any, message: str
) -> None:
    answer = await rest.get("/api/v1/bookings", headers=mesh.signer.bearer(**claims))
    status = 403 if "aud" in claims else 401
    refused = by_edge(403, "Forbidden", 7, "PERMISSION_DENIED", "This is not allowed.")
    expected = unauthenticated(message) if status == 401 else refused
    assert (answer.status_code, problem(answer)) == (status, expected)
    assert mesh.services.seen == []


async def test_a_stale_token_does_not_stop_signing_in_again(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    answer = await rest.post("/api/v1/auth/login", json={}, headers=mesh.signer.bearer(exp=1))
    assert answer.status_code not in {401, 403}
    assert len(mesh.services.seen) == 1


@pytest.mark.parametrize(
    "request_text",
    [
        "NONSENSE\r\n\r\n",
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /api%2fv1/bookings HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /health HTTP/1.1\r\nhost: x\r\na_b: c\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0",
    ],
)
async def test_what_is_no_proper_http_is_a_problem_too(mesh: Mesh, request_text: str) -> None:
    head, body = await mesh.raw(request_text)
    assert head.startswith("HTTP/1.1 400 ")
    assert "content-type: application/problem+json" in head
    assert json.loads(body) == malformed(MALFORMED_HEAD)


async def test_a_failure_can_be_read_by_a_page_of_an_allowed_origin(
    rest: httpx.AsyncClient,
) -> None:
    answer = await rest.get("/api/v1/bookings", headers={"origin": ORIGIN})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("accept", ["*/*", "application/x-ndjson", "text/event-stream"])
async def test_a_stream_that_fails_before_its_first_message_is_a_problem(
    mesh: Mesh, rest: httpx.AsyncClient, accept: str
) -> None:
    @mesh.services.on(f"{BOOKING}/WatchBooking")
    async def watch(_: Any, context: Any) -> AsyncIterator[Any]:
        await fail(context, 5, "no such booking")
        yield booking_pb2.WatchBookingResponse()

    headers = mesh.signer.bearer() | {"accept": accept}
    answer = await rest.get("/api/v1/bookings/b:watch", headers=headers)
    assert answer.status_code == 404
    assert problem(answer)["message"] == "no such booking"


async def test_a_long_failure_keeps_its_shape(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    @mesh.services.on(f"{AUTH}/Login")
    async def login(_: Any, context: Any) -> None:
        await fail(context, 3, "m" * 3000)

    assert problem(await rest.post("/api/v1/auth/login", json={}))["message"] == "m" * 3000


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json", ""],
)
async def test_only_json_is_taken_with_a_body(
    mesh: Mesh, rest: httpx.AsyncClient, kind: str
) -> None:
    headers = {"content-type": kind}
    answer = await rest.post("/api/v1/auth/refresh", content=b"{}", headers=headers)
    assert (answer.status_code, problem(answer)) == (415, not_json())
    assert mesh.services.seen == []


async def test_a_strange_request_id_does_not_break_a_problem(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    @mesh.services.on(f"{AUTH}/Logout")
    async def logout(_: Any, context: Any) -> None:
        await fail(context, 5, "gone")

    answer = await rest.post("/api/v1/auth/logout", headers={"x-request-id": 'a","code":0,"b\\'})
    assert (answer.json()["requestId"], answer.json()["code"]) == ("a,code:0,b", 5)


async def test_only_a_page_of_the_app_that_is_no_json_becomes_a_problem(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    mesh.app.answers["/docs/none"] = (404, "text/html", b"<h1>Not found</h1>")
    mesh.app.answers["/graphql"] = (400, "application/json", b'{"errors":[]}')
    html = await rest.get("/docs/none")
    assert (html.status_code, problem(html)) == (404, nothing())
    graphql = await rest.post("/graphql", json={})
    assert (graphql.status_code, graphql.json()) == (400, {"errors": []})


async def test_a_detail_that_the_edge_does_not_know_never_comes_from_our_contract(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    """The trap behind it: Envoy drops the whole body of a failure with an unknown detail."""

    @mesh.services.on(f"{AUTH}/Login")
    async def login(_: Any, context: Any) -> None:
        status = status_pb2.Status(code=9, message="odd")
        status.details.append(AnyMessage(type_url="type.googleapis.com/unknown.Thing"))
        await context.abort_with_status(rpc_status.to_status(status))

    answer = await rest.post("/api/v1/auth/login", json={})
    assert (answer.status_code, answer.content) == (400, b"")


@pytest.mark.parametrize("name", ["bookingId", "booking_id", "booking%49d", "booking%5fid"])
@pytest.mark.parametrize(("method", "verb"), [("GET", ""), ("POST", ":cancel"), ("GET", ":watch")])
async def test_a_query_cannot_overrule_the_path(
    mesh: Mesh, rest: httpx.AsyncClient, name: str, method: str, verb: str
) -> None:
    mine, other = f"{1:036}", f"{2:036}"
    url = f"/api/v1/bookings/{mine}{verb}?{name}={other}"
    body = {"json": {}} if method == "POST" else {}
    answer = await rest.request(method, url, headers=mesh.signer.bearer(), **body)
    assert (answer.status_code, problem(answer)["details"][0]["reason"]) == (400, "INVALID_REQUEST")
    assert mesh.services.seen == []


async def test_a_failure_without_a_reason_gets_one_of_the_edge(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    @mesh.services.on(f"{AUTH}/Login")
    async def login(_: Any, context: Any) -> None:
        await fail(context, 14, "a server before our code")

    answer = await rest.post("/api/v1/auth/login", json={})
    message = "a server before our code"
    expected = by_edge(503, "Service Unavailable", 14, "UNAVAILABLE", message, retry="1s")
    assert (problem(answer), answer.headers["retry-after"]) == (expected, "1")
