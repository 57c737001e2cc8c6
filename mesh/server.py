"""Servicers behind a gRPC server: one table of routes, whichever engine carries the bytes.

Two engines have grpcio's API: `native` (pygrpc-native, HTTP/2 in Rust outside the GIL) and
`grpcio`. Which one runs is a setting; the routes and their interceptors are the same.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import grpc
import pygrpc_native.aio
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from mesh.call import Call
from mesh.clock import Clock
from mesh.faults import Fault, InvalidArgument, to_status
from mesh.interceptors import Chain
from mesh.policy import Method, methods

Engine = Literal["native", "grpcio"]

_OPTIONS = (
    # The largest body a route of the edge lets in is 5.5 MiB, and a message is more than its body.
    ("grpc.max_receive_message_length", 6 << 20),
    ("grpc.max_send_message_length", 8 << 20),
    ("grpc.so_reuseport", 0),
)


@dataclass(frozen=True, slots=True)
class Route:
    """A method with its handler, interceptors included: a Stream where the method streams."""

    method: Method
    handler: Any


Routes = Mapping[str, Route]


def routes(servicer: object, service: ServiceDescriptor, chain: Chain) -> dict[str, Route]:
    """The routes of a servicer by gRPC path; TypeError when it lacks a method."""
    return {method.path: _route(servicer, method, chain) for method in methods(service)}


def _route(servicer: object, method: Method, chain: Chain) -> Route:
    if method.name not in vars(type(servicer)):
        raise TypeError(f"{type(servicer).__name__} does not implement {method.name}")
    handler = getattr(servicer, method.name)
    if method.streaming:
        return Route(method, chain.stream(method, handler))
    return Route(method, chain.unary(method, handler))


class Server:
    """A listening gRPC server with `grpc.health.v1`, which drains before it stops."""

    def __init__(self, routes: Routes, *, engine: Engine, clock: Clock) -> None:
        make = pygrpc_native.aio.server if engine == "native" else grpc.aio.server
        self._server = make(options=_OPTIONS)
        self._health = health.aio.HealthServicer()
        self._services = sorted({route.method.service for route in routes.values()})
        self._clock = clock
        for service in self._services:
            self._mount(service, [r for r in routes.values() if r.method.service == service])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)

    async def start(self, address: str) -> int:
        """Listen on `host:port` and report SERVING; the port that was bound."""
        port = self._server.add_insecure_port(address)
        await self._server.start()
        for service in ("", *self._services):
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        return port

    async def stop(self, *, drain: float, grace: float) -> None:
        """Report NOT_SERVING, wait `drain` seconds for Envoy to notice, finish within `grace`."""
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(drain)
        await self._server.stop(grace)

    def _mount(self, service: str, table: list[Route]) -> None:
        handlers = {route.method.name: self._handler(route) for route in table}
        generic = grpc.method_handlers_generic_handler(service, handlers)
        self._server.add_generic_rpc_handlers((generic,))
        self._server.add_registered_method_handlers(service, handlers)

    def _handler(self, route: Route) -> "grpc.RpcMethodHandler[Any, Any]":
        serializer = route.method.response.SerializeToString
        if route.method.streaming:
            return grpc.unary_stream_rpc_method_handler(
                _serve_stream(route, self._clock), response_serializer=serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            _serve_unary(route, self._clock), response_serializer=serializer
        )


def _arriving(context: Any, clock: Clock) -> Call:
    call = Call(context.invocation_metadata() or (), clock, peer=context.peer())
    remaining = context.time_remaining()
    if remaining is not None and remaining < float("inf"):
        call.expire_in(remaining)
    return call


async def _abort(context: Any, fault: Fault) -> None:
    await context.abort_with_status(rpc_status.to_status(to_status(fault)))


def _decoded(method: Method, raw: bytes) -> Message:
    """The request. Read here and not by the engine, which would call bad bytes its own mistake."""
    try:
        return method.request.FromString(raw)
    except DecodeError as problem:
        fault = InvalidArgument("MALFORMED_REQUEST", "the request cannot be decoded")
        fault.domain = method.domain
        raise fault from problem


def _serve_unary(route: Route, clock: Clock) -> Callable[[bytes, Any], Any]:
    async def serve(raw: bytes, context: Any) -> Any:
        call = _arriving(context, clock)
        try:
            response = await route.handler(_decoded(route.method, raw), call)
        except Fault as fault:
            return await _abort(context, fault)
        if call.headers:
            await context.send_initial_metadata(tuple(call.headers))
        return response

    return serve


def _serve_stream(route: Route, clock: Clock) -> Callable[[bytes, Any], Any]:
    async def serve(raw: bytes, context: Any) -> AsyncIterator[Message]:
        call = _arriving(context, clock)
        try:
            async for item in route.handler(_decoded(route.method, raw), call):
                yield item
        except Fault as fault:
            await _abort(context, fault)

    return serve
