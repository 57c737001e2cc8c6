"""GraphQL over HTTP: media types, methods, refusals, and what is forwarded to services."""

import time
from typing import Any

import pytest

from dreamscape.auth.v1.auth_pb2 import LogoutResponse
from dreamscape.user.v1.user_pb2 import GetProfileResponse, Profile
from tests.edge.graphql_mesh import LOGOUT, PROFILE, World, client

MODERN = "application/graphql-response+json"
QUERY = "{profile {email}}"


def a_world() -> World:
    ada = Profile(user_id="u1", email="ada@example.com")
    return World({
        PROFILE: lambda _: GetProfileResponse(profile=ada),
        LOGOUT: lambda _: LogoutResponse(),
    })  # fmt: skip


DATA = {"data": {"profile": {"email": "ada@example.com"}}}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (MODERN, MODERN),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        (f"{MODERN}; charset=utf-8, application/json; q=0.9", MODERN),
        ("text/html, application/*;q=0.5", "application/json"),
    ],
)
async def test_the_answer_comes_in_the_type_that_is_accepted(accept: str, media_type: str) -> None:
    async with client(a_world()) as c:
        answer = await c.post(QUERY, headers={"accept": accept})
    assert (answer.status_code, answer.json()) == (200, DATA)
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("{profile", 400),
        ("{" * 9_000, 400),
        ("{nothing}", 422),
        ("query A {__typename} query B {__typename}", 422),
    ],
)
async def test_a_wrong_query_has_a_status_only_where_the_client_knows_it(
    query: str, status: int
) -> None:
    async with client(a_world()) as c:
        modern = await c.post(query, headers={"accept": MODERN})
        legacy = await c.post(query, headers={"accept": "application/json"})
    assert (modern.status_code, legacy.status_code) == (status, 200)
    assert modern.json() == legacy.json()
    assert modern.json()["errors"][0]["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_partial_data_is_a_success() -> None:
    world = a_world()
    async with client(world) as c:
        answer = await c.post("{profile {email} keys {keys {kid}}}", headers={"accept": MODERN})
    assert answer.status_code == 200
    assert answer.json()["data"] == {**DATA["data"], "keys": None}


async def test_a_query_may_come_by_get() -> None:
    query = "query($yes: Boolean!) {profile {email @include(if: $yes)}}"
    parameters = {"query": query, "variables": '{"yes": true}'}
    async with client(a_world()) as c:
        answer = await c.http.get("/graphql", params=parameters)
    assert (answer.status_code, answer.json()) == (200, DATA)


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        ({"method": "GET", "params": {"query": "mutation {logout(input: {})}"}}, 405,
         "METHOD_NOT_ALLOWED"),
        ({"method": "PUT", "json": {"query": QUERY}}, 405, "METHOD_NOT_ALLOWED"),
        ({"method": "GET", "params": {"query": QUERY, "verbose": "1"}}, 400, "PARAMETER_UNKNOWN"),
        ({"method": "GET", "params": [("query", QUERY), ("query", QUERY)]}, 400,
         "PARAMETER_REPEATED"),
        ({"method": "GET", "params": {"query": QUERY, "variables": "{"}}, 400, "BODY_MALFORMED"),
        ({"json": {"query": QUERY}, "headers": {"accept": "text/html"}}, 406, "NOT_ACCEPTABLE"),
        ({"json": {"query": 'subscription {watchBooking(bookingId: "b") {reason}}'}}, 406,
         "NOT_ACCEPTABLE"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400,
         "BODY_MALFORMED"),
        ({"content": b'{"query": "{profile{email}}"}', "headers": {"content-type": "text/plain"}},
         415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content": b"query=x", "headers": {"content-type": "application/x-www-form-urlencoded"}},
         415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"json": [{"query": QUERY}]}, 400, "BATCH_REFUSED"),
        ({"json": "query"}, 400, "REQUEST_INVALID"),
        ({"json": {}}, 400, "QUERY_MISSING"),
        ({"json": {"query": 3}}, 400, "QUERY_MISSING"),
        ({"json": {"query": QUERY, "variables": []}}, 400, "REQUEST_INVALID"),
        ({"json": {"query": QUERY, "operationName": 1}}, 400, "REQUEST_INVALID"),
        ({"json": {"query": QUERY, "id": "1"}}, 400, "PARAMETER_UNKNOWN"),
        ({"json": {"query": "#" * 17_000}}, 413, "PAYLOAD_TOO_LARGE"),
    ],
)  # fmt: skip
async def test_a_request_of_the_wrong_shape_gets_the_problem_document(
    request_: dict[str, Any], status: int, reason: str
) -> None:
    world = a_world()
    async with client(world) as c:
        headers = {"x-request-id": "r-1"} | request_.pop("headers", {})
        answer = await c.http.request(
            request_.pop("method", "POST"), "/graphql", headers=headers, **request_
        )
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert problem["requestId"] == "r-1"
    assert problem["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "graphql.dreamscape",
            "metadata": {},
        }
    ]
    assert ("allow" in answer.headers) == (status == 405)
    assert world.calls == []


async def test_services_see_who_asks_but_not_the_cookies() -> None:
    world = a_world()
    sent = {
        "authorization": "Bearer t",
        "x-request-id": "r-1",
        "traceparent": "00-1-2-01",
        "accept-language": "fr",
        "x-forwarded-for": "192.0.2.1",
    }
    async with client(world) as c:
        await c.post(QUERY, headers={**sent, "cookie": "refresh=x", "x-ds-sub": "u2"})
    seen = world.metadata(PROFILE)
    assert {name: seen.get(name) for name in sent} == sent
    assert "cookie" not in seen
    assert "x-ds-sub" not in seen


async def test_a_header_that_grpc_cannot_carry_is_left_behind() -> None:
    world = a_world()
    async with client(world) as c:
        answer = await c.post(QUERY, headers={"accept-language": "fr\u00e9".encode("latin-1")})
    assert answer.json() == DATA
    assert "accept-language" not in world.metadata(PROFILE)


async def test_the_schema_is_served_as_it_was_generated() -> None:
    async with client(a_world()) as c:
        answer = await c.http.get("/graphql/schema")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("# Generated from proto/")


async def test_a_hostile_query_costs_next_to_nothing() -> None:
    world = a_world()
    deep = "{" * 8_000 + "}" * 8_000
    async with client(world) as c:
        started = time.process_time()
        answer = await c.post(deep, headers={"accept": MODERN})
        assert time.process_time() - started < 0.5
    assert answer.json()["errors"][0]["extensions"]["reason"] == "QUERY_TOO_LONG"
