"""What flights to a city cost, in PostgreSQL: sums by currency and day, so that a mean is cheap."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from mesh.bus import Event
from mesh.database import Database
from mesh.money import Money
from mesh.outbox import first_time

# What is forgotten in one statement at most, so that no lock is held for long.
SWEPT_AT_ONCE = 1000

_COUNT = """
    INSERT INTO price AS known
    SELECT city, :currency, :day, :minor, :minor, 1 FROM (
        SELECT destination_id AS city FROM destination
        WHERE destination_id = :code AND kind = 'CITY'
        UNION SELECT destination_id FROM airport WHERE code = :code
    ) AS place
    ON CONFLICT (destination_id, currency, day) DO UPDATE SET
        total_minor = known.total_minor + excluded.total_minor,
        lowest_minor = least(known.lowest_minor, excluded.lowest_minor),
        searches = known.searches + 1
"""
_OLD = (
    """
    DELETE FROM price WHERE (destination_id, currency, day) IN (
        SELECT destination_id, currency, day FROM price
        WHERE day < :day LIMIT :most FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM inbox WHERE (consumer, event_id) IN (
        SELECT consumer, event_id FROM inbox WHERE create_time < :before LIMIT :most
        FOR UPDATE SKIP LOCKED)
    """,
)


@dataclass(frozen=True, slots=True)
class Price:
    """The cheapest way for one traveller that a search found, to a city or an airport."""

    code: str
    amount: Money
    day: date


class Prices:
    """What flights cost, by city, currency and day. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, consumer: str, event: Event, price: Price) -> None:
        """Count a price, once; nothing happens for a place that is not known."""
        values = {
            "code": price.code,
            "currency": price.amount.currency,
            "day": price.day,
            "minor": price.amount.minor,
        }
        async with self._database.transaction() as session:
            if await first_time(session, consumer, event):
                await session.execute(text(_COUNT), values)

    async def sweep(self, before: datetime) -> bool:
        """Delete some of what was taken in before that; whether there may be more."""
        values = {"before": before, "day": before.date(), "most": SWEPT_AT_ONCE}
        async with self._database.transaction() as session:
            swept = [_rows(await session.execute(text(old), values)) for old in _OLD]
        return SWEPT_AT_ONCE in swept


def _rows(result: Any) -> int:
    return int(result.rowcount)
