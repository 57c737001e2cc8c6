"""Amadeus, through its official SDK.

The SDK blocks, has no timeout, shares a token without a lock, does not renew it on a 401 and lets
raw socket errors escape; all of that is dealt with here. What is said lives in offers.py.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from amadeus import Client, NetworkError, ParserError, ResponseError, ServerError
from amadeus.client.access_token import AccessToken

from mesh.clock import Clock
from mesh.faults import FailedPrecondition, Fault, InvalidArgument, Unavailable, Violation
from services.voyage.domain import Order, Quote, Search, Traveller
from services.voyage.offers import order_body, order_of, quotes, remarks, search_parameters
from services.voyage.ports import OrderInDoubtError

T = TypeVar("T")

_OFFERS = "/v2/shopping/flight-offers"
_PRICING = "/v1/shopping/flight-offers/pricing"
_ORDERS = "/v1/booking/flight-orders"
_READ_SECONDS = 9.0
_FIND_SECONDS = 4.0
_ORDER_SECONDS = 15.0
_ATTEMPTS = 2
_PAUSE = timedelta(milliseconds=200)
_THREADS = 16
_MAX_WAITING = 64
_TRIP_AFTER = 8
_OPEN_FOR = timedelta(seconds=5)
_STALE_TOKEN = {38190, 38192}
_REASONS = {34651: "SOLD_OUT", 37200: "PRICE_CHANGED", 34107: "OFFER_EXPIRED"}

_log = logging.getLogger("voyage.amadeus")


class _NotSentError(Exception):
    """The request never left: no token, or no time."""


class Breaker:
    """Refuses calls for a while after many failures in a row, and again after one more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_at = 0.0

    def check(self) -> None:
        """Raise Unavailable while it is open."""
        if self._failures >= _TRIP_AFTER and self._clock.monotonic() < self._closed_at:
            raise _unavailable()

    def record(self, answered: bool) -> None:
        """Take in how a call ended."""
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= _TRIP_AFTER:
            self._closed_at = self._clock.monotonic() + _OPEN_FOR.total_seconds()


class Amadeus:
    """A FlightSupplier. `url` is where the API is, such as `https://travel.api.amadeus.com`."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        clock: Clock,
        *,
        order_seconds: float = _ORDER_SECONDS,
    ) -> None:
        where = urlsplit(url)
        secure = where.scheme == "https"
        # The SDK sets its logger to DEBUG and would print the secret: it gets one of its own.
        self._client = Client(
            client_id=client_id,
            client_secret=client_secret,
            host=where.hostname,
            port=where.port or (443 if secure else 80),
            ssl=secure,
            http=self._open,
            log_level="silent",
            logger=logging.Logger("amadeus-sdk", logging.CRITICAL),
        )
        self._clock = clock
        self._order_seconds = order_seconds
        self._opener = build_opener(ProxyHandler({}))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="amadeus")
        self._waiting = 0
        self._token_lock = threading.Lock()
        self._thread = threading.local()
        self._breaker = Breaker(clock)

    async def search(self, wanted: Search) -> list[Quote]:
        """See FlightSupplier."""
        parameters = search_parameters(wanted)
        try:
            response = await self._read(lambda: self._client.get(_OFFERS, **parameters))
        except ResponseError as error:
            if error.response.status_code == 404:
                return []
            raise _search_refused(error) from error
        return quotes(response.result, response.body, ("data",))

    async def price(self, document: str) -> Quote:
        """See FlightSupplier."""
        body = f'{{"data":{{"type":"flight-offers-pricing","flightOffers":[{document}]}}}}'
        try:
            response = await self._read(lambda: self._client.post(_PRICING, body))
        except ResponseError as error:
            raise _refused(error) from error
        found = quotes(response.result, response.body, ("data", "flightOffers"))
        if len(found) != 1:
            raise _unavailable()
        return found[0]

    async def order(
        self, reference: str, document: str, travellers: Mapping[str, Traveller]
    ) -> Order:
        """See FlightSupplier."""
        body = order_body(reference, document, travellers)
        try:
            response = await self._run(
                lambda: self._client.post(_ORDERS, body), self._order_seconds
            )
            return order_of(response.data)
        except _NotSentError as error:
            raise _unavailable() from error
        except ResponseError as error:
            if _never_arrived(error) or error.response.status_code in (401, 429):
                raise _unavailable() from error
            if isinstance(error, NetworkError | ServerError | ParserError):
                raise OrderInDoubtError(str(error)) from error
            raise _refused(error) from error
        except (OSError, HTTPException, LookupError, TypeError, ValueError) as error:
            raise OrderInDoubtError(repr(error)) from error

    async def find_orders(self, reference: str) -> list[Order]:
        """See FlightSupplier. The query by reference is the sandbox's extension."""
        try:
            response = await self._read(
                lambda: self._client.get(_ORDERS, reference=reference), _FIND_SECONDS
            )
            return [order_of(data) for data in response.data if reference in remarks(data)]
        except (ResponseError, LookupError, TypeError, ValueError) as error:
            _log.error("orders cannot be looked up by reference: %r", error)
            raise _unavailable() from error

    async def cancel(self, supplier_order_id: str) -> None:
        """See FlightSupplier."""
        path = f"{_ORDERS}/{supplier_order_id}"
        try:
            await self._run(lambda: self._client.delete(path), _READ_SECONDS)
        except ResponseError as error:
            if error.response.status_code == 404:
                return
            raise (_unavailable() if _unanswered(error) else _refused(error)) from error
        except (_NotSentError, OSError, HTTPException) as error:
            raise _unavailable() from error

    async def close(self) -> None:
        """See FlightSupplier."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _read(self, work: Callable[[], T], seconds: float = _READ_SECONDS) -> T:
        """The answer to a request that changes nothing, asked twice if need be.

        A ResponseError that comes out is an answer, not a failure to answer.
        """
        until = self._clock.monotonic() + seconds
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._run(work, until - self._clock.monotonic())
            except (_NotSentError, ResponseError, OSError, HTTPException) as error:
                if not _unanswered(error):
                    raise
                _log.warning("attempt %d: %r", attempt, error)
            await self._clock.sleep(_PAUSE)
        raise _unavailable()

    async def _run(self, work: Callable[[], T], seconds: float) -> T:
        self._breaker.check()
        if self._waiting >= _MAX_WAITING:
            raise _unavailable()
        until = self._clock.monotonic() + seconds
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._authorized, work, until)
        except Exception as error:
            self._breaker.record(answered=not _unanswered(error))
            raise
        finally:
            self._waiting -= 1
        self._breaker.record(answered=True)
        return answer

    def _authorized(self, work: Callable[[], T], until: float) -> T:
        """Do the work with a token that is renewed once, because a refused token did nothing."""
        self._thread.until = until
        token = self._token()
        try:
            return work()
        except ResponseError as error:
            if _code(error) not in _STALE_TOKEN:
                raise
        with self._token_lock:
            if self._client.access_token is token:
                self._client.access_token = AccessToken(self._client)
        self._token()
        return work()

    def _token(self) -> AccessToken:
        """The token, fetched by one thread while the others wait."""
        with self._token_lock:
            try:
                if not hasattr(self._client, "access_token"):
                    self._client.access_token = AccessToken(self._client)
                self._client.access_token._bearer_token()
            except (ResponseError, OSError, HTTPException) as error:
                _log.warning("no token: %r", error)
                raise _NotSentError("no token") from error
            return self._client.access_token

    def _open(self, request: Request) -> Any:
        """What the SDK sends with: never after its time, never through a proxy."""
        remaining: float = self._thread.until - self._clock.monotonic()
        if remaining <= 0:
            raise _NotSentError("no time was left")
        return self._opener.open(request, timeout=remaining)


def _unavailable() -> Fault:
    return Unavailable(
        "SUPPLIER_UNAVAILABLE",
        "the flight supplier does not answer",
        retry_after=timedelta(seconds=2),
    )


def _unanswered(error: Exception) -> bool:
    if isinstance(error, ResponseError):
        trouble = isinstance(error, NetworkError | ServerError | ParserError)
        return trouble or error.response.status_code in (401, 429)
    return isinstance(error, _NotSentError | OSError | HTTPException)


def _never_arrived(error: ResponseError) -> bool:
    problem = error.response.http_response
    return isinstance(problem, URLError) and isinstance(problem.reason, ConnectionRefusedError)


def _first(error: ResponseError) -> dict[str, Any]:
    """The first error of an answer; empty when it has none in Amadeus' shape."""
    result = error.response.result
    errors = result.get("errors") if isinstance(result, dict) else None
    return errors[0] if isinstance(errors, list) and errors else {}


def _code(error: ResponseError) -> int:
    try:
        return int(_first(error).get("code", 0))
    except (TypeError, ValueError):
        return 0


def _refused(error: ResponseError) -> Fault:
    """Why an offer cannot be priced or ordered."""
    code, detail = _code(error), str(_first(error).get("detail", ""))
    reason = _REASONS.get(code, "SUPPLIER_REFUSED")
    if code == 4926:
        # Said both of a fare that nobody sells any more and of a flight that was moved.
        reason = "SOLD_OUT" if "fare" in detail.lower() else "OFFER_EXPIRED"
    return FailedPrecondition(
        reason, f"the supplier refuses: {detail}", metadata={"supplier_code": str(code)}
    )


_SEARCH_FIELDS = {
    "originLocationCode": ("INVALID_LOCATION", "originLocationCode"),
    "destinationLocationCode": ("INVALID_LOCATION", "destinationLocationCode"),
    "departureDate": ("INVALID_DATE", "departureDate"),
    "returnDate": ("INVALID_DATE", "returnDate"),
    "currencyCode": ("INVALID_CURRENCY", "currencyCode"),
}


def _search_refused(error: ResponseError) -> Fault:
    first = _first(error)
    parameter = str((first.get("source") or {}).get("parameter", ""))
    reason, field = _SEARCH_FIELDS.get(parameter, ("SEARCH_REFUSED", parameter))
    detail = str(first.get("detail") or "the supplier refuses the search")
    return InvalidArgument(
        reason,
        detail,
        metadata={"supplier_code": str(_code(error))},
        violations=(Violation(field, detail),) if field else (),
    )
