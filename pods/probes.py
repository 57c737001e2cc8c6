"""Proofs of readiness: one real request in the part's own protocol wherever there is one."""

import asyncio
import struct
from collections.abc import Callable

import asyncpg
import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from pods.part import Probe

DEADLINE = 2.0
API_VERSIONS_REQUEST = struct.pack(">hhih", 18, 0, 1, -1)


def listening(host: str, ports: tuple[int, ...]) -> Probe:
    """Ready when every port accepts a connection."""

    async def ready() -> bool:
        try:
            async with asyncio.timeout(DEADLINE):
                for port in ports:
                    _, writer = await asyncio.open_connection(host, port)
                    writer.close()
        except OSError:
            return False
        return True

    return ready


def http(url: str) -> Probe:
    """Ready when `url` answers 200."""

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=DEADLINE, trust_env=False) as client:
                return (await client.get(url)).status_code == 200
        except httpx.HTTPError:
            return False

    return ready


def postgres(url: str) -> Probe:
    """Ready when the database at `url` answers a query."""

    async def ready() -> bool:
        try:
            connection = await asyncpg.connect(url, timeout=DEADLINE)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close(timeout=DEADLINE)
        return True

    return ready


def redis(url: str) -> Probe:
    """Ready when the server at `url` answers PING, its log replayed."""

    async def ready() -> bool:
        once = Retry(NoBackoff(), retries=0)
        client = Redis.from_url(
            url, retry=once, socket_timeout=DEADLINE, socket_connect_timeout=DEADLINE
        )
        try:
            return bool(await client.ping())
        except (OSError, RedisError):
            return False
        finally:
            await client.aclose()

    return ready


def kafka(*, host: str, port: int) -> Probe:
    """Ready when the broker answers an ApiVersions request."""

    async def exchange() -> bool:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(struct.pack(">i", len(API_VERSIONS_REQUEST)) + API_VERSIONS_REQUEST)
            _, correlation, error = struct.unpack(">iih", await reader.readexactly(10))
            return (correlation, error) == (1, 0)
        finally:
            writer.close()

    async def ready() -> bool:
        try:
            return await asyncio.wait_for(exchange(), DEADLINE)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False

    return ready


def grpc_health(*, host: str, port: int) -> Probe:
    """Ready when grpc.health.v1 says SERVING."""

    async def ready() -> bool:
        async with grpc.aio.insecure_channel(f"{host}:{port}") as channel:
            check: Callable[..., grpc.aio.UnaryUnaryCall[object, health_pb2.HealthCheckResponse]]
            check = health_pb2_grpc.HealthStub(channel).Check
            try:
                answer = await check(health_pb2.HealthCheckRequest(), timeout=DEADLINE)
            except grpc.aio.AioRpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    return ready
