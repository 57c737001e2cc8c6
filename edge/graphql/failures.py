"""Failures as GraphQL tells them: `errors` with a code, a reason and what a client can act on."""

import logging
from dataclasses import dataclass
from typing import Any

import grpc

from mesh import faults
from mesh.faults import Fault

DOMAIN = "graphql.dreamscape"

_log = logging.getLogger("edge.graphql")
# A failure without a reason was not written for clients: it may name addresses and libraries.
_UNTOLD = "UNKNOWN"
_PRIVATE = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS}
_SENTENCES = {
    grpc.StatusCode.UNAVAILABLE: "something that is needed does not answer",
    grpc.StatusCode.DEADLINE_EXCEEDED: "the call took too long",
    grpc.StatusCode.UNAUTHENTICATED: "an access token is needed",
    grpc.StatusCode.PERMISSION_DENIED: "this is not allowed",
    grpc.StatusCode.NOT_FOUND: "this is not there",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "too much at once",
    grpc.StatusCode.UNIMPLEMENTED: "this is not built",
}
_OURS = "something went wrong on our side"

Error = dict[str, Any]


@dataclass
class Refused(Exception):
    """A request that is not executed; `status` is HTTP's where the client asked for it."""

    status: int
    errors: list[Error]


def as_fault(problem: Exception) -> Fault:
    """What a call failed with, as a fault; what is unknown is logged and told as Internal."""
    if isinstance(problem, Fault):
        return problem
    if isinstance(problem, grpc.aio.AioRpcError):
        return faults.from_rpc_error(problem)
    _log.error("a GraphQL field failed", exc_info=problem)
    return faults.Internal("INTERNAL", _OURS)


def error(fault: Fault, request_id: str = "", path: list[str | int] | None = None) -> Error:
    """One entry of `errors`."""
    extensions: Error = {"code": fault.code.name, "reason": fault.reason}
    if fault.domain:
        extensions["domain"] = fault.domain
    if fault.code in _PRIVATE:
        fault = faults.Internal("INTERNAL", _OURS)
        extensions = {"code": "INTERNAL", "reason": "INTERNAL"}
    elif fault.reason == _UNTOLD:
        extensions["reason"] = fault.code.name
    if fault.metadata:
        extensions["metadata"] = fault.metadata
    if fault.violations:
        extensions["fieldViolations"] = [
            {"field": v.field, "description": v.description} for v in fault.violations
        ]
    if fault.retry_after is not None:
        extensions["retryAfter"] = fault.retry_after.total_seconds()
    if request_id:
        extensions["requestId"] = request_id
    message = _SENTENCES.get(fault.code, _OURS) if fault.reason == _UNTOLD else fault.message
    told: Error = {"message": message}
    if path is not None:
        told["path"] = path
    return {**told, "extensions": extensions}


def refusal(status: int, reason: str, message: str) -> Refused:
    """A refusal with one error."""
    return Refused(status, [request_error(reason, message)])


def request_error(
    reason: str, message: str, locations: list[dict[str, int]] | None = None
) -> Error:
    """An error of the request itself: it has no path, because nothing was executed."""
    told: Error = {"message": message}
    if locations:
        told["locations"] = locations
    code = "INVALID_ARGUMENT"
    return {**told, "extensions": {"code": code, "reason": reason, "domain": DOMAIN}}
