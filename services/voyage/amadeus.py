"""The line to Amadeus, through its official SDK: one client for all that is asked.

The SDK blocks, has no timeout, shares a token without a lock, does not renew it on a 401 and lets
raw socket errors escape; all of that is dealt with here. Nobody else sees its errors: what is said
lives in flights.py and reference.py.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from amadeus import Client, NetworkError, ParserError, ResponseError, ServerError
from amadeus.client.access_token import AccessToken

from mesh.clock import Clock
from mesh.faults import Fault, Unavailable

# What is said, with the SDK's client in hand; it returns the SDK's response.
Ask = Callable[[Any], Any]

READ_SECONDS = 9.0
_ATTEMPTS = 2
_PAUSE = timedelta(milliseconds=200)
_THREADS = 16
_MAX_WAITING = 64
_TRIP_AFTER = 8
_OPEN_FOR = timedelta(seconds=5)
_STALE_TOKEN = {38190, 38192}

_log = logging.getLogger("voyage.amadeus")


class NotSentError(Exception):
    """Nothing was done: the request never arrived, or was turned away unread."""


class UnansweredError(Exception):
    """The request was sent and no answer can be read: what came of it is unknown."""


class RefusedError(Exception):
    """Amadeus has read the request and says no.

    `code` is Amadeus' own, 0 when it gives none; `parameter` the one of the query that it means.
    """

    def __init__(self, status: int, code: int, *, detail: str = "", parameter: str = "") -> None:
        super().__init__(f"{status}/{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that says yes: its JSON (None when it has none) and its exact text."""

    result: Any
    text: str

    @property
    def data(self) -> Any:
        """What is answered; None when there is nothing."""
        return self.result.get("data") if isinstance(self.result, dict) else None


class Breaker:
    """Refuses calls for a while after many failures in a row, and again after one more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_at = 0.0

    def check(self) -> None:
        """Raise Unavailable while it is open."""
        if self._failures >= _TRIP_AFTER and self._clock.monotonic() < self._closed_at:
            raise unavailable()

    def record(self, answered: bool) -> None:
        """Take in how a call ended."""
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= _TRIP_AFTER:
            self._closed_at = self._clock.monotonic() + _OPEN_FOR.total_seconds()


class Amadeus:
    """The line. `url` is where the API is, such as `https://travel.api.amadeus.com`."""

    def __init__(self, url: str, client_id: str, client_secret: str, clock: Clock) -> None:
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
        self._opener = build_opener(ProxyHandler({}))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="amadeus")
        self._waiting = 0
        self._token_lock = threading.Lock()
        self._thread = threading.local()
        self._breaker = Breaker(clock)

    async def read(self, ask: Ask, seconds: float = READ_SECONDS) -> Answer:
        """The answer to what changes nothing, asked twice if need be.

        RefusedError when the answer is no, Unavailable when there is none.
        """
        until = self._clock.monotonic() + seconds
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self.send(ask, until - self._clock.monotonic())
            except (NotSentError, UnansweredError) as error:
                _log.warning("attempt %d: %r", attempt, error)
            await self._clock.sleep(_PAUSE)
        raise unavailable()

    async def send(self, ask: Ask, seconds: float) -> Answer:
        """The answer to what is asked once; Unavailable while the line is not even tried.

        RefusedError when the answer is no, NotSentError or UnansweredError when there is none.
        """
        self._breaker.check()
        if self._waiting >= _MAX_WAITING:
            raise unavailable()
        until = self._clock.monotonic() + seconds
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._answer, ask, until)
        except Exception as error:
            self._breaker.record(answered=not isinstance(error, NotSentError | UnansweredError))
            raise
        finally:
            self._waiting -= 1
        self._breaker.record(answered=True)
        return answer

    async def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _answer(self, ask: Ask, until: float) -> Answer:
        """What is answered, in our words."""
        try:
            response = self._authorized(ask, until)
        except ResponseError as error:
            raise _in_our_words(error) from error
        except (OSError, HTTPException, ValueError, AttributeError) as error:
            # The last two are the SDK's on a body that is no UTF-8, or no object.
            raise UnansweredError(repr(error)) from error
        return Answer(response.result, response.body or "")

    def _authorized(self, ask: Ask, until: float) -> Any:
        """Ask with a token that is renewed once, because a refused token did nothing."""
        self._thread.until = until
        token = self._token()
        try:
            return ask(self._client)
        except ResponseError as error:
            if _code(error) not in _STALE_TOKEN:
                raise
        with self._token_lock:
            if self._client.access_token is token:
                self._client.access_token = AccessToken(self._client)
        self._token()
        return ask(self._client)

    def _token(self) -> AccessToken:
        """The token, fetched by one thread while the others wait."""
        with self._token_lock:
            try:
                if not hasattr(self._client, "access_token"):
                    self._client.access_token = AccessToken(self._client)
                self._client.access_token._bearer_token()
            except (ResponseError, OSError, HTTPException) as error:
                _log.warning("no token: %r", error)
                raise NotSentError("no token") from error
            return self._client.access_token

    def _open(self, request: Request) -> Any:
        """What the SDK sends with: never after its time, never through a proxy."""
        remaining: float = self._thread.until - self._clock.monotonic()
        if remaining <= 0:
            raise NotSentError("no time was left")
        return self._opener.open(request, timeout=remaining)


def unavailable() -> Fault:
    """What a caller is told when the supplier does not answer."""
    return Unavailable(
        "SUPPLIER_UNAVAILABLE",
        "the flight supplier does not answer",
        retry_after=timedelta(seconds=2),
    )


def _in_our_words(error: ResponseError) -> Exception:
    if _never_arrived(error) or error.response.status_code in (401, 429):
        return NotSentError(repr(error))
    if isinstance(error, NetworkError | ServerError | ParserError):
        return UnansweredError(repr(error))
    first = _first(error)
    source = first.get("source")
    return RefusedError(
        error.response.status_code,
        _code(error),
        detail=str(first.get("detail") or ""),
        parameter=str(source.get("parameter") or "") if isinstance(source, dict) else "",
    )


def _never_arrived(error: ResponseError) -> bool:
    problem = error.response.http_response
    return isinstance(problem, URLError) and isinstance(problem.reason, ConnectionRefusedError)


def _first(error: ResponseError) -> dict[str, Any]:
    """The first error of an answer; empty when it has none in Amadeus' shape."""
    result = error.response.result
    errors = result.get("errors") if isinstance(result, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, dict) else {}


def _code(error: ResponseError) -> int:
    try:
        return int(_first(error).get("code", 0))
    except (TypeError, ValueError):
        return 0
