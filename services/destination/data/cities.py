"""Writes `cities.tsv` out of OpenTravelData, as `neobase` of the development group carries it.

Run it from the root of the project: `python -m services.destination.data.cities`. A city's
popularity is its page rank in the network of flights times the number of languages that have a
name for it, in thousandths. Only countries that `countries.tsv` names in both languages are taken.
"""

import csv
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FILE = HERE / "cities.tsv"
COLUMNS = (
    *("id", "country", "latitude", "longitude", "time_zone", "currency"),
    *("popularity", "capital", "airports", "en", "fr"),
)
_MOST, _LEAST_PEOPLE = 600, 20_000

Row = dict[str, str]


def cities() -> list[Row]:
    """The most popular cities, most popular first."""
    with (HERE / "countries.tsv").open() as file:
        named = {row["id"] for row in csv.DictReader(file, delimiter="\t")}
    places = list(_places())
    airports = {row["iata_code"] for row in places if "A" in row["location_type"]}
    found: dict[str, Row] = {}
    for place in places:
        if _is_city(place) and place["country_code"] in named:
            city = _city(place, airports)
            known = found.setdefault(city["id"], city)
            found[city["id"]] = max(known, city, key=_popularity)
    return sorted(found.values(), key=lambda city: (-_popularity(city), city["id"]))[:_MOST]


def write() -> None:
    """Write the file anew."""
    with FILE.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(cities())


def _places() -> Iterator[Row]:
    source: Any = files("neobase") / "optd_por_public.csv"
    with source.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="^", quoting=csv.QUOTE_NONE):
            if not row["date_until"]:
                yield row


def _is_city(place: Row) -> bool:
    own = place["city_code_list"].split(",")[0] == place["iata_code"]
    inhabited = place["fclass"] == "P" and int(place["population"] or 0) >= _LEAST_PEOPLE
    return own and inhabited and "C" in place["location_type"]


def _city(place: Row, airports: set[str]) -> Row:
    code, names = place["iata_code"], _names(place)
    own = [each for each in place["tvl_por_list"].split(",") if each in airports and each != code]
    languages = {language for language, _, _ in names if len(language) in (2, 3)}
    return {
        "id": code,
        "country": place["country_code"],
        "latitude": f"{float(place['latitude']):.4f}",
        "longitude": f"{float(place['longitude']):.4f}",
        "time_zone": place["timezone"],
        "currency": place["ccy_code"],
        "popularity": str(round(1000 * float(place["page_rank"] or 0) * len(languages))),
        "capital": "1" if place["fcode"] == "PPLC" else "",
        "airports": ",".join(own),
        "en": _name(names, "en") or place["name"],
        "fr": _name(names, "fr") or place["name"],
    }


def _names(place: Row) -> list[tuple[str, str, str]]:
    """Language, name and marks of each of a place's names."""
    parts = (each.split("|") for each in place["alt_name_section"].split("="))
    return [(part[0], part[1], part[2]) for part in parts if len(part) == 3]


def _name(names: list[tuple[str, str, str]], language: str) -> str:
    """The name in a language: the preferred one (p), never a nickname (c) or an old one (h)."""
    usable = [(name, marks) for own, name, marks in names if own == language]
    usable = [(name, marks) for name, marks in usable if not set(marks) & {"c", "h"}]
    return min(usable, key=lambda each: "p" not in each[1], default=("", ""))[0]


def _popularity(city: Row) -> int:
    return int(city["popularity"])


if __name__ == "__main__":
    write()
