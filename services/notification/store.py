"""Notifications and the mails that carry them, in PostgreSQL: the tables, and every statement."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.bus import Event
from mesh.database import Database, Signals, Subscription
from mesh.outbox import first_time
from services.notification.domain import Words, digest_of

_TOPIC = "mail"
QUEUED, SENT, FAILED = "QUEUED", "SENT", "FAILED"
# What is forgotten in one transaction at most, so that no lock is held for long.
SWEPT_AT_ONCE = 1000


class Base(SQLModel, registry=registry()):
    """This service's tables, apart from those of its neighbours in the process."""


def _moment() -> datetime:
    moment: datetime = Field(sa_type=DateTime(timezone=True))
    return moment


def _later() -> datetime | None:
    moment: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    return moment


class Notification(Base, table=True):
    """Something a traveller was told. Identifiers are ordered by creation."""

    notification_id: str = Field(primary_key=True)
    user_id: str
    kind: str
    title: str
    summary: str
    booking_id: str
    create_time: datetime = _moment()
    read_time: datetime | None = _later()


class Mail(Base, table=True):
    """One mail, as it will be sent; `user_id` is empty when it is for nobody's account.

    `due_time` is when a worker may take it: while one is at work that is the end of its lease.
    Once it has been sent or given up, at `end_time`, neither its words nor whom it went to remain.
    """

    mail_id: str = Field(primary_key=True)
    user_id: str
    kind: str
    recipient: str
    locale: str
    subject: str
    text: str
    html: str
    state: str = QUEUED
    attempts: int = 0
    problem: str = ""
    create_time: datetime = _moment()
    due_time: datetime = _moment()
    end_time: datetime | None = _later()


class Reader(Base, table=True):
    """Somebody who is told things: the row that everything told to one user locks.

    It outlives its user for a while, so it names nobody.
    """

    user_digest: bytes = Field(primary_key=True)
    erase_time: datetime | None = _later()


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody is told: a notification unless its identifier is empty, a mail alike.

    `user_id` is empty for a mail to somebody without an account.
    """

    user_id: str
    kind: str
    words: Words
    time: datetime
    notification_id: str = ""
    booking_id: str = ""
    mail_id: str = ""
    recipient: str = ""
    locale: str = ""

    def notification(self) -> Notification:
        """Its row as a notification."""
        return Notification(
            notification_id=self.notification_id,
            user_id=self.user_id,
            kind=self.kind,
            title=self.words.title,
            summary=self.words.summary,
            booking_id=self.booking_id,
            create_time=self.time,
        )

    def mail(self) -> Mail:
        """Its row as a mail."""
        return Mail(
            mail_id=self.mail_id,
            user_id=self.user_id,
            kind=self.kind,
            recipient=self.recipient,
            locale=self.locale,
            subject=self.words.title,
            text=self.words.text,
            html=self.words.html,
            create_time=self.time,
            due_time=self.time,
        )


class Store:
    """Every statement of this service. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mail_queued(self, signals: Signals) -> AbstractContextManager[Subscription]:
        """A subscription that is woken when there is a new mail."""
        return signals.subscribe(self._database.schema, _TOPIC)

    async def take_in(self, consumer: str, event: Event, told: Told) -> None:
        """Keep what an event has a traveller told, once; nothing for a user who was erased."""
        async with self._database.transaction() as session:
            if await first_time(session, consumer, event):
                await self._keep(session, told)

    async def tell(self, told: Told) -> None:
        """Keep what a user is told; nothing when that mail is known, or the user was erased."""
        async with self._database.transaction() as session:
            await self._keep(session, told)

    async def _keep(self, session: AsyncSession, told: Told) -> None:
        if told.user_id and await self._erase_time(session, told.user_id, None):
            return
        if told.mail_id:
            new = insert(Mail).values(told.mail().model_dump()).on_conflict_do_nothing()
            added = await session.execute(new.returning(col(Mail.mail_id)))
            if added.scalar_one_or_none() is None:
                return
            await self._database.notify(session, _TOPIC)
        if told.notification_id:
            session.add(told.notification())

    async def erase(self, user_id: str, now: datetime) -> int:
        """Delete all that a user was told, and see to it that nothing follows; how many rows."""
        async with self._database.transaction() as session:
            await self._erase_time(session, user_id, now)
            mine = (col(Notification.user_id) == user_id, col(Mail.user_id) == user_id)
            told = await session.execute(delete(Notification).where(mine[0]))
            mailed = await session.execute(delete(Mail).where(mine[1]))
            return _rows(told) + _rows(mailed)

    async def is_erased(self, user_id: str) -> bool:
        """Whether the user was erased lately."""
        async with self._database.transaction() as session:
            reader = await session.get(Reader, digest_of(user_id))
            return reader is not None and reader.erase_time is not None

    async def _erase_time(
        self, session: AsyncSession, user_id: str, now: datetime | None
    ) -> datetime | None:
        """When the user was erased, which may be now, locked until the transaction ends."""
        row = insert(Reader).values(user_digest=digest_of(user_id), erase_time=now)
        kept = func.coalesce(col(Reader.erase_time), row.excluded.erase_time)
        locked = row.on_conflict_do_update(
            index_elements=["user_digest"], set_={"erase_time": kept}
        )
        moment = await session.execute(locked.returning(col(Reader.erase_time)))
        erased: datetime | None = moment.scalar_one()
        return erased

    async def page(self, user_id: str, *, after: str, size: int) -> list[Notification]:
        """At most `size` notifications of a user, newest first, older than `after` if given."""
        wanted = select(Notification).where(Notification.user_id == user_id)
        if after:
            wanted = wanted.where(Notification.notification_id < after)
        newest_first = col(Notification.notification_id).desc()
        async with self._database.transaction() as session:
            return list(await session.exec(wanted.order_by(newest_first).limit(size)))

    async def read(self, user_id: str, notification_id: str, now: datetime) -> Notification | None:
        """The notification, read now unless it was before; None when it is not this user's."""
        statement = (
            update(Notification)
            .where(col(Notification.notification_id) == notification_id)
            .where(col(Notification.user_id) == user_id)
            .values(read_time=func.coalesce(col(Notification.read_time), now))
            .returning(Notification)
        )
        async with self._database.transaction() as session:
            return (await session.execute(statement)).scalar_one_or_none()

    async def take_mail(self, now: datetime, *, until: datetime) -> Mail | None:
        """The mail that has been due longest, leased until then; None when none is due."""
        due = (
            select(Mail.mail_id)
            .where(Mail.state == QUEUED, Mail.due_time <= now)
            .order_by(col(Mail.due_time))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(Mail)
            .where(col(Mail.mail_id) == due.scalar_subquery())
            .values(due_time=until, attempts=col(Mail.attempts) + 1)
            .returning(Mail)
        )
        async with self._database.transaction() as session:
            return (await session.execute(statement)).scalar_one_or_none()

    async def mark_sent(self, mail: Mail, now: datetime) -> None:
        """The mail was handed over, whoever holds the lease by now; its words are forgotten."""
        statement = (
            update(Mail)
            .where(col(Mail.mail_id) == mail.mail_id)
            .values(state=SENT, problem="", end_time=now, **_FORGOTTEN)
        )
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def put_back(self, mail: Mail, problem: str, *, due: datetime) -> None:
        """The mail is to be tried again, unless another worker has taken it over."""
        await self._end_attempt(mail, problem=problem, due_time=due)

    async def give_up(self, mail: Mail, problem: str, now: datetime) -> None:
        """The mail is not to be tried again, unless another worker has taken it over."""
        await self._end_attempt(mail, state=FAILED, problem=problem, end_time=now, **_FORGOTTEN)

    async def _end_attempt(self, mail: Mail, **changes: Any) -> None:
        # The number of the attempt fences: a worker that was overtaken changes nothing.
        statement = (
            update(Mail)
            .where(col(Mail.mail_id) == mail.mail_id)
            .where(col(Mail.state) == QUEUED, col(Mail.attempts) == mail.attempts)
            .values(**changes)
        )
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def sweep(self, before: datetime) -> bool:
        """Delete some of what ended before that: mails, events taken in, erased users' marks.

        Whether there may be more.
        """
        async with self._database.transaction() as session:
            swept = [
                _rows(await session.execute(text(old), {"before": before, "most": SWEPT_AT_ONCE}))
                for old in _OLD
            ]
        return SWEPT_AT_ONCE in swept


_FORGOTTEN = {"recipient": "", "text": "", "html": ""}
_OLD = (
    """
    DELETE FROM mail WHERE mail_id IN (
        SELECT mail_id FROM mail WHERE end_time < :before LIMIT :most FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM inbox WHERE (consumer, event_id) IN (
        SELECT consumer, event_id FROM inbox WHERE create_time < :before LIMIT :most
        FOR UPDATE SKIP LOCKED)
    """,
    """
    DELETE FROM reader WHERE user_digest IN (
        SELECT user_digest FROM reader WHERE erase_time < :before LIMIT :most
        FOR UPDATE SKIP LOCKED)
    """,
)


def _rows(result: Any) -> int:
    return int(result.rowcount)
