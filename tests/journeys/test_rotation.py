"""Keys rotate while everybody works: nobody notices."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from mesh.clock import SystemClock, SystemIds
from pods.keys import LEAD, rotate
from pods.secrets import a_key, secrets_dir, write_private
from tests.conftest import Running, a_mesh
from tests.journeys.conftest import PATIENCE, Edge

IDS, CLOCK = SystemIds(), SystemClock()
WORKERS = 4
# Longer than Envoy keeps the keys, five seconds, and than a process takes to look, one.
NOTICE = timedelta(seconds=8)
COUNT = count()


class DatedIds(SystemIds):
    """Identifiers that say they were made at some moment."""

    def __init__(self, moment: Callable[[], datetime]) -> None:
        self._moment = moment

    def new(self) -> str:
        milliseconds = int(self._moment().timestamp() * 1000)
        return str(UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | next(COUNT)))


@pytest.fixture(scope="module")
def rotating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A mesh whose first keys are a day old."""
    folder: Path = tmp_path_factory.mktemp("rotating")
    (folder / "secrets").mkdir(mode=0o700)
    yesterday = DatedIds(lambda: CLOCK.now() - timedelta(days=1))
    for family in ("token", "mesh"):
        write_private(folder / "secrets" / f"{family}-{yesterday.new()}.pem", a_key())
    with a_mesh(folder, "three", 1) as mesh:
        asyncio.run(mesh.supervisor.start())
        yield mesh


def kid_of(token: str) -> str:
    head = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


class Load:
    """People who work without a pause, and what they were refused."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.calls = 0
        self.refused: list[str] = []
        self.kids: list[str] = []
        self.stopped = False

    async def work(self) -> None:
        account = {"email": f"{IDS.new()}@example.com", "password": IDS.secret()}
        async with self._edge.http() as client:
            await client.post("/api/v1/auth/register", json=account)
            tokens = (await client.post("/api/v1/auth/login", json=account)).json()["tokens"]
            client.cookies.clear()
            kept = tokens["accessToken"]
            while not self.stopped:
                # Both pods, the newest token and the very first one, each time another refresh.
                await self._call(client, "GET", "/api/v1/users/profile", tokens["accessToken"])
                await self._call(client, "GET", "/api/v1/bookings", kept)
                spent = {"refreshToken": tokens["refreshToken"]}
                answer = await self._call(client, "POST", "/api/v1/auth/refresh", "", json=spent)
                if answer.status_code == 200:
                    tokens = answer.json()["tokens"]
                    self.kids.append(kid_of(tokens["accessToken"]))

    async def _call(
        self, client: httpx.AsyncClient, verb: str, path: str, token: str, **more: Any
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await client.request(verb, path, headers=headers, **more)
        self.calls += 1
        if answer.status_code != 200:
            self.refused.append(f"{path}: {answer.status_code} {answer.text}")
        return answer

    async def until_signed_by(self, kid: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not self.kids or self.kids[-1] != kid:
                await asyncio.sleep(0.05)


async def published(edge: Edge) -> set[str]:
    async with edge.http() as client:
        return {key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]}


def token_keys(running: Running) -> set[str]:
    found = secrets_dir(running.config).glob("token-*.pem")
    return {path.stem.removeprefix("token-") for path in found}


@pytest.mark.timeout(180)
async def test_keys_rotate_under_load_and_nobody_is_refused(rotating: Running) -> None:
    edge, load = Edge(rotating), Load(Edge(rotating))
    (old,) = token_keys(rotating)
    people = [asyncio.create_task(load.work()) for _ in range(WORKERS)]
    try:
        await load.until_signed_by(old)
        soon = DatedIds(lambda: CLOCK.now() - LEAD + NOTICE)
        assert len(list(rotate(rotating.config, CLOCK, soon))) == 2
        (new,) = token_keys(rotating) - {old}
        async with asyncio.timeout(PATIENCE):
            while await published(edge) != {old, new}:
                await asyncio.sleep(0.05)
        assert load.kids[-1] == old, "it is published before it signs"
        await load.until_signed_by(new)
        seen = load.calls
        async with asyncio.timeout(PATIENCE):
            while load.calls < seen + 200:
                await asyncio.sleep(0.05)
    finally:
        load.stopped = True
        await asyncio.gather(*people)
    assert load.refused == []
    assert set(load.kids) == {old, new}


async def test_a_key_that_is_taken_away_is_refused(rotating: Running) -> None:
    edge = Edge(rotating)
    account = {"email": f"{IDS.new()}@example.com", "password": IDS.secret()}
    async with edge.http() as client:
        await client.post("/api/v1/auth/register", json=account)
        tokens = (await client.post("/api/v1/auth/login", json=account)).json()["tokens"]
        client.headers["authorization"] = f"Bearer {tokens['accessToken']}"
        assert (await client.get("/api/v1/users/profile")).status_code == 200
        kid = kid_of(tokens["accessToken"])
        assert kid == max(token_keys(rotating))
        (secrets_dir(rotating.config) / f"token-{kid}.pem").unlink()
        async with asyncio.timeout(PATIENCE):
            while (await client.get("/api/v1/users/profile")).status_code != 401:
                await asyncio.sleep(0.05)
        assert kid not in await published(edge)
        del client.headers["authorization"]
        spent = {"refreshToken": tokens["refreshToken"]}
        again = (await client.post("/api/v1/auth/refresh", json=spent)).json()["tokens"]
        assert kid_of(again["accessToken"]) in token_keys(rotating)
