"""The edge follows the keys that are published, without a restart."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.edge.envoy.live import Mesh, Signer, running, without

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROFILE = "/api/v1/users/profile"
PATIENCE = 15.0
SOON = without('"cache_duration": "5s"', '"cache_duration": "1s"')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """The edge, which asks for keys every second instead of every five."""
    async with running(tmp_path_factory.mktemp("keys"), "single", mutate=SOON) as mesh:
        yield mesh


async def until(rest: httpx.AsyncClient, signer: Signer, status: int) -> None:
    """Wait until a new token of this signer gets this status; one that was seen is remembered."""
    async with asyncio.timeout(PATIENCE):
        for n in itertools.count():
            headers = signer.bearer(jti=str(n))
            if (await rest.get(PROFILE, headers=headers)).status_code == status:
                return
            await asyncio.sleep(0.05)


async def test_a_new_key_is_accepted_beside_the_old_one_until_that_is_removed(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    old, new = mesh.signer, Signer("k2")
    assert (await rest.get(PROFILE, headers=new.bearer())).status_code == 401
    mesh.app.keys = [old, new]
    await until(rest, new, 200)
    assert (await rest.get(PROFILE, headers=old.bearer(jti="x"))).status_code == 200
    mesh.app.keys = [new]
    await until(rest, old, 401)
    assert (await rest.get(PROFILE, headers=new.bearer(jti="x"))).status_code == 200
    mesh.app.keys = [old]
    await until(rest, old, 200)


async def test_an_app_that_does_not_answer_costs_no_key(
    mesh: Mesh, rest: httpx.AsyncClient
) -> None:
    mesh.app.keys, asked = [], mesh.app.asked_for_keys
    async with asyncio.timeout(PATIENCE):
        while mesh.app.asked_for_keys < asked + 2:
            await asyncio.sleep(0.05)
    assert (await rest.get(PROFILE, headers=mesh.signer.bearer())).status_code == 200
    mesh.app.keys = [mesh.signer]
