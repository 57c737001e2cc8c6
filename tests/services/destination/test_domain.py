"""How words are compared, what a place must be, and what page tokens are worth."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from dreamscape.destination.v1 import destination_pb2 as pb
from mesh.faults import InvalidArgument
from services.destination.domain import Cursor, Kind, Listing, New, Place, Telling, Words, folded

NOW = datetime(2027, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
ENGLISH = ("en", Words("Louvre"))


def telling(**changes: Any) -> Telling:
    facts: dict[str, Any] = {"words": (ENGLISH,), "latitude": 48.9, "longitude": 2.3}
    return Telling(**(facts | changes))


def broken(new: New) -> list[str]:
    with pytest.raises(InvalidArgument) as told:
        new.check()
    assert told.value.reason == "INVALID_FIELDS"
    return [each.field for each in told.value.violations]


def test_the_kinds_are_those_of_the_contract() -> None:
    kinds = {f"DESTINATION_KIND_{kind}" for kind in Kind} | {"DESTINATION_KIND_UNSPECIFIED"}
    assert kinds == set(pb.DestinationKind.keys())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("São Paulo", ["sao", "paulo"]),
        ("SÃO PAULO", ["sao", "paulo"]),
        ("Port-d'Espagne", ["port", "d", "espagne"]),
        ("Łódź", ["lodz"]),
        ("Tromsø", ["tromso"]),
        ("Diyarbak\u0131r İzmir", ["diyarbakir", "izmir"]),
        ("Đà Nẵng", ["da", "nang"]),
        ("Straße", ["strasse"]),
        ("Αθήνα", ["αθηνα"]),
        ("東京", ["東京"]),
        ("' & :* | !", []),
    ],
)
def test_words_are_compared_without_case_accents_and_punctuation(
    text: str, words: list[str]
) -> None:
    assert folded(text) == words


@pytest.mark.parametrize(
    ("name", "kind", "parent", "fields"),
    [
        ("France", Kind.COUNTRY, "", ["destinationId"]),
        ("FR", Kind.COUNTRY, "EU", ["parentId"]),
        ("par", Kind.CITY, "FR", ["destinationId"]),
        ("PAR", Kind.CITY, "", ["parentId"]),
        ("PAR", Kind.POINT_OF_INTEREST, "PAR", ["destinationId"]),
        ("par-louvre", "", "PAR", ["kind"]),
    ],
)
def test_an_identifier_and_what_it_lies_in_go_with_the_kind(
    name: str, kind: str, parent: str, fields: list[str]
) -> None:
    assert broken(New(name, kind, parent, telling())) == fields


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"words": (("fr", Words("Louvre")),)}, ["words"]),
        ({"words": (ENGLISH, ENGLISH)}, ["words[0].locale", "words[1].locale"]),
        ({"words": (("en", Words("  ")),)}, ["words[0].name"]),
        ({"latitude": 90.1}, ["position.latitude"]),
        ({"latitude": math.nan}, ["position.latitude"]),
        ({"longitude": -180.5}, ["position.longitude"]),
        (
            {"latitude": math.inf, "longitude": -math.inf},
            ["position.latitude", "position.longitude"],
        ),
    ],
)
def test_what_is_told_names_every_rule_that_it_breaks(
    changes: dict[str, Any], fields: list[str]
) -> None:
    assert broken(New("par-louvre", Kind.POINT_OF_INTEREST, "PAR", telling(**changes))) == fields


def test_a_place_in_a_list_survives_the_journey_and_fits_no_other_list() -> None:
    listing, place = Listing(query="Paris"), Place(1, -89801, "par-louvre")
    token = place.token(listing)
    assert Place.read(token, listing) == place
    assert Place.read(token, Listing(query=" PÂRIS!")) == place
    for other in (Listing(), Listing(query="par"), Listing(query="Paris", country="FR")):
        with pytest.raises(InvalidArgument) as told:
            Place.read(token, other)
        assert told.value.reason == "PAGE_TOKEN_INVALID"


def test_a_place_among_reviews_survives_the_journey() -> None:
    cursor = Cursor(NOW, "0190b1d6-0000-7000-8000-00000000dead")
    assert Cursor.read(cursor.token()) == cursor
    assert Cursor.read("") is None


@pytest.mark.parametrize("token", ["?", "AAAA", "é", "MjAyNw", Cursor(NOW, "x").token()])
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    for read in (Cursor.read, lambda sent: Place.read(sent, Listing())):
        with pytest.raises(InvalidArgument) as told:
            read(token)
        assert told.value.reason == "PAGE_TOKEN_INVALID"
