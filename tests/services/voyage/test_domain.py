"""Who fits into which seat, and what a price may become."""

from datetime import date

import pytest

from mesh.faults import FailedPrecondition, InvalidArgument
from mesh.money import Money
from services.voyage.domain import Kind, Seat, Traveller, kind_on, not_dearer, seated

DAY = date(2027, 3, 1)
ADULT, CHILD, INFANT = (Seat(kind, kind) for kind in (Kind.ADULT, Kind.CHILD, Kind.INFANT))


def born(year: int, month: int = 1, day: int = 1) -> Traveller:
    return Traveller("A", "B", date(year, month, day), "FEMALE", "a@example.com", "+33612345678")


@pytest.mark.parametrize(
    ("birthday", "kind"),
    [
        (date(2025, 3, 2), Kind.INFANT),
        (date(2025, 3, 1), Kind.CHILD),
        (date(2015, 3, 2), Kind.CHILD),
        (date(2015, 3, 1), Kind.ADULT),
    ],
)
def test_what_somebody_is_depends_on_the_day_of_departure(birthday: date, kind: Kind) -> None:
    assert kind_on(birthday, DAY) == kind


def test_everybody_gets_the_seat_of_their_age() -> None:
    family = [born(1985), born(2026), born(2020)]
    seats = seated([ADULT, CHILD, INFANT], family, DAY)
    assert seats == {"ADULT": family[0], "INFANT": family[1], "CHILD": family[2]}


def test_a_child_may_sit_at_the_fare_of_an_adult() -> None:
    child = born(2020)
    assert seated([ADULT], [child], DAY) == {"ADULT": child}


@pytest.mark.parametrize(
    ("seats", "travellers"),
    [
        ([CHILD], [born(1985)]),
        ([INFANT, ADULT], [born(1985), born(1985)]),
        ([ADULT], [born(1985), born(1985)]),
        ([ADULT], []),
        ([ADULT], [born(2028)]),
    ],
)
def test_who_does_not_fit_is_refused(seats: list[Seat], travellers: list[Traveller]) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        seated(seats, travellers, DAY)
    assert refusal.value.reason == "TRAVELLERS_DO_NOT_FIT"


def test_a_price_may_fall_but_not_rise() -> None:
    agreed = Money(1000, "EUR")
    not_dearer(agreed, agreed)
    not_dearer(agreed, Money(999, "EUR"))
    for now in (Money(1001, "EUR"), Money(1, "USD")):
        with pytest.raises(FailedPrecondition) as refusal:
            not_dearer(agreed, now)
        assert refusal.value.reason == "PRICE_CHANGED"
