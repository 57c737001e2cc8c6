"""REST and HTTP through the public Envoy: what passes, how it looks, and what cannot slip by."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from google.api import annotations_pb2
from google.rpc import status_pb2

from dreamscape.auth.v1 import auth_pb2
from dreamscape.booking.v1 import booking_pb2
from dreamscape.policy.v1 import policy_pb2
from dreamscape.voyage.v1 import voyage_pb2
from tests.edge.envoy.bodies import (
    problem,
    too_large,
)
from tests.edge.envoy.live import METHODS, Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOOKING = "/dreamscape.booking.v1.BookingService"
AUTH = "/dreamscape.auth.v1.AuthService"
ORIGIN = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}


def rest_routes() -> list[tuple[str, str, str]]:
    """Every REST route of the contract: verb, path with its variables as `x`, gRPC path."""
    found = []
    for rpc, method in METHODS.items():
        options = method.GetOptions()
        if options.HasExtension(annotations_pb2.http):
            rule = options.Extensions[annotations_pb2.http]
            for binding in (rule, *rule.additional_bindings):
                verb = binding.WhichOneof("pattern")
                path = re.sub(r"\{[^}]*\}", "x", getattr(binding, verb))
                found.append((verb.upper(), path, rpc))
    return found


@pytest.mark.parametrize(("verb", "path", "rpc"), rest_routes())
async def test_every_rest_route_of_the_contract_reaches_its_rpc(
    mesh: Mesh, rest: httpx.AsyncClient, verb: str, path: str, rpc: str
) -> None:
    @mesh.services.on("/dreamscape.booking.v1.BookingService/WatchBooking")
    async def watch(_: Any, context: Any) -> AsyncIterator[Any]:
        yield booking_pb2.WatchBookingResponse()

    answer = await rest.request(verb, path, headers=mesh.signer.bearer())
    policy = METHODS[rpc].GetOptions().Extensions[policy_pb2.method]
    assert answer.status_code == (policy.success_status or 200)
    assert [call.path for call in mesh.services.seen] == [rpc]


async def test_health_says_serving(rest: httpx.AsyncClient) -> None:
    answer = await rest.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "SERVING"})
    assert answer.headers["content-type"] == "application/json"


async def test_a_token_in_the_query_is_no_token(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    path = f"/graphql?access_token={mesh.signer.token(exp=1)}"
    assert (await rest.get(path)).status_code == 200


async def test_a_body_cannot_name_another_thing_than_the_path(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    path, headers = "/api/v1/bookings/mine:cancel", mesh.signer.bearer()
    refused = await rest.post(path, json={"booking_id": "other"}, headers=headers)
    assert refused.status_code == 400
    assert mesh.services.seen == []
    taken = await rest.post(path, json={"bookingId": "other"}, headers=headers)
    assert taken.status_code == 200
    assert [call.request.booking_id for call in mesh.services.seen] == ["mine"]


@pytest.mark.parametrize("signed_in", [True, False])
async def test_nobody_can_say_who_they_are_by_header(
    mesh: Mesh, rest: httpx.AsyncClient, signed_in: bool
) -> None:
    forged = {
        "x-ds-sub": "eve",
        "x-ds-roles": "admin",
        "x-jwt-payload": "eve",
        "x-user-id": "eve",
        "x-forwarded-client-cert": "By=eve",
        "x-envoy-original-path": "/eve",
        "x-envoy-max-retries": "9",
        "x-envoy-retry-grpc-on": "internal",
        "x-envoy-upstream-rq-timeout-ms": "1",
    }
    headers = forged | (mesh.signer.bearer() if signed_in else {})
    answer = await rest.get("/api/flights/search?adults=2", headers=headers)
    assert answer.status_code == 200
    metadata = mesh.services.seen[0].metadata
    assert metadata.get("x-ds-sub") == ("ada" if signed_in else None)
    assert metadata["x-envoy-original-path"] == "/api/flights/search?adults=2"
    kept = set(forged) & set(metadata) - {"x-ds-sub", "x-envoy-original-path"}
    assert kept == set()


async def test_a_preflight_needs_no_token_and_others_get_no_permission(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    granted = await rest.options("/api/v1/bookings", headers=ORIGIN)
    assert granted.status_code == 200
    assert granted.headers["access-control-allow-origin"] == ORIGIN["origin"]
    assert "idempotency-key" in granted.headers["access-control-allow-headers"]
    evil = ORIGIN | {"origin": "http://localhost.evil.example"}
    refused = await rest.options("/api/v1/bookings", headers=evil)
    assert "access-control-allow-origin" not in refused.headers
    assert mesh.services.seen == []


@pytest.mark.parametrize(
    ("accept", "kind", "body"),
    [
        ("*/*", "application/json", '[{"heartbeat":{}},{"error":ERROR}]'),
        ("application/x-ndjson", "application/x-ndjson", '{"heartbeat":{}}\n{"error":ERROR}\n'),
        (
            *("text/event-stream", "text/event-stream"),
            'data: {"heartbeat":{}}\n\ndata: {"error":ERROR}\n\n',
        ),
    ],
)
async def test_a_stream_comes_as_the_client_accepts_it_and_tells_its_failure_in_band(
    mesh: Mesh, rest: httpx.AsyncClient, accept: str, kind: str, body: str
) -> None:
    @mesh.services.on(f"{BOOKING}/WatchBooking")
    async def watch(_: Any, context: Any) -> AsyncIterator[Any]:
        yield booking_pb2.WatchBookingResponse(heartbeat=booking_pb2.Heartbeat())
        error = status_pb2.Status(code=14, message="later")
        yield booking_pb2.WatchBookingResponse(error=error)

    headers = mesh.signer.bearer() | {"accept": accept}
    answer = await rest.get("/api/v1/bookings/b:watch", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    error = '{"code":14,"message":"later","details":[]}'
    assert answer.text == body.replace("ERROR", error)
    assert 1790 < (mesh.services.seen[0].remaining or 0) <= 1800


@pytest.mark.parametrize("accept", ["*/*", "application/x-ndjson", "text/event-stream"])
async def test_a_message_arrives_before_the_next_one_is_sent(
    mesh: Mesh, rest: httpx.AsyncClient, accept: str
) -> None:
    first_was_read = asyncio.Event()

    @mesh.services.on(f"{BOOKING}/WatchBooking")
    async def watch(_: Any, context: Any) -> AsyncIterator[Any]:
        yield booking_pb2.WatchBookingResponse(heartbeat=booking_pb2.Heartbeat())
        async with asyncio.timeout(3):
            await first_was_read.wait()
        yield booking_pb2.WatchBookingResponse(item=booking_pb2.Booking(booking_id="b" * 999))

    headers = mesh.signer.bearer() | {"accept": accept, "accept-encoding": "gzip"}
    async with rest.stream("GET", "/api/v1/bookings/b:watch", headers=headers) as answer:
        chunks = answer.aiter_text()
        assert "heartbeat" in await anext(chunks)
        first_was_read.set()
        assert "bbb" in "".join([chunk async for chunk in chunks])


async def test_long_bodies_pass_up_to_the_limits(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    @mesh.services.on("/dreamscape.voyage.v1.VoyageService/SearchFlights")
    async def search(_: Any, context: Any) -> Any:
        offer = voyage_pb2.FlightOffer(offer_id="o" * 1000)
        return voyage_pb2.SearchFlightsResponse(offers=[offer] * 3000)

    sent = await rest.post("/api/v1/auth/login", json={"email": "a" * 1_000_000})
    assert sent.status_code == 200
    assert len(mesh.services.seen[0].request.email) == 1_000_000
    got = await rest.get("/api/flights/search")
    assert (got.status_code, len(got.json()["offers"])) == (200, 3000)


async def test_a_webhook_gets_the_very_bytes_of_any_type(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    path, kind = "/api/v1/payments/webhook", {"content-type": "text/plain"}
    answer = await rest.post(path, content=b'\x00{"a" : 1}', headers=kind | {"x-signature": "s"})
    assert answer.status_code == 200
    call = mesh.services.seen[0]
    assert call.request.payload.data == b'\x00{"a" : 1}'
    assert call.metadata["x-signature"] == "s"
    large = await rest.post(path, content=b"a" * (1 << 20 | 1), headers=kind)
    assert (large.status_code, problem(large)) == (413, too_large())


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_json_however_it_is_spelled(rest: httpx.AsyncClient, kind: str) -> None:
    headers = {"content-type": kind}
    answer = await rest.post("/api/v1/auth/refresh", content=b"{}", headers=headers)
    assert answer.status_code == 200


async def test_no_body_needs_no_content_type(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    answer = await rest.post("/api/v1/auth/logout")
    assert (answer.status_code, answer.json()) == (200, {})


async def test_creating_answers_201_and_sets_the_cookies_of_the_service(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    @mesh.services.on(f"{AUTH}/Register")
    async def register(request: Any, context: Any) -> Any:
        cookies = (("set-cookie", "a=1; HttpOnly"), ("set-cookie", "b=2"))
        await context.send_initial_metadata(cookies)
        return auth_pb2.RegisterResponse(email=request.email)

    answer = await rest.post("/api/v1/auth/register", json={"email": "ada@example.com"})
    assert (answer.status_code, answer.json()) == (201, {"email": "ada@example.com"})
    assert answer.headers.get_list("set-cookie") == ["a=1; HttpOnly", "b=2"]


async def test_the_idempotency_key_reaches_the_service(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    headers = mesh.signer.bearer() | {"Idempotency-Key": "k-1"}
    await rest.post("/api/v1/bookings", json={}, headers=headers)
    assert mesh.services.seen[0].metadata["idempotency-key"] == "k-1"


async def test_a_request_id_is_made_when_none_is_sent_and_kept_when_one_is(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    made = (await rest.post("/api/v1/auth/logout")).headers["x-request-id"]
    sent = {"x-request-id": 'a"b\\c'}
    kept = (await rest.post("/api/v1/auth/logout", headers=sent)).headers["x-request-id"]
    assert [call.metadata["x-request-id"] for call in mesh.services.seen] == [made, kept]
    assert (len(made), kept) == (36, 'a"b\\c')


async def test_answers_tell_nothing_of_the_inside(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    for path in ("/health", "/api/flights/search", "/docs", "/nothing"):
        names = set((await rest.get(path)).headers)
        leaked = {n for n in names if n.startswith(("grpc-", "x-envoy-")) or n == "server"}
        assert leaked == set(), path


@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "/docs", "/docs/a", "/openapi.json"])
async def test_http_of_the_app_passes_as_it_is(
    mesh: Mesh, rest: httpx.AsyncClient, path: str
) -> None:
    answer = await rest.get(path)
    assert (answer.status_code, answer.json()) == (200, {"path": path})


async def test_only_graphql_may_become_a_websocket(mesh: Mesh) -> None:
    upgrade = "host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    head, _ = await mesh.raw(f"GET /graphql HTTP/1.1\r\n{upgrade}")
    assert head.startswith("HTTP/1.1 101 ")
    head, body = await mesh.raw(f"GET /docs HTTP/1.1\r\n{upgrade}")
    assert head.startswith("HTTP/1.1 403 ")
    assert json.loads(body)["code"] == 7


async def test_the_log_has_the_path_without_its_query(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    await rest.get("/api/flights/search?secret=hunter2", headers={"x-request-id": "logged"})
    line = await mesh.logged("single", "logged")
    assert (line["path"], line["status"], line["method"]) == ("/api/flights/search", 400, "GET")
    assert "hunter2" not in json.dumps(line)


async def test_the_log_has_the_code_that_the_service_gave(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    @mesh.services.on(f"{BOOKING}/GetBooking")
    async def get(_: Any, context: Any) -> None:
        await context.abort(grpc.StatusCode.NOT_FOUND, "no such booking")

    headers = mesh.signer.bearer() | {"x-request-id": "coded"}
    await rest.get("/api/v1/bookings/b", headers=headers)
    line = await mesh.logged("single", "coded")
    assert (line["code"], line["status"], line["user"]) == (5, 404, "ada")
    assert line["rpc"] == "dreamscape.booking.v1.BookingService.GetBooking"
