"""A database of booking's own, apart from the one in which the whole house works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
from sqlalchemy import text

from mesh.clock import ManualClock, SystemIds
from mesh.database import Database, Signals
from mesh.outbox import Outbox
from services.booking.store import Store
from services.booking.wiring import MIGRATIONS, SCHEMA
from tests.conftest import Running
from tests.services.booking.builders import NOW


@pytest.fixture(scope="session")
async def booking_url(servers: Running) -> str:
    """The URL of an empty database."""
    url = servers.addresses.database_url
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE DATABASE booking_alone")
    await connection.close()
    return url.rpartition("/")[0] + "/booking_alone"


@pytest.fixture(scope="session")
async def migrated(booking_url: str) -> AsyncIterator[Database]:
    """Booking's schema, migrated."""
    database = Database(booking_url, SCHEMA)
    await database.migrate(MIGRATIONS)
    yield database
    await database.close()


@pytest.fixture
async def database(migrated: Database) -> Database:
    """Booking's schema without a row."""
    async with migrated.transaction() as session:
        await session.execute(text("TRUNCATE booking, booking_history, outbox, inbox, idempotency"))
    return migrated


@pytest.fixture
def clock() -> ManualClock:
    """Noon, until the test moves it."""
    return ManualClock(NOW)


@pytest.fixture
def outbox(database: Database, clock: ManualClock) -> Outbox:
    """Booking's outbox."""
    return Outbox(database, clock, SystemIds())


@pytest.fixture
def store(outbox: Outbox) -> Store:
    """Booking's store."""
    return Store(outbox)


@pytest.fixture(scope="session")
async def signals(booking_url: str) -> AsyncIterator[Signals]:
    """Wake-ups of that database."""
    signals = Signals(booking_url)
    listening = asyncio.create_task(signals.run())
    yield signals
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
