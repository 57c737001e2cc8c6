"""Notifications and the mails that carry them, in PostgreSQL: the tables, and every statement."""

from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, func, select, update

from mesh.bus import Event
from mesh.database import Database, Signals, Subscription
from mesh.outbox import first_time

_TOPIC = "mail"
QUEUED, SENT, FAILED = "QUEUED", "SENT", "FAILED"


class Base(SQLModel, registry=registry()):
    """This service's tables, apart from those of its neighbours in the process."""


def _moment() -> datetime:
    moment: datetime = Field(sa_type=DateTime(timezone=True))
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
    read_time: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Mail(Base, table=True):
    """The one mail of a notification, as it will be sent.

    `due_time` is when a worker may take it: while one is at work that is the end of its lease.
    """

    notification_id: str = Field(primary_key=True)
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


class Store:
    """Every statement of this service. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mail_queued(self, signals: Signals) -> AbstractContextManager[Subscription]:
        """A subscription that is woken when there is a new mail."""
        return signals.subscribe(self._database.schema, _TOPIC)

    async def take_in(
        self, consumer: str, event: Event, notification: Notification, mail: Mail
    ) -> None:
        """Keep what an event has a traveller told, and the mail, once."""
        async with self._database.transaction() as session:
            if not await first_time(session, consumer, event):
                return
            session.add(notification)
            await session.flush()  # the mail refers to it
            session.add(mail)
            await self._database.notify(session, _TOPIC)

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
            select(Mail.notification_id)
            .where(Mail.state == QUEUED, Mail.due_time <= now)
            .order_by(col(Mail.due_time))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(Mail)
            .where(col(Mail.notification_id) == due.scalar_subquery())
            .values(due_time=until, attempts=col(Mail.attempts) + 1)
            .returning(Mail)
        )
        async with self._database.transaction() as session:
            return (await session.execute(statement)).scalar_one_or_none()

    async def mark_sent(self, mail: Mail) -> None:
        """The mail was handed over; true whoever holds the lease by now."""
        statement = (
            update(Mail)
            .where(col(Mail.notification_id) == mail.notification_id)
            .values(state=SENT, problem="")
        )
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def put_back(self, mail: Mail, problem: str, *, due: datetime) -> None:
        """The mail is to be tried again, unless another worker has taken it over."""
        await self._end_attempt(mail, state=QUEUED, problem=problem, due=due)

    async def give_up(self, mail: Mail, problem: str) -> None:
        """The mail is not to be tried again, unless another worker has taken it over."""
        await self._end_attempt(mail, state=FAILED, problem=problem, due=mail.due_time)

    async def _end_attempt(self, mail: Mail, *, state: str, problem: str, due: datetime) -> None:
        # The number of the attempt fences: a worker that was overtaken changes nothing.
        statement = (
            update(Mail)
            .where(col(Mail.notification_id) == mail.notification_id)
            .where(col(Mail.state) == QUEUED, col(Mail.attempts) == mail.attempts)
            .values(state=state, problem=problem, due_time=due)
        )
        async with self._database.transaction() as session:
            await session.execute(statement)
