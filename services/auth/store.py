"""Accounts and sessions in PostgreSQL: the tables, and every statement on them."""

from datetime import datetime, timedelta

from sqlalchemy import ARRAY, DateTime, Interval, Text, literal
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.auth.v1.auth_pb2 import AccountRegistered
from mesh.database import Database
from mesh.outbox import Outbox
from services.auth.domain import (
    REUSED,
    SessionState,
    Ticket,
    judge_spent,
    unknown_refresh_token,
)


class Base(SQLModel, registry=registry()):
    """This service's tables, apart from those of its neighbours in the process."""


def _moment() -> datetime:
    moment: datetime = Field(sa_type=DateTime(timezone=True))
    return moment


class Account(Base, table=True):
    """An account: one e-mail address in lower case, one password."""

    user_id: str = Field(primary_key=True)
    email: str
    password_hash: str = Field(repr=False)
    first_name: str
    last_name: str
    username: str
    roles: list[str] = Field(default=[], sa_type=ARRAY(Text))
    create_time: datetime = _moment()


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

    @property
    def state(self) -> SessionState:
        """What decides whether a ticket of this session is still good."""
        return SessionState(
            counter=self.counter,
            last_use_time=self.last_use_time,
            expire_time=self.expire_time,
            revoked=self.revoke_time is not None,
        )


class Store:
    """Every statement of this service. Each method is one transaction."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def register(self, account: Account, event: AccountRegistered) -> None:
        """Keep a new account and announce it; nothing happens when its address is taken."""
        new = insert(Account).values(account.model_dump()).on_conflict_do_nothing()
        async with self._database.transaction() as session:
            row = await session.execute(new.returning(col(Account.user_id)))
            if row.first() is not None:
                await self._outbox.announce(session, account.user_id, event)

    async def account(self, user_id: str) -> Account | None:
        """The account with this identifier."""
        async with self._database.transaction() as session:
            return await session.get(Account, user_id)

    async def account_of(self, email: str) -> Account | None:
        """The account with this address, given in lower case."""
        async with self._database.transaction() as session:
            return (await session.exec(select(Account).where(Account.email == email))).first()

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

    async def open_session(self, opened: Session) -> None:
        """Keep a new session."""
        async with self._database.transaction() as session:
            session.add(opened)

    async def is_live(self, session_id: str, now: datetime) -> bool:
        """Whether a session has neither ended nor expired."""
        async with self._database.transaction() as session:
            found = await session.get(Session, session_id)
            return found is not None and not found.state.revoked and found.expire_time > now

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

    async def _spend(self, session: AsyncSession, ticket: Ticket, now: datetime) -> Session | None:
        idle_end = literal(now, DateTime(timezone=True)) + col(Session.idle_period)
        statement = (
            update(Session)
            .where(
                col(Session.session_id) == ticket.session_id,
                col(Session.counter) == ticket.counter,
                col(Session.revoke_time).is_(None),
                col(Session.expire_time) > now,
            )
            .values(
                counter=col(Session.counter) + 1,
                last_use_time=now,
                expire_time=func.least(idle_end, col(Session.absolute_expire_time)),
            )
            .returning(Session)
        )
        return (await session.execute(statement)).scalar_one_or_none()


async def _locked(session: AsyncSession, session_id: str) -> Session:
    wanted = select(Session).where(Session.session_id == session_id).with_for_update()
    found = (await session.exec(wanted)).first()
    if found is None:
        raise unknown_refresh_token()
    return found
