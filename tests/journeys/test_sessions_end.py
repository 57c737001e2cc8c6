"""Whoever is signed out is out everywhere within a second, and stays out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from mesh.clock import SystemIds
from tests.journeys.conftest import PATIENCE, Edge
from tests.journeys.test_bad_input import reason_of

IDS = SystemIds()
# One in each pod, and GraphQL's own way to both.
PROFILE, BOOKINGS = "/api/v1/users/profile", "/api/v1/bookings"
SOON = 1.0


@dataclass(frozen=True)
class Device:
    """A client with the access token of its session, and the refresh token."""

    http: httpx.AsyncClient
    refresh_token: str


@dataclass(frozen=True)
class Person:
    """Somebody with an account, who may sign in from several devices."""

    edge: Edge
    email: str
    password: str

    @asynccontextmanager
    async def device(self) -> AsyncIterator[Device]:
        """A device that has just signed in."""
        account = {"email": self.email, "password": self.password}
        async with self.edge.http() as client:
            tokens = (await client.post("/api/v1/auth/login", json=account)).json()["tokens"]
            client.headers["authorization"] = f"Bearer {tokens['accessToken']}"
            client.cookies.clear()
            yield Device(client, tokens["refreshToken"])


@pytest.fixture
async def person(edge: Edge) -> Person:
    made = Person(edge, f"{IDS.new()}@example.com", IDS.secret())
    async with edge.http() as client:
        account = {"email": made.email, "password": made.password}
        await client.post("/api/v1/auth/register", json=account)
    return made


async def until_refused(client: httpx.AsyncClient, path: str, within: float) -> str:
    """The reason why a call is refused, which it must be in time."""
    async with asyncio.timeout(within):
        while (answer := await client.get(path)).status_code == 200:
            await asyncio.sleep(0.01)
    assert answer.status_code == 401, answer.text
    return reason_of(answer)


async def log_out(device: Device, _: Person) -> httpx.Response:
    spent = {"refreshToken": device.refresh_token}
    return await device.http.post("/api/v1/auth/logout", json=spent)


async def log_out_everywhere(_: Device, person: Person) -> httpx.Response:
    async with person.device() as another:
        return await another.http.post("/api/v1/auth/logout-all", json={})


async def change_password(_: Device, person: Person) -> httpx.Response:
    async with person.device() as another:
        change = {"currentPassword": person.password, "newPassword": IDS.secret()}
        return await another.http.post("/api/v1/auth/change-password", json=change)


async def revoke_from_the_list(device: Device, person: Person) -> httpx.Response:
    verified = await device.http.post("/api/v1/auth/verify-token", json={})
    async with person.device() as another:
        return await another.http.delete(f"/api/v1/auth/sessions/{verified.json()['sessionId']}")


WAYS = [log_out, log_out_everywhere, change_password, revoke_from_the_list]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_session_that_ends_ends_in_every_pod(
    person: Person, way: Callable[[Device, Person], Awaitable[httpx.Response]]
) -> None:
    async with person.device() as device:
        for path in (PROFILE, BOOKINGS):
            assert (await device.http.get(path)).status_code == 200
        ended = await way(device, person)
        assert ended.status_code == 200, ended.text
        refused = asyncio.gather(
            *(until_refused(device.http, path, SOON) for path in (PROFILE, BOOKINGS))
        )
        assert await refused == ["TOKEN_REVOKED", "TOKEN_REVOKED"]
        spent = {"refreshToken": device.refresh_token}
        again = await device.http.post("/api/v1/auth/refresh", json=spent)
        assert again.status_code == 401


async def test_without_redis_reading_goes_on_and_what_is_audited_waits(person: Person) -> None:
    supervisor = person.edge.running.supervisor
    async with person.device() as device:
        await supervisor.kill("redis")
        try:
            async with asyncio.timeout(PATIENCE):
                while (answer := await device.http.put(PROFILE, json={})).status_code == 200:
                    await asyncio.sleep(0.2)
            assert (answer.status_code, reason_of(answer)) == (503, "SESSIONS_UNKNOWN")
            assert answer.headers["retry-after"] == "1"
            assert (await device.http.get(PROFILE)).status_code == 200
            assert (await device.http.get(BOOKINGS)).status_code == 200
            ended = await log_out(device, person)
            assert ended.status_code == 200, ended.text
        finally:
            await supervisor.start(["redis"])
        # What ended while Redis was gone is known once it is back.
        assert await until_refused(device.http, BOOKINGS, PATIENCE) == "TOKEN_REVOKED"
        async with person.device() as another:
            async with asyncio.timeout(PATIENCE):
                while (await another.http.put(PROFILE, json={})).status_code != 200:
                    await asyncio.sleep(0.05)
