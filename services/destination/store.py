"""Destinations in PostgreSQL: every statement on them.

What must not race is decided by the database: the version of a row, its primary key, and a foreign
key that knows what may lie in what.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.clock import Clock
from mesh.database import Database
from mesh.faults import Fault
from services.destination.domain import (
    PRICES_OF,
    SHOWN_CURRENCY,
    Destination,
    Listing,
    New,
    Place,
    Telling,
    Words,
    another_version,
    broken,
    folded,
    has_places,
    no_destination,
    there_already,
)

_COLUMNS = """
    destination_id, kind, country_code, parent_id, latitude, longitude, time_zone,
    destination.currency, popularity, name_en, description_en, name_fr, description_fr,
    rating_sum, review_count, version, (
        SELECT ARRAY[sum(total_minor), min(lowest_minor), sum(searches)]::bigint[]
        FROM price
        WHERE price.destination_id = destination.destination_id
            AND price.currency = {currency} AND day > {since}
    ) AS prices
"""
_READ, _WRITTEN = (
    _COLUMNS.format(currency="$1", since="$2"),
    _COLUMNS.format(currency=":shown_currency", since=":since"),
)
_TOLD = """
    latitude = :latitude, longitude = :longitude, time_zone = :time_zone, currency = :currency,
    name_en = :name_en, description_en = :description_en, name_fr = :name_fr,
    description_fr = :description_fr, names = :names, search = array_to_tsvector(:search)
"""
# What lies in nothing that there is has its own code here, and fails by its foreign key.
ADD = """
    INSERT INTO destination (
        destination_id, kind, parent_id, country_code, latitude, longitude, time_zone, currency,
        popularity, name_en, description_en, name_fr, description_fr, names, search
    ) VALUES (
        :destination_id, :kind, :parent_id, coalesce(
            (SELECT country_code FROM destination AS p WHERE p.destination_id = :parent_id),
            :destination_id
        ), :latitude, :longitude, :time_zone, :currency, :popularity,
        :name_en, :description_en, :name_fr, :description_fr, :names, array_to_tsvector(:search)
    )
"""
_THIS_VERSION = "destination_id = :destination_id AND version::text = :etag"
# 0: a name as it was sought, 1: one that begins with it, 2: one that has all the words.
_MATCH = """
    CASE WHEN {sought} = ANY(names) THEN 0
        WHEN EXISTS (SELECT FROM unnest(names) AS name WHERE starts_with(name, {sought})) THEN 1
        ELSE 2 END
"""


class Store:
    """Destinations. Each method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, destination_ids: Collection[str]) -> list[Destination]:
        """The destinations there are of these, in any order."""
        found = await self._database.rows(
            f"SELECT {_READ} FROM destination WHERE destination_id = ANY($3)",  # noqa: S608
            *self._shown,
            list(destination_ids),
        )
        return [Destination(*row) for row in found]

    async def one(self, destination_id: str) -> Destination:
        """A destination; NotFound when there is none."""
        for found in await self.find([destination_id]):
            return found
        raise no_destination()

    async def page(
        self, listing: Listing, after: Place | None, size: int
    ) -> list[tuple[Place, Destination]]:
        """At most `size` destinations of a list behind a place in it, each with its own place."""
        if listing.query and not folded(listing.query):
            return []
        statement, values = _listed(listing, after, size, self._shown)
        return [
            (Place(match, -rest[8], rest[0]), Destination(*rest))
            for match, *rest in await self._database.rows(statement, *values)
        ]

    async def add(self, new: New) -> Destination:
        """Keep a new destination; AlreadyExists when its identifier is taken."""
        return await self._write(f"{ADD} RETURNING {_WRITTEN}", row_of(new))

    async def change(self, destination_id: str, etag: str, telling: Telling) -> Destination:
        """Replace what is told of a version; Aborted when it is another one by now."""
        statement = (
            f"UPDATE destination SET {_TOLD}, version = nextval('destination_version') "  # noqa: S608
            f"WHERE {_THIS_VERSION} RETURNING {_WRITTEN}"
        )
        row = told(telling) | {"destination_id": destination_id, "etag": etag}
        return await self._write(statement, row)

    async def remove(self, destination_id: str, etag: str) -> None:
        """Remove a version with its reviews; FailedPrecondition while others lie in it."""
        statement = text(f"DELETE FROM destination WHERE {_THIS_VERSION}")  # noqa: S608
        row = {"destination_id": destination_id, "etag": etag}
        with broken_by({"destination_lies_in": has_places}):
            async with self._database.transaction() as session:
                if _rows(await session.execute(statement, row)) == 0:
                    raise await _why_not(session, destination_id)

    async def _write(self, statement: str, row: Mapping[str, Any]) -> Destination:
        currency, since = self._shown
        values = {**row, "shown_currency": currency, "since": since}
        with broken_by(_RULES):
            async with self._database.transaction() as session:
                written = (await session.execute(text(statement), values)).first()
                if written is None:
                    raise await _why_not(session, str(row["destination_id"]))
                return Destination(*written)

    @property
    def _shown(self) -> tuple[str, date]:
        """Of which currency prices are shown, and after which day."""
        return SHOWN_CURRENCY, (self._clock.now() - PRICES_OF).date()


def row_of(new: New) -> dict[str, Any]:
    """What `ADD` takes."""
    return told(new.telling) | {
        "destination_id": new.destination_id,
        "kind": new.kind,
        "parent_id": new.parent_id or None,
        "popularity": new.popularity,
    }


def told(telling: Telling) -> dict[str, Any]:
    """What is told of a destination as columns, with its words as they are searched for."""
    words = telling.by_locale()
    english, french = words.get("en", Words("")), words.get("fr", Words(""))
    names = {" ".join(folded(each.name)): folded(each.name) for each in (english, french)}
    return {
        "latitude": telling.latitude,
        "longitude": telling.longitude,
        "time_zone": telling.time_zone,
        "currency": telling.currency,
        "name_en": english.name,
        "description_en": english.description,
        "name_fr": french.name,
        "description_fr": french.description,
        "names": list(names),
        "search": sorted({word for each in names.values() for word in each}),
    }


def _listed(
    listing: Listing, after: Place | None, size: int, shown: tuple[str, date]
) -> tuple[str, list[Any]]:
    """The statement of a page and its values."""
    values: list[Any] = list(shown)

    def bind(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    where = {"country_code": listing.country, "parent_id": listing.city, "kind": listing.kind}
    conditions = [f"{name} = {bind(value)}" for name, value in where.items() if value]
    match, order = "0", "-popularity, destination_id"
    if words := folded(listing.query):
        # Folded words are letters and digits only, so that quotes around them hold.
        prefixes = " & ".join(f"'{word}':*" for word in words)
        conditions.append(f"search @@ {bind(prefixes)}::text::tsquery")
        match = _MATCH.format(sought=bind(" ".join(words)))
        order = f"{match}, {order}"
    if after:
        last = [after.match] if words else []
        place = ", ".join(bind(each) for each in (*last, after.behind, after.destination_id))
        conditions.append(f"({order}) > ({place})")
    statement = f"""
        SELECT {match} AS match, {_READ} FROM destination
        WHERE {" AND ".join(conditions) or "true"} ORDER BY {order} LIMIT {bind(size)}
    """  # noqa: S608 - nothing but names of ours and numbers of parameters
    return statement, values


async def _why_not(session: AsyncSession, destination_id: str) -> Fault:
    """Why a version of a destination could not be changed."""
    there = text("SELECT 1 FROM destination WHERE destination_id = :destination_id")
    found = await session.execute(there, {"destination_id": destination_id})
    return no_destination() if found.first() is None else another_version()


_RULES: Mapping[str, Callable[[], Fault]] = {
    "destination_pkey": there_already,
    "destination_lies_in": lambda: broken("parentId", "is not there, or not what this lies in"),
    "destination_time_zone": lambda: broken("timeZone", "is for cities only"),
}


@contextmanager
def broken_by(rules: Mapping[str, Callable[[], Fault]]) -> Iterator[None]:
    """Tells a constraint that was broken as what it means to the caller."""
    try:
        yield
    except IntegrityError as problem:
        name = getattr(problem.orig and problem.orig.__cause__, "constraint_name", "")
        if name not in rules:
            raise
        raise rules[name]() from problem


def _rows(result: Any) -> int:
    return int(result.rowcount)
