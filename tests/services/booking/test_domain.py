"""The rules of a booking."""

from datetime import timedelta

import pytest

from dreamscape.booking.v1 import booking_pb2
from mesh.faults import FailedPrecondition, InvalidArgument, NotFound
from mesh.money import Money
from services.booking.domain import (
    EDGES,
    FINAL,
    FIRST,
    Offer,
    State,
    Status,
    Traveller,
    check_births,
    check_price,
    check_travellers,
    expire_time,
)
from tests.services.booking.builders import HOLD, NOW, TOTAL, a_booking, path_to

SECOND = timedelta(seconds=1)


def an_offer(total: Money = TOTAL, expires_in: timedelta = timedelta(hours=1)) -> Offer:
    return Offer("offer", total, 2, NOW + expires_in)


def test_states_and_statuses_are_those_of_the_contract() -> None:
    states = {f"BOOKING_STATE_{state}" for state in State}
    assert states | {"BOOKING_STATE_UNSPECIFIED"} == set(booking_pb2.BookingState.keys())
    statuses = {f"BOOKING_STATUS_{status}" for status in Status}
    assert statuses | {"BOOKING_STATUS_UNSPECIFIED"} == set(booking_pb2.BookingStatus.keys())


def test_every_state_has_its_edges_and_every_state_can_be_reached() -> None:
    assert set(EDGES) == set(State)
    assert all(path_to(state) for state in State if state is not FIRST)


def test_every_story_can_end() -> None:
    ends = set(FINAL)
    for _ in State:
        ends |= {state for state, onward in EDGES.items() if onward & ends}
    assert ends == set(State)


def test_only_cancelled_expired_and_failed_are_final() -> None:
    assert {State.CANCELLED, State.EXPIRED, State.FAILED} == FINAL


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.AWAITING_PAYMENT, Status.PENDING),
        (State.ORDERING, Status.PENDING),
        (State.SUPPLIER_IN_DOUBT, Status.PENDING),
        (State.CAPTURING, Status.PENDING),
        (State.CONFIRMED, Status.CONFIRMED),
        (State.CANCELLING, Status.PENDING),
        (State.COMPENSATING, Status.PENDING),
        (State.CANCELLED, Status.CANCELLED),
        (State.EXPIRED, Status.CANCELLED),
        (State.FAILED, Status.CANCELLED),
    ],
)
def test_a_state_has_one_status(state: State, status: Status) -> None:
    assert a_booking(state=state).status is status


def test_an_unpaid_booking_is_seen_as_expired_from_its_time_on() -> None:
    booking = a_booking()
    assert booking.seen_at(NOW + HOLD - SECOND) == booking
    seen = booking.seen_at(NOW + HOLD)
    assert (seen.state, seen.reason, seen.version) == (State.EXPIRED, "NOT_PAID_IN_TIME", 2)


@pytest.mark.parametrize("state", sorted(set(State) - {State.AWAITING_PAYMENT}))
def test_time_alone_expires_nothing_that_is_paid_or_over(state: State) -> None:
    booking = a_booking(state=state)
    assert booking.seen_at(NOW + 10 * HOLD) == booking


def test_only_the_exact_amount_in_time_pays() -> None:
    booking = a_booking()
    assert booking.paid_by(TOTAL, NOW)
    assert not booking.paid_by(Money(TOTAL.minor - 1, "EUR"), NOW)
    assert not booking.paid_by(Money(TOTAL.minor, "USD"), NOW)
    assert not booking.paid_by(TOTAL, NOW + HOLD)
    assert not a_booking(state=State.CANCELLING).paid_by(TOTAL, NOW)


def test_an_expired_booking_cannot_be_cancelled_into_another_end() -> None:
    booking = a_booking()
    assert booking.cancels_at_once(NOW)
    assert not booking.cancels_at_once(NOW + HOLD)
    assert not booking.cancels_later


def test_a_booking_waits_no_longer_than_its_offer_lasts() -> None:
    assert expire_time(an_offer(), NOW, HOLD) == NOW + HOLD
    assert expire_time(an_offer(expires_in=SECOND), NOW, HOLD) == NOW + SECOND
    with pytest.raises(NotFound):
        expire_time(an_offer(expires_in=timedelta(0)), NOW, HOLD)


def test_a_risen_price_is_told_with_both_prices_and_the_new_offer() -> None:
    with pytest.raises(FailedPrecondition) as told:
        check_price(an_offer(), Offer("dearer", Money(98_766, "EUR"), 2, NOW + HOLD))
    assert told.value.reason == "PRICE_CHANGED"
    assert told.value.metadata == {
        "old": "987.65 EUR",
        "new": "987.66 EUR",
        "newOfferId": "dearer",
    }


def test_a_fallen_price_is_fine_but_another_currency_is_not() -> None:
    check_price(an_offer(), an_offer(Money(98_764, "EUR")))
    with pytest.raises(FailedPrecondition):
        check_price(an_offer(), an_offer(Money(1, "USD")))


def test_travellers_must_be_as_many_as_priced() -> None:
    check_travellers(an_offer(), 2)
    with pytest.raises(InvalidArgument) as told:
        check_travellers(an_offer(), 3)
    assert told.value.reason == "TRAVELLERS_MISMATCH"
    assert told.value.metadata == {"priced": "2", "sent": "3"}


def born(day: str) -> Traveller:
    return Traveller("Ada", "Lovelace", day, "FEMALE", "ada@example.com", "+33612345678")


@pytest.mark.parametrize("day", ["0001-01-01", "2999-01-01"])
def test_only_somebody_alive_can_travel(day: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_births([born("1985-12-10"), born(day)], NOW.date())
    assert [v.field for v in refusal.value.violations] == ["travellers[1].dateOfBirth"]


def test_somebody_born_today_can_travel() -> None:
    check_births([born(NOW.date().isoformat())], NOW.date())
