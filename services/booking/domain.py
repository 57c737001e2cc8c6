"""What a booking is and how its story may go: values, states, edges and rules. Pure.

    AWAITING_PAYMENT ─▶ ORDERING ─▶ CAPTURING ─▶ CONFIRMED
            │            │    ▲        ▲            │
            │            ▼    │        │            │
            │        SUPPLIER_IN_DOUBT ┘            │
            │            │                          │
            ▼            ▼                          ▼
         EXPIRED    COMPENSATING ─▶ FAILED     CANCELLING ─▶ CANCELLED

The pivot is the supplier's order: before it everything can be undone for free, so a failure leads
to COMPENSATING; after it the story goes on, unless the money cannot be taken any more. A traveller
may cancel from AWAITING_PAYMENT and CONFIRMED at once, and in between as soon as it is safe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from mesh.faults import Aborted, FailedPrecondition, InvalidArgument, NotFound, Violation
from mesh.money import Money

NOT_PAID_IN_TIME = "NOT_PAID_IN_TIME"
CANCELLED_BY_TRAVELLER = "CANCELLED_BY_TRAVELLER"


class State(StrEnum):
    """Where a booking is in its story, named as in the contract."""

    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    ORDERING = "ORDERING"
    SUPPLIER_IN_DOUBT = "SUPPLIER_IN_DOUBT"
    CAPTURING = "CAPTURING"
    CONFIRMED = "CONFIRMED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    COMPENSATING = "COMPENSATING"
    FAILED = "FAILED"


class Status(StrEnum):
    """What a traveller needs to know of it, named as in the contract."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


_YOUNGEST, _OLDEST = timedelta(0), timedelta(days=130 * 365)

# Every story begins here; the database refuses another beginning.
FIRST = State.AWAITING_PAYMENT

# The legal transitions. The first migration puts the same table behind a trigger.
EDGES: Mapping[State, frozenset[State]] = {
    State.AWAITING_PAYMENT: frozenset({State.ORDERING, State.EXPIRED, State.CANCELLING}),
    State.ORDERING: frozenset(
        {State.CAPTURING, State.SUPPLIER_IN_DOUBT, State.COMPENSATING, State.CANCELLING}
    ),
    State.SUPPLIER_IN_DOUBT: frozenset({State.CAPTURING, State.COMPENSATING}),
    State.CAPTURING: frozenset({State.CONFIRMED, State.COMPENSATING, State.CANCELLING}),
    State.CONFIRMED: frozenset({State.CANCELLING}),
    State.CANCELLING: frozenset({State.CANCELLED}),
    State.COMPENSATING: frozenset({State.FAILED}),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
    State.FAILED: frozenset(),
}

FINAL = frozenset(state for state, onward in EDGES.items() if not onward)

_CANCELLED_AT_ONCE = frozenset({State.AWAITING_PAYMENT, State.CONFIRMED})
_CANCELLED_LATER = frozenset({State.ORDERING, State.SUPPLIER_IN_DOUBT, State.CAPTURING})


@dataclass(frozen=True, slots=True)
class Traveller:
    """Who travels, as suppliers want them; the fields are the contract's."""

    first_name: str
    last_name: str
    date_of_birth: str
    gender: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was bought. `item_id` is our reference at the supplier."""

    item_id: str
    offer_id: str
    price: Money
    record_locator: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What booking knows of a flight offer."""

    offer_id: str
    total: Money
    traveller_count: int
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """A transition that is wanted. `record_locators` are the items', in their order."""

    to: State
    reason: str = ""
    record_locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """A booked trip.

    `version` counts what travellers can see change. `fencing_token` grows whenever the booking
    changes hands, `attempt` counts the tries of the present state, and `cancel_requested` is a
    wish that waits for a step under way.
    """

    booking_id: str
    user_id: str
    total: Money
    items: tuple[Item, ...]
    travellers: tuple[Traveller, ...]
    create_time: datetime
    update_time: datetime
    expire_time: datetime
    state: State = FIRST
    version: int = 1
    reason: str = ""
    cancel_requested: bool = False
    attempt: int = 0
    fencing_token: int = 0

    @property
    def status(self) -> Status:
        """The short form of the state; CANCELLING is PENDING, for money is still on its way."""
        if self.state in FINAL:
            return Status.CANCELLED
        return Status.CONFIRMED if self.state is State.CONFIRMED else Status.PENDING

    def seen_at(self, now: datetime) -> "Booking":
        """The booking as anyone may be told it is at `now`.

        Past its time an unpaid booking is over, whether or not a worker has come by to write it
        down. That is a promise: nothing but EXPIRED follows, so the next version is known.
        """
        if not self._ran_out(now):
            return self
        return replace(
            self,
            state=State.EXPIRED,
            reason=NOT_PAID_IN_TIME,
            version=self.version + 1,
            update_time=self.expire_time,
        )

    def paid_by(self, amount: Money, now: datetime) -> bool:
        """Whether an authorised `amount`, learnt of at `now`, pays for this booking."""
        waits = self.state is State.AWAITING_PAYMENT and not self._ran_out(now)
        return waits and amount == self.total

    def owes_money_back(self, now: datetime) -> bool:
        """Whether money that is authorised at `now` must go back, with nobody on the way to it."""
        return self.state in FINAL or self._ran_out(now)

    def cancels_at_once(self, now: datetime) -> bool:
        """Whether a wish to cancel moves it right away: no step that matters is under way."""
        return self.state in _CANCELLED_AT_ONCE and not self._ran_out(now)

    @property
    def cancels_later(self) -> bool:
        """Whether a wish to cancel is kept until the step under way has settled."""
        return self.state in _CANCELLED_LATER

    def _ran_out(self, now: datetime) -> bool:
        return self.state is State.AWAITING_PAYMENT and self.expire_time <= now


def expire_time(offer: Offer, now: datetime, hold: timedelta) -> datetime:
    """Until when a booking of `offer` waits for its payment; NotFound when that is past."""
    if offer.expire_time <= now:
        raise NotFound("OFFER_NOT_FOUND", "this offer has expired")
    return min(now + hold, offer.expire_time)


def check_travellers(offer: Offer, count: int) -> None:
    """Raise InvalidArgument unless `count` travellers are what the offer is priced for."""
    if count != offer.traveller_count:
        raise InvalidArgument(
            "TRAVELLERS_MISMATCH",
            f"the offer is priced for {offer.traveller_count} travellers, not for {count}",
            metadata={"priced": str(offer.traveller_count), "sent": str(count)},
        )


def check_births(travellers: Sequence[Traveller], today: date) -> None:
    """Raise InvalidArgument for a traveller who is not born yet, or over 130 years old."""
    violations = tuple(
        Violation(f"travellers[{index}].dateOfBirth", "must be a date of birth of somebody alive")
        for index, traveller in enumerate(travellers)
        if not _YOUNGEST <= today - date.fromisoformat(traveller.date_of_birth) <= _OLDEST
    )
    if violations:
        summary = "; ".join(f"{each.field}: {each.description}" for each in violations)
        raise InvalidArgument("INVALID_FIELDS", summary, violations=violations)


def check_erasable(active: Sequence[str], untold: int) -> None:
    """Raise FailedPrecondition while bookings are `active`, Aborted while news is `untold`."""
    if active:
        raise FailedPrecondition(
            "ACTIVE_BOOKINGS",
            "there are bookings that are not at their end",
            metadata={"bookingIds": ",".join(active)},
        )
    if untold:
        raise Aborted("NEWS_UNPUBLISHED", "what became of a booking is still being told")


def check_price(seen: Offer, current: Offer) -> None:
    """Raise FailedPrecondition when `current` costs more than the traveller has `seen`."""
    rose = current.total.minor > seen.total.minor
    if rose or current.total.currency != seen.total.currency:
        raise FailedPrecondition(
            "PRICE_CHANGED",
            f"the price is now {current.total}, it was {seen.total}",
            metadata={
                "old": str(seen.total),
                "new": str(current.total),
                "newOfferId": current.offer_id,
            },
        )
