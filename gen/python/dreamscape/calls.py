# Written by `python -m edge.generate`; do not edit.
"""What the generated clients need of a channel."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

Metadata = Sequence[tuple[str, str | bytes]]
"""Pairs of a lower-case name and a value; names that end in `-bin` have bytes."""


class Channel(Protocol):
    """The part of grpc.aio.Channel that clients call.

    Both methods return a callable of `(request, *, timeout, metadata)`: what it answers is awaited
    for a unary call, iterated with `async for` and ended with `cancel()` for a stream.
    """

    def unary_unary(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
    ) -> Any:
        """The callable of one request and one response."""

    def unary_stream(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
    ) -> Any:
        """The callable of one request and a stream of responses."""
