"""Real Envoys with the generated configs, before a gRPC server that a test tells what to do."""

import asyncio
import base64
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from jose import jwt

from dreamscape.auth.v1 import auth_pb2
from dreamscape.booking.v1 import booking_pb2
from dreamscape.destination.v1 import destination_pb2
from dreamscape.notification.v1 import notification_pb2
from dreamscape.payment.v1 import payment_pb2
from dreamscape.user.v1 import user_pb2
from dreamscape.voyage.v1 import voyage_pb2
from pods.envoy import render

ROOT = Path(__file__).resolve().parents[3]
ENVOY = ROOT / ".venv" / "bin" / "envoy"
MODULES: tuple[ModuleType, ...] = (
    *(auth_pb2, booking_pb2, destination_pb2, notification_pb2),
    *(payment_pb2, user_pb2, voyage_pb2),
)
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
_LENGTH = re.compile(r"content-length: (\d+)")
_PATIENCE = 20.0

Handler = Callable[[Any, Any], Awaitable[Any]]
Mutation = Callable[[str], str]


def without(part: str, instead: str = "") -> Mutation:
    """A mutation that puts `instead` in the place of `part`, which must be there."""

    def mutate(document: str) -> str:
        assert part in document, part
        return document.replace(part, instead)

    return mutate


def in_filter(kind: str, change: Callable[[dict[str, Any]], object]) -> Mutation:
    """A mutation of the config of one HTTP filter."""

    def mutate(document: str) -> str:
        whole = json.loads(document)
        chain = whole["static_resources"]["listeners"][0]["filter_chains"][0]
        for found in chain["filters"][0]["typed_config"]["http_filters"]:
            if found["name"] == f"envoy.filters.http.{kind}":
                change(found["typed_config"])
        return json.dumps(whole)

    return mutate


@dataclass
class Seen:
    """A call as the server got it."""

    path: str
    request: Any
    metadata: dict[str, str]
    remaining: float | None


@dataclass
class Services:
    """Every RPC of the contract. Without a handler of the test's it answers with nothing set."""

    handlers: dict[str, Any] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def on(self, path: str) -> Callable[[Any], Any]:
        """Decorate what shall answer the RPC with this gRPC path."""

        def keep(handler: Any) -> Any:
            self.handlers[path] = handler
            return handler

        return keep

    def reset(self) -> None:
        """Forget handlers and calls."""
        self.handlers.clear()
        self.seen.clear()

    def mount(self, server: grpc.aio.Server) -> None:
        """Serve all services of the contract."""
        for module in MODULES:
            for service in module.DESCRIPTOR.services_by_name.values():
                table = {m.name: self._rpc(service.full_name, m) for m in service.methods}
                handler = grpc.method_handlers_generic_handler(service.full_name, table)
                server.add_generic_rpc_handlers((handler,))

    def _rpc(self, service: str, method: Any) -> "grpc.RpcMethodHandler[Any, Any]":
        path = f"/{service}/{method.name}"
        answer = GetMessageClass(method.output_type)

        def note(request: Any, context: Any) -> None:
            metadata = {k: v for k, v in context.invocation_metadata() if isinstance(v, str)}
            self.seen.append(Seen(path, request, metadata, context.time_remaining()))

        async def unary(request: Any, context: Any) -> Any:
            note(request, context)
            handler = self.handlers.get(path)
            return await handler(request, context) if handler else answer()

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            note(request, context)
            async for item in self.handlers[path](request, context):
                yield item

        codec: dict[str, Any] = {
            "request_deserializer": GetMessageClass(method.input_type).FromString,
            "response_serializer": answer.SerializeToString,
        }
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(stream, **codec)
        return grpc.unary_unary_rpc_method_handler(unary, **codec)


class Signer:
    """The authority whose key Envoy trusts."""

    def __init__(self, kid: str = "k") -> None:
        self._kid = kid
        self._key = ec.generate_private_key(ec.SECP256R1())

    def jwk(self) -> dict[str, str]:
        """The public key, as RFC 7517 has it."""
        numbers = self._key.public_key().public_numbers()
        x, y = (_base64url(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
        kinds = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig"}
        return {**kinds, "kid": self._kid, "x": x, "y": y}

    def token(self, **claims: Any) -> str:
        """An access token of `ada` that is good for a minute, but for what `claims` say."""
        standard = {
            "iss": "https://auth.dreamscape",
            "aud": "dreamscape-api",
            "sub": "ada",
            "exp": int(time.time()) + 60,
        }
        return str(jwt.encode(standard | claims, self._key, "ES256", {"kid": self._kid}))

    def bearer(self, **claims: Any) -> dict[str, str]:
        """The header that carries a token."""
        return {"authorization": f"Bearer {self.token(**claims)}"}


@dataclass
class Mesh:
    """One or more Envoys that run, and what is behind them."""

    folder: Path
    services: Services
    signer: Signer
    ports: dict[str, str]
    app: "App"
    server: grpc.aio.Server
    health: health.aio.HealthServicer

    @property
    def url(self) -> str:
        """The public address."""
        return f"http://127.0.0.1:{self.ports['EDGE_PORT']}"

    def rest(self, address: str = "127.0.0.1", **options: Any) -> httpx.AsyncClient:
        """An HTTP client of the public address, itself at `address`."""
        transport = httpx.AsyncHTTPTransport(local_address=address)
        return httpx.AsyncClient(base_url=self.url, timeout=10, transport=transport, **options)

    def grpc(self, port: str = "EDGE_PORT") -> grpc.aio.Channel:
        """A native gRPC channel to the public address, or to another port."""
        return grpc.aio.insecure_channel(f"127.0.0.1:{self.ports[port]}")

    async def raw(self, request: str) -> tuple[str, str]:
        """Head and body of the answer to these very bytes."""
        port = int(self.ports["EDGE_PORT"])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request.encode())
        async with asyncio.timeout(_PATIENCE):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
        writer.close()
        return head, body.decode()

    async def until(self, path: str, status: int) -> None:
        """Wait until a GET of `path` answers with `status`."""
        async with asyncio.timeout(_PATIENCE), self.rest() as client:
            while True:
                try:
                    if (await client.get(path)).status_code == status:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def logged(self, name: str, request_id: str) -> dict[str, Any]:
        """The access log's line about a request, once it is there."""
        log = self.folder / f"{name}.out"
        async with asyncio.timeout(_PATIENCE):
            while True:
                for text in log.read_text().splitlines():
                    line: dict[str, Any] = json.loads(text)
                    if line.get("request_id") == request_id:
                        return line
                await asyncio.sleep(0.02)


class App:
    """The HTTP app behind the edge: a few raw answers by path, and what it was asked.

    It also publishes keys; without one it fails to.
    """

    def __init__(self, keys: "list[Signer]") -> None:
        self.keys = keys
        self.asked_for_keys = 0
        self.seen: list[tuple[str, bytes]] = []
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self._server: asyncio.Server | None = None

    def reset(self) -> None:
        """Forget answers and requests."""
        self.seen.clear()
        self.answers.clear()

    async def start(self, port: int) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def stop(self) -> None:
        """Stop listening."""
        assert self._server
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            if head.startswith("get /jwks.json "):
                writer.write(self._jwks())
            else:
                self.seen.append((head, body))
                writer.write(self._answer(head))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def _jwks(self) -> bytes:
        self.asked_for_keys += 1
        keys = [key.jwk() for key in self.keys]
        body = json.dumps({"keys": keys}).encode()
        return _http(200 if keys else 500, "application/json", body)

    def _answer(self, head: str) -> bytes:
        if "upgrade: websocket" in head:
            return b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
        path = head.split(" ", 2)[1].partition("?")[0]
        default = (200, "application/json", json.dumps({"path": path}).encode())
        return _http(*self.answers.get(path, default))


def _http(status: int, kind: str, body: bytes) -> bytes:
    lines = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nserver: app\r\nconnection: close"
    return f"{lines}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def running(
    folder: Path, *names: str, workers: bool = True, mutate: Mutation = str, **given: str
) -> AsyncIterator[Mesh]:
    """The named Envoys on free ports, ready, with the services and the app behind them.

    `given` placeholders replace the usual ones; `mutate` changes the text of each document.
    """
    signer, services = Signer(), Services()
    app = App([signer])
    values = _values() | given
    largest = [("grpc.max_receive_message_length", 8 << 20)]
    server, state = grpc.aio.server(options=largest), health.aio.HealthServicer()
    services.mount(server)
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    for variable in ("EXPERIENCE", "CORE", "BUSINESS"):
        server.add_insecure_port(f"127.0.0.1:{values[f'{variable}_GRPC_PORT']}")
    if workers:
        await server.start()
        await state.set("", health_pb2.HealthCheckResponse.SERVING)
    await app.start(int(values["EXPERIENCE_HTTP_PORT"]))
    mesh = Mesh(folder, services, signer, values, app, server, state)
    started: list[asyncio.subprocess.Process] = []
    try:
        for name in names:
            started.append(await _envoy(rendered(name, folder, values, mutate)))
        await _all_up(mesh, started, 200 if workers else 503)
        yield mesh
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
            await process.wait()
        await app.stop()
        await server.stop(None)


async def _all_up(mesh: Mesh, started: list[asyncio.subprocess.Process], status: int) -> None:
    """Wait until /health answers; at once fail with the logs when an Envoy has ended."""
    ready = asyncio.ensure_future(mesh.until("/health", status))
    exits = [asyncio.ensure_future(process.wait()) for process in started]
    await asyncio.wait([ready, *exits], return_when=asyncio.FIRST_COMPLETED)
    logs = "\n".join(log.read_text()[-2000:] for log in mesh.folder.glob("*.log"))
    assert not any(process.done() for process in exits), logs
    for process in exits:
        process.cancel()
    await ready


def rendered(
    name: str, folder: Path, values: dict[str, str] | None = None, mutate: Mutation = str
) -> Path:
    """The named document with `values`, by default free ports, as a file in `folder`."""
    filling = values or _values()
    template = (ROOT / "gen" / "envoy" / f"{name}.json").read_text()
    config = folder / f"{name}.json"
    config.write_text(render(mutate(template), filling))
    return config


async def _envoy(config: Path) -> asyncio.subprocess.Process:
    options = ("--concurrency", "1", "--disable-hot-restart", "--file-flush-interval-msec", "20")
    log_file, out_file = config.with_suffix(".log"), config.with_suffix(".out")
    with log_file.open("wb") as log, out_file.open("wb") as out:
        return await asyncio.create_subprocess_exec(
            str(ENVOY), "-c", str(config), *options, stdout=out, stderr=log
        )


def _values() -> dict[str, str]:
    values = {
        "DESCRIPTOR": str(ROOT / "gen" / "envoy" / "descriptor.binpb"),
        "RATE_FACTOR": "10000",
    }
    wanted = [
        *("EDGE_PORT", "EDGE_ADMIN_PORT", "EXPERIENCE_GRPC_PORT", "EXPERIENCE_HTTP_PORT"),
        *("CORE_PORT", "CORE_ADMIN_PORT", "CORE_GRPC_PORT"),
        *("BUSINESS_PORT", "BUSINESS_ADMIN_PORT", "BUSINESS_GRPC_PORT"),
    ]
    held = [socket.create_server(("127.0.0.1", 0)) for _ in wanted]
    for name, listener in zip(wanted, held, strict=True):
        values[name] = str(listener.getsockname()[1])
        listener.close()
    return values


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
