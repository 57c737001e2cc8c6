"""The destination service's parts on a schema of their own, filled as a new one is."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from dreamscape.destination.v1 import destination_pb2 as pb
from dreamscape.destination.v1.destination_client import DestinationClient
from mesh.call import Call, Identity
from mesh.clock import ManualClock, SystemIds
from mesh.database import Database
from services.destination.prices import Prices
from services.destination.reviews import Reviews
from services.destination.service import Destinations
from services.destination.store import Store
from services.destination.wiring import MIGRATIONS
from tests.services.cast import Cast
from tests.services.conftest import House

START = datetime(2027, 1, 31, 12, tzinfo=UTC)
# Enough for a race to be one.
CONNECTIONS = 20
POI = pb.DESTINATION_KIND_POINT_OF_INTEREST
PARIS = pb.Position(latitude=48.85, longitude=2.35)


@dataclass
class Atlas:
    """The service without a mesh around it, on a clock that the test moves."""

    database: Database
    store: Store
    reviews: Reviews
    prices: Prices
    clock: ManualClock
    ids: SystemIds

    @property
    def service(self) -> Destinations:
        return Destinations(self.store, self.reviews)

    def call(self, user_id: str = "", language: str = "en") -> Call:
        call = Call([("accept-language", language)], self.clock)
        call.identity = Identity(user_id=user_id)
        return call

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.database.transaction() as session:
            return [tuple(row) for row in await session.execute(text(sql))]

    async def ids_of(self, **wanted: Any) -> list[str]:
        """The identifiers of what is listed."""
        found = await self.service.ListDestinations(
            pb.ListDestinationsRequest(**wanted), self.call()
        )
        return [each.destination_id for each in found.destinations]


@pytest.fixture
async def atlas(house: House) -> AsyncIterator[Atlas]:
    ids, clock = SystemIds(), ManualClock(START)
    schema = f"destination_{ids.new()}"
    database = Database(house.running.addresses.database_url, schema, pool_size=CONNECTIONS)
    await database.migrate(MIGRATIONS)
    store, reviews = Store(database, clock), Reviews(database, clock, ids)
    yield Atlas(database, store, reviews, Prices(database), clock, ids)
    async with database.transaction() as session:
        await session.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
    await database.close()


@pytest.fixture
async def admin(house: House) -> DestinationClient:
    """A client of an administrator."""
    who = await Cast(house).an_admin()
    return house.client(DestinationClient, token=who.token)


def a_place(**changes: Any) -> pb.CreateDestinationRequest:
    """A point of interest of Paris that nobody else has."""
    facts: dict[str, Any] = {
        "destination_id": f"place-{SystemIds().new()}",
        "kind": POI,
        "parent_id": "PAR",
        "words": [
            pb.Words(locale="en", name="Rodin Museum", description="Bronze and roses."),
            pb.Words(locale="fr", name="Musée Rodin", description="Du bronze et des roses."),
        ],
        "position": PARIS,
    }
    return pb.CreateDestinationRequest(**(facts | changes))
