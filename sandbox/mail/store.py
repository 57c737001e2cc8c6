"""What the mailbox remembers: raw messages with their envelope, newest MAX_MESSAGES of them."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, received_at TEXT NOT NULL,
    sender TEXT NOT NULL, subject TEXT NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS recipients (
    address TEXT NOT NULL COLLATE NOCASE,
    message INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS recipients_by_address ON recipients (address, message);
CREATE INDEX IF NOT EXISTS recipients_by_message ON recipients (message);
"""

MAX_MESSAGES = 10_000
MAX_LISTED = 200


@dataclass(frozen=True)
class Arrival:
    """A message as SMTP handed it over."""

    id: str
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


def keep(connection: sqlite3.Connection, arrival: Arrival) -> None:
    """Store a message, and forget the oldest beyond MAX_MESSAGES."""
    subject = str(_parsed(arrival.raw).get("subject", ""))
    cursor = connection.execute(
        "INSERT INTO messages (id, received_at, sender, subject, raw) VALUES (?, ?, ?, ?, ?)",
        (arrival.id, arrival.received_at.isoformat(), arrival.sender, subject, arrival.raw),
    )
    connection.executemany(
        "INSERT INTO recipients VALUES (?, ?)",
        [(address, cursor.lastrowid) for address in arrival.recipients],
    )
    connection.execute(
        "DELETE FROM messages WHERE seq <= ?", ((cursor.lastrowid or 0) - MAX_MESSAGES,)
    )


def listed(connection: sqlite3.Connection, to: str | None, limit: int) -> dict[str, Any]:
    """The newest messages, or those to one address: {count, messages}."""
    where = "seq IN (SELECT message FROM recipients WHERE address = ?)" if to else "? IS NULL"
    count = connection.execute(
        f"SELECT COUNT(*) AS many FROM messages WHERE {where}",  # noqa: S608 - one of two fixed texts
        (to or None,),
    ).fetchone()["many"]
    rows = connection.execute(
        f"SELECT * FROM messages WHERE {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608 - as above
        (to or None, min(limit, MAX_LISTED)),
    ).fetchall()
    return {"count": count, "messages": [_summary(connection, row) for row in rows]}


def read(connection: sqlite3.Connection, identifier: str) -> dict[str, Any] | None:
    """One message with its headers, text and HTML, or None."""
    row = connection.execute("SELECT * FROM messages WHERE id = ?", (identifier,)).fetchone()
    if row is None:
        return None
    message = _parsed(row["raw"])
    return {
        **_summary(connection, row),
        "headers": {name: str(value) for name, value in message.items()},
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "raw": row["raw"].decode("utf-8", "replace"),
    }


def clear(connection: sqlite3.Connection) -> None:
    """Forget every message."""
    connection.execute("DELETE FROM messages")


def _summary(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    recipients = connection.execute(
        "SELECT address FROM recipients WHERE message = ? ORDER BY rowid", (row["seq"],)
    )
    return {
        "id": row["id"],
        "receivedAt": row["received_at"],
        "from": row["sender"],
        "to": [recipient["address"] for recipient in recipients],
        "subject": row["subject"],
    }


def _parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str | None:
    """The body of one kind; a message with a broken charset reads as far as it can."""
    body = message.get_body((kind,))
    if body is None:
        return None
    payload = body.get_payload(decode=True)
    charset = str(body.get_content_charset("utf-8"))
    try:
        return payload.decode(charset, "replace") if isinstance(payload, bytes) else None
    except LookupError:
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else None
