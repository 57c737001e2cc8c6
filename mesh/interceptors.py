"""What happens around every call, the same over a socket and inside a process.

From the outside in: observe (log and metrics) → map failures → deadline → identity → access →
valid request. Each is a function from a handler to a handler, composed once for each method.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from google.protobuf.message import Message
from prometheus_client import Counter, Histogram

from mesh import faults
from mesh.call import Call, Identity, current_call
from mesh.clock import Clock, Ids
from mesh.policy import Method
from mesh.revocations import Revocations
from mesh.tokens import Claims, Verifier

Unary = Callable[[Any, Call], Awaitable[Any]]
Stream = Callable[[Any, Call], AsyncIterator[Any]]

# A call with less time than this left is refused before any work is done for it.
_LEAST_TIME = 0.005
_LONGEST_KEY = 255
_LONGEST_REQUEST_ID = 64

_log = logging.getLogger("mesh.calls")
_audit = logging.getLogger("mesh.audit")
_CALLS = Counter("mesh_calls_total", "Calls served.", ["method", "code"])
_SECONDS = Histogram("mesh_call_seconds", "Time to serve a call.", ["method"])


@dataclass(frozen=True)
class Chain:
    """The interceptors with what they need. Without `revocations` no session ever ends early."""

    clock: Clock
    ids: Ids
    users: Verifier
    services: Verifier
    revocations: Revocations | None = None

    def unary(self, method: Method, handler: Unary) -> Unary:
        """`handler` with everything around it."""

        async def serve(request: Message, call: Call) -> Message:
            started = self._begin(call)
            token = current_call.set(call)
            fault: faults.Fault | None = None
            try:
                self._admit(method, request, call)
                async with asyncio.timeout(call.time_remaining()):
                    response: Message = await handler(request, call)
                return response
            except Exception as problem:
                fault = _as_fault(problem, method)
                if fault is problem:
                    raise
                raise fault from problem
            finally:
                current_call.reset(token)
                self._observe(method, call, started, fault)

        return serve

    def stream(self, method: Method, handler: Stream) -> Stream:
        """`handler` with everything around it.

        A failure before the first item fails the call; a later one is sent in band, as the
        response's `error`, because HTTP/1.1 clients never see a trailer.
        """

        async def serve(request: Message, call: Call) -> AsyncIterator[Message]:
            started, begun = self._begin(call), False
            fault: faults.Fault | None = None
            try:
                self._admit(method, request, call)
                async for item in _within(call, handler(request, call)):
                    self._require_live(call.identity)
                    begun = True
                    yield item
            except Exception as problem:
                fault = _as_fault(problem, method)
                if not begun:
                    raise fault from problem
                last = method.response()
                last.error.CopyFrom(faults.to_status(fault))  # type: ignore[attr-defined]
                yield last
            finally:
                self._observe(method, call, started, fault)

        return serve

    def _begin(self, call: Call) -> float:
        if not call.request_id or len(call.request_id) > _LONGEST_REQUEST_ID:
            call.request_id = self.ids.new()
        return self.clock.monotonic()

    def _admit(self, method: Method, request: Message, call: Call) -> None:
        """Deadline, identity, access, fields: all that can refuse a call before it starts."""
        if method.timeout:
            call.expire_in(method.timeout)
        remaining = call.time_remaining()
        if remaining is not None and remaining < _LEAST_TIME:
            raise faults.DeadlineExceeded("DEADLINE_EXCEEDED", "no time was left for this call")
        call.identity = self._identify(method, call)
        _allow(method, call.identity)
        if method.needs_idempotency_key:
            _require_key(call.idempotency_key)
        method.validate(request)

    def _identify(self, method: Method, call: Call) -> Identity:
        service = call.metadata.get("x-ds-service", "")
        caller = self.services.verify(service).subject if service else ""
        bearer = call.metadata.get("authorization", "")
        if not bearer:
            return Identity(service=caller)
        scheme, _, token = bearer.partition(" ")
        if scheme.lower() != "bearer":
            raise faults.Unauthenticated("TOKEN_INVALID", "the authorization is not a bearer token")
        try:
            identity = _identity(self.users.verify(token.strip()), caller)
            self._require_live(identity)
        except faults.Unauthenticated:
            # Signing in again must work with a stale token still in the header.
            if method.access == "PUBLIC":
                return Identity(service=caller)
            raise
        self._require_knowledge(method)
        return identity

    def _require_live(self, identity: Identity) -> None:
        if self.revocations and identity.session_id in self.revocations:
            raise faults.Unauthenticated("TOKEN_REVOKED", "the session of this token has ended")

    def _require_knowledge(self, method: Method) -> None:
        """Unavailable for what is audited, while nobody can tell which sessions have ended."""
        known = self.revocations is None or self.revocations.readable
        if not known and method.audit and method.access != "PUBLIC":
            raise faults.Unavailable(
                "SESSIONS_UNKNOWN",
                "whether this session has ended cannot be told now; try again in a moment",
                retry_after=timedelta(seconds=1),
            )

    def _observe(
        self, method: Method, call: Call, started: float, fault: faults.Fault | None
    ) -> None:
        seconds = self.clock.monotonic() - started
        code = fault.code.name if fault else "OK"
        _CALLS.labels(method.path, code).inc()
        _SECONDS.labels(method.path).observe(seconds)
        facts = {
            "rpc": method.path,
            "code": code,
            "reason": fault.reason if fault else "",
            "ms": round(seconds * 1000, 1),
            "request_id": call.request_id,
            "user": call.identity.user_id,
            "service": call.identity.service,
        }
        if method.audit:
            _audit.info("audit", extra={"facts": facts})
        elif fault or _log.isEnabledFor(logging.DEBUG):
            _log.info("call", extra={"facts": facts})


async def _within(call: Call, items: AsyncIterator[Message]) -> AsyncIterator[Message]:
    """The items, with `call` current only while one is made: between them the caller's own is."""
    while True:
        token = current_call.set(call)
        try:
            item = await anext(items)
        except StopAsyncIteration:
            return
        finally:
            current_call.reset(token)
        yield item


def _identity(claims: Claims, service: str) -> Identity:
    """Whom a token names; Unauthenticated when its own claims are not what AuthService writes."""
    session_id, roles = claims.extra.get("sid", ""), claims.extra.get("roles", [])
    texts = isinstance(roles, list) and all(isinstance(each, str) for each in [session_id, *roles])
    if not texts:
        raise faults.Unauthenticated("TOKEN_INVALID", "the token is not valid")
    return Identity(
        user_id=claims.subject,
        session_id=session_id,
        roles=frozenset(roles),
        service=service,
        expires_at=claims.expires_at,
    )


def _allow(method: Method, identity: Identity) -> None:
    if identity.service and identity.service in method.callers:
        return
    if method.access == "PUBLIC":
        return
    if method.access == "SERVICE":
        raise faults.PermissionDenied("SERVICE_ONLY", "only services of the mesh may call this")
    if not identity.user_id:
        raise faults.Unauthenticated("TOKEN_MISSING", "an access token is needed")
    if method.access == "ADMIN" and "admin" not in identity.roles:
        raise faults.PermissionDenied("ADMIN_ONLY", "only administrators may call this")


def _require_key(key: str) -> None:
    if not key:
        raise faults.InvalidArgument(
            "IDEMPOTENCY_KEY_MISSING", "the header Idempotency-Key is needed"
        )
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise faults.InvalidArgument(
            "IDEMPOTENCY_KEY_INVALID", "the header Idempotency-Key takes 255 printable characters"
        )


def _as_fault(problem: Exception, method: Method) -> faults.Fault:
    """The problem as a fault of this service; what is unknown is logged and told as Internal."""
    if isinstance(problem, faults.Fault):
        fault = problem
    elif isinstance(problem, TimeoutError):
        fault = faults.DeadlineExceeded("DEADLINE_EXCEEDED", "the call took too long")
    elif isinstance(problem, NotImplementedError):
        fault = faults.Unimplemented("NOT_IMPLEMENTED", "this is not built yet")
    elif isinstance(problem, ConnectionError):
        _log.warning("%s: %s", method.path, problem)
        fault = faults.Unavailable(
            "UNAVAILABLE", "try again in a moment", retry_after=timedelta(seconds=1)
        )
    else:
        _log.error("%s failed", method.path, exc_info=problem)
        fault = faults.Internal("INTERNAL", "something went wrong on our side")
    fault.domain = fault.domain or method.domain
    return fault
