"""What Amadeus remembers: seats sold, fares that drifted, and orders, in one transaction each."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

import orjson

from sandbox.amadeus.refusals import Refusal
from sandbox.amadeus.world import Leg, World

SCHEMA = """
CREATE TABLE IF NOT EXISTS seats (
    day TEXT NOT NULL, flight TEXT NOT NULL, cabin TEXT NOT NULL,
    capacity INTEGER NOT NULL, sold INTEGER NOT NULL,
    PRIMARY KEY (day, flight, cabin),
    CHECK (sold >= 0 AND sold <= capacity)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fares (
    day TEXT NOT NULL, flight TEXT NOT NULL, percent INTEGER NOT NULL,
    PRIMARY KEY (day, flight)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, pnr TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL, deleted_at TEXT, total TEXT NOT NULL, currency TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS order_references (
    reference TEXT NOT NULL, order_seq INTEGER NOT NULL REFERENCES orders (seq),
    PRIMARY KEY (reference, order_seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS order_seats (
    order_seq INTEGER NOT NULL REFERENCES orders (seq),
    day TEXT NOT NULL, flight TEXT NOT NULL, cabin TEXT NOT NULL, count INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS order_seats_by_order ON order_seats (order_seq);
"""

PNR_LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"
PNR_COUNT = len(PNR_LETTERS) ** 6
PNR_STEP = 3**18

SeatKey = tuple[str, str, str]


def wire_id(stored: str) -> str:
    """An order id as clients see it: URL-encoded, because SDKs put it into paths as it is."""
    return quote(stored, safe="")


def seat_key(leg: Leg) -> SeatKey:
    """How the seats of a leg are named in the tables: (day, flight, cabin)."""
    return leg.day.isoformat(), leg.flight.key, leg.cabin


@dataclass(frozen=True)
class Market:
    """The seats sold and the fares drifted on the days that were asked for."""

    world: World
    rows: Mapping[SeatKey, int]
    fares: Mapping[tuple[str, str], int]

    def left(self, leg: Leg) -> int:
        """Seats still for sale."""
        left = self.rows.get(seat_key(leg))
        return self.world.seats(leg) if left is None else left

    def fare_percent(self, leg: Leg) -> int:
        """Today's fare in percent of the world's."""
        return self.fares.get((leg.day.isoformat(), leg.flight.key), 100)


@dataclass(frozen=True)
class Sale:
    """An order to be stored: legs (by the pointer to their segment), references, cost."""

    id: str
    legs: tuple[tuple[str, Leg], ...]
    seats: int
    references: frozenset[str]
    total: str
    currency: str
    created_at: str


class Store:
    """All SQL of the Amadeus sandbox. Every method runs inside a ledger's transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    def market(self, connection: sqlite3.Connection, days: Iterable[date]) -> Market:
        """The market on these days."""
        named = sorted({day.isoformat() for day in days})
        marks = ",".join("?" * len(named))
        seats = connection.execute(f"SELECT * FROM seats WHERE day IN ({marks})", named)  # noqa: S608 - only question marks
        fares = connection.execute(f"SELECT * FROM fares WHERE day IN ({marks})", named)  # noqa: S608 - only question marks
        return Market(
            world=self._world,
            rows={(r["day"], r["flight"], r["cabin"]): r["capacity"] - r["sold"] for r in seats},
            fares={(row["day"], row["flight"]): row["percent"] for row in fares},
        )

    def place(self, connection: sqlite3.Connection, sale: Sale) -> tuple[int, str]:
        """Sell the seats and number the order: (sequence, PNR).

        Each leg is one conditional update, so a seat is never sold twice; a leg without seats
        raises Refusal 34651, and the transaction undoes the others.
        """
        for pointer, leg in sale.legs:
            self._sell(connection, leg, sale.seats, pointer)
        cursor = connection.execute(
            "INSERT INTO orders (id, pnr, created_at, total, currency, body)"
            " VALUES (?, ?, ?, ?, ?, '')",
            (sale.id, sale.id, sale.created_at, sale.total, sale.currency),
        )
        sequence = int(cursor.lastrowid or 0)
        pnr = _pnr(sequence)
        connection.execute("UPDATE orders SET pnr = ? WHERE seq = ?", (pnr, sequence))
        connection.executemany(
            "INSERT INTO order_references VALUES (?, ?)",
            [(reference, sequence) for reference in sorted(sale.references)],
        )
        connection.executemany(
            "INSERT INTO order_seats VALUES (?, ?, ?, ?, ?)",
            [(sequence, *seat_key(leg), sale.seats) for _, leg in sale.legs],
        )
        return sequence, pnr

    def keep(self, connection: sqlite3.Connection, sequence: int, body: dict[str, Any]) -> None:
        """Store the document of a placed order."""
        connection.execute(
            "UPDATE orders SET body = ? WHERE seq = ?", (orjson.dumps(body), sequence)
        )

    def order(self, connection: sqlite3.Connection, order_id: str) -> dict[str, Any]:
        """The document of a live order; raises Refusal 6003."""
        row = connection.execute(
            "SELECT body FROM orders WHERE id = ? AND deleted_at IS NULL", (order_id,)
        ).fetchone()
        if row is None:
            raise Refusal(6003, "No order with this id")
        return _body(row)

    def find(self, connection: sqlite3.Connection, reference: str) -> list[dict[str, Any]]:
        """The live orders with a general remark that is exactly `reference`, oldest first."""
        rows = connection.execute(
            "SELECT body FROM orders JOIN order_references ON order_seq = seq"
            " WHERE reference = ? AND deleted_at IS NULL ORDER BY seq LIMIT 100",
            (reference,),
        )
        return [_body(row) for row in rows]

    def delete(self, connection: sqlite3.Connection, order_id: str, now: str) -> None:
        """Cancel a live order and give its seats back; raises Refusal 6003."""
        row = connection.execute(
            "UPDATE orders SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL RETURNING seq",
            (now, order_id),
        ).fetchone()
        if row is None:
            raise Refusal(6003, "No order with this id")
        connection.execute(
            "UPDATE seats SET sold = sold - given.count"
            " FROM (SELECT day, flight, cabin, SUM(count) AS count FROM order_seats"
            "       WHERE order_seq = ? GROUP BY day, flight, cabin) AS given"
            " WHERE seats.day = given.day AND seats.flight = given.flight"
            " AND seats.cabin = given.cabin",
            (row["seq"],),
        )

    def leave(self, connection: sqlite3.Connection, leg: Leg, left: int) -> None:
        """Let exactly `left` seats remain for sale on a leg, whoever took the others."""
        self._stock(connection, leg)
        connection.execute(
            "UPDATE seats SET capacity = sold + ? WHERE day = ? AND flight = ? AND cabin = ?",
            (left, *seat_key(leg)),
        )

    def meddle(self, connection: sqlite3.Connection, legs: list[Leg], percent: int | None) -> None:
        """Change the fares of these flights by `percent` for good, or sell them out when None."""
        for leg in legs:
            if percent is None:
                self.leave(connection, leg, 0)
            else:
                self._drift(connection, leg, percent)

    def witness(self, connection: sqlite3.Connection, after: int, limit: int) -> dict[str, Any]:
        """Everything that happened, for invariant checks: counts, orders, oversold flights."""
        counts = connection.execute(
            "SELECT COUNT(*) AS ever, COUNT(*) - COUNT(deleted_at) AS live FROM orders"
        ).fetchone()
        rows = connection.execute(
            "SELECT seq, id, pnr, created_at, deleted_at, total, currency FROM orders"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        ).fetchall()
        chosen = (rows[0]["seq"], rows[-1]["seq"]) if rows else (0, 0)
        references, seats = defaultdict(list), defaultdict(list)
        for row in connection.execute(
            "SELECT * FROM order_references WHERE order_seq BETWEEN ? AND ?", chosen
        ):
            references[row["order_seq"]].append(row["reference"])
        for row in connection.execute(
            "SELECT * FROM order_seats WHERE order_seq BETWEEN ? AND ?", chosen
        ):
            seats[row["order_seq"]].append({k: row[k] for k in ("day", "flight", "cabin", "count")})
        return {
            "count": counts["ever"],
            "live": counts["live"],
            "orders": [
                {
                    **dict(row),
                    "id": wire_id(row["id"]),
                    "references": references[row["seq"]],
                    "seats": seats[row["seq"]],
                }
                for row in rows
            ],
            "byReference": _by_reference(connection),
            "miscounted": _miscounted(connection),
        }

    def _sell(self, connection: sqlite3.Connection, leg: Leg, seats: int, pointer: str) -> None:
        self._stock(connection, leg)
        sold = connection.execute(
            "UPDATE seats SET sold = sold + ?"
            " WHERE day = ? AND flight = ? AND cabin = ? AND sold + ? <= capacity",
            (seats, *seat_key(leg), seats),
        )
        if sold.rowcount != 1:
            raise Refusal(34651, f"Could not sell {leg.flight.key} on {leg.day}", pointer=pointer)

    def _drift(self, connection: sqlite3.Connection, leg: Leg, percent: int) -> None:
        connection.execute(
            "INSERT INTO fares VALUES (?, ?, 100 + ?) ON CONFLICT (day, flight)"
            " DO UPDATE SET percent = MAX(1, percent * (100 + ?) / 100)",
            (leg.day.isoformat(), leg.flight.key, percent, percent),
        )

    def _stock(self, connection: sqlite3.Connection, leg: Leg) -> None:
        connection.execute(
            "INSERT INTO seats VALUES (?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
            (*seat_key(leg), self._world.seats(leg)),
        )


def _by_reference(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    rows = connection.execute(
        "SELECT reference, COUNT(*) AS ever, COUNT(*) - COUNT(deleted_at) AS live"
        " FROM order_references JOIN orders ON seq = order_seq GROUP BY reference"
    )
    return {row["reference"]: {"ever": row["ever"], "live": row["live"]} for row in rows}


def _miscounted(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """The flights whose sold seats differ from what their live orders hold: always none."""
    rows = connection.execute(
        "SELECT day, flight, cabin, sold, capacity, COALESCE(held, 0) AS held FROM seats LEFT JOIN"
        " (SELECT day, flight, cabin, SUM(count) AS held FROM order_seats"
        "  JOIN orders ON seq = order_seq WHERE deleted_at IS NULL GROUP BY day, flight, cabin)"
        " USING (day, flight, cabin) WHERE sold <> COALESCE(held, 0) OR sold > capacity"
    )
    return [dict(row) for row in rows]


def _pnr(sequence: int) -> str:
    """Six characters that differ for the first 481 million orders."""
    number = sequence * PNR_STEP % PNR_COUNT
    letters = []
    for _ in range(6):
        number, index = divmod(number, len(PNR_LETTERS))
        letters.append(PNR_LETTERS[index])
    return "".join(letters)


def _body(row: sqlite3.Row) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(row["body"])
    return body
