"""The cache forgives, the object store keeps, a signal wakes."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from mesh.cache import Cache
from mesh.clock import SystemIds
from mesh.database import Database, Signals
from mesh.faults import Aborted, NotFound
from mesh.objects import Objects
from tests.conftest import Running

SCRIPTS = Path(__file__).parent / "scripts"


async def test_a_value_is_kept_for_its_time(servers: Running) -> None:
    cache = Cache(servers.addresses.redis_url, "test")
    await cache.put("k", b"\x00\xff", timedelta(minutes=1))
    assert await cache.get("k") == b"\x00\xff"
    assert await cache.get("other") is None
    await cache.close()


async def test_a_cache_that_is_gone_is_a_miss() -> None:
    cache = Cache("redis://127.0.0.1:1/0", "test")
    await cache.put("k", b"v", timedelta(minutes=1))
    assert await cache.get("k") is None
    await cache.close()


async def test_an_object_is_stored_presigned_and_deleted(servers: Running) -> None:
    secrets = servers.secrets
    objects = Objects(
        servers.addresses.s3_url, secrets.s3_access_key, secrets.s3_secret_key, "test-objects"
    )
    await objects.make_bucket()
    await objects.make_bucket()
    await objects.put("a/b.txt", b"hello", "text/plain")
    assert await objects.get("a/b.txt") == b"hello"
    async with httpx.AsyncClient() as client:
        answer = await client.get(objects.url("a/b.txt", timedelta(minutes=1)))
    assert (answer.content, answer.headers["content-type"]) == (b"hello", "text/plain")
    await objects.delete("a/b.txt")
    with pytest.raises(NotFound):
        await objects.get("a/b.txt")


async def test_an_object_is_presigned_for_where_clients_are() -> None:
    public = "https://cdn.example.com"
    objects = Objects("http://127.0.0.1:1", "key", "secret", "bucket", public_url=public)
    url = objects.url("a/b.txt", timedelta(hours=1))
    assert url.startswith(f"{public}/bucket/a/b.txt?")
    assert "X-Amz-Expires=3600" in url
    await objects.close()


async def test_an_object_store_that_is_gone_is_a_lost_connection() -> None:
    objects = Objects("http://127.0.0.1:1", "access-key", "secret-key", "bucket")
    with pytest.raises(ConnectionError):
        await objects.put("key", b"content", "text/plain")
    await objects.close()


async def test_a_signal_wakes_after_the_commit(servers: Running) -> None:
    schema = f"signals_{SystemIds().new().replace('-', '')}"
    database = Database(servers.addresses.database_url, schema)
    signals = Signals(servers.addresses.database_url)
    listening = asyncio.create_task(signals.run())
    with signals.subscribe(schema, "topic") as subscription:
        async with asyncio.timeout(10):
            await subscription.wait(10)  # the connection wakes everybody when it is up
            async with database.transaction() as session:
                await database.notify(session, "topic")
            await subscription.wait(10)
    listening.cancel()
    await database.close()


async def test_a_database_that_is_gone_is_a_lost_connection() -> None:
    database = Database("postgresql://nobody:x@127.0.0.1:1/nowhere", "test")
    with pytest.raises(ConnectionError):
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
    await database.close()


async def test_a_pool_without_a_free_connection_is_a_lost_connection(servers: Running) -> None:
    database = Database(servers.addresses.database_url, "test", pool_size=1, pool_timeout=0.1)
    async with database.transaction() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(ConnectionError):
            async with database.transaction() as other:
                await other.execute(text("SELECT 1"))
    await database.close()


async def test_a_deadlock_aborts_one_of_the_two(servers: Running) -> None:
    schema = f"deadlock_{SystemIds().new().replace('-', '')}"
    database = Database(servers.addresses.database_url, schema)
    await database.migrate(SCRIPTS)
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO effect VALUES ('a'), ('b')"))
    barrier = asyncio.Barrier(2)

    async def change(first: str, second: str) -> str:
        lock = text("UPDATE effect SET name = name WHERE name = :name")
        try:
            async with database.transaction() as session:
                await session.execute(lock, {"name": first})
                await barrier.wait()
                await session.execute(lock, {"name": second})
        except Aborted:
            return "aborted"
        return "done"

    assert sorted(await asyncio.gather(change("a", "b"), change("b", "a"))) == ["aborted", "done"]
    await database.close()
