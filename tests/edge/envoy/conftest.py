"""The public Envoy of the one-process topology, started once for each test file."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.edge.envoy.live import Mesh, running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    folder = tmp_path_factory.mktemp("envoy")
    async with running(folder, "single") as mesh:
        yield mesh


@pytest_asyncio.fixture(loop_scope="module")
async def mesh(running_mesh: Mesh) -> AsyncIterator[Mesh]:
    running_mesh.services.reset()
    running_mesh.app.reset()
    yield running_mesh


@pytest_asyncio.fixture(loop_scope="module")
async def rest(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with mesh.rest() as client:
        yield client
