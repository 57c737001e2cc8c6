"""The reference data's endpoints: cities and airports, airlines, their routes, check-in links.

A place or an airline that nobody knows is an empty list, except where its id is asked for. Routes
are those of the sandbox's own flights.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.amadeus import places
from sandbox.amadeus.geography import AIRLINES, AIRPORTS, Airline
from sandbox.amadeus.locations import city, destination, included, location, nearby
from sandbox.amadeus.parameters import Parameters
from sandbox.amadeus.places import AIRPORT, CITY, KINDS, Places
from sandbox.amadeus.refusals import Refusal
from sandbox.amadeus.replies import AmadeusResponse, Window, meta
from sandbox.amadeus.world import World
from sandbox.faults import Fault

OPERATIONS = (
    "location.search", "location.get", "location.near", "city.search",
    "airline.lookup", "airline.routes", "airport.routes", "checkin.links",
)  # fmt: skip
MAX_KEYWORD = 50
CITY_KEYWORD = (2, 10)
MAX_RADIUS = 500
MAX_RESULTS = 1000
USUAL_CITIES = 10

COUNTRY = r"[A-Z]{2}"
KEYWORD = r"[A-Za-z0-9./:()'\" -]+"
CARRIER = r"[A-Z0-9]{2}|[A-Z]{3}"
LANGUAGE = r"[a-zA-Z]{2}(-[a-zA-Z]{2})?"
ORDERS = {
    "relevance": lambda found: -found["relevance"],
    "distance": lambda found: found["distance"]["value"],
    "analytics.flights.score": lambda found: -found["analytics"]["flights"]["score"],
    "analytics.travelers.score": lambda found: -found["analytics"]["travelers"]["score"],
}
HOME_LANGUAGES = {
    **{"FR": "fr", "NL": "nl", "DE": "de", "CH": "de", "ES": "es", "PT": "pt", "TR": "tr"},
    **{"AE": "ar", "QA": "ar", "SG": "zh", "JP": "ja", "CA": "fr"},
}
CHECKIN_PARAMETERS = {
    "LAST": {"description": "Passenger Last Name", "type": "string"},
    "PNR": {"description": "Record Locator", "type": "string", "format": "([a-zA-Z]|[0-9]){6}"},
}
DEFAULT_LANGUAGE = "en-GB"
DEFAULT_LANGUAGE_USED = {
    "status": 200,
    "code": 10151,
    "title": "DEFAULT LANGUAGE USED",
    "detail": "Language not available for this airline, default language applied",
    "source": {"parameter": "language"},
}

Endpoint = Callable[[Request, Fault], Awaitable[Response]]
Guard = Callable[[str, Endpoint], Callable[[Request], Any]]


class Reference:
    """The endpoints. The places are read when the first of them is asked for one."""

    def __init__(self, world: World) -> None:
        self._reading = asyncio.Lock()
        self._known: Places | None = None
        self._from_airport: dict[str, set[str]] = {}
        self._by_airline: dict[str, set[str]] = {}
        for flight in world.flights():
            target = AIRPORTS[flight.destination].city
            self._from_airport.setdefault(flight.origin, set()).add(target)
            self._by_airline.setdefault(flight.carrier, set()).add(target)

    def routes(self, guard: Guard) -> list[Route]:
        """The routes; `guard` wraps each endpoint under the name of its operation."""
        data, locations = "/v1/reference-data", "/v1/reference-data/locations"
        endpoints: tuple[tuple[str, Endpoint], ...] = (
            (locations, self._search),
            (locations + "/{location_id}", self._get),
            (locations + "/airports", self._near),
            (locations + "/cities", self._cities),
            (data + "/airlines", self._airlines),
            ("/v1/airline/destinations", self._airline_routes),
            ("/v1/airport/direct-destinations", self._airport_routes),
            ("/v2/reference-data/urls/checkin-links", self._checkin_links),
        )
        named = [
            Route(path, guard(operation, endpoint), methods=["GET"])
            for operation, (path, endpoint) in zip(OPERATIONS, endpoints, strict=True)
        ]
        return sorted(named, key=lambda route: "{" in route.path)

    async def _search(self, request: Request, _: Fault) -> Response:
        parameters = Parameters(request.query_params)
        kinds = parameters.options("subType", KINDS)
        keyword = _keyword(parameters, 1, MAX_KEYWORD)
        country = parameters.optional("countryCode", COUNTRY)
        parameters.option("sort", ("analytics.travelers.score",), "analytics.travelers.score", 572)
        view = parameters.option("view", ("LIGHT", "FULL"), "FULL", 572)
        window = Window.of(parameters)
        found = (await self._places()).find(keyword, kinds, country)
        return AmadeusResponse(
            {
                "meta": window.meta(request, len(found)),
                "data": [
                    location(place, str(request.base_url), full=view == "FULL")
                    for place in window.cut(found)
                ],
            }
        )

    async def _get(self, request: Request, _: Fault) -> Response:
        wanted = request.path_params["location_id"]
        if not re.fullmatch(r"[AC][A-Z]{3}", wanted):
            raise Refusal(572, "A or C and an IATA code expected", parameter="locationId")
        kind = AIRPORT if wanted.startswith("A") else CITY
        place = (await self._places()).get(kind, wanted[1:])
        if place is None:
            raise Refusal(1797, parameter="locationId")
        links = {"self": str(request.url)}
        data = location(place, str(request.base_url), full=True)
        return AmadeusResponse({"meta": {"links": links}, "data": data})

    async def _near(self, request: Request, _: Fault) -> Response:
        parameters = Parameters(request.query_params)
        latitude, longitude = (
            parameters.degrees("latitude", 90),
            parameters.degrees("longitude", 180),
        )
        radius = parameters.number("radius", 0, MAX_RADIUS, MAX_RADIUS)
        order = ORDERS[parameters.option("sort", ORDERS, "relevance", 572)]
        window = Window.of(parameters)
        near = (await self._places()).near(latitude, longitude, radius)
        found = sorted((nearby(place, distance) for place, distance in near), key=order)
        return AmadeusResponse(
            {"meta": window.meta(request, len(found)), "data": window.cut(found)}
        )

    async def _cities(self, request: Request, _: Fault) -> Response:
        parameters = Parameters(request.query_params)
        keyword = _keyword(parameters, *CITY_KEYWORD)
        country = parameters.optional("countryCode", COUNTRY)
        most = parameters.number("max", 1, MAX_RESULTS, USUAL_CITIES)
        with_airports = "include" in parameters and parameters.options("include", ("AIRPORTS",))
        known = await self._places()
        found = known.find(keyword, {CITY}, country)[:most]
        if not with_airports:
            return AmadeusResponse(
                {"meta": meta(request, len(found)), "data": [city(place) for place in found]}
            )
        airports = {place.code: known.airports_of(place.code) for place in found}
        return AmadeusResponse(
            {
                "meta": meta(request, len(found)),
                "data": [city(place, airports[place.code]) for place in found],
                "included": {"airports": included(a for some in airports.values() for a in some)},
            }
        )

    async def _airlines(self, request: Request, _: Fault) -> Response:
        parameters = Parameters(request.query_params)
        codes = parameters.optional("airlineCodes", rf"({CARRIER})(, ?({CARRIER}))*")
        wanted = set(re.split(", ?", codes)) if codes else None
        found = [
            {
                "type": "airline",
                "iataCode": airline.code,
                "icaoCode": airline.icao,
                "businessName": airline.name,
                "commonName": airline.name.replace("AIRLINES", "A/L").replace("AIRWAYS", "A/W"),
            }
            for airline in AIRLINES.values()
            if wanted is None or {airline.code, airline.icao} & wanted
        ]
        return AmadeusResponse({"meta": meta(request, len(found)), "data": found})

    async def _airline_routes(self, request: Request, _: Fault) -> Response:
        parameters = Parameters(request.query_params)
        code = parameters.text("airlineCode", r"[A-Z0-9]+")
        if len(code) != 2:
            raise Refusal(2781, "An IATA code of two characters expected", parameter="airlineCode")
        return await self._destinations(request, self._by_airline.get(code, ()))

    async def _airport_routes(self, request: Request, _: Fault) -> Response:
        code = Parameters(request.query_params).text("departureAirportCode", r"[A-Z]{3}")
        return await self._destinations(request, self._from_airport.get(code, ()))

    async def _destinations(self, request: Request, cities: Iterable[str]) -> Response:
        """The cities, the most popular first; their relevance is in percent of the first one's."""
        parameters = Parameters(request.query_params)
        country = parameters.optional("arrivalCountryCode", COUNTRY)
        most = parameters.number("max", 1, MAX_RESULTS, MAX_RESULTS)
        known = await self._places()
        every = [place for code in cities if (place := known.get(CITY, code))]
        every.sort(key=lambda place: (-place.rank, place.code))
        found = [place for place in every if country in (None, place.country_code)][:most]
        data = [destination(place, every[0].rank) for place in found]
        return AmadeusResponse({"meta": meta(request, len(data)), "data": data})

    async def _checkin_links(self, request: Request, _: Fault) -> Response:
        parameters = Parameters(request.query_params)
        code = parameters.text("airlineCode", CARRIER)
        wished = parameters.optional("language", LANGUAGE) or ""
        airline = next((a for a in AIRLINES.values() if code in (a.code, a.icao)), None)
        if airline is None:
            return AmadeusResponse({"meta": meta(request, 0), "data": []})
        language = _language(airline, wished)
        links = [_link(airline, language or DEFAULT_LANGUAGE, page) for page in ("Mobile", "Web")]
        warnings = {} if language else {"warnings": [DEFAULT_LANGUAGE_USED]}
        return AmadeusResponse({**warnings, "meta": meta(request, len(links)), "data": links})

    async def _places(self) -> Places:
        """All places, read off the event loop the first time."""
        if self._known is None:
            async with self._reading:
                self._known = await asyncio.to_thread(places.load)
        return self._known


def _keyword(parameters: Parameters, shortest: int, longest: int) -> str:
    """The keyword; accents are no reason to refuse one, what Amadeus does not support is."""
    keyword = parameters.text("keyword", r".+")
    if not re.fullmatch(KEYWORD, places.plain(keyword)):
        raise Refusal(477, "invalid query parameter format", parameter="keyword")
    if not shortest <= len(keyword) <= longest:
        detail = f"{shortest} to {longest} characters expected"
        raise Refusal(2781, detail, parameter="keyword")
    return keyword


def _language(airline: Airline, wished: str) -> str | None:
    """The language and country of the airline's page that is wished for, if it has one."""
    country = AIRPORTS[airline.hubs[0]].country
    home = f"{HOME_LANGUAGES.get(country, 'en')}-{country}"
    spoken = (name for name in (home, DEFAULT_LANGUAGE) if wished)
    return next((n for n in spoken if n.lower().startswith(wished.lower())), None)


def _link(airline: Airline, language: str, channel: str) -> dict[str, Any]:
    host = f"{'m' if channel == 'Mobile' else 'www'}.{airline.icao.lower()}.example"
    path = language.lower().replace("-", "_")
    return {
        "type": "checkin-link",
        "id": f"{airline.code}{language.upper()}{channel}",
        "href": f"https://{host}/{path}/checkin?bookingRef={{PNR}}&lastname={{LAST}}",
        "channel": channel,
        "parameters": CHECKIN_PARAMETERS,
    }
