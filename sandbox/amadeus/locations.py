"""A place as each of Amadeus' operations writes it; they never agreed on one form."""

from collections.abc import Iterable
from typing import Any

from sandbox.amadeus.places import CITY, Place, plain


def location(place: Place, url: str, *, full: bool) -> dict[str, Any]:
    """A place of the airport and city search, in its FULL or its LIGHT view; `url` is our own."""
    name = f"{place.kind[0]}{place.code}"
    address = {"cityName": _loud(place.city_name), "countryName": _loud(place.country_name)}
    found = {
        "type": "location",
        "subType": place.kind,
        "name": _loud(place.name),
        "detailedName": _detailed(place),
        "id": name,
        "self": {"href": f"{url}v1/reference-data/locations/{name}", "methods": ["GET"]},
        "iataCode": place.code,
        "address": address,
    }
    if not full:
        return found
    score = {"travelers": {"score": _travelers(place)}}
    return {**found, **_where(place), "analytics": score}


def nearby(place: Place, distance: float) -> dict[str, Any]:
    """An airport `distance` km away; relevant are many flights, near by."""
    flights = round(80 * place.rank**0.8)
    return {
        "type": "location",
        "subType": place.kind,
        "name": _loud(place.name),
        "detailedName": _detailed(place),
        "iataCode": place.code,
        **_where(place),
        "distance": {"value": round(distance), "unit": "KM"},
        "analytics": {"flights": {"score": flights}, "travelers": {"score": _travelers(place)}},
        "relevance": round(8000 * place.rank**0.8 / max(1.0, distance), 5),
    }


def city(place: Place, airports: Iterable[Place] = ()) -> dict[str, Any]:
    """A city of the city search, with its airports where they were asked for."""
    address = {"countryCode": place.country_code}
    if place.state:
        address["stateCode"] = f"{place.country_code}-{place.state}"
    found = {
        "type": "location",
        "subType": "city",
        "name": place.name,
        "iataCode": place.code,
        "address": address,
        "geoCode": _point(place),
    }
    related = [
        {"id": airport.code, "type": "Airport", "href": f"#/included/airports/{airport.code}"}
        for airport in airports
    ]
    return {**found, "relationships": related} if related else found


def included(airports: Iterable[Place]) -> dict[str, Any]:
    """The airports that cities refer to, by code."""
    return {
        airport.code: {
            "type": "location",
            "subType": "Airport",
            "name": airport.name,
            "iataCode": airport.code,
            "geoCode": _point(airport),
        }
        for airport in airports
    }


def destination(place: Place, most: float) -> dict[str, Any]:
    """A city one can fly to; `most` is the highest rank among those of the same answer."""
    address = {
        "cityName": _loud(place.name),
        "countryName": _loud(place.country_name),
        "countryCode": place.country_code,
        "regionCode": place.region,
    }
    if place.state:
        address["stateCode"] = f"{place.country_code}-{place.state}"
    return {
        "type": "location",
        "subtype": "city",
        "name": _loud(place.name),
        "iataCode": place.code,
        "geoCode": _point(place),
        "address": address,
        "timeZone": {"offset": _offset(place)},
        "metrics": {"relevance": max(1, round(100 * place.rank / most)) if most else 1},
    }


def _where(place: Place) -> dict[str, Any]:
    address = {
        "cityName": _loud(place.city_name),
        "cityCode": place.city_code,
        "countryName": _loud(place.country_name),
        "countryCode": place.country_code,
    }
    if place.state:
        address["stateCode"] = place.state
    return {
        "timeZoneOffset": _offset(place),
        "geoCode": _point(place),
        "address": {**address, "regionCode": place.region},
    }


def _point(place: Place) -> dict[str, float]:
    return {"latitude": round(place.latitude, 5), "longitude": round(place.longitude, 5)}


def _detailed(place: Place) -> str:
    """City and country, those of the United States with their state; then an airport's name."""
    state = f"/{place.state}" if place.country_code == "US" and place.state else ""
    where = f"{_loud(place.city_name)}{state}/{place.country_code}"
    return where if place.kind == CITY else f"{where}:{_loud(place.name)}"


def _travelers(place: Place) -> int:
    return round(100 * place.rank)


def _offset(place: Place) -> str:
    hours, minutes = divmod(abs(place.offset), 60)
    return f"{'-' if place.offset < 0 else '+'}{hours:02}:{minutes:02}"


def _loud(name: str) -> str:
    return plain(name).upper()
