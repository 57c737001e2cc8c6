import asyncio
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from dreamscape.auth.v1 import auth_pb2, auth_pb2_grpc
from dreamscape.booking.v1 import booking_pb2, booking_pb2_grpc
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.sdk import ApiError, DreamScape, Violation

ROOT = Path(__file__).resolve().parents[2]
BOOKING = booking_pb2.Booking(booking_id="b1")


class Bookings(booking_pb2_grpc.BookingServiceServicer):
    """Keeps the metadata and the time left of each call; `failure` is what it ends with."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, Any], float | None]] = []
        self.failure: status_pb2.Status | None = None
        self.watched = asyncio.Event()
        self.abandoned = asyncio.Event()

    async def _arrive(self, context: Any) -> None:
        self.calls.append((dict(context.invocation_metadata()), context.time_remaining()))
        if self.failure:
            await context.abort_with_status(rpc_status.to_status(self.failure))

    async def CreateBooking(self, request: Any, context: Any) -> Any:
        await self._arrive(context)
        return booking_pb2.CreateBookingResponse(booking=BOOKING)

    async def ListBookings(self, request: Any, context: Any) -> Any:
        await self._arrive(context)
        return booking_pb2.ListBookingsResponse(bookings=[BOOKING])

    async def GetBooking(self, request: Any, context: Any) -> Any:
        await self._arrive(context)
        return booking_pb2.GetBookingResponse(booking={"booking_id": request.booking_id})

    async def CancelBooking(self, request: Any, context: Any) -> Any:
        await self._arrive(context)
        return booking_pb2.CancelBookingResponse(booking=BOOKING)

    async def WatchBooking(self, request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            yield booking_pb2.WatchBookingResponse(item=BOOKING)
            self.watched.set()
            await self._arrive(context)
            await asyncio.Event().wait()
        finally:
            self.abandoned.set()


class Accounts(auth_pb2_grpc.AuthServiceServicer):
    """Only signs in; the rest is unimplemented at run time."""

    async def Login(self, request: Any, context: Any) -> Any:
        return auth_pb2.LoginResponse(tokens={"access_token": f"token of {request.email}"})


@asynccontextmanager
async def serving(bookings: Bookings) -> AsyncIterator[str]:
    server = grpc.aio.server()
    booking_pb2_grpc.add_BookingServiceServicer_to_server(bookings, server)
    auth_pb2_grpc.add_AuthServiceServicer_to_server(Accounts(), server)  # type: ignore[abstract]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@pytest.fixture
async def bookings() -> Bookings:
    return Bookings()


@pytest.fixture
async def address(bookings: Bookings) -> AsyncIterator[str]:
    async with serving(bookings) as found:
        yield found


@pytest.fixture
async def api(address: str) -> AsyncIterator[DreamScape]:
    async with DreamScape(address) as found:
        yield found


async def test_a_client_works_over_a_plain_channel(address: str) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        answer = await BookingClient(channel).get_booking(
            booking_pb2.GetBookingRequest(booking_id="b7")
        )
    assert answer.booking.booking_id == "b7"


async def test_a_call_has_the_deadline_of_the_contract_unless_it_is_given_one(
    api: DreamScape, bookings: Bookings
) -> None:
    await api.booking.get_booking(booking_pb2.GetBookingRequest())
    await api.booking.get_booking(booking_pb2.GetBookingRequest(), timeout=60)
    left = [remaining for _, remaining in bookings.calls]
    assert left[0] is not None
    assert left[1] is not None
    assert 0 < left[0] < 3
    assert 2 < left[1] < 61


async def test_the_idempotency_key_travels_beside_other_metadata(
    api: DreamScape, bookings: Bookings
) -> None:
    await api.booking.create_booking(
        booking_pb2.CreateBookingRequest(),
        idempotency_key="k1",
        metadata=(("x-request-id", "r1"),),
    )
    sent, _ = bookings.calls[0]
    assert sent["idempotency-key"] == "k1"
    assert sent["x-request-id"] == "r1"


async def test_the_token_is_sent_from_the_moment_it_is_set(
    api: DreamScape, bookings: Bookings
) -> None:
    await api.booking.list_bookings(booking_pb2.ListBookingsRequest())
    answer = await api.auth.login(auth_pb2.LoginRequest(email="ada@example.com"))
    api.token = answer.tokens.access_token
    await api.booking.list_bookings(booking_pb2.ListBookingsRequest())
    sent = [metadata.get("authorization") for metadata, _ in bookings.calls]
    assert sent == [None, "Bearer token of ada@example.com"]


def refusal() -> status_pb2.Status:
    status = status_pb2.Status(code=3, message="no such day")
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason="INVALID_FIELDS", metadata={"day": "31"})
    )
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="departureDate", description="is no day")
    status.details.add().Pack(bad)
    wait = Duration()
    wait.FromTimedelta(timedelta(seconds=1.5))
    status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=wait))
    return status


async def test_a_refused_call_raises_what_the_service_said(
    api: DreamScape, bookings: Bookings
) -> None:
    bookings.failure = refusal()
    with pytest.raises(ApiError) as caught:
        await api.booking.get_booking(booking_pb2.GetBookingRequest())
    error = caught.value
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert error.reason == "INVALID_FIELDS"
    assert error.message == "no such day"
    assert error.metadata == {"day": "31"}
    assert error.violations == (Violation("departureDate", "is no day"),)
    assert error.retry_after == 1.5
    assert error.status == refusal()
    assert str(error) == "INVALID_FIELDS: no such day"


async def test_a_failure_without_details_has_a_code_and_a_message(address: str) -> None:
    async with DreamScape(address) as api:
        with pytest.raises(ApiError) as caught:
            await api.user.get_profile(auth_pb2.GetAccountRequest())  # type: ignore[arg-type]
    assert caught.value.code is grpc.StatusCode.UNIMPLEMENTED
    assert caught.value.reason == ""
    assert caught.value.violations == ()
    assert caught.value.status.code == 12


async def test_a_stream_that_fails_midway_raises_after_what_came_before(
    api: DreamScape, bookings: Bookings
) -> None:
    bookings.failure = refusal()
    stream = api.booking.watch_booking(booking_pb2.WatchBookingRequest())
    assert (await anext(stream)).item.booking_id == "b1"
    with pytest.raises(ApiError) as caught:
        await anext(stream)
    assert caught.value.reason == "INVALID_FIELDS"


async def test_closing_a_stream_ends_it_at_the_service(api: DreamScape, bookings: Bookings) -> None:
    stream = api.booking.watch_booking(booking_pb2.WatchBookingRequest())
    first = await anext(stream)
    assert first.item.booking_id == "b1"
    await asyncio.wait_for(bookings.watched.wait(), 5)
    await stream.aclose()
    await asyncio.wait_for(bookings.abandoned.wait(), 5)


async def test_an_address_where_nobody_listens_is_unavailable(address: str) -> None:
    async with DreamScape("127.0.0.1:1") as api:
        with pytest.raises(ApiError) as caught:
            await api.auth.login(auth_pb2.LoginRequest())
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE


def test_the_type_checker_asks_a_servicer_for_every_method() -> None:
    program = """
        from dreamscape.notification.v1 import notification_pb2 as pb
        from dreamscape.notification.v1 import notification_pb2_grpc as rpc


        class SomeCall: ...


        class Half(rpc.NotificationServiceServicer):
            async def ListNotifications(
                self, request: pb.ListNotificationsRequest, context: SomeCall
            ) -> pb.ListNotificationsResponse:
                return pb.ListNotificationsResponse()


        class Whole(Half):
            async def ReadNotification(
                self, request: pb.ReadNotificationRequest, context: SomeCall
            ) -> pb.ReadNotificationResponse:
                return pb.ReadNotificationResponse()

            async def SendAccountMail(
                self, request: pb.SendAccountMailRequest, context: SomeCall
            ) -> pb.SendAccountMailResponse:
                return pb.SendAccountMailResponse()

            async def EraseUser(
                self, request: pb.EraseUserRequest, context: SomeCall
            ) -> pb.EraseUserResponse:
                return pb.EraseUserResponse()


        Half()
        Whole()
        """
    options = ["--config-file", "pyproject.toml", "--no-error-summary"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        '<string>:33: error: Cannot instantiate abstract class "Half" with'
        ' abstract attributes "EraseUser", "ReadNotification" and "SendAccountMail"  [abstract]'
    ]
