"""The whole mesh as a traveller meets it: three pods, or one process, behind Envoy."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mesh.clock import SystemClock, SystemIds
from mesh.tokens import USERS, Signer
from pods.pods import topology
from pods.process import Process
from tests.conftest import Running
from tests.services.cast import Cast
from tests.services.conftest import House

DAYS_AHEAD = timedelta(days=45)
PATIENCE = 30.0


@dataclass(frozen=True)
class Edge:
    """A running mesh, seen from outside."""

    running: Running

    @property
    def url(self) -> str:
        return self.running.addresses.edge_url

    @property
    def grpc_address(self) -> str:
        return f"localhost:{self.running.config.ports.edge}"

    def http(self, token: str = "") -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    async def mail_about(self, email: str, words: str) -> dict[str, Any]:
        """The one mail to `email` whose subject holds `words`, with its text; waits for it."""
        mailbox = httpx.AsyncClient(base_url=self.running.addresses.mailbox_url)
        async with mailbox as client, asyncio.timeout(PATIENCE):
            while True:
                answer = await client.get("/messages", params={"to": email})
                mails = answer.raise_for_status().json()["messages"]
                found = [mail["id"] for mail in mails if words in mail["subject"]]
                if found:
                    assert len(found) == 1
                    mail: dict[str, Any] = (await client.get(f"/messages/{found[0]}")).json()
                    return mail
                await asyncio.sleep(0.1)

    def token(self, user_id: str, ttl: timedelta = timedelta(minutes=5), **claims: Any) -> str:
        secrets = self.running.secrets
        signer = Signer(USERS, secrets.token_kid, secrets.token_key_pem, SystemClock(), SystemIds())
        return signer.sign(user_id, ttl, claims)


def departure() -> str:
    return (SystemClock().now() + DAYS_AHEAD).date().isoformat()


@pytest.fixture(scope="module", params=["three", "single"])
def edge(request: pytest.FixtureRequest) -> Edge:
    """The public address of a mesh in either topology."""
    name = "whole_mesh" if request.param == "three" else "single_mesh"
    return Edge(request.getfixturevalue(name))


@pytest.fixture
async def http(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the edge that nobody has signed in."""
    async with edge.http() as client:
        yield client


@pytest.fixture(scope="module")
def outer(whole_mesh: Running) -> Edge:
    """The public address of the three pods alone."""
    return Edge(whole_mesh)


@pytest.fixture(scope="module")
async def cast(whole_mesh: Running) -> AsyncIterator[Cast]:
    """People of that mesh, made behind its edge, where nobody counts how many sign in.

    Of what their services do in the background, they only follow which sessions have ended: the
    pods do the rest.
    """
    config, secrets = dataclasses.replace(whole_mesh.config, topology="single"), whole_mesh.secrets
    process = Process(config, secrets, topology("single")["single"])
    key = (secrets.token_kid, secrets.token_key_pem)
    follows = asyncio.create_task(process.revocations.run())
    yield Cast(House(process, whole_mesh, Signer(USERS, *key, process.clock, process.ids)))
    follows.cancel()
    await process.stop()
