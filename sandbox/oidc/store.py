"""What the providers remember: keys, who signed in, the codes they gave, what became of each."""

import sqlite3
from dataclasses import dataclass
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, kid TEXT NOT NULL UNIQUE,
    pem TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS users (
    provider TEXT NOT NULL, email TEXT NOT NULL COLLATE NOCASE, subject TEXT NOT NULL,
    PRIMARY KEY (provider, email), UNIQUE (provider, subject)
);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, provider TEXT NOT NULL, subject TEXT NOT NULL, email TEXT NOT NULL,
    redirect_uri TEXT NOT NULL, challenge TEXT NOT NULL, nonce TEXT NOT NULL, expires REAL NOT NULL,
    spent INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, code TEXT NOT NULL REFERENCES codes (code), expires REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_by_code ON tokens (code);
CREATE TABLE IF NOT EXISTS exchanges (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, subject TEXT NOT NULL,
    outcome TEXT NOT NULL
);
"""

MAX_LISTED = 200
PUBLISHED_KEYS = 3


@dataclass(frozen=True)
class Grant:
    """What a code stands for: who signed in, and what the exchange must prove."""

    provider: str
    subject: str
    email: str
    redirect_uri: str
    challenge: str
    nonce: str
    expires: float


@dataclass(frozen=True)
class Redemption:
    """A code as a client brings it, with the challenge that its verifier makes."""

    provider: str
    code: str
    redirect_uri: str
    challenge: str


def keys(connection: sqlite3.Connection, provider: str) -> list[tuple[str, str]]:
    """The published keys, newest first: (kid, PEM)."""
    rows = connection.execute(
        "SELECT kid, pem FROM keys WHERE provider = ? ORDER BY seq DESC LIMIT ?",
        (provider, PUBLISHED_KEYS),
    )
    return [(row["kid"], row["pem"]) for row in rows]


def add_key(connection: sqlite3.Connection, provider: str, key: tuple[str, str]) -> None:
    """Publish a key, which signs from now on."""
    connection.execute("INSERT INTO keys (provider, kid, pem) VALUES (?, ?, ?)", (provider, *key))


def subject_of(connection: sqlite3.Connection, provider: str, email: str, new: str) -> str:
    """The subject of a user, who becomes one under `new` at the first sign-in."""
    connection.execute(
        "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (provider, email, new)
    )
    row = connection.execute(
        "SELECT subject FROM users WHERE provider = ? AND email = ?", (provider, email)
    ).fetchone()
    return str(row["subject"])


def add_code(connection: sqlite3.Connection, code: str, grant: Grant) -> None:
    """Remember a code that is being given."""
    connection.execute(
        "INSERT INTO codes (code, provider, subject, email, redirect_uri, challenge, nonce,"
        " expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(code, grant.provider, grant.subject, grant.email),
            *(grant.redirect_uri, grant.challenge, grant.nonce, grant.expires),
        ),
    )


def redeem(
    connection: sqlite3.Connection, brought: Redemption, now: float, *, replay: bool
) -> Grant | None:
    """Spend a code: its grant, or None when it may not be spent; both are recorded.

    A second use also revokes what the first one got, unless `replay` allows it.
    """
    row = connection.execute(
        "SELECT * FROM codes WHERE code = ? AND provider = ?", (brought.code, brought.provider)
    ).fetchone()
    outcome = _judged(row, brought, now, replay=replay)
    connection.execute(
        "INSERT INTO exchanges (provider, subject, outcome) VALUES (?, ?, ?)",
        (brought.provider, row["subject"] if row else "", outcome),
    )
    if row is None:
        return None
    if outcome == "replayed":
        connection.execute("DELETE FROM tokens WHERE code = ?", (brought.code,))
    connection.execute("UPDATE codes SET spent = 1 WHERE code = ?", (brought.code,))
    if outcome != "redeemed":
        return None
    return Grant(**{name: row[name] for name in Grant.__dataclass_fields__})


def _judged(row: sqlite3.Row | None, brought: Redemption, now: float, *, replay: bool) -> str:
    if row is None:
        return "unknown"
    if row["spent"] and not replay:
        return "replayed"
    if row["expires"] <= now:
        return "expired"
    if row["redirect_uri"] != brought.redirect_uri:
        return "wrong redirect_uri"
    return "redeemed" if row["challenge"] == brought.challenge else "wrong verifier"


def add_token(connection: sqlite3.Connection, token: str, code: str, expires: float) -> None:
    """Remember an access token for userinfo."""
    connection.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, code, expires))


def bearer(
    connection: sqlite3.Connection, provider: str, token: str, now: float
) -> tuple[str, str] | None:
    """Whose access token it is, (subject, email), or None."""
    row = connection.execute(
        "SELECT subject, email FROM tokens JOIN codes USING (code)"
        " WHERE token = ? AND provider = ? AND tokens.expires > ?",
        (token, provider, now),
    ).fetchone()
    return (row["subject"], row["email"]) if row else None


def witness(connection: sqlite3.Connection) -> dict[str, Any]:
    """What became of codes, newest first: {codes, count, exchanges}."""
    rows = connection.execute(
        "SELECT provider, subject, outcome FROM exchanges ORDER BY seq DESC LIMIT ?", (MAX_LISTED,)
    )
    counts = connection.execute(
        "SELECT (SELECT COUNT(*) FROM codes) AS codes, (SELECT COUNT(*) FROM exchanges) AS count"
    ).fetchone()
    return {**dict(counts), "exchanges": [dict(row) for row in rows]}
