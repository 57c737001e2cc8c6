"""The limits on passwords hold whichever edge somebody comes by."""

import asyncio
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
import websockets

from mesh.clock import SystemIds
from tests.conftest import a_mesh
from tests.journeys.conftest import Edge

IDS = SystemIds()
GUESS = 'mutation { login(input: {email: "%s", password: "wrong"}) { __typename } }'
PLACES = count(1)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """A mesh with the limits of the contract."""
    folder = tmp_path_factory.mktemp("strict")
    with a_mesh(folder, "three", 1, rate_factor=1) as mesh:
        asyncio.run(mesh.supervisor.start())
        yield Edge(mesh)


def at(edge: Edge, address: str) -> httpx.AsyncClient:
    """A client at a loopback address of its own."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(
        base_url=edge.url.replace("localhost", "127.0.0.1"), transport=transport
    )


def elsewhere() -> dict[str, str]:
    """A header that claims to come from a place where nobody was before."""
    return {"x-forwarded-for": f"203.0.113.{next(PLACES)}"}


def somebody() -> str:
    return f"{IDS.new()}@example.com"


def reason(answer: Any) -> str:
    return str(answer["errors"][0]["extensions"]["reason"])


async def test_guessing_by_graphql_is_counted_as_guessing_by_rest_is(strict: Edge) -> None:
    """Ten a minute for an address, whatever accounts they are at and whatever it claims to be."""
    reasons = []
    async with at(strict, "127.0.9.1") as client:
        for _ in range(12):
            query = {"query": GUESS % somebody()}
            reasons.append(
                reason((await client.post("/graphql", json=query, headers=elsewhere())).json())
            )
        by_rest = {"email": somebody(), "password": "wrong"}
        refused = await client.post("/api/v1/auth/login", json=by_rest, headers=elsewhere())
    assert reasons == ["CREDENTIALS_INVALID"] * 10 + ["TOO_MANY_ATTEMPTS"] * 2
    assert refused.status_code == 429


async def test_guessing_over_one_websocket_is_counted_too(strict: Edge) -> None:
    url = f"ws://127.0.0.1:{strict.running.config.ports.edge}/graphql"
    reasons = []
    async with websockets.connect(
        url,
        subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        local_addr=("127.0.10.1", 0),
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        for number in range(12):
            payload = {"query": GUESS % somebody()}
            await socket.send(
                json.dumps({"type": "subscribe", "id": str(number), "payload": payload})
            )
            answer = json.loads(await socket.recv())
            reasons.append(reason(answer["payload"]))
            assert json.loads(await socket.recv())["type"] == "complete"
    assert reasons == ["CREDENTIALS_INVALID"] * 10 + ["TOO_MANY_ATTEMPTS"] * 2


async def test_one_document_with_many_mails_to_send_is_not_one_call(strict: Edge) -> None:
    fields = " ".join(f'm{n}: forgotPassword(input: {{email: "{somebody()}"}})' for n in range(14))
    async with at(strict, "127.0.11.1") as client:
        answer = (await client.post("/graphql", json={"query": f"mutation {{ {fields} }}"})).json()
    reasons = [error["extensions"]["reason"] for error in answer["errors"]]
    assert reasons == ["TOO_MANY_CALLS"] * 4
    assert sum(value is not None for value in answer["data"].values()) == 10


async def test_the_edge_counts_what_the_contract_says(strict: Edge) -> None:
    async with at(strict, "127.0.12.1") as client:
        statuses = [
            (await client.post("/api/v1/auth/login", json={}, headers=elsewhere())).status_code
            for _ in range(12)
        ]
    assert statuses == [400] * 10 + [429] * 2
