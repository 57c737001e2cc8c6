"""One SQLite file per simulated vendor: the independent witness of what really happened.

Every effect of a vendor is one transaction here (WAL, synchronous=FULL), so a reply that the
client has seen survives `kill -9`. SQLite blocks, so one thread of its own runs it; that single
thread also makes writes serial, in the order in which they were asked for.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

MAX_WAITING = 1024
BUSY_TIMEOUT_SECONDS = 5.0


class LedgerBusyError(Exception):
    """More than MAX_WAITING pieces of work wait for the ledger's thread."""


class Ledger:
    """A SQLite database used off the event loop, in one bounded thread."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._schema = schema
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"ledger-{path.stem}")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file and create the tables it lacks."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction of its own: committed when it returns, undone when it raises.

        Raises LedgerBusyError when too much waits already.
        """
        return await self._run(lambda connection: _transaction(connection, work))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work`, which only reads; raises LedgerBusyError when too much waits already."""
        return await self._run(work)

    async def close(self) -> None:
        """Finish the work that waits and close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise LedgerBusyError
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, lambda: work(self._opened()))
        finally:
            self._waiting -= 1

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError(f"the ledger {self._path.name} is not open")
        return self._connection

    def _open(self) -> None:
        connection = sqlite3.connect(
            self._path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.executescript(self._schema)
        self._connection = connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return result
