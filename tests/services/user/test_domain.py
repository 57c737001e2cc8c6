"""Defaults, tastes and page tokens."""

from datetime import timedelta

import pytest

from dreamscape.user.v1 import user_pb2
from mesh.faults import InvalidArgument
from services.user.domain import (
    DEFAULTS,
    Category,
    Channels,
    Cursor,
    Kind,
    Tastes,
    digest_of,
)
from tests.services.user.people import NOW


def test_kinds_and_categories_are_those_of_the_contract() -> None:
    kinds = {f"NOTIFICATION_KIND_{kind}" for kind in Kind} | {"NOTIFICATION_KIND_UNSPECIFIED"}
    assert kinds == set(user_pb2.NotificationKind.keys())
    categories = {f"TRAVEL_CATEGORY_{each}" for each in Category}
    assert categories | {"TRAVEL_CATEGORY_UNSPECIFIED"} == set(user_pb2.TravelCategory.keys())


def test_what_was_bought_is_told_and_nothing_that_sells() -> None:
    assert {
        Kind.BOOKING: Channels(email=True, sms=False, in_app=True),
        Kind.PAYMENT: Channels(email=True, sms=False, in_app=True),
        Kind.INSPIRATION: Channels(email=False, sms=False, in_app=False),
    } == DEFAULTS


def test_repeated_tastes_count_once() -> None:
    tastes = Tastes(categories=(Category.FAMILY, Category.FAMILY), airlines=("AF", "AF", "U2"))
    assert tastes.checked() == Tastes(categories=(Category.FAMILY,), airlines=("AF", "U2"))


@pytest.mark.parametrize("airline", ["", "A", "AFR", "af", "A\n", "é1", "x" * 100_000])
def test_an_airline_is_two_characters(airline: str) -> None:
    with pytest.raises(InvalidArgument) as told:
        Tastes(airlines=("AF", airline)).checked()
    assert [each.field for each in told.value.violations] == ["preferences.airlines[1]"]


@pytest.mark.parametrize("name", ["PAR", "x" * 64, "a-b"])
def test_a_cursor_survives_the_journey(name: str) -> None:
    cursor = Cursor(NOW + timedelta(microseconds=7), name)
    assert Cursor.read(cursor.token()) == cursor


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "=", "ä", "a" * 200, "MjAyNg", " "])
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(InvalidArgument) as told:
        Cursor.read(token)
    assert told.value.reason == "PAGE_TOKEN_INVALID"


def test_a_digest_tells_users_apart_and_nothing_else() -> None:
    assert digest_of("a") == digest_of("a")
    assert digest_of("a") != digest_of("b")
    assert len(digest_of("a")) == 32
