"""Secrets are planted wherever a client may put one; no log, no event and no table has them after.

The search itself is tested by what must be found: the last request in the logs, the address in the
database, and a card number where the scan is shown one.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from mesh.clock import SystemIds
from tests.journeys.conftest import PATIENCE, Edge, departure
from tests.services.cast import LINK_TOKEN

IDS = SystemIds()
# Numbers that Stripe gives for tests, as people write them.
CARDS = ("4242424242424242", "5555-5555-5555-4444", "3782 822463 10005")
ISSUERS = r"4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|3[47]\d{2}|6011|65\d{2}"
CARD = re.compile(rf"(?<![\w.-])(?:{ISSUERS})(?:[ -]?\d){{9,15}}(?![\w.-])")
# A login's own line in Envoy's log comes with its next flush.
LOGS_ARRIVE_WITHIN = 30.0


@dataclass
class Planted:
    """Somebody whose every secret can be told from everybody else's."""

    email: str = field(default_factory=lambda: f"{IDS.new()}@example.com")
    phone: str = field(default_factory=lambda: f"+339{int(IDS.new()[:8], 16) % 10**8:08}")
    secrets: dict[str, str] = field(default_factory=dict)

    def a_secret(self, name: str) -> str:
        """A new secret, to be looked for later."""
        self.secrets[name] = f"canary-{IDS.secret()}"
        return self.secrets[name]

    def keep(self, name: str, value: str) -> str:
        """A secret that somebody else made."""
        assert len(value) >= 16, f"{name} is too short to be looked for"
        self.secrets[name] = value
        return value


class Traveller:
    """A client that plants canaries on its way."""

    def __init__(self, client: httpx.AsyncClient, planted: Planted) -> None:
        self.client = client
        self.planted = planted

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, json=body, headers=sent)

    async def comes_in(self) -> None:
        """Registers and signs in, after the wrong passwords that people type."""
        planted, email = self.planted, self.planted.email
        password = planted.a_secret("password")
        account = {"email": email, "password": password, "firstName": "Ada"}
        assert (await self.post("/api/v1/auth/register", account)).status_code == 201
        wrong = {"email": email, "password": planted.a_secret("wrong password")}
        assert (await self.post("/api/v1/auth/login", wrong)).status_code == 401
        swapped = {"email": planted.a_secret("password as address"), "password": "x"}
        assert (await self.post("/api/v1/auth/login", swapped)).status_code == 400
        document = (
            f'mutation {{ login(input: {{email: "{email}", '
            f'password: "{planted.a_secret("password in a document")}"}}) {{ nothing }} }}'
        )
        await self.post("/graphql", {"query": document})
        cut = json.dumps({"password": planted.a_secret("password in broken JSON")})[:-1]
        kind = {"content-type": "application/json"}
        await self.client.post("/api/v1/auth/login", content=cut, headers=kind)
        right = await self.post("/api/v1/auth/login", {"email": email, "password": password})
        self._take("login", right)

    async def stays(self) -> None:
        """Refreshes, changes the password, and shows tokens in wrong places."""
        planted = self.planted
        refreshed = await self.post(
            "/api/v1/auth/refresh", {"refreshToken": planted.secrets["login's refresh token"]}
        )
        self._take("refresh", refreshed)
        access = planted.secrets["refresh's access token"]
        await self.client.get("/api/v1/auth/profile", params={"access_token": access})
        forged = f"{access[:-30]}{planted.a_secret('signature')[-30:]}"
        planted.keep("forged token", forged)
        async with httpx.AsyncClient(base_url=self.client.base_url) as other:
            bad = {"authorization": f"Bearer {forged}"}
            assert (await other.get("/api/v1/auth/profile", headers=bad)).status_code == 401
            await other.post("/api/v1/auth/refresh", json={"refreshToken": f"{forged}"})
        change = {
            "currentPassword": planted.secrets["password"],
            "newPassword": planted.a_secret("second password"),
        }
        changed = await self.post("/api/v1/auth/change-password", change)
        assert changed.status_code == 200, changed.text

    async def forgets(self, edge: Edge) -> None:
        """Has a new password by mail, first with a token that is not right."""
        planted = self.planted
        await self.post("/api/v1/auth/forgot-password", {"email": planted.email})
        token = planted.keep("reset token", await mailed(edge, planted.email, nth=2))
        new = {"newPassword": planted.a_secret("third password")}
        wrong = {"token": planted.a_secret("wrong reset token"), **new}
        assert (await self.post("/api/v1/auth/reset-password", wrong)).status_code == 401
        reset = await self.post("/api/v1/auth/reset-password", {"token": token, **new})
        assert reset.status_code == 200, reset.text
        again = {"email": planted.email, "password": new["newPassword"]}
        self._take("second login", await self.post("/api/v1/auth/login", again))

    async def travels(self) -> str:
        """Books and pays, with card numbers where none belongs; the identifier of the booking."""
        query = {
            "originLocationCode": "CDG",
            "destinationLocationCode": "JFK",
            "departureDate": departure(),
        }
        offers = (await self.client.get("/api/flights/search", params=query)).json()["offers"]
        person = {
            "firstName": "Ada",
            "lastName": "Lovelace",
            "dateOfBirth": "1985-12-10",
            "gender": "FEMALE",
            "email": self.planted.email,
            "phone": self.planted.phone,
        }
        order = {"items": [{"flightOfferId": offers[0]["offerId"]}], "travellers": [person]}
        booked = await self.post("/api/v1/bookings", order, idempotency_key=IDS.new())
        booking_id: str = booked.json()["booking"]["bookingId"]
        intents, pay = "/api/v1/payments/intents", {"bookingId": booking_id}
        for card in CARDS:
            wish = pay | {"paymentMethod": card}
            refused = await self.post(intents, wish, idempotency_key=IDS.new())
            assert refused.status_code == 400
            await self.client.get("/api/v1/payments", params={"card": card})
            document = "mutation ($card: String) { pay(card: $card) { id } }"
            await self.post("/graphql", {"query": document, "variables": {"card": card}})
            await self.post("/graphql", {"query": f'{{ pay(card: "{card}") }}'})
            await self.client.get("/api/v1/payments", headers={"x-card": card})
        # A field that nobody knows is passed over, with whatever is in it.
        wish = pay | {"paymentMethod": "pm_card_visa", "cardNumber": CARDS[0]}
        paid = await self.post(intents, wish, idempotency_key=IDS.new())
        assert paid.status_code == 201, paid.text
        return booking_id

    def _take(self, name: str, answer: httpx.Response) -> None:
        assert answer.status_code == 200, answer.text
        tokens = answer.json()["tokens"]
        access = self.planted.keep(f"{name}'s access token", tokens["accessToken"])
        self.planted.keep(f"{name}'s refresh token", tokens["refreshToken"])
        self.client.headers["authorization"] = f"Bearer {access}"


async def mailed(edge: Edge, email: str, *, nth: int) -> str:
    """What the link of the nth mail with a link carries; waits for that mail."""
    mailbox = httpx.AsyncClient(base_url=edge.running.addresses.mailbox_url)
    async with mailbox as client, asyncio.timeout(PATIENCE):
        while True:
            listed = (await client.get("/messages", params={"to": email})).json()["messages"]
            texts = [
                (await client.get(f"/messages/{each['id']}")).json()["text"] for each in listed
            ]
            found = [link[1] for text in texts if (link := LINK_TOKEN.search(text))]
            if len(found) >= nth:
                return found[0]
            await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Places:
    """Everything the mesh has written down, by where it is."""

    logs: dict[str, str]
    tables: dict[str, str]
    redis: dict[str, str]

    def all(self) -> dict[str, str]:
        return self.logs | self.tables | self.redis

    def with_text(self, text: str) -> list[str]:
        return [place for place, written in self.all().items() if text in written]


async def written_down(edge: Edge) -> Places:
    """Logs, every row of every table with its bytes as text, and Redis."""
    folder = edge.running.config.state_dir / "logs"
    logs = {f"log {path.name}": path.read_text(errors="replace") for path in folder.iterdir()}
    return Places(
        logs,
        await every_table(edge.running.addresses.database_url),
        {"redis": await every_key(edge.running.addresses.redis_url)},
    )


async def every_table(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        found = {}
        for schema, table in names:
            rows = await connection.fetch(f'SELECT * FROM "{schema}"."{table}"')  # noqa: S608
            found[f"table {schema}.{table}"] = "\n".join(map(_text, rows))
        return found
    finally:
        await connection.close()


def _text(row: Any) -> str:
    return " ".join(
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in row.values()
    )


async def every_key(url: str) -> str:
    redis = Redis.from_url(url)
    readers = {b"string": redis.get, b"hash": redis.hgetall, b"set": redis.smembers}
    try:
        found = []
        async for key in redis.scan_iter():
            read = readers.get(await redis.type(key))
            found.append(f"{key!r} {await read(key) if read else await redis.dump(key)!r}")
        return "\n".join(found)
    finally:
        await redis.aclose()


def card_numbers(text: str) -> list[str]:
    """What looks like the number of a card and has the right last digit."""
    return [found[0] for found in CARD.finditer(text) if _luhn(re.sub(r"\D", "", found[0]))]


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits))]
    return len(digits) >= 13 and sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


@pytest.fixture(scope="module")
async def journey(outer: Edge) -> AsyncIterator[tuple[Planted, Places]]:
    """Somebody's journey, and all that is written down after it."""
    planted, last = Planted(), f"last-{IDS.new()}"
    async with outer.http() as client:
        traveller = Traveller(client, planted)
        await traveller.comes_in()
        await traveller.stays()
        await traveller.forgets(outer)
        booking_id = await traveller.travels()
        await outer.mail_about(planted.email, "booked")
        await client.get(f"/api/v1/bookings/{booking_id}", headers={"x-request-id": last})
    logs = outer.running.config.state_dir / "logs"
    async with asyncio.timeout(LOGS_ARRIVE_WITHIN):
        while not _has(logs / "envoy-edge.log", last):
            await asyncio.sleep(0.2)
    yield planted, await written_down(outer)


def _has(log: Path, text: str) -> bool:
    return text in log.read_text(errors="replace")


async def test_no_secret_of_a_traveller_is_written_down(journey: tuple[Planted, Places]) -> None:
    planted, places = journey
    found = {name: places.with_text(secret) for name, secret in planted.secrets.items()}
    assert {name: where for name, where in found.items() if where} == {}
    assert len(planted.secrets) >= 15


async def test_what_is_personal_is_in_no_log(journey: tuple[Planted, Places]) -> None:
    planted, places = journey
    for private in (planted.phone, planted.email, "1985-12-10"):
        assert [name for name, log in places.logs.items() if private in log] == []


async def test_no_card_number_is_written_down(journey: tuple[Planted, Places]) -> None:
    _, places = journey
    found = {name: card_numbers(text) for name, text in places.all().items()}
    assert {name: numbers for name, numbers in found.items() if numbers} == {}


async def test_the_search_finds_what_is_there(journey: tuple[Planted, Places]) -> None:
    planted, places = journey
    assert "table auth.account" in places.with_text(planted.email)
    assert "table booking.booking" in places.with_text(planted.phone)
    assert "table booking.outbox" in places.tables
    assert "table booking.outbox" in places.with_text("Lovelace")
    assert {"log core.log", "log business.log", "log envoy-edge.log"} <= set(places.logs)


@pytest.mark.parametrize("card", CARDS)
def test_the_scan_knows_a_card_number(card: str) -> None:
    assert card_numbers(f'{{"number": "{card}"}}') == [card]
    assert card_numbers(f"{card[:-1]}{9 - int(card[-1])}") == []
    assert card_numbers(f"a{card}b") == []
