"""The HTTP server behind the public Envoy: GraphQL, the API reference, and keys for Envoy."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge import docs
from edge.graphql import app as graphql
from mesh.channel import Channel
from pods.config import Config
from pods.part import LOCAL

_SCHEMA = "all"
_STOP_SECONDS = 5
_LARGEST_MESSAGE = 1 << 16
_KEEP_ALIVE_SECONDS = 600  # longer than Envoy keeps an idle connection, so that Envoy closes first


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def _jwks(keys: Callable[[], list[dict[str, str]]]) -> Route:
    """Where Envoy asks every few seconds. The public has a route to AuthService's list instead."""

    async def answer(_: Request) -> Response:
        return JSONResponse({"keys": keys()})

    return Route("/jwks.json", answer)


@contextlib.asynccontextmanager
async def serving(
    config: Config, channel_for: Callable[[str], Channel], keys: Callable[[], list[dict[str, str]]]
) -> AsyncIterator[None]:
    """Serve for as long as the block lasts. `keys` are those that verify access tokens now."""
    schemas = config.root / "gen" / "graphql"
    routes = [*await graphql.build(schemas, _SCHEMA, channel_for), *docs.routes(), _jwks(keys)]
    server = _Server(
        uvicorn.Config(
            Starlette(routes=routes),
            host=LOCAL,
            port=config.ports.experience_http,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=_LARGEST_MESSAGE,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
    )
    task = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await task
