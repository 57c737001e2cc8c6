"""The real servers: each answers in its own protocol and keeps its data over a kill."""

import asyncio
from io import BytesIO
from typing import Any

import asyncpg
import pytest
from kafka import KafkaConsumer, KafkaProducer
from minio import Minio
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError


async def test_postgres_has_the_database_of_the_mesh_and_vectors_in_it(servers: Any) -> None:
    connection = await asyncpg.connect(servers.addresses.database_url)
    try:
        assert await connection.fetchval("SELECT current_user") == "dreamscape"
        assert await connection.fetchval("SELECT '[3,4]'::vector <-> '[0,0]'") == 5.0
        assert await connection.fetchval("SHOW fsync") == "on"
    finally:
        await connection.close()


async def test_postgres_refuses_a_wrong_password(servers: Any) -> None:
    url = servers.addresses.database_url.replace(servers.secrets.database_password, "guess")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url)


async def test_postgres_keeps_what_was_committed_when_it_is_killed(servers: Any) -> None:
    connection = await asyncpg.connect(servers.addresses.database_url)
    await connection.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('still')")
    await servers.supervisor.kill("postgres")
    await servers.supervisor.restart("postgres")
    connection = await asyncpg.connect(servers.addresses.database_url)
    try:
        assert await connection.fetchval("SELECT word FROM kept") == "still"
        await connection.execute("DROP TABLE kept")
    finally:
        await connection.close()


async def test_redis_answers_only_those_who_know_the_password(servers: Any) -> None:
    async with Redis.from_url(servers.addresses.redis_url, decode_responses=True) as redis:
        await redis.set("word", "kept")
        assert await redis.get("word") == "kept"
    async with Redis(port=servers.config.ports.redis, retry=Retry(NoBackoff(), 0)) as stranger:
        with pytest.raises(AuthenticationError):
            await stranger.get("word")


def test_an_object_put_into_s3_comes_back(servers: Any) -> None:
    client = Minio(
        servers.addresses.s3_url.removeprefix("http://"),
        access_key=servers.secrets.s3_access_key,
        secret_key=servers.secrets.s3_secret_key,
        secure=False,
    )
    if not client.bucket_exists("pictures"):
        client.make_bucket("pictures")
    client.put_object("pictures", "one", BytesIO(b"panorama"), length=8)
    with client.get_object("pictures", "one") as answer:
        assert answer.read() == b"panorama"


async def test_a_message_acknowledged_by_the_broker_survives_its_kill(servers: Any) -> None:
    bootstrap = servers.addresses.kafka_bootstrap
    await asyncio.to_thread(_send, bootstrap, b"booked")
    await servers.supervisor.kill("kafka")
    await servers.supervisor.restart("kafka")
    assert await asyncio.to_thread(_received, bootstrap) == [b"booked"]


def _send(bootstrap: str, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    try:
        producer.send("kept", value).get(timeout=10)
    finally:
        producer.close()


def _received(bootstrap: str) -> list[bytes]:
    consumer = KafkaConsumer(
        "kept",
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=3000,
    )
    try:
        return [message.value for message in consumer]
    finally:
        consumer.close()
