# Written by `python -m edge.generate`; do not edit.
"""How a failed call looks to a user of the SDK."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

_DETAILS = "grpc-status-details-bin"
_Detail = TypeVar("_Detail")


@dataclass(frozen=True)
class Violation:
    """A field that was refused: its path such as `items[0].flight_offer_id`, and why."""

    field: str
    description: str


@dataclass(eq=False)
class ApiError(Exception):
    """A call failed.

    `code` is gRPC's, `reason` a stable word for it such as `OFFER_EXPIRED` (empty when the service
    gave none), `metadata` the facts behind it, `violations` the fields that were refused,
    `retry_after` the seconds to wait before another try, `status` all that was sent.
    """

    code: grpc.StatusCode
    reason: str
    message: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    retry_after: float | None = None
    status: status_pb2.Status = field(default_factory=status_pb2.Status)

    def __str__(self) -> str:
        return f"{self.reason or self.code.name}: {self.message}"


def decode(error: grpc.aio.AioRpcError) -> ApiError:
    """The failure behind gRPC's; details that nobody can read count as none."""
    status = _status(error)
    info = _detail(status, error_details_pb2.ErrorInfo)
    refused = _detail(status, error_details_pb2.BadRequest)
    retry = _detail(status, error_details_pb2.RetryInfo)
    return ApiError(
        code=error.code(),
        reason=info.reason if info else "",
        message=status.message,
        metadata=dict(info.metadata) if info else {},
        violations=tuple(
            Violation(v.field, v.description) for v in (refused.field_violations if refused else ())
        ),
        retry_after=retry.retry_delay.ToTimedelta().total_seconds() if retry else None,
        status=status,
    )


class Calling:
    """A channel that sends `metadata()` with each call and raises ApiError for a failed one.

    `channel` is anything with grpc.aio.Channel's `unary_unary` and `unary_stream`.
    """

    def __init__(self, channel: Any, metadata: Callable[[], tuple[tuple[str, str], ...]]) -> None:
        self._channel = channel
        self._metadata = metadata

    def unary_unary(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
    ) -> Callable[..., Awaitable[Any]]:
        """As the channel's."""
        call = self._channel.unary_unary(method, request_serializer, response_deserializer)

        async def send(request: Any, *, metadata: Any, **options: Any) -> Any:
            try:
                return await call(request, metadata=(*self._metadata(), *metadata), **options)
            except grpc.aio.AioRpcError as error:
                raise decode(error) from error

        return send

    def unary_stream(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
    ) -> Callable[..., "_Stream"]:
        """As the channel's."""
        call = self._channel.unary_stream(method, request_serializer, response_deserializer)

        def send(request: Any, *, metadata: Any, **options: Any) -> "_Stream":
            return _Stream(call(request, metadata=(*self._metadata(), *metadata), **options))

        return send


class _Stream:
    def __init__(self, call: Any) -> None:
        self._call = call

    async def __aiter__(self) -> AsyncGenerator[Any, None]:
        try:
            async for message in self._call:
                yield message
        except grpc.aio.AioRpcError as error:
            raise decode(error) from error

    def cancel(self) -> None:
        self._call.cancel()


def _status(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    plain = status_pb2.Status(code=error.code().value[0], message=error.details() or "")
    for name, value in error.trailing_metadata() or ():
        if name == _DETAILS and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return plain
    return plain


def _detail(status: status_pb2.Status, kind: Callable[[], _Detail]) -> _Detail | None:
    for packed in status.details:
        detail = kind()
        if packed.Is(detail.DESCRIPTOR):  # type: ignore[attr-defined]
            packed.Unpack(detail)
            return detail
    return None
