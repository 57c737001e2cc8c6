"""The authorization matrix once more, through the public Envoy: by gRPC, by REST, by GraphQL.

Out here a service is nobody, whatever it shows, and what is for services only is not there.
"""

import asyncio
import re
from typing import Any

import grpc
import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import MessageToDict

from dreamscape.policy.v1 import policy_pb2
from mesh.policy import Method
from pods.catalogue import CATALOGUE
from tests.journeys.conftest import Edge
from tests.services.cast import Asked, Cast
from tests.services.matrix import (
    METHODS,
    MISSING,
    ROWS,
    Actor,
    Row,
    actors,
    asks_for_own,
    person,
    shown,
    verdict,
)

DECLARED: dict[str, MethodDescriptor] = {
    f"{noun}.{method.name}": method
    for noun, entry in CATALOGUE.items()
    for method in entry.descriptor.methods
}
INSIDE = [name for name, method in METHODS.items() if method.access == "SERVICE"]
OUTSIDE = [name for name in METHODS if name not in INSIDE]
WITH_REST = [
    name for name in OUTSIDE if DECLARED[name].GetOptions().HasExtension(annotations_pb2.http)
]
STATUSES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}
USERS = (Actor.OWNER, Actor.OTHER, Actor.ADMIN)
# A login more than the budget allows comes through a minute later.
PATIENCE = 75.0
PAUSE = 0.5


def code_at_the_edge(name: str, actor: Actor, row: Row) -> str:
    """The policy's verdict out here, where a service is nobody and a join asks who joins."""
    needs_token = METHODS[name].access != "PUBLIC" or policy_of(name).join_only
    if needs_token and actor is Actor.ELSEWHERE:
        return (
            "PERMISSION_DENIED"  # Envoy knows the signer, so it is not the caller's name it doubts
        )
    if needs_token and actor not in USERS:
        return MISSING.code
    return verdict(METHODS[name], Actor.ANONYMOUS if actor is Actor.LISTED else actor, row).code


def policy_of(name: str) -> policy_pb2.MethodPolicy:
    """The policy of a method, whole."""
    options = DECLARED[name].GetOptions()
    return options.Extensions[policy_pb2.method]  # type: ignore[index,no-any-return]


async def by_grpc(edge: Edge, name: str, asked: Asked, headers: dict[str, str]) -> str:
    """The status code of a native call."""
    method = METHODS[name]
    pairs = [*asked.headers, *headers.items(), *_key(method)]
    codec = (type(asked.message).SerializeToString, method.response.FromString)
    async with grpc.aio.insecure_channel(edge.grpc_address) as channel:
        try:
            if method.streaming:
                stream = channel.unary_stream(method.path, *codec)
                call = stream(asked.message, metadata=pairs, timeout=20)
                await call.read()
                call.cancel()
            else:
                send = channel.unary_unary(method.path, *codec)
                await send(asked.message, metadata=pairs, timeout=20)
        except grpc.aio.AioRpcError as error:
            return error.code().name
    return "OK"


async def by_rest(edge: Edge, name: str, asked: Asked, headers: dict[str, str]) -> str:
    """The status of a REST call, told as the gRPC code it stands for."""
    verb, path, sent = rest_of(DECLARED[name], asked.message)
    pairs = dict([*asked.headers, *headers.items(), *_key(METHODS[name])])
    async with (
        edge.http() as client,
        client.stream(verb, path, **sent | {"headers": sent.get("headers", {}) | pairs}) as answer,
    ):
        status = answer.status_code
    if status == (policy_of(name).success_status or 200):
        return "OK"
    return STATUSES.get(status, str(status))


def rest_of(method: MethodDescriptor, message: Any) -> tuple[str, str, dict[str, Any]]:
    """Verb, path and the rest of the request, as the contract's HTTP rule puts a message there."""
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    verb = rule.WhichOneof("pattern")
    template = getattr(rule, verb)
    named = re.findall(r"\{(\w+)\}", template)
    path = re.sub(r"\{(\w+)\}", lambda found: str(getattr(message, found[1])), template)
    rest = type(message)()
    rest.CopyFrom(message)
    for name in named:
        rest.ClearField(name)
    values = MessageToDict(rest)
    if rule.body == "":
        return verb.upper(), path, {"params": values}
    if rule.body == "*":
        return verb.upper(), path, {"json": values}
    field = getattr(message, rule.body)
    if field.DESCRIPTOR.full_name == "google.api.HttpBody":
        kind = {"content-type": field.content_type}
        return verb.upper(), path, {"content": field.data, "headers": kind}
    return verb.upper(), path, {"json": MessageToDict(field)}


def _key(method: Method) -> list[tuple[str, str]]:
    return [("idempotency-key", "the only one")] if method.needs_idempotency_key else []


async def patiently(send: Any, *request: Any) -> str:
    """The code of a call that is repeated while its budget is spent."""
    async with asyncio.timeout(PATIENCE):
        while (code := str(await send(*request))) == "RESOURCE_EXHAUSTED":
            await asyncio.sleep(PAUSE)
    return code


async def check(edge: Edge, cast: Cast, name: str, send: Any) -> None:
    """Let each actor try, those who are to be refused first, and compare."""
    method, row = METHODS[name], ROWS[name]
    owner = await cast.somebody()
    owners_wish = await row.request(cast, owner)
    expected = {actor: code_at_the_edge(name, actor, row) for actor in actors(method)}
    got = {}
    for actor in sorted(expected, key=lambda each: expected[each] == "OK"):
        own = expected[actor] == "OK" and asks_for_own(method, actor, row)
        who = await person(cast, actor, owner, own=own)
        wish = await row.request(cast, who) if own else owners_wish
        headers = shown(cast, method, actor, who)
        got[actor] = await patiently(send, edge, name, wish, headers)
    assert got == expected


@pytest.mark.parametrize("name", OUTSIDE)
async def test_each_actor_gets_by_grpc_what_the_policy_says(
    outer: Edge, cast: Cast, name: str
) -> None:
    await check(outer, cast, name, by_grpc)


@pytest.mark.parametrize("name", WITH_REST)
async def test_each_actor_gets_by_rest_what_the_policy_says(
    outer: Edge, cast: Cast, name: str
) -> None:
    await check(outer, cast, name, by_rest)


@pytest.mark.parametrize("name", INSIDE)
async def test_what_is_for_services_is_not_there_for_anybody(
    outer: Edge, cast: Cast, name: str
) -> None:
    method, row = METHODS[name], ROWS[name]
    owner = await cast.somebody()
    asked = await row.request(cast, owner)
    for actor in actors(method):
        headers = shown(cast, method, actor, await person(cast, actor, owner, own=False))
        assert await by_grpc(outer, name, asked, headers) == "UNIMPLEMENTED", actor
        async with outer.http() as client:
            for path in (
                method.path,
                f"/api/v1{method.path}",
                f"/{method.path}",
                f"{method.path}/",
            ):
                body = MessageToDict(asked.message)
                answer = await client.post(path, json=body, headers=headers)
                assert answer.status_code == 404, (actor, path)
            for kind in ("query", "mutation"):
                answer = await client.post("/graphql", headers=headers, json=graphql(kind, name))
                assert answer.status_code < 500, (actor, kind)
                assert "data" not in answer.json() or answer.json()["data"] is None, (actor, kind)


def graphql(kind: str, name: str) -> dict[str, str]:
    """A document that asks for a method by the name it would have."""
    bare = name.partition(".")[2]
    return {"query": f"{kind} {{ {bare[0].lower()}{bare[1:]} {{ __typename }} }}"}


async def test_the_graphql_schema_names_nothing_that_is_for_services(outer: Edge) -> None:
    async with outer.http() as client:
        schema = (await client.get("/graphql/schema")).text
    for name in INSIDE:
        bare = name.partition(".")[2]
        assert not re.search(rf"\b{bare}", schema, re.IGNORECASE)
