"""A database of the user service's own, apart from the one in which the whole house works."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy import text

from dreamscape.auth.v1.auth_pb2 import Account
from mesh.clock import ManualClock, SystemIds
from mesh.database import Database, Signals
from mesh.objects import Objects
from services.user.avatars import Avatars, Gallery
from services.user.erasures import Erasures
from services.user.store import Profile, Store
from services.user.wiring import MIGRATIONS, SCHEMA
from tests.conftest import Running
from tests.services.user.people import NOW

# Enough for a race to be one.
CONNECTIONS = 20
BUCKET = "avatars-alone"
TABLES = "profile, wish, past_booking, avatar, erasure, erasure_part, inbox, outbox"


@pytest.fixture(scope="session")
async def user_url(servers: Running) -> str:
    """The URL of an empty database."""
    url = servers.addresses.database_url
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE DATABASE user_alone")
    await connection.close()
    return url.rpartition("/")[0] + "/user_alone"


@pytest.fixture(scope="session")
async def migrated(user_url: str) -> AsyncIterator[Database]:
    """The schema, migrated."""
    database = Database(user_url, SCHEMA, pool_size=CONNECTIONS)
    await database.migrate(MIGRATIONS)
    yield database
    await database.close()


@pytest.fixture
async def database(migrated: Database) -> Database:
    """The schema without a row."""
    async with migrated.transaction() as session:
        await session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    return migrated


@pytest.fixture
def clock() -> ManualClock:
    """Noon, until the test moves it."""
    return ManualClock(NOW)


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


@pytest.fixture
async def ada(store: Store) -> str:
    """The identifier of somebody with a profile."""
    user_id = SystemIds().new()
    account = Account(user_id=user_id, email="ada@example.com", first_name="Ada")
    await store.begin(Profile.of(account, NOW))
    return user_id


@pytest.fixture
def erasures(database: Database, clock: ManualClock) -> Erasures:
    return Erasures(database, clock, SystemIds())


@pytest.fixture
def signals(user_url: str) -> Signals:
    """Wake-ups that never come: whoever waits is cancelled."""
    return Signals(user_url)


@pytest.fixture(scope="session")
async def objects(servers: Running) -> AsyncIterator[Objects]:
    """A bucket of our own."""
    secrets = servers.secrets
    objects = Objects(
        servers.addresses.s3_url, secrets.s3_access_key, secrets.s3_secret_key, BUCKET
    )
    await objects.make_bucket()
    yield objects
    await objects.close()


@pytest.fixture
def gallery(database: Database) -> Gallery:
    return Gallery(database)


@pytest.fixture
def avatars(gallery: Gallery, objects: Objects, clock: ManualClock) -> Avatars:
    return Avatars(gallery, objects, clock, SystemIds())


@asynccontextmanager
async def without(database: Database, drop: str, restore: str) -> AsyncIterator[None]:
    """The schema with a rule taken out of it, for a mutant, and put back afterwards."""
    async with database.transaction() as session:
        await session.execute(text(drop))
    try:
        yield
    finally:
        async with database.transaction() as session:
            await session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
            await session.execute(text(restore))
