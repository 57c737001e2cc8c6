"""Who accounts are at other providers, and sign-ins that have begun there, in PostgreSQL.

An identity is a pair of issuer and subject, never an e-mail address: those change hands.
"""

from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, delete, select

from dreamscape.auth.v1.auth_pb2 import AccountRegistered
from mesh.database import Database
from mesh.faults import Aborted
from mesh.outbox import Outbox
from services.auth.store import Account


class Base(SQLModel, registry=registry()):
    """These tables, apart from those of the neighbours in the process."""


def _moment() -> datetime:
    moment: datetime = Field(sa_type=DateTime(timezone=True))
    return moment


class Identity(Base, table=True):
    """An account as a provider knows it."""

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    user_id: str
    create_time: datetime = _moment()


class Flow(Base, table=True):
    """A sign-in that has begun: good once, in one browser, at one provider."""

    __tablename__ = "oauth_flow"

    state_digest: bytes = Field(primary_key=True)
    browser_digest: bytes
    provider: str
    nonce: str = Field(repr=False)
    verifier: str = Field(repr=False)
    expire_time: datetime = _moment()


class Identities:
    """Every statement on identities and flows. Each method is one transaction."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def begin(self, flow: Flow, now: datetime) -> None:
        """Keep a flow, and forget those that have expired."""
        async with self._database.transaction() as session:
            await session.execute(delete(Flow).where(col(Flow.expire_time) <= now))
            session.add(flow)

    async def take(self, state: bytes, browser: bytes, provider: str) -> Flow | None:
        """The flow with these digests, which is gone with this; None when there is none."""
        statement = (
            delete(Flow)
            .where(
                col(Flow.state_digest) == state,
                col(Flow.browser_digest) == browser,
                col(Flow.provider) == provider,
            )
            .returning(Flow)
        )
        async with self._database.transaction() as session:
            flow: Flow | None = (await session.execute(statement)).scalar_one_or_none()
            return flow

    async def account_of(self, issuer: str, subject: str) -> Account | None:
        """The account with this identity."""
        wanted = (
            select(Account)
            .join(Identity, col(Identity.user_id) == col(Account.user_id))
            .where(Identity.issuer == issuer, Identity.subject == subject)
        )
        async with self._database.transaction() as session:
            return (await session.exec(wanted)).first()

    async def join(self, account: Account, identity: Identity, event: AccountRegistered) -> bool:
        """Keep a new account with its identity and announce it; False when its address is taken.

        Aborted when the identity was taken at the same time, under another address.
        """
        new = insert(Account).values(account.model_dump()).on_conflict_do_nothing()
        its = insert(Identity).values(identity.model_dump()).on_conflict_do_nothing()
        async with self._database.transaction() as session:
            made = await session.execute(new.returning(col(Account.user_id)))
            if made.first() is None:
                return False
            joined = await session.execute(its.returning(col(Identity.user_id)))
            if joined.first() is None:
                raise Aborted("CONFLICT", "somebody signs in as the same user; try again")
            await self._outbox.announce(session, account.user_id, event)
            return True
