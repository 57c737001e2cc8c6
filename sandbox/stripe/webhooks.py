"""The courier: signed webhooks out of the outbox, retried with growing pauses, never forgotten.

A delivery is a row written with its event. It is sent at least once, in no promised order, and
marked only after the receiver answered 2xx; after MAX_ATTEMPTS it is abandoned.
"""

import asyncio
import contextlib
import hashlib
import hmac
import sqlite3

import httpx

from mesh.clock import Clock
from sandbox.ledger import Ledger, LedgerBusyError

BATCH = 16
MAX_ATTEMPTS = 50
PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
TIMEOUT_SECONDS = 5.0
IDLE_SECONDS = 5.0


class Courier:
    """Delivers events to one URL, signed with one secret."""

    def __init__(self, ledger: Ledger, clock: Clock, *, url: str, secret: str) -> None:
        self._ledger = ledger
        self._url = url
        self._secret = secret
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something may be due now."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS) as client:
            while True:
                self._woken.clear()
                wait = await self._round(client)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), wait)

    async def _round(self, client: httpx.AsyncClient) -> float:
        """Deliver what is due; the seconds until more will be, 0 for at once."""
        now = self._clock.now().timestamp()
        try:
            due = await self._ledger.read(lambda connection: _due(connection, now))
            await asyncio.gather(*(self._deliver(client, row) for row in due))
            soonest = await self._ledger.read(_soonest)
        except LedgerBusyError:
            return PAUSES_SECONDS[0]
        if soonest is None:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(0.0, soonest - self._clock.now().timestamp()))

    async def _deliver(self, client: httpx.AsyncClient, row: sqlite3.Row) -> None:
        payload: str = row["document"]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (sandbox)",
            "Stripe-Signature": signature(payload, self._secret, self._clock.now().timestamp()),
        }
        try:
            answer = await client.post(self._url, content=payload, headers=headers)
            delivered = answer.is_success
        except httpx.HTTPError:
            delivered = False
        attempts = row["attempts"] + 1
        pause = PAUSES_SECONDS[min(attempts, len(PAUSES_SECONDS)) - 1]
        failed = "abandoned" if attempts >= MAX_ATTEMPTS else "pending"
        outcome = (
            "delivered" if delivered else failed,
            attempts,
            self._clock.now().timestamp() + pause,
            row["seq"],
        )
        await self._ledger.write(
            lambda connection: connection.execute(
                "UPDATE deliveries SET state = ?, attempts = ?, due = ? WHERE seq = ?", outcome
            )
        )


def signature(payload: str, secret: str, timestamp: float) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over `timestamp.payload`."""
    signed = f"{int(timestamp)}.{payload}".encode()
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={int(timestamp)},v1={digest}"


def states(connection: sqlite3.Connection) -> dict[str, int]:
    """How many deliveries are pending, delivered and abandoned."""
    rows = connection.execute("SELECT state, COUNT(*) AS many FROM deliveries GROUP BY state")
    return {"pending": 0, "delivered": 0, "abandoned": 0} | {r["state"]: r["many"] for r in rows}


def _due(connection: sqlite3.Connection, now: float) -> list[sqlite3.Row]:
    return connection.execute(
        "SELECT deliveries.seq, attempts, document FROM deliveries"
        " JOIN objects ON objects.id = event"
        " WHERE state = 'pending' AND due <= ? ORDER BY due, deliveries.seq LIMIT ?",
        (now, BATCH),
    ).fetchall()


def _soonest(connection: sqlite3.Connection) -> float | None:
    row = connection.execute(
        "SELECT MIN(due) AS soonest FROM deliveries WHERE state = 'pending'"
    ).fetchone()
    soonest: float | None = row["soonest"]
    return soonest
