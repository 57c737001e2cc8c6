"""What is asked of places is checked and normalised; names read as people write them."""

import pytest

from dreamscape.voyage.v1 import voyage_pb2
from mesh.faults import InvalidArgument
from mesh.policy import methods
from services.voyage.places import AirlineQuery, Around, Kind, PlaceQuery, Routes, readable

BOTH = (Kind.AIRPORT, Kind.CITY)
SERVICE = voyage_pb2.DESCRIPTOR.services_by_name["VoyageService"]
LOOKUP = next(method for method in methods(SERVICE) if method.name == "LookupAirlines")


def typed(keyword: str) -> PlaceQuery:
    return PlaceQuery.of(keyword, BOTH, country="", limit=0)


@pytest.mark.parametrize(
    ("shouted", "read"),
    [
        ("PARIS", "Paris"),
        ("NEW YORK", "New York"),
        ("CHARLES DE GAULLE", "Charles de Gaulle"),
        ("JOHN F KENNEDY INTL", "John F Kennedy Intl"),
        ("LA GUARDIA", "La Guardia"),
        ("LE BOURGET", "Le Bourget"),
        ("FORT-DE-FRANCE", "Fort-de-France"),
        ("RIO DE JANEIRO", "Rio de Janeiro"),
        ("FRANKFURT AM MAIN", "Frankfurt am Main"),
        ("ISLE OF MAN", "Isle of Man"),
        ("DALLAS/FORT WORTH", "Dallas/Fort Worth"),
        ("BERGAMO/THE CITY (MILAN)", "Bergamo/The City (Milan)"),
        ("O'HARE", "O'Hare"),
        ("ST JOHN'S", "St John's"),
        ("ST. PETERSBURG", "St. Petersburg"),
        ("COEUR D'ALENE", "Coeur d'Alene"),
        ("L'AQUILA", "L'Aquila"),
        ("N'DJAMENA", "N'Djamena"),
        ("XI'AN", "Xi'an"),
        ("NUKU'ALOFA", "Nuku'alofa"),
        ("MCALLEN", "McAllen"),
        ("MCC", "Mcc"),
        ("JOHN PAUL II", "John Paul II"),
        ("WASHINGTON D.C.", "Washington D.C."),
        ("WASHINGTON DC", "Washington DC"),
        ("SÃO PAULO", "São Paulo"),
        ("UNITED STATES OF AMERICA", "United States of America"),
        ("10TH OF RAMADAN", "10th of Ramadan"),
        ("", ""),
        ("38", "38"),
    ],
)
def test_a_shouted_name_reads_as_people_write_it(shouted: str, read: str) -> None:
    assert readable(shouted) == read


@pytest.mark.parametrize("name", ["São Paulo", "easyJet HQ", "Paris CDG", "de Gaulle"])
def test_a_name_that_is_not_shouted_stays(name: str) -> None:
    assert readable(name) == name
    assert readable(readable(name.upper())) == readable(name.upper())


@pytest.mark.parametrize(
    ("keyword", "asked"),
    [
        ("paris", "PARIS"),
        ("  New   York ", "NEW YORK"),
        ("New\N{NO-BREAK SPACE}York", "NEW YORK"),
        ("Málaga", "MALAGA"),
        ("Ma\N{COMBINING ACUTE ACCENT}laga", "MALAGA"),
        ("Tromsø", "TROMSO"),
        ("Łódź", "LODZ"),
        ("Gießen", "GIESSEN"),
        ("東京", "東京"),
    ],
)
def test_keywords_that_mean_the_same_are_one_question(keyword: str, asked: str) -> None:
    assert typed(keyword) == PlaceQuery(asked, BOTH, "", 10)


@pytest.mark.parametrize(
    ("keyword", "why"),
    [
        (" ", "must not be blank"),
        ("\N{COMBINING ACUTE ACCENT}", "must not be blank"),
        ("pa\nris", "must hold no control characters"),
        ("\t", "must hold no control characters"),
        ("pa\x7fris", "must hold no control characters"),
        ("pa\N{ZERO WIDTH SPACE}ris", "must hold no control characters"),
        ("pa\N{RIGHT-TO-LEFT OVERRIDE}ris", "must hold no control characters"),
    ],
)
def test_a_keyword_that_says_nothing_is_refused(keyword: str, why: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        typed(keyword)
    assert refusal.value.reason == "INVALID_KEYWORD"
    assert [(v.field, v.description) for v in refusal.value.violations] == [("keyword", why)]


@pytest.mark.parametrize(
    ("point", "fields"),
    [
        ((90.1, 0.0), ["latitude"]),
        ((-90.1, 0.0), ["latitude"]),
        ((0.0, 180.5), ["longitude"]),
        ((91.0, -181.0), ["latitude", "longitude"]),
        ((float("nan"), 0.0), ["latitude"]),
        ((0.0, float("inf")), ["longitude"]),
    ],
)
def test_a_point_that_is_not_on_earth_is_refused(
    point: tuple[float, float], fields: list[str]
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        Around.of(*point, radius_km=0, limit=0)
    assert refusal.value.reason == "INVALID_POINT"
    assert [violation.field for violation in refusal.value.violations] == fields


def test_points_a_few_steps_apart_are_one_question() -> None:
    here = Around.of(49.000001, -0.000001, radius_km=0, limit=0)
    assert repr(here) == repr(Around(49.0, 0.0, 500, 10))
    assert Around.of(90, -180, radius_km=7, limit=3) == Around(90.0, -180.0, 7, 3)


def test_airline_codes_in_any_order_are_one_question() -> None:
    assert AirlineQuery.of(["BA", "AF", "BA"]) == AirlineQuery(("AF", "BA"))
    assert AirlineQuery.of([]) == AirlineQuery(())


def test_each_code_that_is_none_is_told() -> None:
    request = voyage_pb2.LookupAirlinesRequest(
        airline_codes=["AFR", "af", "AFRA", "A,B", "2L", "A1B", "A\x00"]
    )
    with pytest.raises(InvalidArgument) as refusal:
        LOOKUP.validate(request)
    assert refusal.value.reason == "INVALID_FIELDS"
    fields = [violation.field for violation in refusal.value.violations]
    assert sorted(set(fields)) == [f"airlineCodes[{index}]" for index in (1, 2, 3, 5, 6)]


def test_who_asks_for_more_cities_than_there_are_asks_for_all() -> None:
    assert Routes.of("CDG", country="FR", limit=2**32 - 1) == Routes("CDG", "FR", 0)
    assert Routes.of("CDG", country="", limit=3) == Routes("CDG", "", 3)
