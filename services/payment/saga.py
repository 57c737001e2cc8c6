"""A payment's life with the provider: each step can be repeated until its outcome is known.

A step is committed, then sent with a key that follows from what was committed, then its outcome is
taken in. Whoever drives a payment holds a lease on it; a dead driver's lease runs out and the step
is sent again with the same key. No transaction is open while the provider thinks.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from mesh.clock import Clock
from mesh.faults import Aborted, FailedPrecondition, Fault, InvalidArgument, Unavailable
from mesh.money import Money
from services.payment.domain import Claim, Intent, IntentStatus, State, declined, key_is_fresh
from services.payment.ports import (
    KeySpentError,
    OutcomeUnknownError,
    PaymentProvider,
    RefusedError,
    WrongStateError,
)
from services.payment.store import Payment, Store

_TRIES = 4
_LOOK_EVERY = timedelta(milliseconds=100)
_MAX_LOOKS = 100
_METHOD_UNKNOWN = "resource_missing"


class Till:
    """Drives payments."""

    def __init__(self, store: Store, provider: PaymentProvider, clock: Clock) -> None:
        self._store = store
        self._provider = provider
        self._clock = clock
        self._steps: dict[str, Callable[[Payment], Awaitable[Payment]]] = {
            State.CREATED: self._authorize,
            State.REQUIRES_ACTION: self._look,
            State.CAPTURING: self._capture,
            State.RETURNING: self._give_back,
            State.FAILED: self._discard,
        }

    async def claimed(self, claim: Claim) -> Payment | None:
        """The payment that this Idempotency-Key made before.

        FailedPrecondition IDEMPOTENCY_KEY_REUSED when that was for another request.
        """
        known = await self._store.find_claimed(claim)
        if known is not None and bytes(known.request_hash) != claim.request_hash:
            raise FailedPrecondition(
                "IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another request"
            )
        return known

    async def open(self, claim: Claim, amount: Money) -> Payment:
        """A payment for the claim: a new one, or the one that a call beside this made."""
        payment = await self._store.open(claim, amount) or await self.claimed(claim)
        if payment is None:
            raise FailedPrecondition(
                "PAYMENT_IN_PROGRESS",
                "another payment of this booking is under way",
                retry_after=timedelta(seconds=5),
            )
        return payment

    async def start(self, payment: Payment) -> Payment:
        """Ask the provider for the money, unless that is done; the payment then.

        FailedPrecondition CARD_DECLINED when it is refused.
        """
        payment = await self._driven(payment, State.CREATED)
        if payment.state == State.FAILED:
            raise _failure(payment)
        return payment

    async def capture(self, booking_id: str) -> Payment:
        """Take a booking's money, once."""
        payment = await self._store.begin_capture(booking_id)
        if payment is None:
            raise FailedPrecondition("NOT_AUTHORIZED", "this booking has no payment")
        payment = await self._driven(payment, State.CAPTURING)
        if payment.state == State.CAPTURED:
            return payment
        over = payment.state in (State.RETURNING, State.RELEASED, State.REFUNDED)
        raise FailedPrecondition(
            "PAYMENT_RETURNED" if over else "NOT_AUTHORIZED",
            f"the payment of this booking is {payment.state}",
        )

    async def give_back(self, booking_id: str) -> Payment | None:
        """Give a booking's money back, once, and see to it that none comes later.

        None when the booking had no payment.
        """
        payment = await self._store.close(booking_id)
        if payment is None or payment.state == State.FAILED:
            return None
        return await self._driven(payment, State.RETURNING)

    async def news(self, intent_id: str) -> None:
        """Take in the provider's present view of one of its payments, if it is one of ours."""
        try:
            intent = await self._provider.fetch(intent_id)
            payment = await self._store.find(UUID(intent.payment_id))
        except (RefusedError, ValueError):
            return
        if payment is not None:
            await self._taken_in(payment, intent)

    async def advance(self, leased: Payment) -> Payment:
        """The next step of a payment that the caller has leased; the payment then.

        Unavailable when its outcome is not known; it is sent again later.
        """
        try:
            return await self._steps[leased.state](leased)
        except OutcomeUnknownError as unknown:
            raise _unavailable() from unknown
        finally:
            await self._store.end_lease(leased)

    async def _driven(self, payment: Payment, state: State) -> Payment:
        """The payment after it has left `state`, whoever drives it."""
        for _ in range(_MAX_LOOKS):
            leased = await self._store.lease(payment.payment_id, [state])
            if leased is not None:
                return await self.advance(leased)
            now = await self._store.find(payment.payment_id)
            if now is not None and now.state != state:
                return now
            await self._clock.sleep(_LOOK_EVERY)
        raise Aborted(
            "PAYMENT_BUSY", "this payment is being worked on", retry_after=timedelta(seconds=1)
        )

    async def _authorize(self, payment: Payment) -> Payment:
        try:
            intent = await self._intent(payment)
        except RefusedError as refusal:
            return await self._store.apply(payment, None, State.FAILED, failure=refusal.code)
        if intent is None:
            return await self._store.apply(payment, None, State.FAILED, failure="abandoned")
        return await self._taken_in(payment, intent)

    async def _look(self, payment: Payment) -> Payment:
        return await self._taken_in(payment, await self._provider.fetch(payment.intent_id or ""))

    async def _capture(self, payment: Payment) -> Payment:
        for _ in range(_TRIES):
            intent = await self._sent(payment, "capture", self._provider.capture)
            if intent.status in (IntentStatus.CAPTURED, IntentStatus.CANCELLED):
                return await self._taken_in(payment, intent)
            payment = await self._store.next_key(payment)
        raise OutcomeUnknownError("the provider does not capture")

    async def _give_back(self, payment: Payment) -> Payment:
        intent = await self._held(payment)
        for _ in range(_TRIES):
            if intent is None:
                return await self._store.apply(payment, None, State.RELEASED)
            if intent.status == IntentStatus.CANCELLED:
                return await self._store.apply(payment, intent, State.RELEASED)
            if intent.status != IntentStatus.CAPTURED:
                sent = await self._sent(payment, "cancel", self._provider.cancel, intent)
            elif intent.refunded < intent.captured:
                sent = await self._refunded(payment, intent)
            else:
                return await self._store.apply(
                    payment,
                    intent,
                    State.REFUNDED,
                    captured=intent.captured,
                    refunded=intent.refunded,
                )
            if sent.status == intent.status and sent.refunded == intent.refunded:
                payment = await self._store.next_key(payment)
            intent = sent
        raise OutcomeUnknownError("the provider does not give the money back")

    async def _discard(self, payment: Payment) -> Payment:
        """Let nothing be paid any more with what a failed payment left at the provider."""
        if payment.intent_id:
            intent = await self._provider.fetch(payment.intent_id)
            if intent.status in (IntentStatus.WAITING, IntentStatus.AUTHORIZED):
                intent = await self._sent(payment, "cancel", self._provider.cancel, intent)
            if intent.status != IntentStatus.CANCELLED:
                raise OutcomeUnknownError("what was given up is not cancelled yet")
        await self._store.discarded(payment)
        return payment

    async def _intent(self, payment: Payment) -> Intent | None:
        """The provider's payment for ours, made if need be; None when it never can be any more."""
        for _ in range(_TRIES):
            if not key_is_fresh(payment.step_time, self._clock.now()):
                return await self._found(payment)
            try:
                return await self._provider.authorize(payment.ask, payment.key("pay"))
            except KeySpentError:
                # The answer is final, so what it did can be looked up and cannot come later.
                found = await self._found(payment)
                if found is not None:
                    return found
                payment = await self._store.next_key(payment)
        raise OutcomeUnknownError("the provider fails again and again")

    async def _found(self, payment: Payment) -> Intent | None:
        return await self._provider.find(str(payment.payment_id), payment.create_time)

    async def _held(self, payment: Payment) -> Intent | None:
        """What the provider has of a payment that goes back; None when it has nothing."""
        if payment.intent_id:
            return await self._provider.fetch(payment.intent_id)
        try:
            # A first request may still be under way: the same key makes sure of its outcome.
            return await self._intent(payment)
        except RefusedError:
            return None

    async def _sent(
        self,
        payment: Payment,
        step: str,
        send: Callable[[str, str], Awaitable[Intent]],
        seen: Intent | None = None,
    ) -> Intent:
        """The provider's payment after a step was sent, wherever that has left it."""
        intent_id = seen.intent_id if seen else payment.intent_id or ""
        try:
            return await send(intent_id, payment.key(step))
        except (WrongStateError, KeySpentError):
            return await self._provider.fetch(intent_id)

    async def _refunded(self, payment: Payment, intent: Intent) -> Intent:
        rest = intent.captured - intent.refunded
        with suppress(WrongStateError, KeySpentError):
            await self._provider.refund(intent.intent_id, rest, payment.key("refund"))
        return await self._provider.fetch(intent.intent_id)

    async def _taken_in(self, payment: Payment, intent: Intent) -> Payment:
        """The payment after it has learnt where the provider's is."""
        if intent.status == IntentStatus.AUTHORIZED:
            return await self._store.apply(payment, intent, State.AUTHORIZED)
        if intent.status == IntentStatus.CAPTURED:
            captured = intent.captured
            return await self._store.apply(payment, intent, State.CAPTURED, captured=captured)
        if intent.status == IntentStatus.CANCELLED:
            return await self._store.apply(payment, intent, State.RELEASED)
        if payment.state == State.CREATED and payment.payment_method and intent.failure:
            failed = await self._store.apply(payment, intent, State.FAILED, cancel_due=True)
            return await self._tidied(failed)
        return await self._store.apply(payment, intent, State.REQUIRES_ACTION)

    async def _tidied(self, failed: Payment) -> Payment:
        """Discard what a decline left, now if that works, else later."""
        if failed.state != State.FAILED:
            return failed
        try:
            return await self._discard(failed)
        except (OutcomeUnknownError, RefusedError):
            return failed


def _failure(payment: Payment) -> Fault:
    if payment.failure == _METHOD_UNKNOWN:
        return InvalidArgument(
            "PAYMENT_METHOD_UNKNOWN", "the provider does not know this payment method"
        )
    return declined(payment.failure, payment.decline_code)


def _unavailable() -> Fault:
    return Unavailable(
        "PROVIDER_UNAVAILABLE",
        "the payment provider does not answer",
        retry_after=timedelta(seconds=2),
    )
