"""Places and airlines in our words: what is asked of them, what is known, how names read. Pure.

A query is checked and normalised when it is made, so that equal ones are one question.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mesh.faults import Fault, InvalidArgument, Violation

DEFAULT_PLACES = 10
DEFAULT_RADIUS_KM = 500
# More cities than anybody flies to: who asks for more asks for all.
MOST_ROUTES = 1000
# About eleven metres, so that two phones in one street ask the same.
_DECIMALS = 4
# Letters that no decomposition takes apart.
_PLAIN = str.maketrans(
    {"Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS"}
)
_LETTERS = re.compile(r"[^\W\d_]+")
_SMALL = {
    *("am", "an", "and", "au", "aux", "da", "das", "de", "del", "della", "den", "der", "des", "di"),
    *("do", "dos", "du", "en", "et", "in", "la", "las", "le", "les", "los", "of", "sur", "the"),
    *("upon", "van", "von"),
}
_INITIALS = {"AFB", "DC", "II", "III", "IV", "JFK", "NAS", "RAF", "UAE", "UK", "US", "USA"}
_ELIDED = {"D", "L"}
_APOSTROPHES = ("'", "\N{RIGHT SINGLE QUOTATION MARK}")
_MC_AND_MORE = 4


class Kind(StrEnum):
    """What a location is."""

    CITY = "CITY"
    AIRPORT = "AIRPORT"


@dataclass(frozen=True, slots=True)
class PlaceQuery:
    """Places whose name or code has a word that begins with `keyword`; no country is any."""

    keyword: str
    kinds: tuple[Kind, ...]
    country: str
    limit: int

    @classmethod
    def of(cls, keyword: str, kinds: Iterable[Kind], *, country: str, limit: int) -> "PlaceQuery":
        """What a caller typed; a limit of 0 is the usual one. InvalidArgument INVALID_KEYWORD."""
        return cls(_keyword(keyword), tuple(kinds), country, limit or DEFAULT_PLACES)


@dataclass(frozen=True, slots=True)
class Around:
    """Airports around a point, in degrees and kilometres."""

    latitude: float
    longitude: float
    radius_km: int
    limit: int

    @classmethod
    def of(cls, latitude: float, longitude: float, *, radius_km: int, limit: int) -> "Around":
        """A point and how far from it; 0 is the usual. InvalidArgument INVALID_POINT."""
        problems = [
            Violation(field, f"must be from -{most} to {most}")
            for field, degrees, most in (("latitude", latitude, 90), ("longitude", longitude, 180))
            # Also true of what is no number.
            if not -most <= degrees <= most
        ]
        if problems:
            raise _invalid("INVALID_POINT", *problems)
        # Adding zero turns a negative zero into the other one.
        north, east = (round(degrees, _DECIMALS) + 0.0 for degrees in (latitude, longitude))
        return cls(north, east, radius_km or DEFAULT_RADIUS_KM, limit or DEFAULT_PLACES)


@dataclass(frozen=True, slots=True)
class Routes:
    """The cities that `code`, an airport or an airline, leads to; 0 is all, no country any."""

    code: str
    country: str
    limit: int

    @classmethod
    def of(cls, code: str, *, country: str, limit: int) -> "Routes":
        """What a caller asks."""
        return cls(code, country, limit if limit <= MOST_ROUTES else 0)


@dataclass(frozen=True, slots=True)
class AirlineQuery:
    """Airlines by IATA or ICAO code; none is all."""

    codes: tuple[str, ...]

    @classmethod
    def of(cls, codes: Iterable[str]) -> "AirlineQuery":
        """Codes in any order, each once."""
        return cls(tuple(sorted(set(codes))))


@dataclass(frozen=True, slots=True)
class CheckinQuery:
    """Where the passengers of an airline check in."""

    airline: str


@dataclass(frozen=True, slots=True)
class Location:
    """A city or an airport. What is not told is empty or 0; `score` is 0 to 100."""

    kind: Kind
    iata_code: str
    name: str
    city_name: str
    city_code: str
    country_name: str
    country_code: str
    latitude: float
    longitude: float
    time_zone_offset: str
    score: int
    distance_km: int


@dataclass(frozen=True, slots=True)
class Airline:
    """An airline and its names."""

    iata_code: str
    icao_code: str
    business_name: str
    common_name: str


@dataclass(frozen=True, slots=True)
class CheckinLink:
    """Where passengers check in; `channel` is ALL, WEB or MOBILE."""

    url: str
    channel: str


def readable(name: str) -> str:
    """A name that is shouted, as people write it: `FORT-DE-FRANCE` is Fort-de-France.

    One that is not shouted is as its owners write it, and stays.
    """
    return _LETTERS.sub(_word, name) if name.isupper() else name


def _word(found: re.Match[str]) -> str:
    word, name, start = found[0], found.string, found.start()
    before, after = name[:start], name[found.end() :]
    begins = not before or before[-1] in "/(."
    if word in _INITIALS:
        return word
    ends = before.endswith(_APOSTROPHES) and not _is_particle(before[:-1])
    small = word.lower() in _SMALL or (word in _ELIDED and after.startswith(_APOSTROPHES))
    if ends or before[-1:].isdigit() or (small and not begins):
        return word.lower()
    if word.startswith("MC") and len(word) >= _MC_AND_MORE:
        return "Mc" + word[2:].capitalize()
    return word.capitalize()


def _is_particle(before: str) -> bool:
    """Whether a text ends in a word of one letter: what follows its apostrophe is a name."""
    return bool(re.search(r"(^|\W)\w$", before))


def _keyword(text: str) -> str:
    """A keyword in plain capitals, as suppliers spell names: `Málaga ` is MALAGA."""
    parts = unicodedata.normalize("NFKD", text)
    if not parts.isprintable():
        raise _invalid("INVALID_KEYWORD", Violation("keyword", "must hold no control characters"))
    bare = "".join(letter for letter in parts if not unicodedata.combining(letter))
    keyword = " ".join(bare.upper().translate(_PLAIN).split())
    if not keyword:
        raise _invalid("INVALID_KEYWORD", Violation("keyword", "must not be blank"))
    return keyword


def _invalid(reason: str, *violations: Violation) -> Fault:
    summary = "; ".join(f"{each.field}: {each.description}" for each in violations)
    return InvalidArgument(reason, summary, violations=violations)
