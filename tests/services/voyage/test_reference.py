"""Places and airlines, as a caller sees them."""

import asyncio
from typing import Any

import pytest

from dreamscape.voyage.v1 import voyage_pb2
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.clock import SystemClock
from mesh.faults import DeadlineExceeded, InvalidArgument, NotFound, Unavailable
from services.voyage.amadeus import Amadeus
from services.voyage.places import Around, PlaceQuery
from services.voyage.reference import AmadeusReference
from tests.services.conftest import House
from tests.services.voyage.conftest import Rig, Sandbox

CITY, AIRPORT = voyage_pb2.LOCATION_KIND_CITY, voyage_pb2.LOCATION_KIND_AIRPORT
A_DAY, A_WEEK = 86_400, 604_800
AT_ONCE = 200


def places(keyword: str, **more: Any) -> voyage_pb2.SearchLocationsRequest:
    return voyage_pb2.SearchLocationsRequest(keyword=keyword, **more)


def airports(keyword: str, **more: Any) -> voyage_pb2.SearchAirportsRequest:
    return voyage_pb2.SearchAirportsRequest(keyword=keyword, **more)


def near(latitude: float, longitude: float, **more: Any) -> voyage_pb2.SearchNearestAirportsRequest:
    return voyage_pb2.SearchNearestAirportsRequest(latitude=latitude, longitude=longitude, **more)


def from_airport(code: str, **more: Any) -> voyage_pb2.SearchAirportRoutesRequest:
    return voyage_pb2.SearchAirportRoutesRequest(departure_airport_code=code, **more)


def by_airline(code: str, **more: Any) -> voyage_pb2.SearchAirlineRoutesRequest:
    return voyage_pb2.SearchAirlineRoutesRequest(airline_code=code, **more)


def airlines(*codes: str) -> voyage_pb2.LookupAirlinesRequest:
    return voyage_pb2.LookupAirlinesRequest(airline_codes=codes)


def checkin(code: str) -> voyage_pb2.GetCheckinLinksRequest:
    return voyage_pb2.GetCheckinLinksRequest(airline_code=code)


def codes(answer: Any) -> list[str]:
    return [location.iata_code for location in answer.locations]


@pytest.mark.parametrize("keyword", ["paris", "PAR", " Pârîs "])
async def test_paris_is_found_by_its_name_and_by_its_code(rig: Rig, keyword: str) -> None:
    found = (await rig.service.SearchLocations(places(keyword), rig.call)).locations
    assert (found[0].iata_code, found[0].kind, found[0].name) == ("PAR", CITY, "Paris")
    assert (found[1].iata_code, found[1].kind) == ("CDG", AIRPORT)
    scores = [location.traveler_score for location in found]
    assert scores == sorted(scores, reverse=True)


async def test_an_airport_is_told_with_its_city_country_and_place(rig: Rig) -> None:
    [found] = (await rig.service.SearchAirports(airports("CDG"), rig.call)).locations
    assert (found.name, found.city_name, found.city_code) == ("Charles de Gaulle", "Paris", "PAR")
    assert (found.country_name, found.country_code) == ("France", "FR")
    assert (found.latitude, found.longitude) == pytest.approx((49.01, 2.55), abs=0.01)
    assert found.time_zone_offset in {"+01:00", "+02:00"}
    assert found.traveler_score > 0
    assert found.distance_km == 0


async def test_airports_are_airports_only(rig: Rig) -> None:
    found = (await rig.service.SearchAirports(airports("paris"), rig.call)).locations
    assert {location.kind for location in found} == {AIRPORT}
    assert {"CDG", "ORY"} <= {location.iata_code for location in found}


async def test_places_are_found_in_one_country_and_as_many_as_wanted(rig: Rig) -> None:
    everywhere = (await rig.service.SearchLocations(places("paris", max=100), rig.call)).locations
    assert {"FR", "US"} <= {location.country_code for location in everywhere}
    american = places("paris", country_code="US")
    found = (await rig.service.SearchLocations(american, rig.call)).locations
    assert {location.country_code for location in found} == {"US"}
    assert len((await rig.service.SearchLocations(places("paris", max=2), rig.call)).locations) == 2
    assert len((await rig.service.SearchLocations(places("a"), rig.call)).locations) == 10


@pytest.mark.parametrize("keyword", ["qqqq", "東京", "x" * 100, "a_b", "100%"])
async def test_what_no_place_is_called_finds_none(rig: Rig, keyword: str) -> None:
    assert codes(await rig.service.SearchLocations(places(keyword), rig.call)) == []
    assert codes(await rig.service.SearchAirports(airports(keyword), rig.call)) == []


async def test_the_nearest_airports_are_those_near_and_much_used(rig: Rig) -> None:
    found = (await rig.service.SearchNearestAirports(near(49.0, 2.55), rig.call)).locations
    assert (found[0].iata_code, found[0].name) == ("CDG", "Charles de Gaulle")
    assert len(found) == 10
    assert {location.kind for location in found} == {AIRPORT}
    assert found[0].distance_km <= 3
    assert max(location.distance_km for location in found) <= 500
    small = await rig.service.SearchNearestAirports(near(49.0, 2.55, radius=40, max=2), rig.call)
    assert len(small.locations) == 2
    assert max(location.distance_km for location in small.locations) <= 40


async def test_no_airport_is_near_the_middle_of_an_ocean(rig: Rig) -> None:
    far = near(-48.87, -123.39, radius=100)
    assert codes(await rig.service.SearchNearestAirports(far, rig.call)) == []


async def test_an_airport_has_direct_flights_to_cities(rig: Rig) -> None:
    found = (await rig.service.SearchAirportRoutes(from_airport("CDG"), rig.call)).locations
    assert {location.kind for location in found} == {CITY}
    cities = {location.iata_code: location.name for location in found}
    assert (cities["LON"], cities["NYC"]) == ("London", "New York City")
    home = from_airport("CDG", arrival_country_code="FR")
    inland = (await rig.service.SearchAirportRoutes(home, rig.call)).locations
    assert {location.country_code for location in inland} == {"FR"}
    assert 0 < len(inland) < len(found)
    assert codes(await rig.service.SearchAirportRoutes(from_airport("CDG", max=3), rig.call)) == [
        location.iata_code for location in found[:3]
    ]


async def test_an_airline_flies_to_cities(rig: Rig) -> None:
    found = (await rig.service.SearchAirlineRoutes(by_airline("AF"), rig.call)).locations
    assert {location.kind for location in found} == {CITY}
    assert {"PAR", "NYC"} <= {location.iata_code for location in found}
    american = by_airline("AF", arrival_country_code="US", max=2**32 - 1)
    there = (await rig.service.SearchAirlineRoutes(american, rig.call)).locations
    assert {location.country_code for location in there} == {"US"}
    one = await rig.service.SearchAirlineRoutes(by_airline("AF", max=1), rig.call)
    assert codes(one) == [found[0].iata_code]


async def test_codes_that_nobody_has_lead_nowhere(rig: Rig) -> None:
    assert codes(await rig.service.SearchAirportRoutes(from_airport("QQQ"), rig.call)) == []
    assert codes(await rig.service.SearchAirlineRoutes(by_airline("0O"), rig.call)) == []
    assert not (await rig.service.LookupAirlines(airlines("0O", "QQQ"), rig.call)).airlines


async def test_airlines_are_looked_up_by_either_code_and_all_by_none(rig: Rig) -> None:
    found = (await rig.service.LookupAirlines(airlines("AF", "TAP"), rig.call)).airlines
    assert {(each.iata_code, each.icao_code) for each in found} == {("AF", "AFR"), ("TP", "TAP")}
    assert {each.business_name for each in found} == {"AIR FRANCE", "TAP PORTUGAL"}
    assert all(each.common_name for each in found)
    everybody = (await rig.service.LookupAirlines(airlines(), rig.call)).airlines
    assert len(everybody) > len(found)


async def test_passengers_check_in_where_their_airline_says(rig: Rig) -> None:
    links = (await rig.service.GetCheckinLinks(checkin("AF"), rig.call)).links
    assert {link.channel for link in links} == {"WEB", "MOBILE"}
    assert all(link.url.startswith("https://") and "{" not in link.url for link in links)


async def test_where_to_check_in_with_nobody_is_not_found_and_not_kept(rig: Rig) -> None:
    call = rig.call
    with pytest.raises(NotFound) as refusal:
        await rig.service.GetCheckinLinks(checkin("0O"), call)
    assert refusal.value.reason == "CHECKIN_LINKS_NOT_FOUND"
    assert call.headers == []


# Each operation of the supplier: who asks it, for what, and how long the answer may be kept.
OPERATIONS = {
    "location.search": ("SearchLocations", places("rome"), A_DAY),
    "location.near": ("SearchNearestAirports", near(41.9, 12.5), A_DAY),
    "airport.routes": ("SearchAirportRoutes", from_airport("FCO"), A_DAY),
    "airline.routes": ("SearchAirlineRoutes", by_airline("LH"), A_DAY),
    "airline.lookup": ("LookupAirlines", airlines("LH"), A_WEEK),
    "checkin.links": ("GetCheckinLinks", checkin("LH"), A_DAY),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_equal_questions_are_one_call_of_the_supplier_and_kept(
    rig: Rig, sandbox: Sandbox, operation: str
) -> None:
    method, request, seconds = OPERATIONS[operation]
    ask = getattr(rig.service, method)
    await sandbox.fault(operation, "slow:0.1", 3)
    calls = [rig.call for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*(ask(request, call) for call in calls))
    assert answers == [answers[0]] * AT_ONCE
    assert answers[0].ByteSize() > 0
    assert await ask(request, later := rig.call) == answers[0]
    assert await sandbox.waiting(operation) == 2
    kept = [("cache-control", f"public, max-age={seconds}")]
    assert [call.headers for call in (*calls, later)] == [kept] * (AT_ONCE + 1)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_one_bad_moment_of_the_supplier_is_not_noticed_and_two_are(
    rig: Rig, sandbox: Sandbox, operation: str
) -> None:
    method, request, _ = OPERATIONS[operation]
    ask = getattr(rig.service, method)
    await sandbox.fault(operation, "status:500", 2)
    call = rig.call
    with pytest.raises(Unavailable) as refusal:
        await ask(request, call)
    assert (refusal.value.reason, call.headers) == ("SUPPLIER_UNAVAILABLE", [])
    await sandbox.fault(operation, "reply-lost-after-commit")
    assert (await ask(request, rig.call)).ByteSize() > 0


async def test_places_and_airports_of_one_keyword_are_two_answers(rig: Rig) -> None:
    assert codes(await rig.service.SearchLocations(places("nice"), rig.call))[0] == "NCE"
    kinds = await rig.service.SearchAirports(airports("nice"), rig.call)
    assert {location.kind for location in kinds.locations} == {AIRPORT}
    from_there = await rig.service.SearchAirportRoutes(from_airport("NCE"), rig.call)
    assert "NCE" not in codes(from_there)


async def test_a_query_that_the_supplier_does_not_take_says_so(rig: Rig) -> None:
    reference = AmadeusReference(rig.amadeus)
    with pytest.raises(InvalidArgument) as refusal:
        await reference.nearest_airports(Around(95.0, 0.0, 500, 10))
    assert refusal.value.reason == "QUERY_REFUSED"
    assert refusal.value.metadata["supplier_code"] != "0"


async def test_a_supplier_that_does_not_listen_is_unavailable() -> None:
    line = Amadeus("http://127.0.0.1:1", "id", "secret", SystemClock())
    with pytest.raises(Unavailable):
        await AmadeusReference(line).locations(PlaceQuery("PARIS", (), "", 1))
    await line.close()


async def test_anybody_asks_for_places_and_airlines_in_the_house(house: House) -> None:
    anybody = house.client(VoyageClient)
    assert codes(await anybody.search_locations(places("paris")))[0] == "PAR"
    assert codes(await anybody.search_airports(airports("orly"))) == ["ORY"]
    assert codes(await anybody.search_nearest_airports(near(49.0, 2.55)))[0] == "CDG"
    assert "LON" in codes(await anybody.search_airport_routes(from_airport("CDG")))
    assert "PAR" in codes(await anybody.search_airline_routes(by_airline("AF")))
    assert len((await anybody.lookup_airlines(airlines("AF"))).airlines) == 1
    assert len((await anybody.get_checkin_links(checkin("AF"))).links) == 2
    with pytest.raises(NotFound) as refusal:
        await anybody.get_checkin_links(checkin("0O"))
    assert refusal.value.domain == "voyage.dreamscape"


async def test_the_deadline_of_who_asked_first_is_not_that_of_the_others(
    house: House, sandbox: Sandbox
) -> None:
    anybody, wish = house.client(VoyageClient), places("lyon")
    await sandbox.fault("location.search", "slow:0.6", 2)
    hasty = asyncio.create_task(anybody.search_locations(wish, timeout=0.2))
    patient = asyncio.create_task(anybody.search_locations(wish))
    with pytest.raises(DeadlineExceeded):
        await hasty
    assert codes(await patient)[0] == "LYS"
    assert await sandbox.waiting("location.search") == 1


@pytest.mark.parametrize(
    ("method", "request_", "reason", "field"),
    [
        ("search_locations", places(""), "INVALID_FIELDS", "keyword"),
        ("search_locations", places("x" * 101), "INVALID_FIELDS", "keyword"),
        ("search_locations", places("nul\0"), "INVALID_FIELDS", "keyword"),
        ("search_locations", places(" "), "INVALID_KEYWORD", "keyword"),
        ("search_locations", places("bell\a"), "INVALID_KEYWORD", "keyword"),
        ("search_locations", places("a", max=101), "INVALID_FIELDS", "max"),
        ("search_locations", places("a", country_code="fr"), "INVALID_FIELDS", "countryCode"),
        ("search_airports", airports("\t"), "INVALID_KEYWORD", "keyword"),
        ("search_airports", airports("\n"), "INVALID_KEYWORD", "keyword"),
        ("search_nearest_airports", near(90.5, 0), "INVALID_POINT", "latitude"),
        ("search_nearest_airports", near(0, -180.5), "INVALID_POINT", "longitude"),
        ("search_nearest_airports", near(0, float("nan")), "INVALID_POINT", "longitude"),
        ("search_nearest_airports", near(0, 0, radius=501), "INVALID_FIELDS", "radius"),
        (
            "search_airport_routes",
            from_airport("cdg"),
            "INVALID_FIELDS",
            "departureAirportCode",
        ),
        ("search_airline_routes", by_airline("AFR"), "INVALID_FIELDS", "airlineCode"),
        ("get_checkin_links", checkin("A"), "INVALID_FIELDS", "airlineCode"),
        ("lookup_airlines", airlines("AF", "a"), "INVALID_FIELDS", "airlineCodes[1]"),
        ("lookup_airlines", airlines(*["AF"] * 21), "INVALID_FIELDS", "airlineCodes"),
    ],
)
async def test_a_question_that_breaks_a_rule_says_which(
    house: House, method: str, request_: Any, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await getattr(house.client(VoyageClient), method)(request_)
    assert refusal.value.reason == reason
    assert [violation.field for violation in refusal.value.violations] == [field]
