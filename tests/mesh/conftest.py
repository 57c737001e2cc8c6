"""A mesh of one small service, on a socket of either engine or inside the process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dreamscape.booking.v1 import booking_pb2, booking_pb2_grpc
from dreamscape.booking.v1.booking_client import BookingClient
from mesh.channel import Caller, LocalChannel, RemoteChannel
from mesh.clock import SystemClock, SystemIds
from mesh.interceptors import Chain
from mesh.server import Server, routes
from mesh.tokens import SERVICES, USERS, Signer, Verifier


def a_private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass
class Keys:
    users: Signer
    services: Signer
    chain: Chain

    def bearer(self, user_id: str, ttl: timedelta = timedelta(minutes=5), **claims: Any) -> str:
        return "Bearer " + self.users.sign(user_id, ttl, claims)


@pytest.fixture(scope="session")
def keys() -> Keys:
    clock, ids = SystemClock(), SystemIds()
    users = Signer(USERS, "u1", a_private_key(), clock, ids)
    services = Signer(SERVICES, "s1", a_private_key(), clock, ids)
    chain = Chain(
        clock=clock,
        ids=ids,
        users=Verifier(USERS, {"u1": users.public_jwk()}, clock),
        services=Verifier(SERVICES, {"s1": services.public_jwk()}, clock),
    )
    return Keys(users, services, chain)


class Bookings(booking_pb2_grpc.BookingServiceServicer):
    """A servicer whose methods do what the test says."""

    def __init__(self, behaviour: dict[str, Callable[..., Any]]) -> None:
        self._behaviour = behaviour

    async def CreateBooking(self, request: Any, context: Any) -> Any:
        return await self._behaviour["CreateBooking"](request, context)

    async def ListBookings(self, request: Any, context: Any) -> Any:
        return await self._behaviour["ListBookings"](request, context)

    async def GetBooking(self, request: Any, context: Any) -> Any:
        return await self._behaviour["GetBooking"](request, context)

    async def CancelBooking(self, request: Any, context: Any) -> Any:
        return await self._behaviour["CancelBooking"](request, context)

    async def EraseUser(self, request: Any, context: Any) -> Any:
        return await self._behaviour["EraseUser"](request, context)

    async def WatchBooking(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for item in self._behaviour["WatchBooking"](request, context):
            yield item


Connect = Callable[..., Any]


@pytest.fixture(params=["native", "grpcio", "local"])
def connect(request: pytest.FixtureRequest, keys: Keys) -> Connect:
    """`async with connect(GetBooking=handler) as client`: a client of a service that runs."""

    @asynccontextmanager
    async def connected(
        service: str = "test", **behaviour: Callable[..., Awaitable[Any]]
    ) -> AsyncIterator[BookingClient]:
        clock = SystemClock()
        table = routes(
            Bookings(behaviour),
            booking_pb2.DESCRIPTOR.services_by_name["BookingService"],
            keys.chain,
        )
        caller = Caller(service, keys.services, clock)
        if request.param == "local":
            yield BookingClient(LocalChannel(table, caller, clock))
            return
        server = Server(table, engine=request.param, clock=clock)
        port = await server.start("127.0.0.1:0")
        channel = RemoteChannel(f"127.0.0.1:{port}", caller)
        try:
            yield BookingClient(channel)
        finally:
            await channel.close()
            await server.stop(drain=0, grace=1)

    return connected
