"""The sandbox's reference data: places, airlines, routes, check-in links, by the SDK's methods."""

import httpx
import pytest
from amadeus import Client, NotFoundError, ResponseError

from sandbox.amadeus.geography import AIRLINES, AIRPORTS
from sandbox.main import SandboxConfig
from tests.sandbox.conftest import Running, a_search, running
from tests.sandbox.schemas import conforms, conforms_to_amadeus

LOCATIONS = "/v1/reference-data/locations"
AIRPORT, CITY, ANY = "AIRPORT", "CITY", "AIRPORT,CITY"


def ids(response) -> list[str]:
    return [place["id"] for place in response.data]


def codes(response) -> list[str]:
    return [place["iataCode"] for place in response.data]


def search(client: Client, keyword: str, kinds: str = ANY, **changes):
    found = client.reference_data.locations.get(keyword=keyword, subType=kinds, **changes)
    conforms(found.result, "locations")
    conforms_to_amadeus(found.result, "AirportCitySearch_v1", "/reference-data/locations")
    return found


def test_a_keyword_finds_the_most_popular_place_first(standing: Running):
    client = standing.amadeus()

    assert ids(search(client, "Paris"))[:4] == ["CPAR", "ACDG", "AORY", "ABVA"]
    assert ids(search(client, "paris", AIRPORT))[:3] == ["ACDG", "AORY", "ABVA"]
    assert ids(search(client, "paris", CITY, countryCode="US")) == ["CPHT", "CPRX"]
    scores = [p["analytics"]["travelers"]["score"] for p in search(client, "s").data]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("keyword", "place"),
    [
        ("NYC", "CNYC"),
        ("cdg", "ACDG"),
        ("gaulle", "ACDG"),
        ("charles de g", "ACDG"),
        ("o'hare", "AORD"),
        ("zürich", "CZRH"),
        ("ZURICH", "CZRH"),
        ("malmo", "CMMA"),
        ("sao paulo", "CSAO"),
    ],
)
def test_a_place_is_found_by_code_or_by_the_beginning_of_a_word(standing: Running, keyword, place):
    assert place in ids(search(standing.amadeus(), keyword))


def test_a_keyword_in_the_middle_of_a_word_finds_nothing(standing: Running):
    found = search(standing.amadeus(), "aulle")
    assert (found.data, found.result["meta"]["count"]) == ([], 0)


def test_a_place_is_told_in_full(standing: Running):
    client = standing.amadeus()

    answer = client.reference_data.location("ACDG").get()

    conforms(answer.result, "location")
    path = "/reference-data/locations/{locationId}"
    conforms_to_amadeus(answer.result, "AirportCitySearch_v1", path)
    url = f"{standing.amadeus_url}{LOCATIONS}/ACDG"
    assert answer.result == {
        "meta": {"links": {"self": url}},
        "data": {
            "type": "location",
            "subType": "AIRPORT",
            "name": "CHARLES DE GAULLE",
            "detailedName": "PARIS/FR:CHARLES DE GAULLE",
            "id": "ACDG",
            "self": {"href": url, "methods": ["GET"]},
            "iataCode": "CDG",
            "timeZoneOffset": "+01:00",
            "geoCode": {"latitude": 49.01278, "longitude": 2.55},
            "address": {
                "cityName": "PARIS",
                "cityCode": "PAR",
                "countryName": "FRANCE",
                "countryCode": "FR",
                "stateCode": "IDF",
                "regionCode": "EUROP",
            },
            "analytics": {"travelers": {"score": 57}},
        },
    }
    assert client.reference_data.location("CPAR").get().data["detailedName"] == "PARIS/FR"
    washington = client.reference_data.location("ADCA").get().data
    assert washington["detailedName"].startswith("WASHINGTON/VA/US:")
    assert search(client, "CDG", AIRPORT).data == [answer.data]


def test_the_light_view_leaves_out_what_amadeus_leaves_out(standing: Running):
    [light] = search(standing.amadeus(), "CDG", view="LIGHT").data
    assert set(light) == {
        *("type", "subType", "name", "detailedName", "id", "self", "iataCode", "address"),
    }
    assert light["address"] == {"cityName": "PARIS", "countryName": "FRANCE"}


def test_pages_lead_to_one_another(standing: Running):
    client = standing.amadeus()
    every = ids(search(client, "san", page={"limit": 1000}))

    first = search(client, "san")
    assert ids(first) == every[:10]
    assert first.result["meta"]["count"] == len(every) > 30
    assert set(first.result["meta"]["links"]) == {"self", "next", "last"}
    assert "page%5Boffset%5D=10" in first.result["meta"]["links"]["next"]

    small = search(client, "san", page={"limit": 7})
    second = client.next(small)
    conforms(second.result, "locations")
    assert set(second.result["meta"]["links"]) == {"self", "next", "last", "first", "previous"}
    assert ids(second) == every[7:14]
    assert ids(client.previous(second)) == ids(client.first(second)) == every[:7]
    last = client.last(second)
    assert ids(last) == every[-7:]
    assert (client.next(last), client.last(last)) == (None, None)
    assert ids(client.previous(last)) == every[-14:-7]
    walked, page = [], small
    while page is not None:
        walked += ids(page)
        page = client.next(page)
    assert walked == every


def test_a_page_beyond_the_end_is_empty_and_leads_back(standing: Running):
    client = standing.amadeus()
    beyond = search(client, "CDG", page={"offset": 50})
    assert beyond.data == []
    assert set(beyond.result["meta"]["links"]) == {"self", "first", "previous"}
    assert ids(client.previous(beyond)) == ["ACDG"]


def test_every_place_of_the_network_is_known(standing: Running):
    client = standing.amadeus()
    for airport in AIRPORTS.values():
        place = client.reference_data.location(f"A{airport.code}").get().data
        assert place["address"]["cityCode"] == airport.city
        assert place["address"]["countryCode"] == airport.country
        hours, minutes = divmod(abs(airport.offset), 60)
        sign = "-" if airport.offset < 0 else "+"
        assert place["timeZoneOffset"] == f"{sign}{hours:02}:{minutes:02}"


def near(client: Client, **wanted):
    found = client.reference_data.locations.airports.get(**wanted)
    conforms(found.result, "nearest-airports")
    path = "/reference-data/locations/airports"
    conforms_to_amadeus(found.result, "AirportNearestRelevant_v1", path)
    return found


def test_the_nearest_relevant_airports(standing: Running):
    client = standing.amadeus()
    heathrow = {"latitude": 51.57285, "longitude": -0.44161}

    relevant = near(client, **heathrow)
    assert codes(relevant)[:3] == ["LHR", "LGW", "LTN"]
    assert relevant.data[0]["distance"] == {"value": 11, "unit": "KM"}
    values = [airport["relevance"] for airport in relevant.data]
    assert values == sorted(values, reverse=True)
    assert codes(client.next(relevant)) == codes(near(client, page={"offset": 10}, **heathrow))

    closest = near(client, sort="distance", radius=40, **heathrow)
    assert codes(closest) == ["LHR", "LTN", "LCY"]
    assert codes(near(client, sort="analytics.flights.score", radius=60, **heathrow))[0] == "LHR"
    assert near(client, latitude=-48, longitude=-120, radius=500).data == []
    assert near(client, latitude=90, longitude=180, radius=0).data == []


def cities(client: Client, keyword: str, **changes):
    found = client.reference_data.locations.cities.get(keyword=keyword, **changes)
    conforms(found.result, "cities")
    conforms_to_amadeus(found.result, "CitySearch_v1", "/reference-data/locations/cities")
    return found


def test_cities_with_and_without_their_airports(standing: Running):
    client = standing.amadeus()

    bare = cities(client, "PARIS", countryCode="FR", max=1)
    assert codes(bare) == ["PAR"]
    assert "included" not in bare.result
    assert "relationships" not in bare.data[0]

    full = cities(client, "Paris", countryCode="FR", max=1, include="AIRPORTS")
    related = [relationship["id"] for relationship in full.data[0]["relationships"]]
    assert related[:2] == ["CDG", "ORY"]
    assert set(full.result["included"]["airports"]) == set(related)
    assert full.data[0]["name"] == "Paris"
    assert len(cities(client, "SAN").data) == 10


def airlines(client: Client, **wanted):
    found = client.reference_data.airlines.get(**wanted)
    conforms(found.result, "airlines")
    conforms_to_amadeus(found.result, "AirlineCodeLookUp_v1", "/reference-data/airlines")
    return found


def test_airlines_are_looked_up_by_either_code(standing: Running):
    client = standing.amadeus()

    assert codes(airlines(client, airlineCodes="KL")) == ["KL"]
    assert codes(airlines(client, airlineCodes="AF, DLH,ZZ,QQQ")) == ["AF", "LH"]
    assert airlines(client, airlineCodes="B6").data == [
        {
            "type": "airline",
            "iataCode": "B6",
            "icaoCode": "JBU",
            "businessName": "JETBLUE AIRWAYS",
            "commonName": "JETBLUE A/W",
        }
    ]
    assert codes(airlines(client)) == list(AIRLINES)
    assert len({airline.icao for airline in AIRLINES.values()}) == len(AIRLINES)


def destinations(call, specification: str, path: str, **wanted):
    found = call.get(**wanted)
    conforms(found.result, "destinations")
    conforms_to_amadeus(found.result, specification, path)
    return found


def test_an_airline_flies_where_its_flights_go(standing: Running):
    client = standing.amadeus()

    def flown(**wanted):
        call = client.airline.destinations
        return destinations(call, "AirlineRoutes_v1", "/airline/destinations", **wanted)

    jetblue = flown(airlineCode="B6")
    assert jetblue.data[0]["metrics"] == {"relevance": 100}
    for code in codes(jetblue):
        reached = [
            a_search(client, originLocationCode=hub, destinationLocationCode=code, **DIRECT)
            for hub in AIRLINES["B6"].hubs
            if code != AIRPORTS[hub].city
        ]
        assert any(reached), code
    assert codes(flown(airlineCode="B6", max=2)) == codes(jetblue)[:2]
    american = [p["iataCode"] for p in jetblue.data if p["address"]["countryCode"] == "US"]
    assert codes(flown(airlineCode="B6", arrivalCountryCode="US")) == american
    assert flown(airlineCode="ZZ").data == []


DIRECT = {"nonStop": "true", "includedAirlineCodes": "B6", "adults": 1, "max": 1}


def test_an_airport_has_the_direct_destinations_of_its_flights(standing: Running):
    client = standing.amadeus()

    def reached(**wanted):
        call = client.airport.direct_destinations
        return destinations(call, "AirportRoutes_v1", "/airport/direct-destinations", **wanted)

    geneva = codes(reached(departureAirportCode="GVA"))
    cities_served = {airport.city for airport in AIRPORTS.values()} - {"GVA"}
    direct = {
        city
        for city in cities_served
        if a_search(
            client,
            originLocationCode="GVA",
            destinationLocationCode=city,
            nonStop="true",
            adults=1,
            max=1,
        )
    }
    assert set(geneva) == direct
    assert codes(reached(departureAirportCode="GVA", max=3)) == geneva[:3]
    assert codes(reached(departureAirportCode="GVA", arrivalCountryCode="FR")) == ["PAR"]
    assert reached(departureAirportCode="TLS").data == []


def checkin(client: Client, **wanted):
    found = client.reference_data.urls.checkin_links.get(**wanted)
    conforms(found.result, "checkin-links")
    path = "/reference-data/urls/checkin-links"
    conforms_to_amadeus(found.result, "FlightCheck-inLinks_v2", path)
    return found


def test_checkin_links_speak_the_language_or_say_that_they_do_not(standing: Running):
    client = standing.amadeus()

    french = checkin(client, airlineCode="AF", language="fr")
    assert [link["id"] for link in french.data] == ["AFFR-FRMobile", "AFFR-FRWeb"]
    assert "warnings" not in french.result
    assert checkin(client, airlineCode="AFR", language="fr-FR").data == french.data

    english = checkin(client, airlineCode="AF", language="en-GB")
    assert "warnings" not in english.result
    for wanted in ({}, {"language": "fi"}, {"language": "fr-CA"}):
        fallen = checkin(client, airlineCode="AF", **wanted)
        assert fallen.data == english.data
        [warning] = fallen.result["warnings"]
        assert (warning["code"], warning["title"]) == (10151, "DEFAULT LANGUAGE USED")
    assert checkin(client, airlineCode="ZZ").data == []


CITIES, AIRPORTS_NEAR = LOCATIONS + "/cities", LOCATIONS + "/airports"
ROUTES, DIRECT_ROUTES = "/v1/airline/destinations", "/v1/airport/direct-destinations"
LINKS = "/v2/reference-data/urls/checkin-links"


@pytest.mark.parametrize(
    ("path", "wanted", "code", "parameter"),
    [
        (LOCATIONS, {"subType": "CITY"}, 32171, "keyword"),
        (LOCATIONS, {"keyword": "PAR"}, 32171, "subType"),
        (LOCATIONS, {"keyword": "PAR", "subType": "HOTEL"}, 572, "subType"),
        (LOCATIONS, {"keyword": "PAR", "subType": "CITY,"}, 572, "subType"),
        (LOCATIONS, {"keyword": "PA_R", "subType": "CITY"}, 477, "keyword"),
        (LOCATIONS, {"keyword": "東京", "subType": "CITY"}, 477, "keyword"),
        (LOCATIONS, {"keyword": "A" * 51, "subType": "CITY"}, 2781, "keyword"),
        (LOCATIONS, {"keyword": "A", "subType": "CITY", "view": "ALL"}, 572, "view"),
        (LOCATIONS, {"keyword": "A", "subType": "CITY", "sort": "name"}, 572, "sort"),
        (LOCATIONS, {"keyword": "A", "subType": "CITY", "countryCode": "fr"}, 477, "countryCode"),
        (LOCATIONS, {"keyword": "A", "subType": "CITY", "page[limit]": 0}, 477, "page[limit]"),
        (LOCATIONS, {"keyword": "A", "subType": "CITY", "page[limit]": 1001}, 477, "page[limit]"),
        (LOCATIONS, {"keyword": "A", "subType": "CITY", "page[offset]": -1}, 477, "page[offset]"),
        (LOCATIONS + "/PAR", {}, 572, "locationId"),
        (AIRPORTS_NEAR, {"latitude": 1}, 32171, "longitude"),
        (AIRPORTS_NEAR, {"latitude": "north", "longitude": 1}, 477, "latitude"),
        (AIRPORTS_NEAR, {"latitude": "nan", "longitude": 1}, 477, "latitude"),
        (AIRPORTS_NEAR, {"latitude": 90.1, "longitude": 1}, 477, "latitude"),
        (AIRPORTS_NEAR, {"latitude": 1, "longitude": -180.5}, 477, "longitude"),
        (AIRPORTS_NEAR, {"latitude": 1, "longitude": 1, "radius": 501}, 477, "radius"),
        (AIRPORTS_NEAR, {"latitude": 1, "longitude": 1, "sort": "name"}, 572, "sort"),
        (CITIES, {}, 32171, "keyword"),
        (CITIES, {"keyword": "P"}, 2781, "keyword"),
        (CITIES, {"keyword": "P" * 11}, 2781, "keyword"),
        (CITIES, {"keyword": "PARIS", "include": "HOTELS"}, 572, "include"),
        (CITIES, {"keyword": "PARIS", "max": 0}, 477, "max"),
        (CITIES, {"keyword": "PARIS", "countryCode": "FRA"}, 477, "countryCode"),
        ("/v1/reference-data/airlines", {"airlineCodes": "AIR FRANCE"}, 477, "airlineCodes"),
        (ROUTES, {}, 32171, "airlineCode"),
        (ROUTES, {"airlineCode": "AFR"}, 2781, "airlineCode"),
        (ROUTES, {"airlineCode": "a-"}, 477, "airlineCode"),
        (ROUTES, {"airlineCode": "AF", "max": "all"}, 477, "max"),
        (DIRECT_ROUTES, {}, 32171, "departureAirportCode"),
        (DIRECT_ROUTES, {"departureAirportCode": "Paris"}, 477, "departureAirportCode"),
        (LINKS, {}, 32171, "airlineCode"),
        (LINKS, {"airlineCode": "Air"}, 477, "airlineCode"),
        (LINKS, {"airlineCode": "AF", "language": "french"}, 477, "language"),
    ],
)
def test_a_bad_request_names_the_parameter(standing: Running, path, wanted, code, parameter):
    with pytest.raises(ResponseError) as caught:
        standing.amadeus().get(path, **wanted)

    assert caught.value.response.status_code == 400
    conforms(caught.value.response.result, "error")
    [issue] = caught.value.response.result["errors"]
    assert (issue["code"], issue["source"]) == (code, {"parameter": parameter})


@pytest.mark.parametrize("unknown", ["AQQQ", "CQQQ", "ALON", "CCDG"])
def test_an_unknown_id_is_not_found(standing: Running, unknown):
    with pytest.raises(NotFoundError) as caught:
        standing.amadeus().reference_data.location(unknown).get()

    conforms(caught.value.response.result, "error")
    path = "/reference-data/locations/{locationId}"
    conforms_to_amadeus(caught.value.response.result, "AirportCitySearch_v1", path, 404)
    [issue] = caught.value.response.result["errors"]
    assert (issue["status"], issue["code"], issue["title"]) == (404, 1797, "NOT FOUND")


def test_every_path_wants_a_token(standing: Running):
    for path in (LOCATIONS, LOCATIONS + "/CPAR", AIRPORTS_NEAR, CITIES, ROUTES, LINKS):
        answer = httpx.get(standing.amadeus_url + path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, 38191)


OPERATIONS = {
    "location.search": (LOCATIONS, {"keyword": "PAR", "subType": ANY}),
    "location.get": (LOCATIONS + "/CPAR", {}),
    "location.near": (AIRPORTS_NEAR, {"latitude": 49, "longitude": 2.5}),
    "city.search": (CITIES, {"keyword": "PARIS", "include": "AIRPORTS"}),
    "airline.lookup": ("/v1/reference-data/airlines", {"airlineCodes": "AF"}),
    "airline.routes": (ROUTES, {"airlineCode": "AF"}),
    "airport.routes": (DIRECT_ROUTES, {"departureAirportCode": "CDG"}),
    "checkin.links": (LINKS, {"airlineCode": "AF"}),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_can_have_a_fault(standing: Running, operation):
    client = standing.amadeus()
    path, wanted = OPERATIONS[operation]
    standing.fault(standing.amadeus_url, operation, "status:429")

    with pytest.raises(ResponseError) as caught:
        client.get(path, **wanted)

    assert caught.value.response.result["errors"][0]["code"] == 38194
    assert client.get(path, **wanted).status_code == 200


def test_the_same_request_gives_the_same_bytes(config: SandboxConfig):
    def bodies() -> list[str]:
        with running(config) as sandbox:
            client = sandbox.amadeus()
            return [client.get(path, **wanted).body for path, wanted in OPERATIONS.values()]

    assert bodies() == bodies()
