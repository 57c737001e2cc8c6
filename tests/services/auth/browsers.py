"""A browser that signs in through the sandbox's providers, and the providers' controls."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from dreamscape.auth.v1 import auth_pb2
from mesh.call import Call
from mesh.server import Routes
from tests.services.auth.conftest import AuthHouse, Device

WRITTEN = ("account", "identity", "session", "outbox", "device")


class Browser(Device):
    """A device that keeps cookies as a browser does, and goes where providers send it."""

    def __init__(self, table: Routes, clock: Any, http: httpx.AsyncClient) -> None:
        super().__init__(table, clock)
        self._http = http
        self.cookies: dict[str, str] = {}
        self.headers: list[tuple[str, str]] = []

    def unary_unary(self, method: str, *_: Any) -> Callable[..., Any]:
        async def call(request: Any, *, timeout: float | None = None, metadata: Any = ()) -> Any:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            sent = {"cookie": cookie} | self.sends
            arriving = Call([*sent.items(), *metadata], self._clock)
            answer = await self._table[method].handler(request, arriving)
            # A call that fails sends no headers.
            self.headers = arriving.headers
            for name, value in arriving.headers:
                if name == "set-cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
            return answer

        return call

    async def begin(self, provider: str = "google") -> str:
        """The address that the browser is sent to."""
        request = auth_pb2.StartOauthRequest(provider=provider)
        return (await self.client.start_oauth(request)).authorization_url

    async def visit(self, url: str, email: str) -> dict[str, str]:
        """Sign in at the provider: the query that it sends the browser back with."""
        answer = await self._http.get(url, params={**query_of(url), "login_hint": email})
        assert answer.status_code == 302, answer.text
        return query_of(answer.headers["location"])

    async def back(self, query: dict[str, str], provider: str = "google") -> Any:
        """Come back from the provider."""
        request = auth_pb2.FinishOauthRequest(provider=provider, **query)
        return await self.client.finish_oauth(request)

    async def sign_in(self, email: str, provider: str = "google") -> Any:
        """The whole way."""
        return await self.back(await self.visit(await self.begin(provider), email), provider)


@dataclass(frozen=True)
class Providers:
    """The sandbox's providers, and AuthService which lives at their time."""

    auth: AuthHouse
    http: httpx.AsyncClient

    def browser(self, *, secure: bool = False) -> Browser:
        table = self.auth.secure if secure else self.auth.plain
        return Browser(table, self.auth.clock, self.http)

    def an_email(self) -> str:
        return f"ada.{self.auth.ids.new()}@example.org"

    async def fault(self, operation: str, fault: str) -> None:
        wish = {"operation": operation, "fault": fault}
        (await self.http.post("/_sandbox/faults", json=wish)).raise_for_status()

    async def exchanges(self) -> list[str]:
        """What became of every code that was ever brought, the latest first."""
        told = (await self.http.get("/_sandbox/exchanges")).json()
        return [each["outcome"] for each in told["exchanges"]]

    async def attempts(self) -> int:
        """How many codes were ever brought."""
        return int((await self.http.get("/_sandbox/exchanges")).json()["count"])

    async def rows(self) -> dict[str, int]:
        """How much is written in every table that a sign-in writes to and that nothing empties."""
        return {
            table: await self.auth.value(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
            for table in WRITTEN
        }

    async def events(self, user_id: str) -> int:
        """How many events tell of an account."""
        said = "SELECT count(*) FROM outbox WHERE key = :key AND type LIKE '%AccountRegistered'"
        return int(await self.auth.value(said, key=user_id))


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@asynccontextmanager
async def providers_of(auth: AuthHouse, url: str) -> AsyncIterator[Providers]:
    """The providers at `url`, honest to begin with."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
        await http.delete("/_sandbox/faults")
        yield Providers(auth, http)


def reason(refused: pytest.ExceptionInfo[Any]) -> tuple[str, dict[str, str]]:
    return refused.value.reason, refused.value.metadata
