"""AuthService on the real database, with a clock that the test moves and devices that call it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from mesh.bus import Bus
from mesh.cache import Cache
from mesh.call import Call
from mesh.clock import ManualClock, SystemIds
from mesh.database import Database, Signals
from mesh.interceptors import Chain
from mesh.server import Routes, routes
from mesh.tokens import SERVICES, USERS, Signer, Verifier
from pods.process import ServiceParts
from services.auth import wiring
from tests.conftest import Running


class Device:
    """Something that calls AuthService: what it sends along, and the headers it got last."""

    def __init__(self, table: Routes, clock: ManualClock) -> None:
        self._table = table
        self._clock = clock
        self.sends: dict[str, str] = {}
        self.received: dict[str, str] = {}
        self.client = AuthClient(self)

    def unary_unary(self, method: str, *_: Any) -> Callable[..., Any]:
        async def call(request: Any, *, timeout: float | None = None, metadata: Any = ()) -> Any:
            arriving = Call([*self.sends.items(), *metadata], self._clock)
            try:
                return await self._table[method].handler(request, arriving)
            finally:
                self.received = dict(arriving.headers)

        return call

    def unary_stream(self, method: str, *_: Any) -> Callable[..., Any]:
        raise NotImplementedError(method)

    async def login(self, email: str, *, remember_me: bool = False) -> auth_pb2.Tokens:
        request = auth_pb2.LoginRequest(email=email, password=PASSWORD, remember_me=remember_me)
        return (await self.client.login(request)).tokens

    async def refresh(self, token: str = "") -> auth_pb2.Tokens:
        request = auth_pb2.RefreshRequest(refresh_token=token)
        return (await self.client.refresh(request)).tokens


PASSWORD = "a long sentence is best"


@dataclass
class AuthHouse:
    """The service and its surroundings. `secure` is the one that sets cookies for HTTPS."""

    clock: ManualClock
    database: Database
    plain: Routes
    secure: Routes
    ids: SystemIds = field(default_factory=SystemIds)

    def device(self, *, secure: bool = False) -> Device:
        return Device(self.secure if secure else self.plain, self.clock)

    async def an_account(self) -> str:
        """The address of a new account."""
        email = f"{self.ids.new()}@example.com"
        request = auth_pb2.RegisterRequest(email=email, password=PASSWORD, first_name="Ada")
        await self.device().client.register(request)
        return email

    async def value(self, sql: str, **values: Any) -> Any:
        async with self.database.transaction() as session:
            return (await session.execute(text(sql), values)).scalar()


@pytest.fixture
async def auth(outside: Running) -> AsyncIterator[AuthHouse]:
    clock, ids = ManualClock(datetime(2027, 1, 1, tzinfo=UTC)), SystemIds()
    found, secrets = outside.addresses, outside.secrets
    database, cache = Database(found.database_url, "auth"), Cache(found.redis_url, "auth")
    parts = ServiceParts(
        noun="auth",
        clock=clock,
        ids=ids,
        signals=Signals(found.database_url),
        bus=Bus(found.kafka_bootstrap),
        database=database,
        cache=cache,
        channel_to=lambda _, service: pytest.fail(f"AuthService calls {service}"),
        bootstrap=found.kafka_bootstrap,
    )
    users = Signer(USERS, secrets.token_kid, secrets.token_key_pem, clock, ids)
    chain = Chain(
        clock=clock,
        ids=ids,
        users=Verifier(USERS, {secrets.token_kid: users.public_jwk()}, clock),
        services=Verifier(SERVICES, {}, clock),
    )
    built = [
        wiring.build(
            wiring.Settings(
                token_kid=secrets.token_kid,
                token_private_pem=secrets.token_key_pem,
                refresh_key=secrets.refresh_key,
                secure_cookies=secure,
                allowed_origins=frozenset({"https://www.dreamscape.example"}),
            ),
            parts,
        )
        for secure in (False, True)
    ]
    plain, secure = [routes(each.servicer, each.descriptor, chain) for each in built]
    yield AuthHouse(clock, database, plain, secure)
    for service in built:
        for close in service.close:
            await close()
    await database.close()
    await cache.close()
    await parts.bus.close()
