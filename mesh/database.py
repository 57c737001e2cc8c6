"""PostgreSQL for one service: transactions, migrations and wake-ups. The only engine there is.

Every service has a schema of its own, which is the `search_path` of its connections, so that no
SQL names it. Isolation is READ COMMITTED: what must not race is decided by one conditional UPDATE
or a unique constraint, never by a snapshot.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.faults import Aborted

_CONNECT_TIMEOUT = 5.0
_STATEMENT_TIMEOUT_MS = 10_000
_LOCK_TIMEOUT_MS = 3_000
_RECONNECT_AFTER = 0.5
_CHANNEL = "mesh_signal"
# SQLSTATE classes: the connection is lost, the server is going down or coming up.
_GONE = ("08", "57P")
# Serialization failure, deadlock, lock not available.
_LOST_A_RACE = {"40001", "40P01", "55P03"}

_log = logging.getLogger("mesh.database")


def _engine(url: str, schema: str, pool_size: int, pool_timeout: float) -> AsyncEngine:
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        isolation_level="READ COMMITTED",
        connect_args={
            "timeout": _CONNECT_TIMEOUT,
            "server_settings": {
                "search_path": schema,
                "application_name": schema,
                "statement_timeout": str(_STATEMENT_TIMEOUT_MS),
                "lock_timeout": str(_LOCK_TIMEOUT_MS),
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _require_open)
    return engine


def _require_open(connection: Any, *_: Any) -> None:
    """Have the pool replace a connection that was closed while nobody used it.

    The driver hears of it by itself, so this asks nobody; SQLAlchemy's own way is a round trip.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """A service's schema. `url` is `postgresql://user:password@host:port/name`."""

    def __init__(
        self, url: str, schema: str, *, pool_size: int = 5, pool_timeout: float = _CONNECT_TIMEOUT
    ) -> None:
        self.url = url
        self.schema = schema
        self._engine = _engine(url, schema, pool_size, pool_timeout)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back by any exception.

        ConnectionError when the server cannot be reached or has no connection left, Aborted when
        the transaction lost against another one and may be tried again.
        """
        with _translating():
            session = AsyncSession(self._engine, expire_on_commit=False)
            async with session, session.begin():
                yield session

    async def rows(self, sql: str, *values: Any) -> Sequence[asyncpg.Record]:
        """What one statement finds or returns, `values` being its `$1`, `$2` and so on.

        For what is asked all the time: one round trip on a connection of the same pool, a
        transaction by itself, at an eighth of the cost of one with objects. Fails as `transaction`
        does.
        """
        with _translating():
            async with self._reading.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                found: Sequence[asyncpg.Record] = await driver.fetch(sql, *values)
                return found

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def notify(self, session: AsyncSession, topic: str) -> None:
        """Wake whoever waits for `topic` of this schema, once this transaction commits."""
        await session.execute(
            text("SELECT pg_notify(:channel, :topic)"),
            {"channel": _CHANNEL, "topic": f"{self.schema}.{topic}"},
        )

    async def migrate(self, scripts: Path) -> None:
        """Bring the schema to the newest revision in `scripts`; safe to run by several at once."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(hashtext('mesh.migrate'))"))
            await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"'))
            await connection.commit()
            await connection.run_sync(_upgrade, scripts, self.schema)
            await connection.commit()
            await connection.execute(text("SELECT pg_advisory_unlock(hashtext('mesh.migrate'))"))


def _upgrade(connection: Connection, scripts: Path, schema: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, schema=schema)
    command.upgrade(config, "head")


def run_migrations() -> None:
    """What every `migrations/env.py` calls: run the scripts on the connection of `migrate`."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"], version_table_schema=attributes["schema"]
    )
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as problem:
        raise ConnectionError("no connection to the database became free") from problem
    except DBAPIError as problem:
        raise _translated(problem, problem.orig, lost=problem.connection_invalidated) from problem
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        lost = isinstance(problem, asyncpg.InterfaceError)
        raise _translated(problem, problem, lost=lost) from problem


def _translated(problem: Exception, reason: BaseException | None, *, lost: bool) -> Exception:
    state = str(getattr(reason, "sqlstate", "") or "")
    if lost or state.startswith(_GONE):
        return ConnectionError(f"the database is not reachable: {reason}")
    if state in _LOST_A_RACE:
        return Aborted("CONFLICT", "another change was faster; try again")
    return problem


class Subscription:
    """Waits for a topic. A wake-up while nobody waits is kept, so none is missed."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Let the next, or the current, `wait` return."""
        self._woken.set()

    async def wait(self, seconds: float) -> None:
        """Return when woken, after `seconds` at the latest."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()


class Signals:
    """Wake-ups of all schemas over one connection.

    A wake-up only says "look again": when the connection was lost, everybody is woken.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[str, set[Subscription]] = {}

    @contextmanager
    def subscribe(self, schema: str, topic: str) -> Iterator[Subscription]:
        """A subscription to `topic` of `schema`, for as long as the block lasts."""
        subscription = Subscription()
        name = f"{schema}.{topic}"
        self._waiting.setdefault(name, set()).add(subscription)
        try:
            yield subscription
        finally:
            self._waiting[name].discard(subscription)
            if not self._waiting[name]:
                del self._waiting[name]

    async def run(self) -> None:
        """Listen until cancelled, reconnecting whenever the connection breaks."""
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, TimeoutError) as problem:
                _log.warning("signals: %s", problem)
            await asyncio.sleep(_RECONNECT_AFTER)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=_CONNECT_TIMEOUT)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(_CHANNEL, self._received)
            self._wake_all()
            await lost.wait()
        finally:
            connection.terminate()

    def _received(self, _connection: Any, _pid: int, _channel: str, topic: object) -> None:
        for subscription in self._waiting.get(str(topic), ()):
            subscription.wake()

    def _wake_all(self) -> None:
        for subscriptions in self._waiting.values():
            for subscription in subscriptions:
                subscription.wake()
