"""What a payment is and how it moves. Pure.

    CREATED -> REQUIRES_ACTION -> AUTHORIZED -> CAPTURING -> CAPTURED
    CREATED | REQUIRES_ACTION -> FAILED
    everything that is not over -> RETURNING -> RELEASED (never taken) | REFUNDED (taken)
    REQUIRES_ACTION | AUTHORIZED | CAPTURING -> RELEASED, when the provider lets go by itself

A payment never moves back, so news may arrive twice and in any order.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mesh.faults import FailedPrecondition, Fault
from mesh.money import Money

# Providers keep an idempotency key for 24 hours; afterwards it would pay a second time.
KEY_LIFETIME = timedelta(hours=23)


class State(StrEnum):
    """Where a payment is; the last three are ends."""

    CREATED = "CREATED"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    AUTHORIZED = "AUTHORIZED"
    CAPTURING = "CAPTURING"
    CAPTURED = "CAPTURED"
    RETURNING = "RETURNING"
    FAILED = "FAILED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"


ENDS = (State.FAILED, State.RELEASED, State.REFUNDED)
RETURNABLE = (
    State.CREATED,
    State.REQUIRES_ACTION,
    State.AUTHORIZED,
    State.CAPTURING,
    State.CAPTURED,
)
# Every edge that news of the provider may take: the states from which a state can be reached.
EARLIER: dict[State, tuple[State, ...]] = {
    State.REQUIRES_ACTION: (State.CREATED,),
    State.AUTHORIZED: (State.CREATED, State.REQUIRES_ACTION),
    State.CAPTURED: (State.AUTHORIZED, State.CAPTURING),
    State.FAILED: (State.CREATED, State.REQUIRES_ACTION),
    State.RELEASED: (
        State.CREATED,
        State.REQUIRES_ACTION,
        State.AUTHORIZED,
        State.CAPTURING,
        State.RETURNING,
    ),
    State.REFUNDED: (State.RETURNING,),
}


class IntentStatus(StrEnum):
    """Where a payment is at the provider."""

    WAITING = "WAITING"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment as the provider has it. `captured` and `refunded` are minor units.

    `failure` and `decline_code` say why the last try to pay failed, if it did.
    """

    intent_id: str
    payment_id: str
    status: IntentStatus
    client_secret: str = ""
    captured: int = 0
    refunded: int = 0
    failure: str = ""
    decline_code: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of the provider: the money, and with which of its payment methods, if any."""

    payment_id: str
    booking_id: str
    amount: Money
    payment_method: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants to pay for what, under which Idempotency-Key."""

    user_id: str
    client_key: str
    request_hash: bytes
    booking_id: str
    payment_method: str


def declined(failure: str, decline_code: str) -> Fault:
    """The card was refused; another try needs a new Idempotency-Key."""
    return FailedPrecondition(
        "CARD_DECLINED",
        "the payment was declined",
        metadata={"failure": failure, "decline_code": decline_code},
    )


def key_is_fresh(first_used: datetime, now: datetime) -> bool:
    """Whether the provider still knows a key that was first used then."""
    return now - first_used < KEY_LIFETIME
