"""Channels to other services: in this process or over a socket, with the same behaviour.

Both have the two methods of `grpc.aio.Channel` that generated clients use. An outgoing call
inherits the deadline, the user's token and the request id of the call being served, carries the
token of the calling service, and fails with a typed fault.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Sequence,
)
from datetime import timedelta
from typing import Any, Protocol

import grpc

from mesh.call import Call, current_call
from mesh.clock import Clock
from mesh.faults import DeadlineExceeded, Unimplemented, from_rpc_error
from mesh.server import Route, Routes
from mesh.tokens import Signer

_SERVICE_TOKEN_TTL = timedelta(minutes=5)
_RENEW_BEFORE = timedelta(minutes=1)
# Kept back from the caller's deadline, so that its own answer still arrives in time.
_MARGIN = 0.02
_DEFAULT_TIMEOUT = 30.0
_OPTIONS = (
    ("grpc.max_receive_message_length", 8 << 20),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)

Pairs = Sequence[tuple[str, str | bytes]]
UnaryCall = Callable[..., Awaitable[Any]]
StreamCall = Callable[..., "Answers"]


class Channel(Protocol):
    """What a generated client needs of a channel."""

    def unary_unary(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None
    ) -> UnaryCall:
        """A callable `(request, *, timeout, metadata) -> awaitable response`."""
        ...

    def unary_stream(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None
    ) -> StreamCall:
        """A callable `(request, *, timeout, metadata) -> async iterator of responses`."""
        ...


class Answers:
    """A stream of responses that can be cancelled, like a grpc call."""

    def __init__(self, items: AsyncIterator[Any], cancel: Callable[[], Any]) -> None:
        self._items = items
        self.cancel = cancel

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._items


class Caller:
    """Who calls: adds the credentials of this service to what goes out."""

    def __init__(self, service: str, signer: Signer, clock: Clock) -> None:
        self._service = service
        self._signer = signer
        self._clock = clock
        self._token = ""
        self._renew_at = clock.now()

    def metadata(self, pairs: Pairs) -> list[tuple[str, str | bytes]]:
        """`pairs` with the service's token and what the current call passes on."""
        if self._clock.now() >= self._renew_at:
            self._token = self._signer.sign(self._service, _SERVICE_TOKEN_TTL)
            self._renew_at = self._clock.now() + _SERVICE_TOKEN_TTL - _RENEW_BEFORE
        outgoing = [*pairs, ("x-ds-service", self._token)]
        names = {name for name, _ in pairs}
        call = current_call.get()
        for name, value in _passed_on(call) if call else ():
            if value and name not in names:
                outgoing.append((name, value))
        return outgoing


def _passed_on(call: Call) -> Sequence[tuple[str, str]]:
    # A token that was not accepted here is not passed on as if it had been.
    bearer = call.metadata.get("authorization", "") if call.identity.user_id else ""
    return (("authorization", bearer), ("x-request-id", call.request_id))


def _budget(timeout: float | None, *, streaming: bool = False) -> float | None:
    """Seconds an outgoing call may take: its own limit, within what the current call has left."""
    limit = timeout if timeout is not None else (None if streaming else _DEFAULT_TIMEOUT)
    call = current_call.get()
    remaining = call.time_remaining() if call else None
    if remaining is None:
        return limit
    if remaining <= _MARGIN:
        raise DeadlineExceeded("DEADLINE_EXCEEDED", "no time was left for a call further on")
    return remaining - _MARGIN if limit is None else min(limit, remaining - _MARGIN)


class LocalChannel:
    """Calls into this process, through the same interceptors as a socket would."""

    def __init__(self, routes: Routes, caller: Caller, clock: Clock) -> None:
        self._routes = routes
        self._caller = caller
        self._clock = clock

    def unary_unary(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None
    ) -> UnaryCall:
        """A callable that runs the method's handler."""

        async def call(request: Any, *, timeout: float | None = None, metadata: Pairs = ()) -> Any:
            # Looked up at the call: services that call each other are built one after the other.
            handler = self._route(method).handler
            return await handler(request, self._arriving(metadata, _budget(timeout)))

        return call

    def unary_stream(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None
    ) -> StreamCall:
        """A callable that runs the method's handler."""

        def call(request: Any, *, timeout: float | None = None, metadata: Pairs = ()) -> Answers:
            arriving = self._arriving(metadata, _budget(timeout, streaming=True))
            stream: AsyncGenerator[Any] = self._route(method).handler(request, arriving)
            return Answers(stream, lambda: asyncio.ensure_future(stream.aclose()))

        return call

    def _route(self, method: str) -> Route:
        route = self._routes.get(method)
        if route is None:
            raise Unimplemented("METHOD_UNKNOWN", f"no service here has {method}")
        return route

    def _arriving(self, metadata: Pairs, budget: float | None) -> Call:
        call = Call(self._caller.metadata(metadata), self._clock, peer="local")
        if budget is not None:
            call.expire_in(budget)
        return call


class RemoteChannel:
    """Calls over a socket to another pod."""

    def __init__(self, address: str, caller: Caller) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=_OPTIONS)
        self._caller = caller

    def unary_unary(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None
    ) -> UnaryCall:
        """A callable that sends the request and waits for the response."""
        send = self._channel.unary_unary(method, request_serializer, response_deserializer)

        async def call(request: Any, *, timeout: float | None = None, metadata: Pairs = ()) -> Any:
            budget = _budget(timeout)
            try:
                return await send(request, timeout=budget, metadata=self._caller.metadata(metadata))
            except grpc.aio.AioRpcError as error:
                raise from_rpc_error(error) from error

        return call

    def unary_stream(
        self, method: str, request_serializer: Any = None, response_deserializer: Any = None
    ) -> StreamCall:
        """A callable that sends the request and iterates over the responses."""
        send = self._channel.unary_stream(method, request_serializer, response_deserializer)

        def call(request: Any, *, timeout: float | None = None, metadata: Pairs = ()) -> Answers:
            budget = _budget(timeout, streaming=True)
            stream = send(request, timeout=budget, metadata=self._caller.metadata(metadata))
            return Answers(_typed(stream), stream.cancel)

        return call

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        await self._channel.close()


async def _typed(stream: AsyncIterable[Any]) -> AsyncIterator[Any]:
    try:
        async for item in stream:
            yield item
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error
