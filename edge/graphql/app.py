"""GraphQL over HTTP: `/graphql` by POST, GET, server-sent events and WebSocket, and the SDL."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute

from edge.graphql import schema, sse, wire
from edge.graphql.engine import GraphQL, GraphQLRequest, Prepared
from edge.graphql.failures import Refused
from edge.graphql.problems import Problem
from edge.graphql.websocket import Sockets
from edge.graphql.wire import MOST_BODY
from mesh.channel import Channel

_RESPONSE = "application/graphql-response+json"
_JSON = "application/json"
_EVENTS = "text/event-stream"
_METHODS = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE"]


async def build(
    directory: Path, name: str, channel_for: Callable[[str], Channel]
) -> list[BaseRoute]:
    """The routes of the schema `name` in `directory`.

    `channel_for` gives the channel to a service by its full name, such as
    `dreamscape.user.v1.UserService`.
    """
    graphql = GraphQL(await schema.load(directory, name), channel_for)
    http, sockets = _Http(graphql), Sockets(graphql)
    return [
        Route("/graphql", http.answer, methods=_METHODS),
        Route("/graphql/schema", http.sdl, methods=["GET"]),
        WebSocketRoute("/graphql", sockets.serve),
    ]


class _Http:
    def __init__(self, graphql: GraphQL) -> None:
        self._graphql = graphql

    async def sdl(self, _: Request) -> Response:
        """The schema that clients generate their code from."""
        headers = {"cache-control": "public, max-age=300"}
        return PlainTextResponse(self._graphql.schema.sdl, headers=headers)

    async def answer(self, request: Request) -> Response:
        """One request, answered in the media type that the client accepts."""
        try:
            accepted = _accepted(request)
            asked = await _asked(request)
            if accepted == _EVENTS:
                return self._events(asked, request)
            return await self._once(asked, request, accepted)
        except Problem as problem:
            return problem.response(wire.request_id(request.headers))

    async def _once(self, asked: GraphQLRequest, request: Request, accepted: str) -> Response:
        try:
            prepared = await self._graphql.prepare(asked)
        except Refused as refused:
            # A client of the older media type looks for errors in the body only.
            status = 200 if accepted == _JSON else refused.status
            return _response({"errors": refused.errors}, status, accepted)
        _allow(prepared, request)
        headers = request.headers
        answer = await self._graphql.execute(
            prepared, wire.metadata(headers), wire.request_id(headers)
        )
        return _response(answer, 200, accepted)

    def _events(self, asked: GraphQLRequest, request: Request) -> Response:
        headers = request.headers

        async def answers() -> AsyncGenerator[object, None]:
            prepared = await self._graphql.prepare(asked)
            if request.method == "GET" and prepared.kind == "mutation":
                raise Refused(405, [sse.MUTATION_BY_GET])
            arguments = (prepared, wire.metadata(headers), wire.request_id(headers))
            if prepared.kind != "subscription":
                yield await self._graphql.execute(*arguments)
                return
            async for answer in self._graphql.subscribe(*arguments):
                yield answer

        return StreamingResponse(
            sse.stream(answers()), media_type=_EVENTS, headers={"cache-control": "no-store"}
        )


def _accepted(request: Request) -> str:
    """The media type to answer in: the client's first that is known here."""
    accept = request.headers.get("accept", "*/*").lower()
    for part in accept.split(","):
        wanted = part.partition(";")[0].strip()
        if wanted in {_RESPONSE, _JSON, _EVENTS}:
            return wanted
        if wanted in {"*/*", "application/*"}:
            return _JSON
    raise Problem(406, "NOT_ACCEPTABLE", f"answers come as {_RESPONSE}, {_JSON} or {_EVENTS}")


async def _asked(request: Request) -> GraphQLRequest:
    if request.method == "GET":
        return wire.read(_query(request))
    if request.method != "POST":
        message = "GraphQL takes POST, and GET for queries"
        raise Problem(405, "METHOD_NOT_ALLOWED", message, {"allow": "GET, POST"})
    # A form could send any other type from any page, with the reader's own rights.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise Problem(415, "UNSUPPORTED_MEDIA_TYPE", "the request body must be application/json")
    return wire.read(wire.decode(await _body(request)))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            message = f"a request has at most {MOST_BODY} bytes"
            raise Problem(413, "PAYLOAD_TOO_LARGE", message)
    return bytes(body)


def _query(request: Request) -> dict[str, object]:
    parameters: dict[str, object] = {}
    for name, value in request.query_params.multi_items():
        if name in parameters:
            raise Problem(400, "PARAMETER_REPEATED", f"{name[:80]} is given twice")
        structured = name in {"variables", "extensions"}
        parameters[name] = wire.decode(value) if structured else value
    return parameters


def _allow(prepared: Prepared, request: Request) -> None:
    if request.method == "GET" and prepared.kind != "query":
        message = f"a {prepared.kind} takes POST"
        raise Problem(405, "METHOD_NOT_ALLOWED", message, {"allow": "POST"})
    if prepared.kind == "subscription":
        message = f"a subscription is answered as {_EVENTS} or over a WebSocket"
        raise Problem(406, "NOT_ACCEPTABLE", message)


def _response(answer: object, status: int, media_type: str) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(orjson.dumps(answer), status, headers, f"{media_type}; charset=utf-8")
