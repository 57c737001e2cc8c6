"""Native gRPC and gRPC-web on the public port, and what a call meets on its way to a worker."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status

from dreamscape.booking.v1 import booking_pb2
from tests.edge.envoy.bodies import by_edge, fail, problem
from tests.edge.envoy.live import Mesh, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOOKING = "/dreamscape.booking.v1.BookingService"
PAYMENT = "/dreamscape.payment.v1.PaymentService"
NO_SUCH = "There is nothing at this path and method."
LATER = "The service is not available. Try again later."
DOWN = by_edge(503, "Service Unavailable", 14, "UNAVAILABLE", LATER, retry="1s")
WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}


async def called(
    mesh: Mesh, path: str, *, port: str = "EDGE_PORT", signed_in: bool = True, **options: Any
) -> tuple[str, str]:
    """Code and message of an empty call."""
    metadata = tuple(mesh.signer.bearer().items()) if signed_in else ()
    async with mesh.grpc(port) as channel:
        try:
            stub: Any = channel.unary_unary(path)
            await stub(b"", metadata=metadata, **options)
        except grpc.aio.AioRpcError as error:
            return error.code().name, error.details() or ""
    return "OK", ""


def refusing(mesh: Mesh, path: str, *, times: int) -> None:
    """Let the RPC fail with UNAVAILABLE so many times, and then succeed."""

    @mesh.services.on(path)
    async def answer(_: Any, context: Any) -> Any:
        if len(mesh.services.seen) <= times:
            await fail(context, 14, "draining")
        return booking_pb2.GetBookingResponse()


async def test_a_native_call_gets_the_answer_and_the_whole_failure(mesh: Mesh) -> None:
    @mesh.services.on(f"{BOOKING}/GetBooking")
    async def get(request: Any, context: Any) -> Any:
        if request.booking_id == "none":
            info = error_details_pb2.ErrorInfo(reason="BOOKING_NOT_FOUND", domain="booking")
            await fail(context, 5, "no such booking", info)
        return booking_pb2.GetBookingResponse(booking=booking_pb2.Booking(booking_id="b"))

    metadata = tuple(mesh.signer.bearer().items())
    async with mesh.grpc() as channel:
        stub = channel.unary_unary(
            f"{BOOKING}/GetBooking",
            booking_pb2.GetBookingRequest.SerializeToString,
            booking_pb2.GetBookingResponse.FromString,
        )
        found = await stub(booking_pb2.GetBookingRequest(booking_id="b"), metadata=metadata)
        assert found.booking.booking_id == "b"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub(booking_pb2.GetBookingRequest(booking_id="none"), metadata=metadata)
    status = rpc_status.from_call(refused.value)
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (status.code, status.message, info.reason) == (
        *(5, "no such booking"),
        "BOOKING_NOT_FOUND",
    )


async def test_a_native_stream_passes_message_by_message(mesh: Mesh) -> None:
    @mesh.services.on(f"{BOOKING}/WatchBooking")
    async def watch(_: Any, context: Any) -> AsyncIterator[Any]:
        for _ in range(3):
            yield booking_pb2.WatchBookingResponse(heartbeat=booking_pb2.Heartbeat())

    metadata = tuple(mesh.signer.bearer().items())
    async with mesh.grpc() as channel:
        stub: Any = channel.unary_stream(f"{BOOKING}/WatchBooking")
        call = stub(b"", metadata=metadata)
        assert len([message async for message in call]) == 3


async def test_a_native_caller_without_a_token_reads_a_sentence(mesh: Mesh) -> None:
    refused = await called(mesh, f"{BOOKING}/GetBooking", signed_in=False)
    assert refused == ("UNAUTHENTICATED", "Jwt is missing")


def web_trailers(body: bytes) -> dict[str, str]:
    """The trailers, which gRPC-web puts into the body as its last frame."""
    at = 0
    while body[at] != 0x80:
        at += 5 + struct.unpack(">I", body[at + 1 : at + 5])[0]
    lines = body[at + 5 :].decode().strip().split("\r\n")
    return dict(line.split(":", 1) for line in lines)


async def test_grpc_web_works_on_the_same_port(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    headers, empty = WEB | mesh.signer.bearer(), bytes(5)
    answer = await rest.post(f"{BOOKING}/GetBooking", content=empty, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, WEB["content-type"])
    assert web_trailers(answer.content)["grpc-status"].strip() == "0"


async def test_a_grpc_web_caller_without_a_token_reads_a_sentence(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    answer = await rest.post(f"{BOOKING}/GetBooking", content=bytes(5), headers=WEB)
    assert answer.headers["grpc-status"] == "16"
    assert "{" not in answer.headers["grpc-message"]
    assert mesh.services.seen == []


@pytest.mark.parametrize(
    "path",
    [
        f"{PAYMENT}/CapturePayment",
        f"/{PAYMENT}/CapturePayment",
        f"/.{PAYMENT}/CapturePayment",
        f"/x/..{PAYMENT}/CapturePayment",
        f"{PAYMENT}/CapturePayment/",
        f"{PAYMENT}/CapturePayment?a=b",
        f"{PAYMENT}/capturepayment",
        f"{PAYMENT.lower()}/CapturePayment",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/no.such.Service/Method",
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_what_is_for_services_only_is_not_there(
    mesh: Mesh, rest: httpx.AsyncClient, path: str, signed_in: bool
) -> None:
    token = {"x-ds-sub": "booking"}
    token |= mesh.signer.bearer(roles=["admin", "service"]) if signed_in else {}
    assert await called(mesh, path, signed_in=signed_in) == ("UNIMPLEMENTED", NO_SUCH)
    as_json = await rest.post(path, json={}, headers=token)
    assert (as_json.status_code, problem(as_json)["code"]) == (404, 5)
    as_web = await rest.post(path, content=bytes(5), headers=WEB | token)
    assert as_web.headers["grpc-status"] == "12"
    assert mesh.services.seen == []


@pytest.mark.parametrize("slash", ["%2f", "%2F", "%5c", "\\"])
async def test_no_other_slash_leads_to_what_is_for_services_only(mesh: Mesh, slash: str) -> None:
    code, message = await called(mesh, f"{PAYMENT}{slash}CapturePayment")
    assert code in {"INTERNAL", "UNIMPLEMENTED"}
    assert "{" not in message
    assert mesh.services.seen == []


async def test_a_rest_call_carries_the_deadline_of_the_policy(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    await rest.get("/api/v1/bookings/b", headers=mesh.signer.bearer())
    await rest.post("/api/v1/auth/login", json={})
    remaining = [call.remaining or 0 for call in mesh.services.seen]
    assert [round(seconds) for seconds in remaining] == [2, 5]


async def test_a_native_caller_keeps_a_shorter_deadline_and_gets_none_that_is_longer(
    mesh: Mesh,
) -> None:
    for timeout in (1, 60, None):
        await called(mesh, f"{BOOKING}/CreateBooking", timeout=timeout)
    remaining = [call.remaining or 0 for call in mesh.services.seen]
    assert [round(seconds) for seconds in remaining] == [1, 15, 15]


async def test_a_service_that_never_answers_is_a_gateway_timeout(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    @mesh.services.on("/dreamscape.auth.v1.AuthService/ListKeys")
    async def hang(_: Any, context: Any) -> None:
        async with asyncio.timeout(5):
            await asyncio.Event().wait()

    answer = await rest.get("/.well-known/jwks.json")
    assert (answer.status_code, problem(answer)["code"]) == (504, 4)


async def test_a_call_that_may_be_repeated_is_tried_again(mesh: Mesh) -> None:
    refusing(mesh, f"{BOOKING}/GetBooking", times=2)
    assert await called(mesh, f"{BOOKING}/GetBooking") == ("OK", "")
    assert len(mesh.services.seen) == 3


async def test_a_call_that_may_not_be_repeated_is_made_once(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    refusing(mesh, f"{BOOKING}/CreateBooking", times=2)
    headers = mesh.signer.bearer() | {"x-envoy-retry-grpc-on": "unavailable"}
    answer = await rest.post("/api/v1/bookings", json={}, headers=headers)
    assert (answer.status_code, problem(answer)["message"]) == (503, "draining")
    assert len(mesh.services.seen) == 1


async def test_other_failures_are_not_tried_again(mesh: Mesh) -> None:
    @mesh.services.on(f"{BOOKING}/GetBooking")
    async def get(_: Any, context: Any) -> None:
        await fail(context, 13, "a bug")

    assert await called(mesh, f"{BOOKING}/GetBooking") == ("INTERNAL", "a bug")
    assert len(mesh.services.seen) == 1


async def test_without_workers_all_callers_are_told_to_come_later(tmp_path: Path) -> None:
    async with running(tmp_path, "single", workers=False) as mesh, mesh.rest() as rest:
        for answer in (await rest.get("/api/flights/search"), await rest.get("/health")):
            assert (answer.status_code, problem(answer)) == (503, DOWN)
            assert answer.headers["retry-after"] == "1"
        assert await called(mesh, f"{BOOKING}/GetBooking") == ("UNAVAILABLE", LATER)


async def test_three_pods_answer_as_one_and_keep_their_inside_to_themselves(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, "core", "business", "edge") as mesh, mesh.rest() as rest:
        token = mesh.signer.bearer()
        for path in ("/api/v1/users/profile", "/api/v1/bookings/b"):
            assert (await rest.get(path, headers=token)).status_code == 200
        assert [round(call.remaining or 0) for call in mesh.services.seen] == [2, 2]
        refusing(mesh, f"{BOOKING}/GetBooking", times=9)
        mesh.services.seen.clear()
        assert (await rest.get("/api/v1/bookings/b", headers=token)).status_code == 503
        assert len(mesh.services.seen) == 3, "one proxy repeats, not both"
        capture = f"{PAYMENT}/CapturePayment"
        assert await called(mesh, capture) == ("UNIMPLEMENTED", NO_SUCH)
        assert await called(mesh, capture, port="BUSINESS_PORT") == ("OK", "")
        assert await called(mesh, capture, port="CORE_PORT") == ("UNIMPLEMENTED", NO_SUCH)


async def test_a_pod_whose_workers_are_sick_is_sick_for_the_edge(tmp_path: Path) -> None:
    async with running(tmp_path, "core", "business", "edge") as mesh, mesh.rest() as rest:
        await mesh.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        for path in ("/health", "/api/flights/search"):
            await mesh.until(path, 503)
            answer = await rest.get(path)
            assert (answer.status_code, problem(answer)) == (503, DOWN)
        await mesh.health.set("", health_pb2.HealthCheckResponse.SERVING)
        for path in ("/health", "/api/flights/search"):
            await mesh.until(path, 200)
