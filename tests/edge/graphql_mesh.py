"""A mesh for GraphQL tests: a live gRPC server that answers as told, and clients of the edge."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import grpc
import httpx
from google.protobuf.message import Message
from grpc_status import rpc_status
from starlette.applications import Starlette

from dreamscape.booking.v1.booking_pb2 import Booking, BookingItem
from dreamscape.payment.v1.payment_pb2 import BatchGetPaymentsResponse, Payment
from dreamscape.user.v1.user_pb2 import BatchGetProfilesResponse, Profile
from dreamscape.voyage.v1.voyage_pb2 import BatchGetOffersResponse, FlightOffer
from edge.graphql import app, schema
from mesh.channel import Channel
from mesh.faults import Fault, to_status

GEN = Path(__file__).resolve().parents[2] / "gen" / "graphql"

PROFILES = "/dreamscape.user.v1.UserService/BatchGetProfiles"
PAYMENTS = "/dreamscape.payment.v1.PaymentService/BatchGetPayments"
OFFERS = "/dreamscape.voyage.v1.VoyageService/BatchGetOffers"
LIST = "/dreamscape.booking.v1.BookingService/ListBookings"
GET = "/dreamscape.booking.v1.BookingService/GetBooking"
CREATE = "/dreamscape.booking.v1.BookingService/CreateBooking"
CANCEL = "/dreamscape.booking.v1.BookingService/CancelBooking"
WATCH = "/dreamscape.booking.v1.BookingService/WatchBooking"
PROFILE = "/dreamscape.user.v1.UserService/GetProfile"
SEARCH = "/dreamscape.voyage.v1.VoyageService/SearchFlights"
LOGOUT = "/dreamscape.auth.v1.AuthService/Logout"
LOGIN = "/dreamscape.auth.v1.AuthService/Login"


@dataclass
class World:
    """What the services answer, and what they were asked: (path, request, metadata)."""

    answers: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    calls: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)
    remaining: dict[str, float] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    def count(self, path: str) -> int:
        return sum(call[0] == path for call in self.calls)

    def asked(self, path: str) -> list[Any]:
        return [call[1] for call in self.calls if call[0] == path]

    def metadata(self, path: str) -> dict[str, str]:
        return next(call[2] for call in self.calls if call[0] == path)


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, world: World, requests: dict[str, type[Message]], streams: set[str]) -> None:
        self._world = world
        self._requests = requests
        self._streams = streams

    def service(self, details: Any) -> Any:
        path = details.method
        if path not in self._world.answers or path not in self._requests:
            return None
        codec = (self._requests[path].FromString, lambda m: m.SerializeToString())

        async def unary(request: Any, context: Any) -> Any:
            self._note(path, request, context)
            try:
                answer = self._world.answers[path](request)
                return await answer if hasattr(answer, "__await__") else answer
            except Fault as fault:
                await context.abort_with_status(rpc_status.to_status(to_status(fault)))

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            self._note(path, request, context)
            try:
                async for answer in self._world.answers[path](request):
                    yield answer
            except Fault as fault:
                await context.abort_with_status(rpc_status.to_status(to_status(fault)))
            finally:
                self._world.ended.append(path)

        if path in self._streams:
            return grpc.unary_stream_rpc_method_handler(stream, *codec)
        return grpc.unary_unary_rpc_method_handler(unary, *codec)

    def _note(self, path: str, request: Any, context: Any) -> None:
        self._world.remaining[path] = context.time_remaining()
        self._world.calls.append((path, request, dict(context.invocation_metadata())))


@asynccontextmanager
async def serving(
    world: World, *, directory: Path = GEN, name: str = "all"
) -> AsyncIterator[Starlette]:
    """The ASGI application over a server that answers as `world` says."""
    loaded = await schema.load(directory, name)
    roots = [root for kind in loaded.table.roots.values() for root in kind.values()]
    joins = [join for shape in loaded.table.objects.values() for join in shape.joins.values()]
    targets: list[Any] = [*roots, *joins]
    requests = {target.rpc: loaded.message(target.request) for target in targets}
    streams = {root.rpc for root in loaded.table.roots["subscription"].values()}
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Handler(world, requests, streams),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Starlette(routes=await app.build(directory, name, lambda _: cast(Channel, channel)))
    await server.stop(None)


@dataclass
class Client:
    """A client of `/graphql`."""

    http: httpx.AsyncClient
    world: World
    app: Starlette

    async def post(self, query: str, *, headers: Any = None, **rest: Any) -> httpx.Response:
        return await self.http.post("/graphql", json={"query": query, **rest}, headers=headers)

    async def ask(self, query: str, **rest: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.post(query, **rest)).json()
        return answer


@asynccontextmanager
async def client(world: World, **schema_of: Any) -> AsyncIterator[Client]:
    async with serving(world, **schema_of) as application:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://edge") as http:
            yield Client(http, world, application)


def a_booking(number: int, **rest: Any) -> Booking:
    booking = Booking(
        booking_id=f"b{number}", user_id=f"u{number % 3}", status="BOOKING_STATUS_CONFIRMED"
    )
    booking.items.append(BookingItem(item_id=f"i{number}", flight_offer_id=f"o{number}"))
    booking.total.currency_code, booking.total.units = "EUR", 100 + number
    booking.create_time.FromJsonString("2026-10-01T08:30:00Z")
    booking.MergeFrom(Booking(**rest))
    return booking


def profiles(request: Any) -> Any:
    """In another order than asked for: position must not count."""
    found = [Profile(user_id=key, email=f"{key}@example.com") for key in request.user_ids]
    return BatchGetProfilesResponse(profiles=reversed(found))


def payments(request: Any) -> Any:
    found = [
        Payment(payment_id=f"p-{key}", booking_id=key, status="PAYMENT_STATUS_CAPTURED")
        for key in sorted(request.booking_ids, reverse=True)
        if key != "b1"
    ]
    return BatchGetPaymentsResponse(payments=found)


def offers(request: Any) -> Any:
    found = [FlightOffer(offer_id=key, cabin="ECONOMY") for key in request.offer_ids]
    return BatchGetOffersResponse(offers=reversed(found))
