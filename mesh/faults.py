"""The error vocabulary, and its two maps: out to a `google.rpc.Status`, back from one.

Fault
├── InvalidArgument     the request breaks a rule            400
├── FailedPrecondition  right, but not in this state         400
├── Unauthenticated     nobody, or not who they say          401
├── PermissionDenied    somebody, but not allowed            403
├── NotFound            not there, or not theirs             404
├── AlreadyExists       there already                        409
├── Aborted             lost a race, or in doubt; try again  409
├── ResourceExhausted   too much                             429
├── Internal            our mistake                          500
├── Unimplemented       not built                            501
├── Unavailable         not now                              503
└── DeadlineExceeded    too late                             504
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks a rule: its path in camelCase and a sentence."""

    field: str
    description: str


class Fault(Exception):
    """A failure that a caller is told about, as a code, a reason and a sentence.

    `reason` is UPPER_SNAKE and never changes its meaning. What varies goes into `metadata`,
    not only into the message. `domain` is the service that raised it; the server fills it in.
    """

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: tuple[Violation, ...] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.violations = violations
        self.retry_after = retry_after
        self.domain = ""


class InvalidArgument(Fault):
    """The request breaks a rule whatever the state."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class FailedPrecondition(Fault):
    """The request is right, but not in this state."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class Unauthenticated(Fault):
    """Nobody, or not who they say."""

    code = grpc.StatusCode.UNAUTHENTICATED


class PermissionDenied(Fault):
    """Known, but not allowed."""

    code = grpc.StatusCode.PERMISSION_DENIED


class NotFound(Fault):
    """Not there, or not theirs."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(Fault):
    """There already."""

    code = grpc.StatusCode.ALREADY_EXISTS


class Aborted(Fault):
    """A race was lost or an outcome is in doubt; the same call may succeed later."""

    code = grpc.StatusCode.ABORTED


class ResourceExhausted(Fault):
    """Too much at once."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class Internal(Fault):
    """Our mistake; the log knows more than the caller is told."""

    code = grpc.StatusCode.INTERNAL


class Unimplemented(Fault):
    """Declared, but not built here."""

    code = grpc.StatusCode.UNIMPLEMENTED


class Unavailable(Fault):
    """Something that is needed does not answer."""

    code = grpc.StatusCode.UNAVAILABLE


class DeadlineExceeded(Fault):
    """The time ran out."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


_BY_NUMBER: dict[int, type[Fault]] = {kind.code.value[0]: kind for kind in Fault.__subclasses__()}


def to_status(fault: Fault) -> status_pb2.Status:
    """The fault as a status: ErrorInfo always, BadRequest and RetryInfo where they apply."""
    status = status_pb2.Status(code=fault.code.value[0], message=fault.message)
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(
            reason=fault.reason, domain=fault.domain, metadata=fault.metadata
        )
    )
    if fault.violations:
        bad = error_details_pb2.BadRequest()
        for violation in fault.violations:
            bad.field_violations.add(field=violation.field, description=violation.description)
        status.details.add().Pack(bad)
    if fault.retry_after is not None:
        delay = Duration()
        delay.FromTimedelta(fault.retry_after)
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def from_status(status: status_pb2.Status) -> Fault:
    """The fault that a status stands for; Internal when the code is none of ours."""
    info = error_details_pb2.ErrorInfo(reason="UNKNOWN")
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        for known in (info, bad, retry):
            if detail.Is(known.DESCRIPTOR):
                detail.Unpack(known)
    kind = _BY_NUMBER.get(status.code, Internal)
    fault = kind(
        info.reason,
        status.message,
        metadata=dict(info.metadata),
        violations=tuple(Violation(v.field, v.description) for v in bad.field_violations),
        retry_after=retry.retry_delay.ToTimedelta() if retry.HasField("retry_delay") else None,
    )
    fault.domain = info.domain
    return fault


def from_rpc_error(error: grpc.aio.AioRpcError) -> Fault:
    """The fault behind a failed call, typed again, with its details where the server sent them."""
    status = rpc_status.from_call(error)
    if status is None:
        status = status_pb2.Status(code=error.code().value[0], message=error.details() or "")
    return from_status(status)
