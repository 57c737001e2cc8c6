"""Flights in our words: searches, offers, travellers, and the rules they obey. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from mesh.faults import FailedPrecondition, Fault, InvalidArgument, Violation
from mesh.money import Money

SEARCH_OFFER_TTL = timedelta(minutes=30)
PRICED_OFFER_TTL = timedelta(minutes=15)
# A booking that was paid in its last second is still ordered; the supplier refuses a stale price.
ORDER_GRACE = timedelta(hours=1)
# Longer than an order can be under way: an attempt that is older and not found never happened.
SETTLED_AFTER = timedelta(seconds=30)
MAX_DAYS_AHEAD = 365
MAX_SEATED = 9
DEFAULT_OFFERS = 50
_ADULT_AGE, _CHILD_AGE = 12, 2


class Kind(StrEnum):
    """What a traveller is to an airline, by age on the day of departure; in order of age."""

    INFANT = "INFANT"
    CHILD = "CHILD"
    ADULT = "ADULT"


_ORDER = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Search:
    """A journey that is looked for. Places are IATA codes; an empty cabin is any cabin."""

    origin: str
    destination: str
    departure: date
    returning: date | None
    adults: int
    children: int
    infants: int
    cabin: str
    non_stop: bool
    currency: str
    limit: int

    def check(self, today: date) -> None:
        """Raise InvalidArgument with every rule that is broken."""
        problems = tuple(self._problems(today))
        if problems:
            reason = problems[0][0]
            violations = tuple(Violation(field, text) for _, field, text in problems)
            summary = "; ".join(f"{v.field}: {v.description}" for v in violations)
            raise InvalidArgument(reason, summary, violations=violations)

    def _problems(self, today: date) -> Iterator[tuple[str, str, str]]:
        latest = today + timedelta(days=MAX_DAYS_AHEAD)
        if self.origin == self.destination:
            yield "SAME_PLACE", "destinationLocationCode", "must differ from the origin"
        if self.departure < today:
            yield "INVALID_DATE", "departureDate", "must not be in the past"
        if self.departure > latest:
            yield "INVALID_DATE", "departureDate", f"takes {MAX_DAYS_AHEAD} days ahead at most"
        if self.returning and self.returning < self.departure:
            yield "INVALID_DATE", "returnDate", "must not be before the departure"
        if self.returning and self.returning > latest:
            yield "INVALID_DATE", "returnDate", f"takes {MAX_DAYS_AHEAD} days ahead at most"
        if self.adults + self.children > MAX_SEATED:
            yield "INVALID_PARTY", "children", f"with the adults, {MAX_SEATED} at most"
        if self.infants > self.adults:
            yield "INVALID_PARTY", "infants", "each needs the lap of an adult"


@dataclass(frozen=True, slots=True)
class Point:
    """One end of a segment; `at` is local time without an offset."""

    iata_code: str
    terminal: str
    at: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A flight from take-off to landing; `duration` is ISO 8601."""

    departure: Point
    arrival: Point
    carrier_code: str
    carrier_name: str
    number: str
    aircraft_code: str
    duration: str
    operating_carrier_code: str


@dataclass(frozen=True, slots=True)
class Itinerary:
    """The way there or the way back."""

    duration: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """A traveller an offer is priced for: the supplier's name for them, and what they are."""

    seat_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Quote:
    """An offer as a supplier makes it. `document` is the supplier's own text of it."""

    document: str
    total: Money
    base: Money
    itineraries: tuple[Itinerary, ...]
    bookable_seats: int
    validating_airline_codes: tuple[str, ...]
    cabin: str
    seats: tuple[Seat, ...]
    last_ticketing_date: str

    @property
    def departure(self) -> date:
        """The local day on which the journey starts."""
        return date.fromisoformat(self.itineraries[0].segments[0].departure.at[:10])


@dataclass(frozen=True, slots=True)
class Traveller:
    """Somebody who travels, as in the passport. `phone` has a plus and the country's code."""

    first_name: str
    last_name: str
    date_of_birth: date
    gender: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order that a supplier has confirmed."""

    supplier_order_id: str
    record_locator: str
    total: Money


def kind_on(born: date, day: date) -> Kind:
    """What somebody born on `born` is to an airline on `day`."""
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    if age < _CHILD_AGE:
        return Kind.INFANT
    return Kind.CHILD if age < _ADULT_AGE else Kind.ADULT


def seated(
    seats: Sequence[Seat], travellers: Sequence[Traveller], departure: date
) -> dict[str, Traveller]:
    """Who takes which seat, youngest first.

    Somebody may sit on the fare of an older kind, never of a younger one. InvalidArgument
    TRAVELLERS_DO_NOT_FIT otherwise, or when there are more or fewer than the offer is priced for.
    """
    if len(seats) != len(travellers):
        raise _misfit(f"the offer is priced for {len(seats)}, not for {len(travellers)}")
    if any(traveller.date_of_birth > departure for traveller in travellers):
        raise _misfit("somebody is born after the departure")
    offered = sorted(seats, key=lambda seat: _ORDER.index(seat.kind))
    sorted_travellers = sorted(travellers, key=lambda t: t.date_of_birth, reverse=True)
    for seat, traveller in zip(offered, sorted_travellers, strict=True):
        kind = kind_on(traveller.date_of_birth, departure)
        if _ORDER.index(kind) > _ORDER.index(seat.kind):
            raise _misfit(f"an {kind.lower()} cannot travel at the fare of a {seat.kind.lower()}")
    return {
        seat.seat_id: traveller for seat, traveller in zip(offered, sorted_travellers, strict=True)
    }


def not_dearer(agreed: Money, now: Money) -> None:
    """Raise FailedPrecondition PRICE_CHANGED unless `now` is at most what was agreed."""
    if now.currency != agreed.currency or now.minor > agreed.minor:
        raise FailedPrecondition(
            "PRICE_CHANGED",
            f"the price is {now} now, {agreed} was agreed",
            metadata={"agreed": str(agreed), "current": str(now)},
        )


def _misfit(why: str) -> Fault:
    return InvalidArgument("TRAVELLERS_DO_NOT_FIT", why, violations=(Violation("travellers", why),))
