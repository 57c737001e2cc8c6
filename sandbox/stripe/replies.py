"""Idempotent requests as Stripe promises them.

The reply to the first request that began to execute under a key is saved in the transaction of
its effect, 500s included, and given again for 24 hours. The same key with other parameters is an
error; while the first request still runs, a second one is turned away with 409. What fails
validation is not saved, because it never began.
"""

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from sandbox.ledger import Ledger
from sandbox.stripe.books import Asking, Books
from sandbox.stripe.intents import Effect
from sandbox.stripe.refusals import Refusal, invalid

LIFETIME = timedelta(hours=24)
MAX_KEY = 255
MAX_PRUNED = 100


@dataclass(frozen=True)
class Reply:
    """A status and a body; `original` is the request that earned them, when this is a replay."""

    status: int
    body: bytes
    original: str | None = None


class Replies:
    """Runs effects, once per idempotency key."""

    def __init__(
        self, ledger: Ledger, books: Callable[[sqlite3.Connection, Asking], Books]
    ) -> None:
        self._ledger = ledger
        self._books = books
        self._running: set[str] = set()

    async def run(
        self,
        asking: Asking,
        fingerprint: str,
        effect: Effect,
        delay: Callable[[], Awaitable[None]],
    ) -> Reply:
        """The reply to this request: new, or saved under its key. Waits `delay` while it runs.

        Raises Refusal for a key that is too long, in use, or was used with other parameters.
        """
        key = asking.idempotency_key
        if key is None:
            await delay()
            return await self._ledger.write(lambda c: self._execute(c, asking, effect))
        if len(key) > MAX_KEY:
            raise invalid(f"Idempotency keys have at most {MAX_KEY} characters.")
        if key in self._running:
            raise _in_use(key)
        self._running.add(key)
        try:
            await delay()
            return await self._ledger.write(
                lambda connection: self._once(connection, asking, fingerprint, effect)
            )
        finally:
            self._running.discard(key)

    def _once(
        self, connection: sqlite3.Connection, asking: Asking, fingerprint: str, effect: Effect
    ) -> Reply:
        now, key = asking.now.timestamp(), str(asking.idempotency_key)
        oldest = now - LIFETIME.total_seconds()
        saved = connection.execute(
            "SELECT * FROM replies WHERE key = ? AND created > ?", (key, oldest)
        ).fetchone()
        if saved is not None:
            if saved["fingerprint"] != fingerprint:
                raise _other_parameters(key)
            return Reply(saved["status"], saved["body"], saved["request_id"])
        connection.execute("DELETE FROM replies WHERE key = ?", (key,))
        connection.execute(
            "DELETE FROM replies WHERE key IN (SELECT key FROM replies WHERE created <= ? LIMIT ?)",
            (oldest, MAX_PRUNED),
        )
        reply = self._execute(connection, asking, effect)
        connection.execute(
            "INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?)",
            (key, fingerprint, now, asking.request_id, reply.status, reply.body),
        )
        return reply

    def _execute(self, connection: sqlite3.Connection, asking: Asking, effect: Effect) -> Reply:
        """Run the effect; a refusal undoes it, unless the refusal itself has an effect."""
        connection.execute("SAVEPOINT effect")
        try:
            body = effect(self._books(connection, asking))
        except Refusal as refusal:
            if not refusal.commits:
                connection.execute("ROLLBACK TO effect")
            return Reply(refusal.status, orjson.dumps(refusal.body()))
        return Reply(200, orjson.dumps(body))


def fingerprint(path: str, fields: dict[str, Any]) -> str:
    """What makes two requests the same: path and parameters, in whatever order."""
    canonical = orjson.dumps([path, fields], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()


def _in_use(key: str) -> Refusal:
    return Refusal(
        409,
        "idempotency_error",
        "There is currently another in-progress request using this Idempotent Key (that probably"
        " means you submitted twice, and the other request is still going through):"
        f" {key}. Please try again later.",
        code="idempotency_key_in_use",
    )


def _other_parameters(key: str) -> Refusal:
    return Refusal(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first"
        f" used with. Try using a key other than '{key}' if you meant to execute a different"
        " request.",
    )
