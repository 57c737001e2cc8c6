"""The cache forgives, the object store keeps, a signal wakes."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from mesh.cache import Cache
from mesh.clock import SystemIds
from mesh.database import Database, Signals
from mesh.faults import NotFound
from mesh.objects import Objects
from tests.conftest import Running


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
        answer = await client.get(await objects.url("a/b.txt", timedelta(minutes=1)))
    assert (answer.content, answer.headers["content-type"]) == (b"hello", "text/plain")
    await objects.delete("a/b.txt")
    with pytest.raises(NotFound):
        await objects.get("a/b.txt")


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
