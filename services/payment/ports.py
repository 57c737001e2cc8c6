"""What payment needs of a payment provider, in our words.

Every request that changes something carries a key that was written down before; sent again with
the same key it has no second effect.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.payment.domain import Ask, Intent


class OutcomeUnknownError(Exception):
    """No answer, or not yet: whether it happened is unknown. Send it again with the same key."""


class KeySpentError(Exception):
    """The key answers with a failure for good. Look at what happened, then use a new key."""


class WrongStateError(Exception):
    """The provider's payment is not in a state for this: look at it again."""


class RefusedError(Exception):
    """The request was refused and had no effect; `code` is the provider's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """Something that happened at the provider; `intent_id` is empty when it is no payment."""

    event_id: str
    kind: str
    intent_id: str


# Reads (payload, signature); InvalidArgument unless the provider signed it just now.
EventReader = Callable[[bytes, str], ProviderEvent]


class PaymentProvider(Protocol):
    """Somebody who moves money. Every method may raise OutcomeUnknownError."""

    async def authorize(self, ask: Ask, key: str) -> Intent:
        """Set money aside, or prepare to. A declined card is WAITING with a failure.

        KeySpentError, RefusedError.
        """
        ...

    async def fetch(self, intent_id: str) -> Intent:
        """A payment as it is now. RefusedError when it is not there."""
        ...

    async def find(self, payment_id: str, since: datetime) -> Intent | None:
        """The payment with our identifier that was made after `since`, or None."""
        ...

    async def capture(self, intent_id: str, key: str) -> Intent:
        """Take the money. WrongStateError, KeySpentError."""
        ...

    async def cancel(self, intent_id: str, key: str) -> Intent:
        """Let go of the money before it is taken. WrongStateError, KeySpentError."""
        ...

    async def refund(self, intent_id: str, amount: int, key: str) -> None:
        """Give taken money back, in minor units. WrongStateError, KeySpentError."""
        ...
