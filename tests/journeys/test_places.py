"""Where to go and with whom: places, airlines and check-in, by REST and by GraphQL."""

from typing import Any

import httpx
import pytest

from tests.journeys.conftest import Edge
from tests.journeys.test_bad_input import reason_of
from tests.journeys.test_graphql import App

A_DAY, A_WEEK = "public, max-age=86400", "public, max-age=604800"
PLACES = """
query ($keyword: String!) {
  searchLocations(keyword: $keyword, countryCode: "FR", max: 2) {
    iataCode kind name cityCode countryName
  }
}"""
CHECKIN = 'query { checkinLinks(airlineCode: "AF") { url channel } }'


async def found(http: httpx.AsyncClient, path: str, kept: str = A_DAY, **query: Any) -> Any:
    """What a route answers to anybody, who may keep it for as long as it says."""
    answer = await http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == kept
    return answer.json()


@pytest.mark.parametrize("keyword", ["paris", "PAR"])
async def test_paris_is_found_by_its_name_and_by_its_code(
    http: httpx.AsyncClient, keyword: str
) -> None:
    city, airport, *_ = (await found(http, "/api/locations/search", keyword=keyword))["locations"]
    assert (city["iataCode"], city["kind"]) == ("PAR", "LOCATION_KIND_CITY")
    assert (city["name"], city["countryName"]) == ("Paris", "France")
    assert (airport["iataCode"], airport["kind"]) == ("CDG", "LOCATION_KIND_AIRPORT")
    assert (airport["name"], airport["cityCode"]) == ("Charles de Gaulle", "PAR")


async def test_airports_are_found_by_their_city(http: httpx.AsyncClient) -> None:
    answer = await found(http, "/api/locations/airports", keyword="paris", countryCode="FR")
    assert {"CDG", "ORY"} <= {each["iataCode"] for each in answer["locations"]}
    assert {each["kind"] for each in answer["locations"]} == {"LOCATION_KIND_AIRPORT"}


async def test_charles_de_gaulle_is_near_its_runways(http: httpx.AsyncClient) -> None:
    here = {"latitude": 49.0, "longitude": 2.55, "radius": 50}
    nearest, *others = (await found(http, "/api/airports/nearest", **here))["locations"]
    assert nearest["iataCode"] == "CDG"
    assert nearest["distanceKm"] <= 3
    assert all(each["distanceKm"] <= 50 for each in others)


async def test_one_can_fly_from_paris_to_new_york_and_with_air_france(
    http: httpx.AsyncClient,
) -> None:
    america = {"arrivalCountryCode": "US"}
    leaving = {"departureAirportCode": "CDG"} | america
    cities = (await found(http, "/api/airports/routes", **leaving))["locations"]
    assert "NYC" in {city["iataCode"] for city in cities}
    assert {city["countryCode"] for city in cities} == {"US"}
    flown = (await found(http, "/api/airlines/routes", airlineCode="AF", **america))["locations"]
    assert {city["iataCode"] for city in flown} <= {city["iataCode"] for city in cities}
    assert "NYC" in {city["iataCode"] for city in flown}
    nowhere = await found(http, "/api/airports/routes", departureAirportCode="QQQ")
    assert not nowhere.get("locations")


async def test_air_france_is_looked_up_and_checked_in_with(http: httpx.AsyncClient) -> None:
    query = {"airlineCodes": ["AF", "KLM"]}
    airlines = (await found(http, "/api/airlines/lookup", A_WEEK, **query))["airlines"]
    names = {(each["iataCode"], each["icaoCode"]): each["businessName"] for each in airlines}
    assert names[("AF", "AFR")] == "AIR FRANCE"
    assert set(names) == {("AF", "AFR"), ("KL", "KLM")}
    links = (await found(http, "/api/flights/checkin-links", airlineCode="AF"))["links"]
    assert {link["channel"] for link in links} == {"MOBILE", "WEB"}
    assert all(link["url"].startswith("https://") for link in links)


@pytest.mark.parametrize(
    ("path", "query", "status", "reason"),
    [
        ("locations/search", {}, 400, "INVALID_FIELDS"),
        ("locations/search", {"keyword": " "}, 400, "INVALID_KEYWORD"),
        ("locations/airports", {"keyword": "a\tb"}, 400, "INVALID_KEYWORD"),
        ("airports/nearest", {"latitude": 91}, 400, "INVALID_POINT"),
        ("airports/nearest", {"latitude": "NaN"}, 400, "INVALID_POINT"),
        ("airports/routes", {"departureAirportCode": "paris"}, 400, "INVALID_FIELDS"),
        ("airlines/routes", {}, 400, "INVALID_FIELDS"),
        ("airlines/lookup", {"airlineCodes": "af"}, 400, "INVALID_FIELDS"),
        ("flights/checkin-links", {"airlineCode": "0O"}, 404, "CHECKIN_LINKS_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_answered_says_why_and_is_not_kept(
    http: httpx.AsyncClient, path: str, query: dict[str, Any], status: int, reason: str
) -> None:
    answer = await http.get(f"/api/{path}", params=query)
    assert answer.status_code == status
    assert reason_of(answer) == reason
    assert "max-age" not in answer.headers.get("cache-control", "")


async def test_an_app_asks_for_places_and_check_in_by_graphql(edge: Edge) -> None:
    async with edge.http() as client:
        app = App(client)
        places = (await app.ask(PLACES, keyword="paris"))["searchLocations"]
        links = (await app.ask(CHECKIN))["checkinLinks"]
    paris = {"iataCode": "PAR", "kind": "CITY", "name": "Paris", "cityCode": "PAR"}
    assert places[0] == paris | {"countryName": "France"}
    assert (len(places), places[1]["iataCode"]) == (2, "CDG")
    assert {link["channel"] for link in links} == {"MOBILE", "WEB"}
