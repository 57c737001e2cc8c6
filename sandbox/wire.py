"""How a simulated vendor meets the network: bounded bodies, lost replies, one HTTP server each."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import orjson
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_BODY_BYTES = 2_000_000
MAX_CONCURRENT_REQUESTS = 1000
SHUTDOWN_SECONDS = 5
BACKLOG = 512
HANG_UP = "sandbox.hang_up"


class BodyTooLargeError(Exception):
    """The request's body is longer than MAX_BODY_BYTES."""


class JsonResponse(Response):
    """JSON whose content type carries no charset: the Amadeus SDK parses nothing else."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode `content`, keys in the order they were written."""
        return orjson.dumps(content)


class HangUp(Response):
    """No response at all: the connection is reset after the work was done."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Drop the connection and wait until the server has noticed."""
        scope["extensions"][HANG_UP]["abort"]()
        while (await receive())["type"] != "http.disconnect":
            continue


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, lending the application the means to drop its connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {HANG_UP: {"abort": self.transport.abort}}


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def read_body(request: Request) -> bytes:
    """The whole body; raises BodyTooLargeError as soon as it passes the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLargeError(f"The body is longer than {MAX_BODY_BYTES} bytes")
    return bytes(body)


@contextlib.asynccontextmanager
async def serving(apps: Sequence[tuple[ASGIApp, int]], host: str) -> AsyncIterator[None]:
    """Serve each app on its port while the block runs; raises OSError when a port is taken."""
    with contextlib.ExitStack() as listening:
        listeners = [
            listening.enter_context(socket.create_server((host, port), backlog=BACKLOG))
            for _, port in apps
        ]
        servers = [_server(app) for app, _ in apps]
        running = asyncio.gather(
            *(
                server.serve(sockets=[listener])
                for server, listener in zip(servers, listeners, strict=True)
            )
        )
        try:
            yield
        finally:
            for server in servers:
                server.should_exit = True
            await running


def _server(app: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            limit_concurrency=MAX_CONCURRENT_REQUESTS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
