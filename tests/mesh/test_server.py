"""Calls behave the same on both engines and inside the process."""

import asyncio
from datetime import timedelta
from typing import Any

import grpc
import pytest

from dreamscape.booking.v1 import booking_pb2
from mesh import faults
from mesh.call import Call
from mesh.clock import SystemClock
from mesh.server import Engine, Server, routes
from tests.mesh.conftest import Bookings, Connect, Keys

ID = "0190b1d6-0000-7000-8000-000000000001"


def get(booking_id: str = ID) -> booking_pb2.GetBookingRequest:
    return booking_pb2.GetBookingRequest(booking_id=booking_id)


async def found(request: Any, call: Call) -> booking_pb2.GetBookingResponse:
    booking = booking_pb2.Booking(booking_id=request.booking_id, user_id=call.identity.user_id)
    return booking_pb2.GetBookingResponse(booking=booking)


async def test_a_call_answers_and_knows_who_calls(connect: Connect, keys: Keys) -> None:
    async with connect(GetBooking=found) as client:
        answer = await client.get_booking(get(), metadata=[("authorization", keys.bearer("ada"))])
    assert (answer.booking.booking_id, answer.booking.user_id) == (ID, "ada")


async def test_a_call_without_a_token_is_refused(connect: Connect) -> None:
    async with connect(GetBooking=found) as client:
        with pytest.raises(faults.Unauthenticated) as refusal:
            await client.get_booking(get())
    assert refusal.value.reason == "TOKEN_MISSING"
    assert refusal.value.domain == "booking.dreamscape"


async def test_an_expired_token_is_refused(connect: Connect, keys: Keys) -> None:
    stale = keys.bearer("ada", ttl=timedelta(seconds=-1))
    async with connect(GetBooking=found) as client:
        with pytest.raises(faults.Unauthenticated) as refusal:
            await client.get_booking(get(), metadata=[("authorization", stale)])
    assert refusal.value.reason == "TOKEN_EXPIRED"


async def test_every_field_that_breaks_a_rule_is_named(connect: Connect, keys: Keys) -> None:
    request = booking_pb2.CreateBookingRequest(
        items=[booking_pb2.NewBookingItem(flight_offer_id="x")]
    )
    request.travellers.add(
        first_name="Ada1", last_name="L", gender="FEMALE", email="ada", phone="+33612345678"
    )
    metadata = [("authorization", keys.bearer("ada"))]
    async with connect(CreateBooking=found) as client:
        with pytest.raises(faults.InvalidArgument) as refusal:
            await client.create_booking(request, idempotency_key="k", metadata=metadata)
    assert [v.field for v in refusal.value.violations] == [
        "items[0].flightOfferId",
        "travellers[0].firstName",
        "travellers[0].dateOfBirth",
        "travellers[0].email",
    ]


async def test_a_negative_page_size_is_refused(connect: Connect, keys: Keys) -> None:
    request = booking_pb2.ListBookingsRequest(page_size=-1)
    async with connect(ListBookings=found) as client:
        with pytest.raises(faults.InvalidArgument) as refusal:
            await client.list_bookings(request, metadata=[("authorization", keys.bearer("ada"))])
    assert [v.field for v in refusal.value.violations] == ["pageSize"]


async def test_a_fault_arrives_with_reason_and_metadata(connect: Connect, keys: Keys) -> None:
    async def gone(request: Any, call: Call) -> Any:
        raise faults.NotFound("BOOKING_NOT_FOUND", "no such booking", metadata={"id": "1"})

    async with connect(GetBooking=gone) as client:
        with pytest.raises(faults.NotFound) as failure:
            await client.get_booking(get(), metadata=[("authorization", keys.bearer("ada"))])
    assert failure.value.reason == "BOOKING_NOT_FOUND"
    assert failure.value.metadata == {"id": "1"}


async def test_an_unknown_exception_tells_the_caller_nothing(connect: Connect, keys: Keys) -> None:
    async def broken(request: Any, call: Call) -> Any:
        raise KeyError("secret detail")

    async with connect(GetBooking=broken) as client:
        with pytest.raises(faults.Internal) as failure:
            await client.get_booking(get(), metadata=[("authorization", keys.bearer("ada"))])
    assert "secret" not in failure.value.message
    assert failure.value.reason == "INTERNAL"


async def test_a_caller_s_deadline_is_kept(connect: Connect, keys: Keys) -> None:
    seen: list[float | None] = []

    async def slow(request: Any, call: Call) -> Any:
        seen.append(call.time_remaining())
        await asyncio.Event().wait()

    async with connect(GetBooking=slow) as client:
        with pytest.raises(faults.DeadlineExceeded):
            await client.get_booking(
                get(), timeout=0.2, metadata=[("authorization", keys.bearer("ada"))]
            )
    assert seen[0] is not None and 0 < seen[0] <= 0.2


async def test_a_stream_that_fails_midway_says_so_in_band(connect: Connect, keys: Keys) -> None:
    async def watch(request: Any, call: Call) -> Any:
        yield booking_pb2.WatchBookingResponse(item=booking_pb2.Booking(booking_id=ID))
        raise faults.Unavailable("BUS_DOWN", "come back later")

    request = booking_pb2.WatchBookingRequest(booking_id=ID)
    async with connect(WatchBooking=watch) as client:
        stream = client.watch_booking(request, metadata=[("authorization", keys.bearer("ada"))])
        items = [item async for item in stream]
    assert items[0].item.booking_id == ID
    assert items[1].error.message == "come back later"


async def test_a_stream_that_fails_at_once_fails_the_call(connect: Connect, keys: Keys) -> None:
    async def watch(request: Any, call: Call) -> Any:
        raise faults.NotFound("BOOKING_NOT_FOUND", "no such booking")
        yield

    request = booking_pb2.WatchBookingRequest(booking_id=ID)
    async with connect(WatchBooking=watch) as client:
        with pytest.raises(faults.NotFound):
            async for _ in client.watch_booking(
                request, metadata=[("authorization", keys.bearer("ada"))]
            ):
                pass


async def test_a_create_without_a_key_is_refused(connect: Connect, keys: Keys) -> None:
    request = booking_pb2.CreateBookingRequest(
        items=[booking_pb2.NewBookingItem(flight_offer_id=ID)]
    )
    async with connect(CreateBooking=found) as client:
        with pytest.raises(faults.InvalidArgument) as refusal:
            await client.create_booking(
                request, idempotency_key="", metadata=[("authorization", keys.bearer("ada"))]
            )
    assert refusal.value.reason == "IDEMPOTENCY_KEY_MISSING"


@pytest.mark.parametrize("engine", ["native", "grpcio"])
@pytest.mark.parametrize("raw", [b"\x0a\x01\xff", b"\xff\xff\xff", b"\x0a\x05abc"])
async def test_bytes_that_are_no_message_are_the_callers_mistake(
    engine: Engine, raw: bytes, keys: Keys
) -> None:
    service = booking_pb2.DESCRIPTOR.services_by_name["BookingService"]
    server = Server(
        routes(Bookings({"GetBooking": found}), service, keys.chain),
        engine=engine,
        clock=SystemClock(),
    )
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for method in ("GetBooking", "WatchBooking"):
            call = channel.unary_unary(f"/{service.full_name}/{method}")
            with pytest.raises(grpc.aio.AioRpcError) as refusal:
                await call(raw, metadata=[("authorization", keys.bearer("ada"))])
            assert faults.from_rpc_error(refusal.value).reason == "MALFORMED_REQUEST"
    await server.stop(drain=0, grace=1)
