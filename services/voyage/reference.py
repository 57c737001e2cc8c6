"""Places and airlines at Amadeus, with a tolerant reading of what it knows of them.

Members that are missing or strange are done without; what has no code or address is left out. The
links to further pages are not followed: a page is as long as what was asked for.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from mesh.faults import InvalidArgument
from services.voyage.amadeus import Amadeus, Ask, RefusedError
from services.voyage.places import (
    Airline,
    AirlineQuery,
    Around,
    CheckinLink,
    CheckinQuery,
    Kind,
    Location,
    PlaceQuery,
    Routes,
    readable,
)

T = TypeVar("T")

_NOT_FOUND = 404
_NONE = {1797, 6003}
# A name or a code in a form or of a length that Amadeus does not know names nothing.
_MALFORMED = {477, 2781}
_NAMES = {"keyword", "airlineCode", "airlineCodes", "departureAirportCode"}
_NAMES |= {"countryCode", "arrivalCountryCode"}
# What Amadeus lets a keyword hold: no name of its has anything else.
_SPELLED = re.compile(r"[A-Z0-9./:()'\" -]+")
_CHANNELS = {"ALL", "WEB", "MOBILE"}
_HALF_WAY_ROUND_KM = 20_040
_KM_IN_A_MILE = 1.609344


class AmadeusReference:
    """A ReferenceData."""

    def __init__(self, amadeus: Amadeus) -> None:
        self._amadeus = amadeus

    async def locations(self, wanted: PlaceQuery) -> list[Location]:
        """See ReferenceData."""
        if not _SPELLED.fullmatch(wanted.keyword):
            return []
        query = {
            "keyword": wanted.keyword,
            "subType": ",".join(wanted.kinds),
            "view": "FULL",
            "page[limit]": wanted.limit,
        } | _country("countryCode", wanted.country)
        found = await self._items(lambda sdk: sdk.reference_data.locations.get(**query))
        return _each(location, found)[: wanted.limit]

    async def nearest_airports(self, wanted: Around) -> list[Location]:
        """See ReferenceData."""
        query = {
            "latitude": wanted.latitude,
            "longitude": wanted.longitude,
            "radius": wanted.radius_km,
            "page[limit]": wanted.limit,
        }
        found = await self._items(lambda sdk: sdk.reference_data.locations.airports.get(**query))
        return _each(location, found)[: wanted.limit]

    async def airport_routes(self, wanted: Routes) -> list[Location]:
        """See ReferenceData."""
        query = {"departureAirportCode": wanted.code} | _routes(wanted)
        found = await self._items(lambda sdk: sdk.airport.direct_destinations.get(**query))
        return _each(city, found)[: wanted.limit or None]

    async def airline_routes(self, wanted: Routes) -> list[Location]:
        """See ReferenceData."""
        query = {"airlineCode": wanted.code} | _routes(wanted)
        found = await self._items(lambda sdk: sdk.airline.destinations.get(**query))
        return _each(city, found)[: wanted.limit or None]

    async def airlines(self, wanted: AirlineQuery) -> list[Airline]:
        """See ReferenceData."""
        query = {"airlineCodes": ",".join(wanted.codes)} if wanted.codes else {}
        found = await self._items(lambda sdk: sdk.reference_data.airlines.get(**query))
        return _each(airline, found)

    async def checkin_links(self, wanted: CheckinQuery) -> list[CheckinLink]:
        """See ReferenceData."""
        found = await self._items(
            lambda sdk: sdk.reference_data.urls.checkin_links.get(airlineCode=wanted.airline)
        )
        return _each(checkin_link, found)

    async def _items(self, ask: Ask) -> list[Any]:
        """The elements of an answer; none for what is not there."""
        try:
            data = (await self._amadeus.read(ask)).data
        except RefusedError as refusal:
            if _names_nothing(refusal):
                return []
            raise InvalidArgument(
                "QUERY_REFUSED",
                refusal.detail or "the supplier refuses the query",
                metadata={"supplier_code": str(refusal.code)},
            ) from refusal
        return data if isinstance(data, list) else []


def location(item: Any, kind: Kind = Kind.AIRPORT) -> Location | None:
    """A city or an airport, `kind` when it does not say which; None without a code."""
    code, address, place = _text(item, "iataCode"), _part(item, "address"), _part(item, "geoCode")
    if not code:
        return None
    # Routes write both the member's name and its value in lower case.
    said = (_text(item, "subType") or _text(item, "subtype")).upper()
    kind = Kind(said) if said in Kind.__members__ else kind
    name = readable(_text(item, "name")) or code
    city_name, city_code = (name, code) if kind is Kind.CITY else ("", "")
    return Location(
        kind=kind,
        iata_code=code,
        name=name,
        city_name=readable(_text(address, "cityName")) or city_name,
        city_code=_text(address, "cityCode") or city_code,
        country_name=readable(_text(address, "countryName")),
        country_code=_text(address, "countryCode"),
        latitude=_number(place, "latitude", -90, 90),
        longitude=_number(place, "longitude", -180, 180),
        time_zone_offset=_text(item, "timeZoneOffset") or _text(_part(item, "timeZone"), "offset"),
        score=round(_number(_part(_part(item, "analytics"), "travelers"), "score", 0, 100)),
        distance_km=_kilometres(_part(item, "distance")),
    )


def city(item: Any) -> Location | None:
    """The end of a route, which is a city unless it says otherwise."""
    return location(item, Kind.CITY)


def airline(item: Any) -> Airline | None:
    """An airline; None without a code."""
    known = Airline(
        iata_code=_text(item, "iataCode"),
        icao_code=_text(item, "icaoCode"),
        business_name=_text(item, "businessName"),
        common_name=_text(item, "commonName"),
    )
    return known if known.iata_code or known.icao_code else None


def checkin_link(item: Any) -> CheckinLink | None:
    """Where to check in; None without an address that a browser opens."""
    url, channel = _without_blanks(_text(item, "href")), _text(item, "channel").upper()
    if not url.lower().startswith(("https://", "http://")):
        return None
    return CheckinLink(url, channel if channel in _CHANNELS else "ALL")


def _names_nothing(refusal: RefusedError) -> bool:
    if refusal.status == _NOT_FOUND or refusal.code in _NONE:
        return True
    return refusal.code in _MALFORMED and refusal.parameter in _NAMES


def _without_blanks(address: str) -> str:
    """An address without those parameters that only a passenger can fill in: `ref={PNR}`."""
    page, _, query = address.partition("?")
    filled = "&".join(part for part in query.split("&") if "{" not in part)
    return f"{page}?{filled}" if filled else page


def _each(read: Callable[[Any], T | None], items: Iterable[Any]) -> list[T]:
    """What can be read, in the order it came."""
    return [found for item in items if (found := read(item)) is not None]


def _part(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else None


def _text(item: Any, name: str) -> str:
    value = _part(item, name)
    return value.strip() if isinstance(value, str) else ""


def _number(item: Any, name: str, least: float, most: float) -> float:
    """A number, told as one or as text; 0 when it is not told or cannot be."""
    try:
        number = float(_part(item, name))
    except (TypeError, ValueError):
        return 0.0
    return number if least <= number <= most else 0.0


def _kilometres(distance: Any) -> int:
    factor = _KM_IN_A_MILE if _text(distance, "unit").upper().startswith("MI") else 1.0
    return round(_number(distance, "value", 0, _HALF_WAY_ROUND_KM) * factor)


def _country(name: str, country: str) -> dict[str, Any]:
    return {name: country} if country else {}


def _routes(wanted: Routes) -> dict[str, Any]:
    limit = {"max": wanted.limit} if wanted.limit else {}
    return limit | _country("arrivalCountryCode", wanted.country)
