"""Faults a test may ask for, so that the bad days of a vendor can be rehearsed.

A fault is named in the header `X-Sandbox-Fault` of one request, or, because vendor SDKs cannot
send headers, queued for the next calls of an operation:

    POST   /_sandbox/faults {"operation": "order.create", "fault": "slow:3", "count": 1}
    GET    /_sandbox/faults      what still waits
    DELETE /_sandbox/faults      forget all of it

The queue is first in first out per operation and lives in memory: a restart forgets it.

    reply-lost-after-commit  do everything, commit it, then reset the connection without a reply
    slow:<seconds>           wait (at most 120 s) before doing anything
    status:<401|429|500|503> refuse in the vendor's own error shape; nothing is done. Stripe saves
                             the 500 under the idempotency key, as the real one does
    sold-out                 Amadeus pricing and order.create: the flights of this offer sell their
                             last seats to somebody else first, and stay sold out
    price:<+12%|-5%>         Amadeus pricing and order.create: the fares of this offer's flights
                             change first, and stay changed (an order is then refused with 37200)
    lie:<name>               OpenID provider: the answer is wrong in the way that sandbox.oidc.lies
                             lists for this operation
"""

import re
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mesh.clock import Clock
from sandbox.wire import JsonResponse, read_body

HEADER = "x-sandbox-fault"
MAX_SLOW_SECONDS = 120.0
MAX_COUNT = 100
STATUSES = frozenset({401, 429, 500, 503})

_PATTERN = re.compile(
    r"(?P<bare>reply-lost-after-commit|sold-out)"
    r"|slow:(?P<slow>\d{1,3}(\.\d{1,3})?)"
    r"|status:(?P<status>\d{3})"
    r"|price:(?P<price>[+-]\d{1,3})%"
    r"|lie:(?P<lie>[a-z0-9-]+)"
)


class UnknownFaultError(ValueError):
    """A text that names no fault."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, once. The default is a call on which nothing does."""

    reply_lost: bool = False
    sold_out: bool = False
    slow_seconds: float = 0.0
    status: int | None = None
    price_percent: int = 0
    lie: str = ""


def parse(text: str) -> Fault:
    """Read a fault as written in the module's table; raises UnknownFaultError for anything else."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise UnknownFaultError(f"unknown fault: {text}")
    if match["bare"]:
        return Fault(
            reply_lost=match["bare"].startswith("reply"), sold_out=match["bare"] == "sold-out"
        )
    if match["slow"]:
        return _checked(Fault(slow_seconds=float(match["slow"])))
    if match["status"]:
        return _checked(Fault(status=int(match["status"])))
    if match["lie"]:
        return Fault(lie=match["lie"])
    return _checked(Fault(price_percent=int(match["price"])))


def _checked(fault: Fault) -> Fault:
    if fault.slow_seconds > MAX_SLOW_SECONDS:
        raise UnknownFaultError(f"slow is at most {MAX_SLOW_SECONDS:.0f} seconds")
    if fault.status is not None and fault.status not in STATUSES:
        raise UnknownFaultError(f"status is one of {sorted(STATUSES)}")
    if not -90 <= fault.price_percent <= 500:
        raise UnknownFaultError("price is between -90% and +500%")
    return fault


class Faults:
    """The faults queued for one vendor's operations.

    `selling` are the operations that can sell out, `lies` what each of some may lie about.
    """

    def __init__(
        self,
        operations: Iterable[str],
        clock: Clock,
        *,
        selling: Collection[str] = (),
        lies: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._queues: dict[str, deque[str]] = {name: deque() for name in operations}
        self._clock = clock
        self._selling = selling
        self._lies = lies or {}

    def take(self, operation: str, request: Request) -> Fault:
        """The fault of this call: its header's, else the oldest queued, else none.

        Raises UnknownFaultError when the header names no fault of this operation.
        """
        header = request.headers.get(HEADER)
        if header is not None:
            return self._possible(operation, header)
        queue = self._queues[operation]
        return parse(queue.popleft()) if queue else Fault()

    async def delay(self, fault: Fault) -> None:
        """Wait as long as the fault says."""
        if fault.slow_seconds:
            await self._clock.sleep(timedelta(seconds=fault.slow_seconds))

    def routes(self) -> list[Route]:
        """The endpoints with which a test queues, lists and forgets faults."""
        return [
            Route("/_sandbox/faults", self._queue, methods=["POST"]),
            Route("/_sandbox/faults", self._list, methods=["GET"]),
            Route("/_sandbox/faults", self._forget, methods=["DELETE"]),
        ]

    async def _queue(self, request: Request) -> Response:
        try:
            wish = orjson.loads(await read_body(request))
            operation, fault, count = wish["operation"], wish["fault"], wish.get("count", 1)
            self._append(operation, fault, count)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return JsonResponse({"error": str(error)}, status_code=400)
        return await self._list(request)

    def _append(self, operation: str, fault: str, count: int) -> None:
        if operation not in self._queues:
            raise ValueError(f"unknown operation {operation!r}: one of {sorted(self._queues)}")
        self._possible(operation, fault)
        queue = self._queues[operation]
        if not 1 <= count <= MAX_COUNT - len(queue):
            raise ValueError(f"at most {MAX_COUNT} faults wait for one operation")
        queue.extend([fault] * count)

    def _possible(self, operation: str, text: str) -> Fault:
        """The fault that `text` names; only what sells can sell out or change its price."""
        fault = parse(text)
        trade = (fault.sold_out or fault.price_percent) and operation not in self._selling
        if trade or (fault.lie and fault.lie not in self._lies.get(operation, ())):
            raise UnknownFaultError(f"{operation} cannot have the fault {text}")
        return fault

    async def _list(self, request: Request) -> Response:
        return JsonResponse({name: list(queue) for name, queue in self._queues.items()})

    async def _forget(self, request: Request) -> Response:
        for queue in self._queues.values():
            queue.clear()
        return Response(status_code=204)
