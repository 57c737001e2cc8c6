"""Subscriptions: as server-sent events and over `graphql-transport-ws`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from dreamscape.booking.v1.booking_pb2 import Heartbeat, WatchBookingResponse
from dreamscape.user.v1.user_pb2 import GetProfileResponse, Profile
from edge.graphql import websocket
from mesh.faults import NotFound, Unavailable, to_status
from tests.edge.graphql_mesh import (
    PROFILE,
    PROFILES,
    WATCH,
    World,
    a_booking,
    client,
    profiles,
    serving,
)

WATCHING = 'subscription {watchBooking(bookingId: "b1") {reason owner {email}}}'
EMAIL = {"owner": {"email": "u1@example.com"}}


def item(reason: str) -> WatchBookingResponse:
    return WatchBookingResponse(item=a_booking(1, reason=reason))


def watched(*responses: WatchBookingResponse) -> World:
    async def watch(_: Any) -> AsyncIterator[WatchBookingResponse]:
        for response in responses:
            yield response

    return World({
        WATCH: watch,
        PROFILES: profiles,
        PROFILE: lambda _: GetProfileResponse(profile=Profile(email="a@example.com")),
    })  # fmt: skip


BEATING = (item("one"), WatchBookingResponse(heartbeat=Heartbeat()), item("two"))
LOST = WatchBookingResponse(error=to_status(Unavailable("LOST", "the watch was lost")))


async def events(world: World, query: str, **rest: Any) -> list[Any]:
    """The answers of an event stream; its last event must be `complete`."""
    async with client(world) as c:
        answer = await c.post(query, headers={"accept": "text/event-stream"}, **rest)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/event-stream; charset=utf-8",
    )
    *parts, complete, rest_ = answer.text.split("\n\n")
    assert (complete, rest_) == ("event: complete\ndata:", "")
    assert all(part.startswith("event: next\ndata: ") for part in parts)
    return [json.loads(part.partition("data: ")[2]) for part in parts]


async def test_events_carry_items_with_their_joins_and_no_heartbeat() -> None:
    assert await events(watched(*BEATING), WATCHING) == [
        {"data": {"watchBooking": {"reason": "one", **EMAIL}}},
        {"data": {"watchBooking": {"reason": "two", **EMAIL}}},
    ]


async def test_an_error_in_band_is_told_and_ends_the_events() -> None:
    *_, last = await events(watched(item("one"), LOST, item("never")), WATCHING)
    assert last == {
        "errors": [
            {
                "message": "the watch was lost",
                "path": ["watchBooking"],
                "extensions": {
                    "code": "UNAVAILABLE",
                    "reason": "LOST",
                    "domain": "graphql.dreamscape",
                },
            }
        ]
    }


async def test_a_stream_that_fails_at_once_is_told_the_same_way() -> None:
    world = watched()

    async def fail(_: Any) -> AsyncIterator[Any]:
        raise NotFound("BOOKING_UNKNOWN", "no such booking")
        yield

    world.answers[WATCH] = fail
    [only] = await events(world, WATCHING)
    assert only["errors"][0]["extensions"]["reason"] == "BOOKING_UNKNOWN"


@pytest.mark.parametrize("query", ["{nothing}", "subscription {watchBooking {reason}}"])
async def test_a_wrong_query_is_told_in_the_stream(query: str) -> None:
    [only] = await events(watched(), query)
    assert only["errors"][0]["extensions"]["reason"] == "QUERY_INVALID"


async def test_a_query_may_be_answered_as_events() -> None:
    assert await events(watched(), "{profile {email}}") == [
        {"data": {"profile": {"email": "a@example.com"}}}
    ]


class Socket:
    """A client of the protocol."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> Any:
        return json.loads(await asyncio.wait_for(self.connection.recv(), 5))

    async def init(self, **payload: str) -> None:
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, operation: str, query: str) -> None:
        await self.send(type="subscribe", id=operation, payload={"query": query})

    async def closed(self) -> int:
        with pytest.raises(ConnectionClosed):
            await self.receive()
        assert self.connection.close_code is not None
        return self.connection.close_code


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[str]:
    async with serving(world) as application:
        config = uvicorn.Config(application, port=0, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.01)
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await task


@asynccontextmanager
async def a_socket(world: World, protocol: str = websocket.PROTOCOL) -> AsyncIterator[Socket]:
    async with (
        listening(world) as address,
        connect(f"ws://{address}/graphql", subprotocols=[Subprotocol(protocol)]) as connection,
    ):
        yield Socket(connection)


async def test_a_socket_serves_subscriptions_beside_queries() -> None:
    world = watched(*BEATING)
    async with a_socket(world) as socket:
        await socket.init(authorization="Bearer t")
        await socket.subscribe("1", WATCHING)
        assert [await socket.receive() for _ in range(3)] == [
            {"type": "next", "id": "1",
             "payload": {"data": {"watchBooking": {"reason": "one", **EMAIL}}}},
            {"type": "next", "id": "1",
             "payload": {"data": {"watchBooking": {"reason": "two", **EMAIL}}}},
            {"type": "complete", "id": "1"},
        ]  # fmt: skip
        await socket.subscribe("1", "{profile {email}}")
        payload = {"data": {"profile": {"email": "a@example.com"}}}
        assert await socket.receive() == {"type": "next", "id": "1", "payload": payload}
        assert await socket.receive() == {"type": "complete", "id": "1"}
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}
    assert world.metadata(WATCH)["authorization"] == "Bearer t"
    assert world.metadata(PROFILES)["authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("query", "reason"),
    [("{nothing}", "QUERY_INVALID"), ("{" * 2_000, "QUERY_TOO_LONG"), (WATCHING, "LOST")],
)
async def test_a_failed_operation_ends_alone(query: str, reason: str) -> None:
    async with a_socket(watched(LOST)) as socket:
        await socket.init()
        await socket.subscribe("1", query)
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["reason"] == reason
        await socket.subscribe("2", "{__typename}")
        assert (await socket.receive())["payload"] == {"data": {"__typename": "Query"}}


def endless(world: World) -> World:
    async def watch(_: Any) -> AsyncIterator[WatchBookingResponse]:
        yield item("one")
        await asyncio.Event().wait()

    world.answers[WATCH] = watch
    return world


async def ended(world: World) -> None:
    async with asyncio.timeout(10):
        while not world.ended:
            await asyncio.sleep(0.01)


async def test_completing_an_operation_cancels_its_stream() -> None:
    world = endless(watched())
    async with a_socket(world) as socket:
        await socket.init()
        await socket.subscribe("1", WATCHING)
        assert (await socket.receive())["type"] == "next"
        await socket.send(type="complete", id="1")
        await ended(world)
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}


async def test_leaving_cancels_every_stream() -> None:
    world = endless(watched())
    async with a_socket(world) as socket:
        await socket.init()
        await socket.subscribe("1", WATCHING)
        assert (await socket.receive())["type"] == "next"
        await socket.connection.close()
        await ended(world)


async def test_leaving_an_event_stream_cancels_it_too() -> None:
    world = endless(watched())
    async with (
        listening(world) as address,
        httpx.AsyncClient(base_url=f"http://{address}") as http,
        http.stream(
            "POST", "/graphql", json={"query": WATCHING}, headers={"accept": "text/event-stream"}
        ) as answer,
    ):
        assert (await anext(answer.aiter_lines())) == "event: next"
        await answer.aclose()
        await ended(world)


async def test_one_connection_has_a_bounded_number_of_operations() -> None:
    async with a_socket(endless(watched())) as socket:
        await socket.init()
        for number in range(websocket.MOST_OPERATIONS):
            await socket.subscribe(str(number), WATCHING)
            assert (await socket.receive())["type"] == "next"
        await socket.subscribe("more", WATCHING)
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "more")
        assert message["payload"][0]["extensions"]["reason"] == "TOO_MANY_OPERATIONS"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (['{"type": "subscribe", "id": "1", "payload": {"query": "{__typename}"}}'], 4401),
        (['{"type": "connection_init"}', '{"type": "connection_init"}'], 4429),
        (["no JSON"], 4400),
        (["[]"], 4400),
        (['{"type": "start"}'], 4400),
        (['{"type": "connection_init", "payload": 3}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "id": "1", "payload": []}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "payload": {}}'], 4400),
        ([b"binary"], 4400),
        (['"' + "x" * 17_000 + '"'], 4400),
    ],
)
async def test_who_breaks_the_protocol_is_shut_out(sent: list[str | bytes], code: int) -> None:
    async with a_socket(watched()) as socket:
        for message in sent:
            await socket.connection.send(message)
        if len(sent) > 1:
            assert await socket.receive() == {"type": "connection_ack"}
        assert await socket.closed() == code


async def test_an_operation_id_in_use_cannot_be_used_again() -> None:
    async with a_socket(endless(watched())) as socket:
        await socket.init()
        await socket.subscribe("1", WATCHING)
        assert (await socket.receive())["type"] == "next"
        await socket.subscribe("1", WATCHING)
        assert await socket.closed() == 4409


async def test_another_subprotocol_is_refused() -> None:
    async with a_socket(watched(), "graphql-ws") as socket:
        assert await socket.closed() == 4406


async def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.05)
    async with a_socket(watched()) as socket:
        assert await socket.closed() == 4408


async def test_a_process_has_a_bounded_number_of_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(websocket, "MOST_CONNECTIONS", 1)
    async with listening(watched()) as address:
        protocols = [Subprotocol(websocket.PROTOCOL)]
        url = f"ws://{address}/graphql"
        async with (
            connect(url, subprotocols=protocols) as first,
            connect(url, subprotocols=protocols) as second,
        ):
            assert await Socket(second).closed() == 1013
            await Socket(first).init()
