"""GraphQL over WebSocket: the protocol `graphql-transport-ws`, with everything bounded."""

import asyncio
from contextlib import suppress
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.graphql import failures, wire
from edge.graphql.engine import Failed, GraphQL, GraphQLRequest
from edge.graphql.failures import Error, Refused, request_error
from edge.graphql.problems import Problem
from edge.graphql.run import Metadata

PROTOCOL = "graphql-transport-ws"
MOST_CONNECTIONS = 1000
MOST_OPERATIONS = 20
INIT_SECONDS = 10.0
_LONGEST_ID = 128
_BUSY = request_error(
    "TOO_MANY_OPERATIONS", f"a connection has at most {MOST_OPERATIONS} operations at once"
)
# Close codes of the protocol.
_INVALID, _UNAUTHORIZED, _INIT_TIMEOUT = 4400, 4401, 4408
_SUBPROTOCOL, _DUPLICATE, _TOO_MANY = 4406, 4409, 4429
_TRY_AGAIN_LATER = 1013


class Sockets:
    """All connections of this process."""

    def __init__(self, graphql: GraphQL) -> None:
        self._graphql = graphql
        self._open = 0

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from the handshake to its end."""
        if PROTOCOL not in socket.scope.get("subprotocols", []):
            await _refuse(socket, _SUBPROTOCOL, f"the subprotocol is {PROTOCOL}")
            return
        if self._open >= MOST_CONNECTIONS:
            await _refuse(socket, _TRY_AGAIN_LATER, "too many connections")
            return
        self._open += 1
        try:
            await socket.accept(PROTOCOL)
            await _Connection(self._graphql, socket).run()
        finally:
            self._open -= 1


async def _refuse(socket: WebSocket, code: int, reason: str) -> None:
    # Accepted first: a browser is told the close code of an open connection only.
    await socket.accept()
    await socket.close(code, reason)


class _Closed(Exception):
    """The connection is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Connection:
    def __init__(self, graphql: GraphQL, socket: WebSocket) -> None:
        self._graphql = graphql
        self._socket = socket
        self._metadata: Metadata | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Serve messages until somebody closes."""
        try:
            try:
                first = await asyncio.wait_for(self._receive(), INIT_SECONDS)
            except TimeoutError:
                raise _Closed(_INIT_TIMEOUT, "connection initialisation timeout") from None
            await self._handle(first)
            while True:
                await self._handle(await self._receive())
        except _Closed as closed:
            await self._socket.close(closed.code, closed.reason)
        except WebSocketDisconnect:
            pass
        finally:
            await self._stop_all()

    async def _receive(self) -> dict[str, Any]:
        try:
            text = await self._socket.receive_text()
        except KeyError:
            raise _Closed(_INVALID, "messages are text") from None
        if len(text.encode()) > wire.MOST_BODY:
            raise _Closed(_INVALID, f"a message has at most {wire.MOST_BODY} bytes")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise _Closed(_INVALID, "the message is not JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise _Closed(_INVALID, "the message has no type")
        return message

    async def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                await self._init(message.get("payload"))
            case "ping":
                await self._send({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                self._cancel(message.get("id"))
            case _:
                raise _Closed(_INVALID, "the message has no known type")

    async def _init(self, payload: Any) -> None:
        if self._metadata is not None:
            raise _Closed(_TOO_MANY, "too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise _Closed(_INVALID, "the payload is an object")
        token = (payload or {}).get("authorization", "")
        if not isinstance(token, str):
            raise _Closed(_INVALID, "authorization is a string")
        headers = dict(self._socket.headers)
        # A browser cannot set headers on a WebSocket: its token comes with the first message.
        self._metadata = wire.metadata(headers | ({"authorization": token} if token else {}))
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._metadata is None:
            raise _Closed(_UNAUTHORIZED, "unauthorized")
        operation = message.get("id")
        if not isinstance(operation, str) or not 0 < len(operation) <= _LONGEST_ID:
            raise _Closed(_INVALID, "the message has no id")
        if operation in self._operations:
            raise _Closed(_DUPLICATE, f"subscriber for {operation[:64]} already exists")
        if len(self._operations) >= MOST_OPERATIONS:
            await self._send({"type": "error", "id": operation, "payload": [_BUSY]})
            return
        try:
            request = wire.read(message.get("payload"))
        except Problem as problem:
            raise _Closed(_INVALID, problem.message) from None
        task = asyncio.create_task(self._operate(operation, request, self._metadata))
        self._operations[operation] = task

    async def _operate(self, operation: str, request: GraphQLRequest, metadata: Metadata) -> None:
        try:
            errors = await self._answers(operation, request, metadata)
            # Freed before the end is told, so that the client may use the id again.
            self._operations.pop(operation, None)
            if errors is None:
                await self._send({"type": "complete", "id": operation})
            else:
                await self._send({"type": "error", "id": operation, "payload": errors})
        except (WebSocketDisconnect, RuntimeError):
            # The connection ended first; whoever reads from it cleans up.
            self._operations.pop(operation, None)

    async def _answers(
        self, operation: str, request: GraphQLRequest, metadata: Metadata
    ) -> list[Error] | None:
        """Send every answer; what comes back are the errors that ended the operation."""
        identity = wire.request_id(self._socket.headers)
        try:
            prepared = await self._graphql.prepare(request)
            if prepared.kind != "subscription":
                answer = await self._graphql.execute(prepared, metadata, identity)
                await self._next(operation, answer)
                return None
            async for answer in self._graphql.subscribe(prepared, metadata, identity):
                await self._next(operation, answer)
        except (Refused, Failed) as ended:
            return ended.errors
        except Exception as problem:
            return [failures.error(failures.as_fault(problem), identity)]
        return None

    async def _next(self, operation: str, answer: object) -> None:
        await self._send({"type": "next", "id": operation, "payload": answer})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_text(orjson.dumps(message).decode())

    def _cancel(self, operation: Any) -> None:
        task = self._operations.pop(operation, None) if isinstance(operation, str) else None
        if task is not None:
            task.cancel()

    async def _stop_all(self) -> None:
        tasks = list(self._operations.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
