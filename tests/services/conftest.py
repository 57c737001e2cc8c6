"""All services in one process on the real servers, with the real sandbox outside."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import pytest

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from mesh.tokens import USERS, Signer
from pods.pods import topology
from pods.process import Process, migrate
from tests.conftest import Running

Client = TypeVar("Client")
SERVICE_OF = {
    "AuthClient": "dreamscape.auth.v1.AuthService",
    "UserClient": "dreamscape.user.v1.UserService",
    "VoyageClient": "dreamscape.voyage.v1.VoyageService",
    "BookingClient": "dreamscape.booking.v1.BookingService",
    "PaymentClient": "dreamscape.payment.v1.PaymentService",
    "NotificationClient": "dreamscape.notification.v1.NotificationService",
    "DestinationClient": "dreamscape.destination.v1.DestinationService",
}


@dataclass(frozen=True)
class Traveller:
    """Somebody who has registered and logged in."""

    user_id: str
    email: str
    password: str
    token: str


class SignedIn:
    """A channel whose every call carries a user's token, and headers."""

    def __init__(self, channel: Any, token: str, headers: dict[str, str]) -> None:
        self._channel = channel
        self._pairs = [("authorization", f"Bearer {token}")] if token else []
        self._pairs += list(headers.items())

    def unary_unary(self, *method: Any) -> Callable[..., Any]:
        return self._with_token(self._channel.unary_unary(*method))

    def unary_stream(self, *method: Any) -> Callable[..., Any]:
        return self._with_token(self._channel.unary_stream(*method))

    def _with_token(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: Any, *, timeout: float | None = None, metadata: Any = ()) -> Any:
            return send(request, timeout=timeout, metadata=[*metadata, *self._pairs])

        return call


@dataclass(frozen=True)
class House:
    """The services, and what a test may know of their surroundings."""

    process: Process
    running: Running
    users: Signer

    def client(
        self,
        kind: type[Client],
        *,
        token: str = "",
        service: str = "tests",
        headers: dict[str, str] | None = None,
    ) -> Client:
        """A typed client, as a user with `token`, or as `service` of the mesh."""
        channel = self.process.channel(service, SERVICE_OF[kind.__name__])
        return kind(SignedIn(channel, token, headers or {}))  # type: ignore[call-arg]

    async def a_traveller(self) -> Traveller:
        """A new account that is logged in."""
        email, password = f"{self.process.ids.new()}@example.com", self.process.ids.secret()
        auth = self.client(AuthClient)
        await auth.register(
            auth_pb2.RegisterRequest(
                email=email, password=password, first_name="Ada", last_name="Lovelace"
            )
        )
        answer = await auth.login(auth_pb2.LoginRequest(email=email, password=password))
        return Traveller(
            answer.account.user_id, answer.account.email, password, answer.tokens.access_token
        )

    def token(self, user_id: str, *, ttl: timedelta = timedelta(minutes=5), **claims: Any) -> str:
        """An access token for a user who may never have registered."""
        return self.users.sign(user_id, ttl, claims)

    async def witness(self, path: str) -> Any:
        """What a sandbox itself knows: `amadeus/_sandbox/orders`, `stripe/_sandbox/charges`, …"""
        name, _, rest = path.partition("/")
        base = getattr(self.running.addresses, f"{name}_url")
        async with httpx.AsyncClient(base_url=base, timeout=10) as client:
            return (await client.get(rest)).raise_for_status().json()

    async def fault(self, sandbox: str, operation: str, fault: str, count: int = 1) -> None:
        """Let the next `count` calls of an operation fail at a sandbox."""
        base = getattr(self.running.addresses, f"{sandbox}_url")
        order = {"operation": operation, "fault": fault, "count": count}
        async with httpx.AsyncClient(base_url=base, timeout=10) as client:
            (await client.post("/_sandbox/faults", json=order)).raise_for_status()


@pytest.fixture(scope="session")
def outside(servers: Running) -> Running:
    """The real servers and the sandbox, running."""
    asyncio.run(servers.supervisor.start(["servers", "sandbox"]))
    config = dataclasses.replace(servers.config, topology="single")
    asyncio.run(migrate(config, servers.secrets))
    return dataclasses.replace(servers, config=config)


@pytest.fixture(scope="session")
async def house(outside: Running) -> AsyncIterator[House]:
    """Every service, in this process."""
    config, secrets = outside.config, outside.secrets
    process = Process(config, secrets, topology("single")["single"])
    await process.start()
    users = Signer(USERS, secrets.token_kid, secrets.token_key_pem, process.clock, process.ids)
    yield House(process, outside, users)
    await process.stop()


async def eventually(look: Callable[[], Any], *, within: float = 10.0) -> Any:
    """The first true value that `look` returns, looked for every 20 ms; bounded."""
    async with asyncio.timeout(within):
        while not (value := await look()):
            await asyncio.sleep(0.02)
    return value
