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
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from mesh.faults import NotFound

_THREADS = 4
_TIMEOUT_SECONDS = 10.0
_RETRIES = 2
# The region is part of every signature. Naming it keeps a presigned address from needing a call.
_REGION = "us-east-1"
_ABSENT = {"NoSuchKey"}

T = TypeVar("T")


class Objects:
    """One bucket. `url` is `http://host:port`.

    `public_url` is where clients reach the same bucket; empty when that is `url` too. Whatever
    needs the store fails with ConnectionError while it does not answer, or as it should not.
    """

    def __init__(
        self, url: str, access_key: str, secret_key: str, bucket: str, *, public_url: str = ""
    ) -> None:
        pool = urllib3.PoolManager(
            timeout=_TIMEOUT_SECONDS, retries=urllib3.Retry(_RETRIES), maxsize=_THREADS
        )
        keys = (access_key, secret_key)
        self._client = _client(url, keys, pool)
        # The host is part of a signature too, so what clients are to fetch is signed for theirs.
        self._public = _client(public_url or url, keys, pool)
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

    def url(self, key: str, ttl: timedelta) -> str:
        """A presigned address that serves `key` for `ttl`; nobody is asked for it."""
        return self._public.presigned_get_object(self._bucket, key, expires=ttl)

    async def delete(self, key: str) -> None:
        """Remove `key`; removing what is not there succeeds."""
        await self._run(lambda: self._client.remove_object(self._bucket, key))

    async def make_bucket(self) -> None:
        """Create the bucket unless it is there."""
        await self._run(self._make_bucket)

    async def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (MinioException, HTTPError) as problem:
            if isinstance(problem, S3Error) and problem.code in _ABSENT:
                raise NotFound("OBJECT_NOT_FOUND", "there is no such object") from problem
            raise ConnectionError(f"the object store: {problem}") from problem

    def _make_bucket(self) -> None:
        if not self._client.bucket_exists(self._bucket):
            self._client.make_bucket(self._bucket)

    def _read(self, key: str) -> bytes:
        response = self._client.get_object(self._bucket, key)
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()


def _client(url: str, keys: tuple[str, str], pool: urllib3.PoolManager) -> Minio:
    address = urlsplit(url)
    return Minio(
        address.netloc,
        access_key=keys[0],
        secret_key=keys[1],
        secure=address.scheme == "https",
        region=_REGION,
        http_client=pool,
    )
