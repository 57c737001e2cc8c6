"""What Stripe remembers: objects, events with their webhook outbox, and idempotent replies.

Objects are JSON documents in one table, in order of creation. An event and its delivery are rows
of the transaction that caused them, so no effect is ever without its webhook, nor the reverse.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from mesh.clock import Ids
from sandbox.stripe.refusals import invalid, no_such

API_VERSION = "2026-10-28.endive"

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    created INTEGER NOT NULL, type TEXT NOT NULL, parent TEXT NOT NULL, document BLOB NOT NULL,
    CHECK (kind <> 'charge' OR json_extract(document, '$.amount_refunded') <= json_extract(
        document, CASE json_extract(document, '$.captured')
            WHEN 1 THEN '$.amount_captured' ELSE '$.amount' END))
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (parent) WHERE parent <> '';
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL REFERENCES objects (id),
    attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'abandoned'))
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, created REAL NOT NULL,
    request_id TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS replies_by_age ON replies (created);
"""

KINDS = {"payment_intent": "pi", "charge": "ch", "refund": "re", "event": "evt"}
PARENTS = {"charge": "payment_intent", "refund": "payment_intent"}
EXPANDABLE = {"latest_charge": "charge", "charge": "charge", "payment_intent": "payment_intent"}


@dataclass(frozen=True)
class Asking:
    """The request an effect belongs to: its id, its idempotency key, and when it came."""

    request_id: str
    idempotency_key: str | None
    now: datetime


@dataclass(frozen=True)
class Page:
    """Which objects of a kind are listed, newest first; `created` holds gt, gte, lt, lte or eq."""

    kind: str
    limit: int
    after: str | None = None
    before: str | None = None
    created: tuple[tuple[str, int], ...] = ()
    types: tuple[str, ...] = ()
    parent: str | None = None


class Books:
    """The tables, inside one transaction of one request."""

    def __init__(
        self, connection: sqlite3.Connection, ids: Ids, asking: Asking, *, webhooks: bool
    ) -> None:
        self._connection = connection
        self._ids = ids
        self._webhooks = webhooks
        self.asking = asking

    @property
    def now(self) -> int:
        """The time of the request, in whole seconds."""
        return int(self.asking.now.timestamp())

    def create(self, kind: str, **members: Any) -> dict[str, Any]:
        """A new object with an id, stored."""
        document = {
            "id": f"{KINDS[kind]}_{self._ids.new().replace('-', '')}",
            "object": kind,
            "created": self.now,
            "livemode": False,
            **members,
        }
        self._connection.execute(
            "INSERT INTO objects (id, kind, created, type, parent, document)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                document["id"],
                kind,
                self.now,
                document.get("type", ""),
                document.get(PARENTS.get(kind, ""), "") or "",
                _text(document),
            ),
        )
        return document

    def secret(self) -> str:
        """Unpredictable letters and digits."""
        return "".join(letter for letter in self._ids.secret(24) if letter.isalnum())

    def find(self, kind: str, identifier: str) -> dict[str, Any] | None:
        """The object of this kind and id, or None."""
        row = self._connection.execute(
            "SELECT document FROM objects WHERE id = ? AND kind = ?", (identifier, kind)
        ).fetchone()
        return None if row is None else _document(row)

    def get(self, kind: str, identifier: str) -> dict[str, Any]:
        """The object of this kind and id; raises Refusal (404)."""
        found = self.find(kind, identifier)
        if found is None:
            raise no_such(kind, identifier, param="intent" if kind == "payment_intent" else "id")
        return found

    def change(self, document: dict[str, Any], **members: Any) -> dict[str, Any]:
        """Set members of an object and store it."""
        document.update(members)
        self._connection.execute(
            "UPDATE objects SET document = ? WHERE id = ?", (_text(document), document["id"])
        )
        return document

    def announce(self, kind: str, subject: dict[str, Any]) -> None:
        """Record an event with a snapshot of its subject, and queue its webhook."""
        event = self.create(
            "event",
            type=kind,
            api_version=API_VERSION,
            data={"object": dict(subject)},
            pending_webhooks=int(self._webhooks),
            request={"id": self.asking.request_id, "idempotency_key": self.asking.idempotency_key},
        )
        if self._webhooks:
            self._connection.execute(
                "INSERT INTO deliveries (event, due) VALUES (?, ?)",
                (event["id"], self.asking.now.timestamp()),
            )

    def listed(self, page: Page, url: str) -> dict[str, Any]:
        """A Stripe list, newest first."""
        where, values = self._conditions(page)
        direction = "ASC" if page.before else "DESC"
        rows = self._connection.execute(
            f"SELECT document FROM objects WHERE {where} ORDER BY seq {direction} LIMIT ?",  # noqa: S608 - built of fixed text
            [*values, page.limit + 1],
        ).fetchall()
        data = [_document(row) for row in rows[: page.limit]]
        return {
            "object": "list",
            "data": data[::-1] if page.before else data,
            "has_more": len(rows) > page.limit,
            "url": url,
        }

    def expand(self, subject: dict[str, Any], paths: Iterable[str]) -> dict[str, Any]:
        """Replace ids by the objects they name, one level deep; `data.` reaches into a list."""
        for path in paths:
            within, _, name = path.rpartition(".")
            kind = EXPANDABLE.get(name)
            if kind is None or within not in ("", "data"):
                raise invalid(f"This property cannot be expanded ({path}).", param="expand")
            for document in subject["data"] if within else [subject]:
                if isinstance(document.get(name), str):
                    document[name] = self.find(kind, document[name])
        return subject

    def _conditions(self, page: Page) -> tuple[str, list[Any]]:
        where = ["kind = ?"]
        values: list[Any] = [page.kind]
        for cursor, sign, name in (
            (page.after, "<", "starting_after"),
            (page.before, ">", "ending_before"),
        ):
            if cursor is not None:
                where.append(f"seq {sign} ?")
                values.append(self._sequence(page.kind, cursor, name))
        for operator, instant in page.created:
            where.append(f"created {_OPERATORS[operator]} ?")
            values.append(instant)
        if page.types:
            where.append(f"type IN ({','.join('?' * len(page.types))})")
            values.extend(page.types)
        if page.parent is not None:
            where.append("parent = ?")
            values.append(page.parent)
        return " AND ".join(where), values

    def _sequence(self, kind: str, identifier: str, name: str) -> Any:
        row = self._connection.execute(
            "SELECT seq FROM objects WHERE id = ? AND kind = ?", (identifier, kind)
        ).fetchone()
        if row is None:
            raise no_such(kind, identifier, param=name, status=400)
        return row["seq"]


_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}


def witness(connection: sqlite3.Connection) -> dict[str, Any]:
    """What was really charged and refunded, by the `booking_id` in the intents' metadata."""
    rows = connection.execute(
        "SELECT charges.document AS charge, intents.document AS intent FROM objects AS charges"
        " JOIN objects AS intents ON intents.id = charges.parent"
        " WHERE charges.kind = 'charge' ORDER BY charges.seq"
    )
    charges = [_charge_row(orjson.loads(r["charge"]), orjson.loads(r["intent"])) for r in rows]
    bookings: dict[str, dict[str, int]] = {}
    for row in charges:
        sums = bookings.setdefault(
            row["booking_id"],
            {"authorized": 0, "captures": 0, "amount_captured": 0, "amount_refunded": 0},
        )
        sums["authorized"] += row["status"] == "succeeded" and not row["captured"]
        sums["authorized"] -= row["released"]
        sums["captures"] += row["captured"]
        sums["amount_captured"] += row["amount_captured"]
        sums["amount_refunded"] += row["amount_refunded"] if row["captured"] else 0
    counted = connection.execute("SELECT kind, COUNT(*) AS many FROM objects GROUP BY kind")
    return {
        "counts": {row["kind"]: row["many"] for row in counted},
        "charges": charges,
        "byBooking": bookings,
    }


def _charge_row(charge: dict[str, Any], intent: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "payment_intent", "status", "amount", "currency", "captured", "amount_captured")
    return {
        **{name: charge[name] for name in kept},
        "amount_refunded": charge["amount_refunded"],
        "released": charge["refunded"] and not charge["captured"],
        "intent_status": intent["status"],
        "booking_id": intent["metadata"].get("booking_id", ""),
        "metadata": intent["metadata"],
    }


def _text(document: dict[str, Any]) -> str:
    return orjson.dumps(document).decode()


def _document(row: sqlite3.Row) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(row["document"])
    return document
