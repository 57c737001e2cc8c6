"""The destinations that the service begins with, out of the files in `data/`."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from services.destination.domain import Kind, New, Telling, Words

_DATA = Path(__file__).parent / "data"

Row = dict[str, str]


def destinations() -> Iterator[New]:
    """Every destination, after what it lies in."""
    descriptions = {row["id"]: row for row in _rows("descriptions")}
    cities = _rows("cities")
    by_country: defaultdict[str, list[Row]] = defaultdict(list)
    for city in cities:
        by_country[city["country"]].append(city)
    for country in _rows("countries"):
        if inside := by_country[country["id"]]:
            yield _country(country | _said(descriptions, country["id"]), inside)
    for city in cities:
        yield _city(city | _said(descriptions, city["id"]))
    yield from _sights({city["id"]: city for city in cities})


def airports() -> dict[str, str]:
    """The city of each airport whose code is not a city's; of two, the more popular one."""
    cities = _rows("cities")
    found: dict[str, str] = {}
    for city in cities:
        for airport in city["airports"].split(",") if city["airports"] else ():
            found.setdefault(airport, city["id"])
    return {code: city for code, city in found.items() if code not in {c["id"] for c in cities}}


def _country(row: Row, cities: list[Row]) -> New:
    """A country is where its capital is, and as popular as its most popular city."""
    centre = next((city for city in cities if city["capital"]), cities[0])
    popularity = max(int(city["popularity"]) for city in cities)
    telling = _telling(row | {name: centre[name] for name in ("latitude", "longitude", "currency")})
    return New(row["id"], Kind.COUNTRY, "", telling, popularity)


def _city(row: Row) -> New:
    telling = _telling(row, time_zone=row["time_zone"])
    return New(row["id"], Kind.CITY, row["country"], telling, int(row["popularity"]))


def _sights(cities: dict[str, Row]) -> Iterator[New]:
    """A quarter as popular as their city, and less the later they come in the file."""
    behind: defaultdict[str, int] = defaultdict(int)
    for row in _rows("sights"):
        city = cities[row["city"]]
        behind[city["id"]] += 1
        popularity = max(int(city["popularity"]) // 4 - behind[city["id"]], 0)
        telling = _telling(row | {"currency": city["currency"]})
        yield New(row["id"], Kind.POINT_OF_INTEREST, city["id"], telling, popularity)


def _telling(row: Row, time_zone: str = "") -> Telling:
    words = [(locale, Words(row[locale], row[f"description_{locale}"])) for locale in ("en", "fr")]
    return Telling(
        words=tuple(words),
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        time_zone=time_zone,
        currency=row["currency"],
    )


def _said(descriptions: dict[str, Row], name: str) -> Row:
    return descriptions.get(name, {"description_en": "", "description_fr": ""})


def _rows(name: str) -> list[Row]:
    with (_DATA / f"{name}.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
