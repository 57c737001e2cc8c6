"""Amadeus' places and airlines are read with tolerance: what is missing is done without."""

from typing import Any

import pytest

from services.voyage.places import Airline, CheckinLink, Kind, Location
from services.voyage.reference import airline, checkin_link, city, location

CDG: dict[str, Any] = {
    "type": "location",
    "subType": "AIRPORT",
    "name": "CHARLES DE GAULLE",
    "detailedName": "PARIS/FR:CHARLES DE GAULLE",
    "id": "ACDG",
    "self": {"href": "https://example.com/ACDG", "methods": ["GET"]},
    "timeZoneOffset": "+01:00",
    "iataCode": "CDG",
    "geoCode": {"latitude": 49.01278, "longitude": 2.55},
    "address": {
        "cityName": "PARIS",
        "cityCode": "PAR",
        "countryName": "FRANCE",
        "countryCode": "FR",
        "regionCode": "EUROP",
    },
    "analytics": {"travelers": {"score": 27}},
    "distance": {"value": 1.6, "unit": "KM"},
    "relevance": 350.5,
}
NICE = {
    "type": "location",
    "subtype": "city",
    "name": "NICE",
    "iataCode": "NCE",
    "address": {"countryName": "FRANCE", "stateCode": "FR-06"},
    "timeZone": {"offset": "+02:00", "referenceLocalDateTime": "2022-10-25T10:17:00"},
    "metrics": {"relevance": 12},
}
NOTHING = ("", "", "", 0.0, 0.0, "", 0, 0)


def test_an_airport_is_read_whole() -> None:
    assert location(CDG) == Location(
        kind=Kind.AIRPORT,
        iata_code="CDG",
        name="Charles de Gaulle",
        city_name="Paris",
        city_code="PAR",
        country_name="France",
        country_code="FR",
        latitude=49.01278,
        longitude=2.55,
        time_zone_offset="+01:00",
        score=27,
        distance_km=2,
    )


def test_the_end_of_a_route_is_a_city_that_is_its_own() -> None:
    read = city(NICE)
    assert read is not None
    assert (read.kind, read.name, read.city_name, read.city_code) == (
        Kind.CITY,
        "Nice",
        "Nice",
        "NCE",
    )
    assert (read.country_name, read.time_zone_offset) == ("France", "+02:00")


def test_a_location_that_is_but_a_code_is_named_by_it() -> None:
    assert location({"iataCode": "XYZ"}) == Location(Kind.AIRPORT, "XYZ", "XYZ", "", *NOTHING)
    assert city({"iataCode": "XYZ"}) == Location(
        Kind.CITY, "XYZ", "XYZ", "XYZ", "XYZ", *NOTHING[1:]
    )


@pytest.mark.parametrize("missing", CDG)
def test_no_member_is_needed_but_the_code(missing: str) -> None:
    read = location({name: value for name, value in CDG.items() if name != missing})
    assert (read is None) == (missing == "iataCode")


@pytest.mark.parametrize("strange", [None, 7, "text", [], {}, [{}], {"score": []}, True])
@pytest.mark.parametrize("member", CDG)
def test_no_member_of_a_strange_kind_breaks_it(member: str, strange: Any) -> None:
    read = location({**CDG, member: strange})
    assert read is None or read.kind is Kind.AIRPORT


@pytest.mark.parametrize("item", [None, 7, "CDG", [], {}])
def test_what_is_no_object_is_left_out(item: Any) -> None:
    assert (location(item), airline(item), checkin_link(item)) == (None, None, None)


@pytest.mark.parametrize(
    ("distance", "kilometres"),
    [
        ({"value": 12.4, "unit": "KM"}, 12),
        ({"value": "12.6"}, 13),
        ({"value": 10, "unit": "MI"}, 16),
        ({"value": -1}, 0),
        ({"value": 1e300}, 0),
        ({"value": "NaN"}, 0),
    ],
)
def test_distances_are_whole_kilometres_on_earth(distance: Any, kilometres: int) -> None:
    read = location({**CDG, "distance": distance})
    assert read is not None
    assert read.distance_km == kilometres


def test_an_airline_needs_one_of_its_codes() -> None:
    assert airline({"iataCode": "AF"}) == Airline("AF", "", "", "")
    assert airline({"icaoCode": "AFR", "commonName": "AIR FRANCE"}) == Airline(
        "", "AFR", "", "AIR FRANCE"
    )
    assert airline({"businessName": "AIR FRANCE"}) is None


@pytest.mark.parametrize(
    ("item", "link"),
    [
        (
            {"href": "https://example.com/a", "channel": "Mobile"},
            CheckinLink("https://example.com/a", "MOBILE"),
        ),
        ({"href": "http://example.com"}, CheckinLink("http://example.com", "ALL")),
        (
            {"href": "https://example.com", "channel": "Fax"},
            CheckinLink("https://example.com", "ALL"),
        ),
        (
            {"href": "https://example.com/in?ref={PNR}&lang=fr&lastname={LAST}"},
            CheckinLink("https://example.com/in?lang=fr", "ALL"),
        ),
        (
            {"href": "https://example.com/in?ref={PNR}"},
            CheckinLink("https://example.com/in", "ALL"),
        ),
        ({"href": "javascript:alert(1)", "channel": "Web"}, None),
        ({"channel": "Web"}, None),
    ],
)
def test_a_link_is_an_address_that_a_browser_opens(item: Any, link: CheckinLink | None) -> None:
    assert checkin_link(item) == link
