"""The mails that accounts are owed, in PostgreSQL: a queue that is filled with the change.

No row holds a secret: what a link carries is derived from the mail's identifier when it is sent.
A mail that was sent is deleted.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.clock import Clock, Ids
from mesh.database import Database, Signals, Subscription

VERIFY_EMAIL = "VERIFY_EMAIL"
RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - the name of a kind of mail
NEW_LOGIN = "NEW_LOGIN"
PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - the name of a kind of mail
ALREADY_REGISTERED = "ALREADY_REGISTERED"
EMAIL_CHANGING = "EMAIL_CHANGING"

_TOPIC = "account_mail"


class Base(SQLModel, registry=registry()):
    """The table of mails, apart from those of the neighbours in the process."""


def _moment() -> datetime:
    moment: datetime = Field(sa_type=DateTime(timezone=True))
    return moment


class AccountMail(Base, table=True):
    """A mail to be sent. While a worker is at it, `due_time` is the end of its lease."""

    __tablename__ = "account_mail"

    mail_id: str = Field(primary_key=True)
    kind: str
    email: str
    user_id: str | None = None
    locale: str
    device: str = ""
    attempts: int = 0
    problem: str = ""
    given_up: bool = False
    create_time: datetime = _moment()
    due_time: datetime = _moment()


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail is about. Without `user_id` the address may be nobody's."""

    kind: str
    email: str
    locale: str
    user_id: str | None = None
    device: str = ""


@dataclass(frozen=True)
class Letters:
    """Every statement on the queue."""

    database: Database
    clock: Clock
    ids: Ids

    async def put(self, session: AsyncSession, letter: Letter) -> None:
        """Owe a mail, once this transaction has committed."""
        now = self.clock.now()
        session.add(
            AccountMail(
                mail_id=self.ids.new(),
                kind=letter.kind,
                email=letter.email,
                user_id=letter.user_id,
                locale=letter.locale,
                device=letter.device,
                create_time=now,
                due_time=now,
            )
        )
        await self.database.notify(session, _TOPIC)

    async def post(self, letter: Letter) -> None:
        """Owe a mail that belongs to no other change."""
        async with self.database.transaction() as session:
            await self.put(session, letter)

    def waiting(self, signals: Signals) -> AbstractContextManager[Subscription]:
        """A subscription that is woken when there is a new mail."""
        return signals.subscribe(self.database.schema, _TOPIC)

    async def take(self, now: datetime, *, until: datetime) -> AccountMail | None:
        """The mail that has been due longest, leased until then; None when none is due."""
        due = (
            select(AccountMail.mail_id)
            .where(col(AccountMail.given_up).is_(False), AccountMail.due_time <= now)
            .order_by(col(AccountMail.due_time))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(AccountMail)
            .where(col(AccountMail.mail_id) == due.scalar_subquery())
            .values(due_time=until, attempts=col(AccountMail.attempts) + 1)
            .returning(AccountMail)
        )
        async with self.database.transaction() as session:
            return (await session.execute(statement)).scalar_one_or_none()

    async def done(self, mail: AccountMail) -> None:
        """The mail was handed over, or is not owed any more."""
        async with self.database.transaction() as session:
            await session.execute(
                delete(AccountMail).where(col(AccountMail.mail_id) == mail.mail_id)
            )

    async def put_back(
        self, mail: AccountMail, problem: str, *, due: datetime, given_up: bool
    ) -> None:
        """The mail was not taken: it is tried again when `due`, unless it is given up."""
        # The number of the attempt fences: a worker that was overtaken changes nothing.
        statement = (
            update(AccountMail)
            .where(col(AccountMail.mail_id) == mail.mail_id)
            .where(col(AccountMail.attempts) == mail.attempts)
            .values(problem=problem, due_time=due, given_up=given_up)
        )
        async with self.database.transaction() as session:
            await session.execute(statement)
