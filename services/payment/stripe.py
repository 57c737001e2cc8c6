"""Stripe, through its official SDK: it blocks, so it runs in a bounded pool of threads.

Every request that changes something carries our own key; the SDK would invent a new one each time.
Retries are decided by whoever calls, who knows how much time is left.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import requests
import stripe

from mesh.faults import InvalidArgument
from services.payment.domain import Ask, Intent, IntentStatus
from services.payment.ports import (
    KeySpentError,
    OutcomeUnknownError,
    ProviderEvent,
    RefusedError,
    WrongStateError,
)

T = TypeVar("T")

_TIMEOUT_SECONDS = 7
_ATTEMPTS = 2
_THREADS = 8
_MAX_WAITING = 64
_PAGE = 100
_MAX_PAGES = 50
_TOLERANCE = timedelta(seconds=300)
_STATUS = {
    "requires_capture": IntentStatus.AUTHORIZED,
    "succeeded": IntentStatus.CAPTURED,
    "canceled": IntentStatus.CANCELLED,
}
_WRONG_STATE = {"payment_intent_unexpected_state", "charge_already_refunded"}
# Stripe counts these in hundredths, though they have no minor unit.
_HUNDREDFOLD = {"ISK", "UGX"}
_SIGNED_AT = re.compile(r"(?:^|,)t=(\d{1,12})(?:,|$)")

_log = logging.getLogger("payment.stripe")


class Stripe:
    """A PaymentProvider. `url` is where the API is, such as `https://api.stripe.com`."""

    def __init__(self, url: str, secret_key: str) -> None:
        session = requests.Session()
        session.trust_env = False  # no proxy, no netrc
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": url},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS, session=session),
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="stripe")
        self._waiting = 0

    async def authorize(self, ask: Ask, key: str) -> Intent:
        """See PaymentProvider."""
        wish: Any = {
            "amount": ask.amount.minor * _factor(ask.amount.currency),
            "currency": ask.amount.currency.lower(),
            "capture_method": "manual",
            "metadata": {"booking_id": ask.booking_id, "payment_id": ask.payment_id},
            "payment_method_types": ["card"],
        }
        if ask.payment_method:
            wish |= {"payment_method": ask.payment_method, "confirm": True}
        try:
            return await self._intent(
                lambda: self._client.v1.payment_intents.create(wish, {"idempotency_key": key})
            )
        except stripe.CardError as error:
            return _declined(error)

    async def fetch(self, intent_id: str) -> Intent:
        """See PaymentProvider."""
        found = await self._read(
            lambda: self._client.v1.payment_intents.retrieve(
                intent_id, {"expand": ["latest_charge"]}
            )
        )
        return _intent(_fields(found))

    async def find(self, payment_id: str, since: datetime) -> Intent | None:
        """See PaymentProvider. A listing is complete at once; Stripe's search lags behind."""
        window: Any = {"created": {"gte": int(since.timestamp()) - 60}, "limit": _PAGE}
        for _ in range(_MAX_PAGES):
            page = await self._read(lambda: self._client.v1.payment_intents.list(window))
            for intent in page.data:
                if _fields(intent).get("metadata", {}).get("payment_id") == payment_id:
                    return await self.fetch(intent.id)
            if not page.has_more:
                return None
            window["starting_after"] = page.data[-1].id
        raise OutcomeUnknownError("too many payments to look through")

    async def capture(self, intent_id: str, key: str) -> Intent:
        """See PaymentProvider."""
        options: Any = {"idempotency_key": key}
        return await self._intent(
            lambda: self._client.v1.payment_intents.capture(intent_id, {}, options)
        )

    async def cancel(self, intent_id: str, key: str) -> Intent:
        """See PaymentProvider."""
        options: Any = {"idempotency_key": key}
        return await self._intent(
            lambda: self._client.v1.payment_intents.cancel(intent_id, {}, options)
        )

    async def refund(self, intent_id: str, amount: int, key: str) -> None:
        """See PaymentProvider."""
        options: Any = {"idempotency_key": key}
        wish: Any = {"payment_intent": intent_id, "amount": amount}
        await self._run(lambda: self._client.v1.refunds.create(wish, options))

    async def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _intent(self, work: Callable[[], Any]) -> Intent:
        return _intent(_fields(await self._run(work)))

    async def _read(self, work: Callable[[], T]) -> T:
        """The answer to a request without a key: a failure of the provider's is no answer."""

        async def ask() -> T:
            try:
                return await self._once(work)
            except KeySpentError as error:
                raise OutcomeUnknownError(str(error)) from error

        return await _repeated(ask)

    async def _run(self, work: Callable[[], T]) -> T:
        """The answer; without one the same request, with the same key, is sent once more."""
        return await _repeated(lambda: self._once(work))

    async def _once(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MAX_WAITING:
            raise OutcomeUnknownError("too many requests wait for Stripe")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except stripe.CardError:
            raise
        except stripe.StripeError as error:
            raise _translated(error) from error
        finally:
            self._waiting -= 1


async def _repeated(ask: Callable[[], Awaitable[T]]) -> T:
    for _ in range(_ATTEMPTS - 1):
        with suppress(OutcomeUnknownError):
            return await ask()
    return await ask()


def read_event(payload: bytes, signature: str, secret: str, now: datetime) -> ProviderEvent:
    """A signed event; InvalidArgument when its signature is missing, wrong, too old or too new."""
    try:
        # Its own check of the age knows no clock but the machine's, and takes any future.
        event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=0)
        signed_at = int(_SIGNED_AT.search(signature)[1])  # type: ignore[index]
        facts = _fields(event)
        subject = facts["data"]["object"]
        event_id, kind = str(facts["id"]), str(facts["type"])
    except (stripe.StripeError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InvalidArgument("SIGNATURE_INVALID", "the event is not signed by Stripe") from error
    if abs(now.timestamp() - signed_at) > _TOLERANCE.total_seconds():
        raise InvalidArgument("SIGNATURE_EXPIRED", "the event was not signed just now")
    return ProviderEvent(event_id, kind, _intent_of(subject))


def _intent_of(subject: Mapping[str, Any]) -> str:
    """The payment intent that an event is about; empty when it is about none."""
    if subject.get("object") == "payment_intent":
        return str(subject["id"])
    return str(subject.get("payment_intent") or "")


def _translated(error: stripe.StripeError) -> Exception:
    """What a failure means for whoever must decide what to do next."""
    status, code = error.http_status or 0, error.code or ""
    if isinstance(error, stripe.APIConnectionError) or code == "idempotency_key_in_use":
        return OutcomeUnknownError(str(error))
    if status in (401, 403, 409, 429):
        _log.error("Stripe turns us away: %s", error)
        return OutcomeUnknownError(str(error))
    if status >= 500:
        return KeySpentError(str(error))
    if code in _WRONG_STATE:
        return WrongStateError(str(error))
    return RefusedError(code or "refused", error.user_message or "the provider refuses")


def _fields(thing: Any) -> Mapping[str, Any]:
    """A Stripe object as plain data."""
    plain: Mapping[str, Any] = thing.to_dict() if hasattr(thing, "to_dict") else thing
    return plain


def _declined(error: stripe.CardError) -> Intent:
    body = error.json_body if isinstance(error.json_body, dict) else {}
    facts = body.get("error") or {}
    intent = facts.get("payment_intent")
    if not intent:
        raise RefusedError(error.code or "card_declined", str(error.user_message)) from error
    return _intent(intent)


def _intent(facts: Mapping[str, Any]) -> Intent:
    charge = facts.get("latest_charge")
    charge = _fields(charge) if charge is not None and not isinstance(charge, str) else {}
    problem = facts.get("last_payment_error") or {}
    factor = _factor(str(facts.get("currency", "")).upper())
    captured = int(facts.get("amount_received") or 0) // factor
    return Intent(
        intent_id=str(facts["id"]),
        payment_id=str((facts.get("metadata") or {}).get("payment_id", "")),
        status=_STATUS.get(str(facts["status"]), IntentStatus.WAITING),
        client_secret=str(facts.get("client_secret") or ""),
        captured=captured,
        refunded=int(charge.get("amount_refunded") or 0) // factor if captured else 0,
        failure=str(problem.get("code") or ""),
        decline_code=str(problem.get("decline_code") or ""),
    )


def _factor(currency: str) -> int:
    return 100 if currency in _HUNDREDFOLD else 1
