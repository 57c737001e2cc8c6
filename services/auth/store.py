"""Accounts, sessions and devices in PostgreSQL: the tables, and every statement on them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, DateTime, Interval, Text, literal, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.auth.v1.auth_pb2 import AccountRegistered
from mesh.database import Database
from mesh.faults import NotFound
from mesh.outbox import Outbox
from mesh.revocations import Revocations
from services.auth.domain import (
    ACCESS_TTL,
    KNOWN_FOR,
    REUSED,
    SessionState,
    Ticket,
    Visit,
    judge_spent,
    unknown_refresh_token,
)
from services.auth.letters import ALREADY_REGISTERED, NEW_LOGIN, VERIFY_EMAIL, Letter, Letters


class Base(SQLModel, registry=registry()):
    """This service's tables, apart from those of its neighbours in the process."""


def _moment() -> datetime:
    moment: datetime = Field(sa_type=DateTime(timezone=True))
    return moment


class Account(Base, table=True):
    """An account: one e-mail address in lower case, one password.

    `password_hash` is empty when it has none. `password_version` moves with every other password.
    `pending_email` waits for its confirmation: a new address, or the first one.
    """

    user_id: str = Field(primary_key=True)
    email: str
    password_hash: str = Field(repr=False)
    first_name: str
    last_name: str
    username: str
    roles: list[str] = Field(default=[], sa_type=ARRAY(Text))
    create_time: datetime = _moment()
    email_verified: bool = False
    pending_email: str | None = None
    password_version: int = 0


class Session(Base, table=True):
    """A session on one device. `counter` is how often it was refreshed."""

    session_id: str = Field(primary_key=True)
    user_id: str
    counter: int
    idle_period: timedelta = Field(sa_type=Interval)
    create_time: datetime = _moment()
    last_use_time: datetime = _moment()
    expire_time: datetime = _moment()
    absolute_expire_time: datetime = _moment()
    revoke_time: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    user_agent: str = ""
    address: str = ""

    @property
    def state(self) -> SessionState:
        """What decides whether a ticket of this session is still good."""
        return SessionState(
            counter=self.counter,
            last_use_time=self.last_use_time,
            expire_time=self.expire_time,
            revoked=self.revoke_time is not None,
        )


# What is left of an erased account: that its sessions have ended, until nobody can ask any more.
_KEEP_ENDED = """
    INSERT INTO ended_session (session_id, end_time)
    SELECT session_id, :now FROM session WHERE user_id = :user_id
"""
_FORGET_ENDED = "DELETE FROM ended_session WHERE end_time < :before"
_LATELY_ENDED = """
    SELECT session_id FROM session WHERE revoke_time >= $1
    UNION ALL SELECT session_id FROM ended_session WHERE end_time >= $1
"""
# Of an account, each table that holds something of its own; what is announced of it as well.
_ERASE = (
    "DELETE FROM outbox WHERE key = :user_id",
    "DELETE FROM account_mail USING account WHERE account.user_id = :user_id"
    " AND (account_mail.user_id = account.user_id OR account_mail.email = account.email)",
    "DELETE FROM account_token WHERE user_id = :user_id",
    "DELETE FROM identity WHERE user_id = :user_id",
    "DELETE FROM device WHERE user_id = :user_id",
    "DELETE FROM session WHERE user_id = :user_id",
    "DELETE FROM account WHERE user_id = :user_id",
)
# Whether the device is new, and not the account's first.
_REMEMBER = """
    INSERT INTO device (user_id, user_agent, network, last_use_time)
    VALUES (:user_id, :user_agent, :network, :now)
    ON CONFLICT (user_id, user_agent, network) DO UPDATE SET last_use_time = excluded.last_use_time
    RETURNING xmax = 0 AND EXISTS (SELECT FROM device WHERE user_id = :user_id)
"""
# The usual sign-in in one statement; it keeps nothing when the device is new, or the password.
_OPEN_AT_KNOWN_DEVICE = """
    WITH still AS (
        SELECT user_id FROM account WHERE user_id = $4 AND password_version = $1 FOR SHARE
    ), seen AS (
        UPDATE device SET last_use_time = $6 FROM still
        WHERE device.user_id = still.user_id AND user_agent = $10 AND network = $2 RETURNING 1
    )
    INSERT INTO session (session_id, user_id, idle_period, create_time, last_use_time, expire_time,
        absolute_expire_time, user_agent, address, counter)
    SELECT $3, $4, $5::interval, $6::timestamptz, $7::timestamptz, $8::timestamptz,
        $9::timestamptz, $10, $11, 0 FROM seen
    RETURNING session_id
"""
_IS_KNOWN = """
    SELECT EXISTS (
        SELECT FROM account JOIN device USING (user_id)
        WHERE email = :email AND network = :network AND last_use_time > :since
    )
"""


class Store:
    """Accounts, their sessions and devices. Each public method is one transaction.

    What ends sessions also has their access tokens refused, everywhere within a second.
    """

    def __init__(
        self, database: Database, outbox: Outbox, letters: Letters, revocations: Revocations
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._letters = letters
        self._revocations = revocations

    async def register(self, account: Account, event: AccountRegistered, language: str) -> None:
        """Keep a new account, announce it and mail it; a taken address is only told by mail."""
        new = insert(Account).values(account.model_dump()).on_conflict_do_nothing()
        async with self._database.transaction() as session:
            row = await session.execute(new.returning(col(Account.user_id)))
            if row.first() is not None:
                await self._outbox.announce(session, account.user_id, event)
                letter = Letter(VERIFY_EMAIL, account.email, language, account.user_id)
            else:
                owner = await owner_of(session, account.email)
                letter = Letter(ALREADY_REGISTERED, account.email, language, owner)
            await self._letters.put(session, letter)

    async def account(self, user_id: str) -> Account:
        """The account with this identifier; NotFound when it has been erased."""
        async with self._database.transaction() as session:
            account = await session.get(Account, user_id)
        if account is None:
            raise NotFound("ACCOUNT_NOT_FOUND", "the account does not exist")
        return account

    async def account_of(self, email: str) -> Account | None:
        """The account with this address, given in lower case."""
        for row in await self._database.rows("SELECT * FROM account WHERE email = $1", email):
            return Account(**row)
        return None

    async def replace_hash(self, account: Account, encoded: str) -> None:
        """Keep the same password under a new hash, unless it was changed meanwhile."""
        statement = (
            update(Account)
            .where(col(Account.user_id) == account.user_id)
            .where(col(Account.password_hash) == account.password_hash)
            .values(password_hash=encoded)
        )
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def erase(self, user_id: str, now: datetime) -> int:
        """Delete an account and all that is its own; how many rows that were."""
        async with self._database.transaction() as session:
            ended = await self.end_sessions(session, user_id, now)
            await session.execute(text(_KEEP_ENDED), {"user_id": user_id, "now": now})
            await session.execute(text(_FORGET_ENDED), {"before": now - ACCESS_TTL})
            count = 0
            for statement in _ERASE:
                result: Any = await session.execute(text(statement), {"user_id": user_id})
                count += result.rowcount
        await self.refuse_tokens(ended, now)
        return count

    async def is_known(self, email: str, network: str, now: datetime) -> bool:
        """Whether the owner of an address has signed in from a network not long ago."""
        values = {"email": email, "network": network, "since": now - KNOWN_FOR}
        async with self._database.transaction() as session:
            return bool((await session.execute(text(_IS_KNOWN), values)).scalar())

    async def open_session(self, opened: Session, account: Account, visit: Visit) -> bool:
        """Keep a new session, and tell the owner of a device that is new.

        False when the account has another password by now than it was recognised by.
        """
        device = (account.password_version, visit.network)
        columns = opened.model_dump(exclude={"counter", "revoke_time"}).values()
        if await self._database.rows(_OPEN_AT_KNOWN_DEVICE, *device, *columns):
            return True
        # The lock makes a change of the password wait, which then ends this session as well.
        still = (
            select(Account.user_id)
            .where(Account.user_id == account.user_id)
            .where(Account.password_version == account.password_version)
            .with_for_update(read=True)
        )
        async with self._database.transaction() as session:
            if (await session.exec(still)).first() is None:
                return False
            session.add(opened)
            if await self.remember(session, account.user_id, visit, opened.create_time):
                told = (account.email, visit.language, account.user_id, visit.device)
                await self._letters.put(session, Letter(NEW_LOGIN, *told))
            return True

    async def remember(
        self, session: AsyncSession, user_id: str, visit: Visit, now: datetime
    ) -> bool:
        """Know a device from now on; whether it is new, and not the account's first."""
        values = {
            "user_id": user_id,
            "user_agent": visit.user_agent,
            "network": visit.network,
            "now": now,
        }
        return bool((await session.execute(text(_REMEMBER), values)).scalar())

    async def is_live(self, session_id: str, now: datetime) -> bool:
        """Whether a session has neither ended nor expired."""
        async with self._database.transaction() as session:
            found = await session.get(Session, session_id)
            return found is not None and not found.state.revoked and found.expire_time > now

    async def page(self, user_id: str, *, after: str, size: int, now: datetime) -> list[Session]:
        """At most `size` live sessions, newest first, older than `after` if given."""
        wanted = select(Session).where(Session.user_id == user_id, *_live(now))
        if after:
            wanted = wanted.where(Session.session_id < after)
        newest_first = col(Session.session_id).desc()
        async with self._database.transaction() as session:
            return list(await session.exec(wanted.order_by(newest_first).limit(size)))

    async def rotate(self, ticket: Ticket, now: datetime) -> tuple[Session, Account]:
        """Spend a ticket: its session with the next counter, and its account.

        Of any number that spend it at once, one moves the counter and all get the same answer.
        Unauthenticated when it is not good; a ticket that was used before has ended its session
        by then.
        """
        async with self._database.transaction() as session:
            found = await self._spend(session, ticket, now)
            refusal = None
            if found is None:
                found = await _locked(session, ticket.session_id)
                refusal = judge_spent(ticket, found.state, now)
            if refusal is not None and refusal.reason == REUSED:
                found.revoke_time = now
            account = await session.get_one(Account, found.user_id)
        # Raised out here: inside, it would roll the revocation back.
        if refusal is not None:
            if refusal.reason == REUSED:
                await self.refuse_tokens([found.session_id], now)
            raise refusal
        return found, account

    async def revoke(self, session_id: str, now: datetime) -> None:
        """End a session; nothing happens when it has ended."""
        statement = (
            update(Session)
            .where(col(Session.session_id) == session_id, col(Session.revoke_time).is_(None))
            .values(revoke_time=now)
        )
        async with self._database.transaction() as session:
            await session.execute(statement)
        await self.refuse_tokens([session_id], now)

    async def revoke_own(self, user_id: str, session_id: str, now: datetime) -> None:
        """End a session of a user, if it has not ended; NotFound when it is not theirs."""
        statement = (
            update(Session)
            .where(col(Session.session_id) == session_id, col(Session.user_id) == user_id)
            .values(revoke_time=func.coalesce(col(Session.revoke_time), now))
            .returning(col(Session.session_id))
        )
        async with self._database.transaction() as session:
            found = (await session.execute(statement)).first()
        if found is None:
            raise NotFound("SESSION_NOT_FOUND", "there is no such session")
        await self.refuse_tokens([session_id], now)

    async def revoke_all(self, user_id: str, now: datetime) -> int:
        """End every session of a user; how many those were."""
        async with self._database.transaction() as session:
            ended = await self.end_sessions(session, user_id, now)
        await self.refuse_tokens(ended, now)
        return len(ended)

    async def end_sessions(
        self, session: AsyncSession, user_id: str, now: datetime, *, keep: str = ""
    ) -> list[str]:
        """End every live session of a user but `keep`, in this transaction; which those were.

        A refresh at the same time holds its row: whoever comes second sees what the first did.
        """
        statement = (
            update(Session)
            .where(col(Session.user_id) == user_id, col(Session.session_id) != keep)
            # One that has just expired may have an access token left.
            .where(col(Session.revoke_time).is_(None), col(Session.expire_time) > now - ACCESS_TTL)
            .values(revoke_time=now)
            .returning(col(Session.session_id))
        )
        return list((await session.execute(statement)).scalars())

    async def refuse_tokens(self, session_ids: list[str], now: datetime) -> None:
        """Have the access tokens of sessions that have ended refused, after the commit."""
        await self._revocations.revoke(session_ids, now + ACCESS_TTL)

    async def lately_ended(self) -> list[str]:
        """The sessions that were ended while an access token of theirs may still be good."""
        since = self._letters.clock.now() - ACCESS_TTL
        return [row["session_id"] for row in await self._database.rows(_LATELY_ENDED, since)]

    async def _spend(self, session: AsyncSession, ticket: Ticket, now: datetime) -> Session | None:
        idle_end = literal(now, DateTime(timezone=True)) + col(Session.idle_period)
        statement = (
            update(Session)
            .where(*self._current(ticket, now))
            .values(
                counter=col(Session.counter) + 1,
                last_use_time=now,
                expire_time=func.least(idle_end, col(Session.absolute_expire_time)),
            )
            .returning(Session)
        )
        return (await session.execute(statement)).scalar_one_or_none()

    def _current(self, ticket: Ticket, now: datetime) -> list[ColumnElement[bool]]:
        """What must be true of a session for a ticket to be spent."""
        return [
            col(Session.session_id) == ticket.session_id,
            col(Session.counter) == ticket.counter,
            *_live(now),
        ]


def _live(now: datetime) -> list[ColumnElement[bool]]:
    return [col(Session.revoke_time).is_(None), col(Session.expire_time) > now]


async def _locked(session: AsyncSession, session_id: str) -> Session:
    wanted = select(Session).where(Session.session_id == session_id).with_for_update()
    found = (await session.exec(wanted)).first()
    if found is None:
        raise unknown_refresh_token()
    return found


async def owner_of(session: AsyncSession, email: str) -> str | None:
    """The account that has an address."""
    return (await session.exec(select(Account.user_id).where(Account.email == email))).first()
