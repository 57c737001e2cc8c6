"""Objects in S3 through the `minio` SDK, which blocks and so runs in a bounded pool of threads."""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import S3Error

from mesh.faults import NotFound

_THREADS = 4
_TIMEOUT_SECONDS = 10.0
_RETRIES = 2

T = TypeVar("T")


class Objects:
    """One bucket. `url` is `http://host:port`."""

    def __init__(self, url: str, access_key: str, secret_key: str, bucket: str) -> None:
        address = urlsplit(url)
        self._client = Minio(
            address.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=address.scheme == "https",
            http_client=urllib3.PoolManager(
                timeout=_TIMEOUT_SECONDS, retries=urllib3.Retry(_RETRIES), maxsize=_THREADS
            ),
        )
        self._bucket = bucket
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="objects")

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store `content` under `key`, whole or not at all."""
        await self._run(
            lambda: self._client.put_object(
                self._bucket, key, io.BytesIO(content), len(content), content_type
            )
        )

    async def get(self, key: str) -> bytes:
        """The content of `key`; NotFound when there is none."""
        return await self._run(lambda: self._read(key))

    async def url(self, key: str, ttl: timedelta) -> str:
        """A presigned address that serves `key` for `ttl`."""
        return await self._run(
            lambda: self._client.presigned_get_object(self._bucket, key, expires=ttl)
        )

    async def delete(self, key: str) -> None:
        """Remove `key`; removing what is not there succeeds."""
        await self._run(lambda: self._client.remove_object(self._bucket, key))

    async def make_bucket(self) -> None:
        """Create the bucket unless it is there."""
        await self._run(self._make_bucket)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _make_bucket(self) -> None:
        if not self._client.bucket_exists(self._bucket):
            self._client.make_bucket(self._bucket)

    def _read(self, key: str) -> bytes:
        try:
            response = self._client.get_object(self._bucket, key)
        except S3Error as problem:
            if problem.code == "NoSuchKey":
                raise NotFound("OBJECT_NOT_FOUND", f"there is no object {key}") from problem
            raise
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()
