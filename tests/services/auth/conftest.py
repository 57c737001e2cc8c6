"""AuthService on the real database, with a clock that the test moves and devices that call it."""

import dataclasses
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.notification.v1.notification_pb2 import (
    DESCRIPTOR,
    AccountMailKind,
    SendAccountMailRequest,
    SendAccountMailResponse,
)
from mesh.bus import Bus
from mesh.cache import Cache
from mesh.call import Call
from mesh.clock import ManualClock, SystemIds
from mesh.database import Database, Signals
from mesh.interceptors import Chain
from mesh.policy import methods
from mesh.revocations import Revocations
from mesh.server import Routes, routes
from mesh.tokens import SERVICES, USERS, Signer, Verifier
from pods.addresses import OIDC_CLIENT_ID, Addresses
from pods.process import ServiceParts
from pods.secrets import Secrets
from services.auth import domain, wiring
from services.auth.domain import MailTokens, Visit
from services.auth.mails import Postman, Writer
from services.auth.oidc import Client, Clients
from services.auth.service import Accounts
from services.auth.store import Account, Session
from tests.conftest import Running

# Raised for a long run: every race is repeated so many times more often.
TIMES = int(os.environ.get("DREAMSCAPE_CHAOS", "1"))
PASSWORD = "a long sentence is best"
_NETWORKS = count(1)


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

    async def signed_in(self, email: str) -> auth_pb2.Tokens:
        """Log in, and stay so: what is sent from now on carries the access token."""
        tokens = await self.login(email)
        self.sends["authorization"] = f"Bearer {tokens.access_token}"
        return tokens


class Letterbox:
    """The channel to NotificationService: holds what is handed over, if the contract allows it."""

    def __init__(self) -> None:
        self.letters: list[SendAccountMailRequest] = []
        self.problem: Exception | None = None
        service = DESCRIPTOR.services_by_name["NotificationService"]
        self._methods = {method.path: method for method in methods(service)}

    def unary_unary(self, method: str, *_: Any) -> Callable[..., Any]:
        async def call(request: Any, *, timeout: float, metadata: Any = ()) -> Any:
            self._methods[method].validate(request)
            if self.problem is not None:
                raise self.problem
            self.letters.append(request)
            return SendAccountMailResponse()

        return call

    def unary_stream(self, method: str, *_: Any) -> Callable[..., Any]:
        raise NotImplementedError(method)

    def to(self, email: str) -> list[tuple[str, str]]:
        """Kind and language of every mail to an address."""
        return [
            (AccountMailKind.Name(each.kind).removeprefix("ACCOUNT_MAIL_KIND_"), each.locale)
            for each in self.letters
            if each.email == email
        ]


@dataclass
class AuthHouse:
    """The service and its surroundings. `secure` is the one that sets cookies for HTTPS."""

    clock: ManualClock
    database: Database
    plain: Routes
    secure: Routes
    chain: Chain
    servicer: Accounts
    postman: Postman
    letterbox: Letterbox
    revocations: Revocations
    redis_url: str
    neighbour: Device
    ids: SystemIds = field(default_factory=SystemIds)

    def device(self, *, secure: bool = False) -> Device:
        return Device(self.secure if secure else self.plain, self.clock)

    def changed(self, **parts: Any) -> Device:
        """A device of the same service with other parts."""
        servicer = dataclasses.replace(self.servicer, **parts)
        return self.device_of(servicer)

    def device_of(self, servicer: Accounts) -> Device:
        """A device of another servicer."""
        service = auth_pb2.DESCRIPTOR.services_by_name["AuthService"]
        return Device(routes(servicer, service, self.chain), self.clock)

    def an_address(self) -> str:
        """An address in a network where nobody was before."""
        number = next(_NETWORKS)
        return f"10.{number // 250}.{number % 250}.7"

    async def mails(self) -> Letterbox:
        """What has been handed over, once everything that is due has been."""
        while await self.postman.send_next():
            pass
        return self.letterbox

    async def token_to(self, email: str) -> str:
        """What the link of the last mail to an address carries."""
        letters = (await self.mails()).letters
        return [each.token for each in letters if each.email == email and each.token][-1]

    async def row(self, email: str) -> Account:
        """The account with this address, which is there."""
        account = await self.servicer.store.account_of(email)
        assert account is not None
        return account

    async def a_session(self, account: Account) -> tuple[Session, str]:
        """A session of an account and its first refresh token, without the cost of a login."""
        visit = Visit("tests", "", "en")
        session = self.servicer.sessions.opened(account.user_id, visit, remember_me=False)
        assert await self.servicer.store.open_session(session, account, visit)
        ticket = domain.Ticket(session.session_id, 0)
        return session, self.servicer.sessions.refresh_tokens.write(ticket)

    async def an_account(self) -> str:
        """The address of a new account."""
        email = f"{self.ids.new()}@example.com"
        request = auth_pb2.RegisterRequest(email=email, password=PASSWORD, first_name="Ada")
        await self.device().client.register(request)
        return email

    async def value(self, sql: str, **values: Any) -> Any:
        async with self.database.transaction() as session:
            return (await session.execute(text(sql), values)).scalar()


def at_the_sandbox(found: Addresses, secrets: Secrets) -> Clients:
    """What the service is to the providers of the sandbox."""
    at = {
        name: Client(f"{found.oidc_url}/{name}", OIDC_CLIENT_ID, secrets.oidc_client_secret)
        for name in ("google", "facebook")
    }
    return Clients(found.oauth_callback_url, at)


@pytest.fixture
def began() -> datetime:
    """What the clock shows first."""
    return datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
async def auth(outside: Running, began: datetime) -> AsyncIterator[AuthHouse]:
    clock, ids = ManualClock(began), SystemIds()
    found, secrets = outside.addresses, outside.secrets
    database, cache = Database(found.database_url, "auth"), Cache(found.redis_url, "auth")
    revocations = Revocations(found.redis_url, clock, ids)
    letterbox = Letterbox()
    parts = ServiceParts(
        noun="auth",
        clock=clock,
        ids=ids,
        signals=Signals(found.database_url),
        bus=Bus(found.kafka_bootstrap),
        database=database,
        cache=cache,
        revocations=revocations,
        channel_to=lambda _, service: letterbox,
        bootstrap=found.kafka_bootstrap,
    )
    users = Signer(USERS, secrets.token_kid, secrets.token_key_pem, clock, ids)
    mesh = Signer(SERVICES, secrets.mesh_kid, secrets.mesh_key_pem, clock, ids)
    chain = Chain(
        clock=clock,
        ids=ids,
        users=Verifier(USERS, {secrets.token_kid: users.public_jwk()}, clock),
        services=Verifier(SERVICES, {secrets.mesh_kid: mesh.public_jwk()}, clock),
    )
    built = [
        wiring.build(
            wiring.Settings(
                signer=users,
                published_keys=lambda: [users.public_jwk()],
                refresh_key=secrets.refresh_key,
                secure_cookies=secure,
                allowed_origins=frozenset({"https://www.dreamscape.example"}),
                oauth=at_the_sandbox(found, secrets),
            ),
            parts,
        )
        for secure in (False, True)
    ]
    plain, secure = [routes(each.servicer, each.descriptor, chain) for each in built]
    servicer = built[0].servicer
    assert isinstance(servicer, Accounts)
    writer = Writer(servicer.credentials, servicer.throttle, MailTokens(secrets.refresh_key), clock)
    client = NotificationClient(letterbox)
    postman = Postman(servicer.letters, writer, client, parts.signals, clock)
    neighbour = Device(plain, clock)
    neighbour.sends["x-ds-service"] = mesh.sign("user", timedelta(days=1))
    yield AuthHouse(
        clock=clock,
        database=database,
        plain=plain,
        secure=secure,
        chain=chain,
        servicer=servicer,
        postman=postman,
        letterbox=letterbox,
        revocations=revocations,
        redis_url=found.redis_url,
        neighbour=neighbour,
    )
    for service in built:
        for close in service.close:
            await close()
    await database.close()
    await cache.close()
    await revocations.close()
    await parts.bus.close()


def hashes() -> int:
    """How many passwords were hashed or checked in this process."""
    return int(REGISTRY.get_sample_value("auth_hashes_total") or 0)
