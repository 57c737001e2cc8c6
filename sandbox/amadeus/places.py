"""Every city and airport with an IATA code, found by keyword, by code or by distance.

The data is OpenTravelData's (CC-BY 4.0), as the package neobase carries it; only what the
endpoints answer is kept. Clocks never change for summer here either (see geography).
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from sys import intern
from typing import Any

from neobase import NeoBase

from sandbox.amadeus.geography import arc_km

AIRPORT, CITY = "AIRPORT", "CITY"
KINDS = (AIRPORT, CITY)

AS_OF = "2026-01-01"  # places that closed before or open after this day are left out
KM_PER_DEGREE = 111.0
AFTER_EVERY_LETTER = "\U0010ffff"
BARE = {"International", "Regional", "Municipal", "National", "City", "County", "Metropolitan"}
WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "\u0131": "i"}
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "þ": "th", "Þ": "TH"}
    | {"\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-"}
)
REGIONS = {
    "Africa": "AFRIC",
    "Antarctica": "ANTAR",
    "Asia": "ASIA",
    "Europe": "EUROP",
    "North America": "NAMER",
    "Oceania": "PACIF",
    "South America": "SAMER",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A city or an airport: `kind` says which, `offset` is in minutes, `rank` from 0 to 1.

    `rank` is its share of the world's traffic as a page rank; 0 where no airline is known to fly.
    `state` is the second half of an ISO 3166-2 code, or empty.
    """

    kind: str
    code: str
    name: str
    city_code: str
    city_name: str
    country_code: str
    country_name: str
    state: str
    region: str
    latitude: float
    longitude: float
    offset: int
    rank: float


class Places:
    """All places, the most popular first, with an index of the beginnings of their words."""

    def __init__(self, places: Iterable[Place], names: dict[str, str]) -> None:
        """`names` gives an airport's full name by code, for the index only."""
        self._places = sorted(places, key=lambda p: (-p.rank, p.kind == AIRPORT, p.code))
        self._by_id = {(place.kind, place.code): place for place in self._places}
        self._by_city: dict[str, list[Place]] = {}
        for place in self._places:
            if place.kind == AIRPORT:
                self._by_city.setdefault(place.city_code, []).append(place)
        self._busy = [p for p in self._places if p.rank and p.kind == AIRPORT]
        entries = sorted(
            (phrase, position)
            for position, place in enumerate(self._places)
            for phrase in _phrases(place, names)
        )
        self._phrases = [phrase for phrase, _ in entries]
        self._owners = array("i", (position for _, position in entries))

    def get(self, kind: str, code: str) -> Place | None:
        """The city or airport with this IATA code, if there is one."""
        return self._by_id.get((kind, code))

    def find(self, keyword: str, kinds: Collection[str], country: str | None = None) -> list[Place]:
        """Places whose code, or a word of whose name or city, begins with `keyword`.

        The most popular come first; accents and case do not matter.
        """
        wanted = _words(keyword)
        if not wanted:
            return []
        start = bisect_left(self._phrases, wanted)
        end = bisect_left(self._phrases, wanted + AFTER_EVERY_LETTER, start)
        found = (self._places[position] for position in sorted(set(self._owners[start:end])))
        return [p for p in found if p.kind in kinds and country in (None, p.country_code)]

    def near(self, latitude: float, longitude: float, radius: int) -> list[tuple[Place, float]]:
        """The airports with traffic within `radius` km, each with its distance in km."""
        around = radius / KM_PER_DEGREE + 0.1
        found = (
            (place, arc_km((latitude, longitude), (place.latitude, place.longitude)))
            for place in self._busy
            if abs(place.latitude - latitude) <= around
        )
        return [(place, distance) for place, distance in found if distance <= radius]

    def airports_of(self, city: str) -> list[Place]:
        """The airports of a city: those with traffic, or all of them where none has any."""
        every = self._by_city.get(city, [])
        return [place for place in every if place.rank] or every


@cache
def load() -> Places:
    """All places, read from the package's file at the first call (some 0.5 s) and then kept."""
    points = _Points(date=AS_OF)
    places: dict[tuple[str, str], Place] = {}
    names: dict[str, str] = {}
    for key in points:
        point = points.get(key)
        for place in _places(point):
            # several lines may share a code; the one that bears its city's name is meant
            named = point["name"] == point["city_names"][0]
            if named or (place.kind, place.code) not in places:
                places[place.kind, place.code] = place
                if place.kind == AIRPORT:
                    names[place.code] = point["name"]
    return Places(places.values(), names)


def plain(text: str) -> str:
    """`text` without accents: what is left of it when only ASCII may be written."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text.translate(WITHOUT_DECOMPOSITION))
    return parts.encode("ascii", "ignore").decode()


class _Points(NeoBase):
    """The airports and cities of the package's file, with the columns that are needed."""

    FIELDS = (
        ("code", 0, None),
        ("name", 6, None),
        ("latitude", 8, float),
        ("longitude", 9, float),
        ("rank", 12, lambda text: float(text or 0)),
        ("country_code", 16, intern),
        ("country_name", 18, intern),
        ("continent", 19, intern),
        ("raw_offset", 34, intern),
        ("cities", 36, lambda text: text.split(",")),
        ("city_names", 37, lambda text: text.split("=")),
        ("state", 40, intern),
        ("kinds", 41, intern),
    )

    @staticmethod
    def skip(row: Any, date: str) -> bool:
        return NeoBase.skip(row, date) or not {"A", "C"} & set(row[41])


def _places(point: dict[str, Any]) -> Iterator[Place]:
    """What one line of the file stands for: an airport, a city, or both at once."""
    longitude, city = point["longitude"], point["city_names"][0]
    raw = point["raw_offset"]
    for kind in KINDS:
        if kind[0] not in point["kinds"]:
            continue
        airport = kind == AIRPORT
        yield Place(
            kind=kind,
            code=point["code"],
            name=_short(point["name"], city) if airport else point["name"],
            city_code=point["cities"][0] if airport else point["code"],
            city_name=city if airport else point["name"],
            country_code=point["country_code"],
            country_name=point["country_name"],
            state=point["state"],
            region=REGIONS[point["continent"]],
            latitude=point["latitude"],
            longitude=longitude,
            offset=round(float(raw) * 60) if raw else round(longitude / 15) * 60,
            rank=point["rank"],
        )


def _short(name: str, city: str) -> str:
    """An airport's name as Amadeus has it: without its city's and the word airport."""
    short = name.removesuffix(" Airport")
    rest = short.removeprefix(city + " ").removeprefix(city + "\u2013")
    return short if rest in BARE else rest


def _phrases(place: Place, names: dict[str, str]) -> set[str]:
    """Everything a keyword for `place` may begin: its codes, its names from each word on."""
    found = {place.code.lower(), place.city_code.lower()}
    full = names.get(place.code, "") if place.kind == AIRPORT else ""
    for name in (place.name, place.city_name, full):
        words = _words(name).split()
        found.update(" ".join(words[start:]) for start in range(len(words)))
    return found


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", plain(text).lower()))
