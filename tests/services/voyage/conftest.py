"""Voyage alone, on real PostgreSQL and Redis, with the real sandbox as its supplier."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from dreamscape.voyage.v1 import voyage_pb2
from mesh.cache import Cache
from mesh.call import Call
from mesh.clock import ManualClock, SystemClock, SystemIds
from mesh.database import Database
from mesh.outbox import Outbox
from services.voyage import wiring
from services.voyage.amadeus import Amadeus
from services.voyage.answers import Answers, Together
from services.voyage.domain import Search
from services.voyage.flights import AmadeusFlights
from services.voyage.orders import Desk
from services.voyage.reference import AmadeusReference
from services.voyage.service import Shelf, Voyages
from services.voyage.store import Store
from tests.conftest import Running

SCHEMA = "voyage_alone"
SERVICE = voyage_pb2.DESCRIPTOR.services_by_name["VoyageService"]


@dataclass(frozen=True)
class Sandbox:
    """The simulated Amadeus, as a test sees it."""

    url: str

    async def fault(self, operation: str, fault: str, count: int = 1) -> None:
        """Let the next calls of an operation fail."""
        wish = {"operation": operation, "fault": fault, "count": count}
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            (await client.post("/_sandbox/faults", json=wish)).raise_for_status()

    async def forget_faults(self) -> None:
        """Let nothing fail any more."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            await client.delete("/_sandbox/faults")

    async def waiting(self, operation: str) -> int:
        """How many faults of an operation no call has taken yet."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return len((await client.get("/_sandbox/faults")).json()[operation])

    async def orders(self, reference: str) -> dict[str, int]:
        """How many orders a reference had ever, and has now."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            witness = (await client.get("/_sandbox/orders", params={"limit": 1})).json()
        counts: dict[str, int] = witness["byReference"].get(reference, {"ever": 0, "live": 0})
        return counts


class Rig:
    """One instance of voyage; another one on the same database is what a restart looks like."""

    def __init__(
        self,
        running: Running,
        clock: Any,
        *,
        order_seconds: float = 15.0,
        together: Together | None = None,
    ) -> None:
        addresses, secrets = running.addresses, running.secrets
        self.clock, self.ids = clock, SystemIds()
        self.database = Database(addresses.database_url, SCHEMA)
        self.cache = Cache(addresses.redis_url, self.ids.new())
        self.amadeus = Amadeus(
            addresses.amadeus_url,
            secrets.amadeus_client_id,
            secrets.amadeus_client_secret,
            SystemClock(),
        )
        self.supplier = AmadeusFlights(self.amadeus, order_seconds=order_seconds)
        self.store = Store(Outbox(self.database, clock, self.ids))
        self.desk = Desk(self.store, self.supplier, clock)
        self.shelf = Shelf(self.store, self.supplier, clock, self.ids)
        self.answers = Answers(self.cache, SERVICE, together or Together())
        self.service = Voyages(
            self.shelf,
            self.desk,
            AmadeusReference(self.amadeus),
            answers=self.answers,
            clock=clock,
        )

    @property
    def call(self) -> Call:
        """A call by nobody in particular."""
        return Call((), self.clock)

    async def offer(self, adults: int = 1) -> voyage_pb2.FlightOffer:
        """The cheapest offer from Paris to New York on a day that no other test uses."""
        found = await self.service.SearchFlights(a_search(adults=adults), self.call)
        return found.offers[0]

    async def close(self) -> None:
        """Let go of everything."""
        await self.answers.close()
        await self.amadeus.close()
        await self.cache.close()
        await self.database.close()


_day = 40


def a_day() -> date:
    """A day of departure of its own, so that what one test sells out another still buys."""
    global _day  # noqa: PLW0603 - the one counter of this suite
    _day = 40 + (_day - 39) % 300
    return datetime.now(UTC).date() + timedelta(days=_day)


def a_search(**changes: Any) -> voyage_pb2.SearchFlightsRequest:
    facts: dict[str, Any] = {
        "origin_location_code": "CDG",
        "destination_location_code": "JFK",
        "departure_date": a_day().isoformat(),
        "adults": 1,
        "max": 3,
    }
    return voyage_pb2.SearchFlightsRequest(**(facts | changes))


def a_wish(**changes: Any) -> Search:
    facts: dict[str, Any] = {
        "origin": "CDG",
        "destination": "JFK",
        "departure": a_day(),
        "returning": None,
        "adults": 1,
        "children": 0,
        "infants": 0,
        "cabin": "",
        "non_stop": False,
        "currency": "EUR",
        "limit": 3,
    }
    return Search(**(facts | changes))


def a_traveller(**changes: Any) -> voyage_pb2.Traveller:
    facts = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "date_of_birth": "1985-12-10",
        "gender": "FEMALE",
        "email": "ada@example.com",
        "phone": "+33612345678",
    }
    return voyage_pb2.Traveller(**(facts | changes))


def an_order(reference: str, offer_id: str, *travellers: Any) -> voyage_pb2.CreateOrderRequest:
    return voyage_pb2.CreateOrderRequest(
        reference=reference, offer_id=offer_id, travellers=travellers or (a_traveller(),)
    )


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
    amadeus = Sandbox(around.addresses.amadeus_url)
    yield amadeus
    await amadeus.forget_faults()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest.fixture
async def rig(around: Running, clock: ManualClock) -> AsyncIterator[Rig]:
    rig = Rig(around, clock)
    yield rig
    await rig.close()
