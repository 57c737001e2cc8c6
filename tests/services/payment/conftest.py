"""Payment below its servicer, on real PostgreSQL, with the real sandbox as its provider."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
import stripe
from sqlalchemy import text

from mesh.clock import Clock, SystemClock, SystemIds
from mesh.database import Database, Signals
from mesh.money import Money
from mesh.outbox import Outbox
from services.payment import wiring
from services.payment.completer import Completer
from services.payment.domain import Claim
from services.payment.ports import ProviderEvent
from services.payment.saga import Till
from services.payment.store import Payment, Store
from services.payment.stripe import Stripe, read_event
from services.payment.webhooks import Journal, Webhooks
from tests.conftest import Running

SCHEMA = "payment_alone"
PRICE = Money(98_765, "EUR")


class ShiftedClock(SystemClock):
    """The machine's clock, moved forward by a test."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, delta: timedelta) -> None:
        self._ahead += delta


@dataclass(frozen=True)
class Sandbox:
    """The simulated Stripe, as a test sees it."""

    url: str
    key: str

    async def fault(self, operation: str, fault: str, count: int = 1) -> None:
        """Let the next calls of an operation fail."""
        wish = {"operation": operation, "fault": fault, "count": count}
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            (await client.post("/_sandbox/faults", json=wish)).raise_for_status()

    async def forget_faults(self) -> None:
        """Let nothing fail any more."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            await client.delete("/_sandbox/faults")

    async def sums(self, booking_id: str) -> dict[str, int]:
        """What was really authorised, captured and refunded for a booking."""
        none = {"authorized": 0, "captures": 0, "amount_captured": 0, "amount_refunded": 0}
        sums: dict[str, int] = (await self._witness())["byBooking"].get(booking_id, none)
        return sums

    async def charges(self, booking_id: str) -> list[dict[str, Any]]:
        """Every charge that was tried for a booking."""
        charges = (await self._witness())["charges"]
        return [charge for charge in charges if charge["booking_id"] == booking_id]

    async def intents(self, booking_id: str) -> list[dict[str, Any]]:
        """Every intent of a booking."""
        async with self._client() as client:
            found = (await client.get("/v1/payment_intents", params={"limit": 100})).json()["data"]
        return [each for each in found if each["metadata"].get("booking_id") == booking_id]

    async def act(self, path: str, **fields: str) -> None:
        """What the payer, or somebody at the dashboard, does."""
        async with self._client() as client:
            (await client.post(path, data=fields)).raise_for_status()

    def _client(self) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False)

    async def _witness(self) -> Any:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return (await client.get("/_sandbox/charges")).json()


class Rig:
    """One instance of payment; another on the same database is what a restart looks like."""

    def __init__(self, running: Running, clock: Clock) -> None:
        secret = running.secrets.stripe_webhook_secret
        self.secret, self.clock, self.ids = secret, clock, SystemIds()
        self.url = running.addresses.database_url
        self.database = Database(self.url, SCHEMA, pool_size=10)
        outbox = Outbox(self.database, clock, self.ids)
        self.store = Store(self.database, outbox, clock, self.ids)
        self.provider = Stripe(running.addresses.stripe_url, running.secrets.stripe_secret_key)
        self.till = Till(self.store, self.provider, clock)
        self.completer = Completer(self.store, self.till, clock)
        self.webhooks = Webhooks(
            Journal(self.database, clock),
            self.till,
            self._read,
            signals=Signals(self.url),
            schema=SCHEMA,
        )

    def _read(self, payload: bytes, signature: str) -> ProviderEvent:
        return read_event(payload, signature, self.secret, self.clock.now())

    def claim(self, *, booking_id: str = "", card: str = "pm_card_visa", key: str = "") -> Claim:
        """Somebody who wants to pay."""
        return Claim(
            user_id="u1",
            client_key=key or self.ids.new(),
            request_hash=f"{booking_id}{card}".encode(),
            booking_id=booking_id or self.ids.new(),
            payment_method=card,
        )

    async def pay(self, claim: Claim) -> Payment:
        """What CreatePaymentIntent does, once the booking is known to be payable."""
        payment = await self.till.claimed(claim) or await self.till.open(claim, PRICE)
        return await self.till.start(payment)

    async def paid(self) -> Payment:
        """A payment that is authorised."""
        return await self.pay(self.claim())

    async def events(self, booking_id: str) -> list[str]:
        """What was announced about a booking, oldest first."""
        async with self.database.transaction() as session:
            rows = await session.execute(
                text("SELECT type FROM outbox WHERE key = :key ORDER BY position"),
                {"key": booking_id},
            )
            return [kind.rpartition(".")[2] for kind in rows.scalars()]

    async def receive(self, intent_id: str, *, event_id: str = "", at: float = 0.0) -> bool:
        """A signed event about an intent."""
        payload = orjson.dumps(
            {
                "id": event_id or f"evt_{self.ids.new()}",
                "object": "event",
                "type": "payment_intent.amount_capturable_updated",
                "data": {"object": {"id": intent_id, "object": "payment_intent"}},
            }
        )
        return await self.webhooks.receive(payload, signature(payload, self.secret, at))

    async def close(self) -> None:
        """Let go of everything."""
        await self.provider.close()
        await self.database.close()


def signature(payload: bytes, secret: str, at: float = 0.0) -> str:
    """What Stripe signs with, as its own SDK computes it."""
    signed_at = int(at or datetime.now(UTC).timestamp())
    sign = stripe.WebhookSignature.generate_signature_header
    return str(sign(payload.decode(), secret, signed_at))


@pytest.fixture(scope="session")
def around(servers: Running) -> Running:
    """The real servers and the sandbox, and an empty schema."""
    asyncio.run(servers.supervisor.start(["servers", "sandbox"]))

    async def migrate() -> None:
        database = Database(servers.addresses.database_url, SCHEMA)
        await database.migrate(wiring.MIGRATIONS)
        await database.close()

    asyncio.run(migrate())
    return servers


@pytest.fixture
async def sandbox(around: Running) -> AsyncIterator[Sandbox]:
    stripe_sandbox = Sandbox(around.addresses.stripe_url, around.secrets.stripe_secret_key)
    yield stripe_sandbox
    await stripe_sandbox.forget_faults()


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def rig(around: Running, clock: ShiftedClock) -> AsyncIterator[Rig]:
    rig = Rig(around, clock)
    yield rig
    await rig.close()
