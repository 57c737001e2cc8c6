"""What travellers tell, in PostgreSQL: the tables, and every statement on them.

Whoever is erased stays erased: what is written for a user looks for their erasure first, under a
lock that the end of an erasure takes for itself. What hangs on a profile needs no such look, for
its foreign key fails without one.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Text, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.auth.v1.auth_pb2 import Account
from mesh.bus import Event
from mesh.database import Database
from mesh.outbox import first_time
from services.user.domain import (
    DEFAULTS,
    MOST_WISHES,
    Category,
    Channels,
    Cursor,
    Kind,
    Tastes,
    digest_of,
    no_profile,
    wishlist_full,
)

_FIRST_LOCALE, _FIRST_CURRENCY = "en", "EUR"
TIME = DateTime(timezone=True)


class Base(SQLModel, registry=registry()):
    """This service's tables, apart from those of its neighbours in the process."""


class Profile(Base, table=True):
    """A traveller's profile. `locale` is `en` or `fr`, `currency` an ISO 4217 code.

    `wishes` counts the rows in `wish`; `avatar_key` names the picture's object, if there is one.
    """

    user_id: str = Field(primary_key=True)
    email: str
    first_name: str
    last_name: str
    locale: str
    currency: str
    update_time: datetime = Field(sa_type=TIME)
    avatar_key: str | None = None
    wishes: int = 0

    @classmethod
    def of(cls, account: Account, now: datetime, locale: str = "") -> "Profile":
        """The profile that an account begins with, in the language it was created in."""
        return cls(
            user_id=account.user_id,
            email=account.email,
            first_name=account.first_name,
            last_name=account.last_name,
            locale=locale or _FIRST_LOCALE,
            currency=_FIRST_CURRENCY,
            update_time=now,
        )


class TravelPreference(Base, table=True):
    """How a traveller likes to travel, once they have said so."""

    __tablename__ = "travel_preference"

    user_id: str = Field(primary_key=True)
    categories: list[str] = Field(sa_type=ARRAY(Text))
    home_airport: str
    cabin: str
    seat: str
    airlines: list[str] = Field(sa_type=ARRAY(Text))


class NotificationPreference(Base, table=True):
    """How a traveller wants to be told about one kind of thing, once they have said so."""

    __tablename__ = "notification_preference"

    user_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    email: bool
    sms: bool
    in_app: bool


class Wish(Base, table=True):
    """A destination that a traveller dreams of."""

    user_id: str = Field(primary_key=True)
    destination_id: str = Field(primary_key=True)
    create_time: datetime = Field(sa_type=TIME)


class PastBooking(Base, table=True):
    """How a booking ended, as of its newest version that was told."""

    __tablename__ = "past_booking"

    booking_id: str = Field(primary_key=True)
    user_id: str
    version: int
    outcome: str
    time: datetime = Field(sa_type=TIME)


@dataclass(frozen=True, slots=True)
class Person:
    """A profile as it is read, with what its owner wants to be told."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    locale: str
    currency: str
    update_time: datetime
    avatar_key: str | None
    channels: dict[Kind, Channels] = field(default_factory=lambda: dict(DEFAULTS))


_PEOPLE = """
    SELECT user_id, p.email, first_name, last_name, locale, currency, update_time, avatar_key,
        kind, n.email AS by_email, sms, in_app
    FROM profile p LEFT JOIN notification_preference n USING (user_id)
    WHERE user_id = ANY($1)
"""


class Store:
    """Every statement of this service but those of pictures and erasures.

    Each method is one transaction. What changes something of a profile raises NotFound when there
    is none.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, consumer: str, event: Event, profile: Profile) -> None:
        """Keep the profile that an event begins, once."""
        async with self._database.transaction() as session:
            if await first_time(session, consumer, event):
                await self._begin(session, profile)

    async def readdress(self, consumer: str, event: Event, user_id: str, email: str) -> None:
        """Keep the address that an event says was confirmed, once."""
        theirs = update(Profile).where(col(Profile.user_id) == user_id)
        async with self._database.transaction() as session:
            if await first_time(session, consumer, event):
                await session.execute(theirs.values(email=email, update_time=event.time))

    async def begin(self, profile: Profile) -> Person:
        """Keep a new profile, or find the one that was kept meanwhile."""
        async with self._database.transaction() as session:
            await self._begin(session, profile)
        return await self.person(profile.user_id)

    async def _begin(self, session: AsyncSession, profile: Profile) -> None:
        # Whoever asks first, the event or its owner, begins it; the other changes nothing.
        if not await is_erased(session, profile.user_id):
            new = insert(Profile).values(profile.model_dump())
            await session.execute(new.on_conflict_do_nothing())

    async def person(self, user_id: str) -> Person:
        """The profile of an account; NotFound when there is none."""
        for person in await self.people([user_id]):
            return person
        raise no_profile()

    async def people(self, user_ids: Collection[str]) -> list[Person]:
        """The profiles there are of some accounts, in any order."""
        people: dict[str, Person] = {}
        for row in await self._database.rows(_PEOPLE, list(user_ids)):
            *profile, kind, by_email, by_sms, in_app = row
            person = people.setdefault(row["user_id"], Person(*profile))
            if kind is not None:
                person.channels[Kind(kind)] = Channels(by_email, by_sms, in_app)
        return list(people.values())

    async def change(self, user_id: str, changes: Mapping[str, str], now: datetime) -> None:
        """Set the columns named of a profile."""
        statement = update(Profile).where(col(Profile.user_id) == user_id)
        changed = statement.values(update_time=now, **changes).returning(col(Profile.user_id))
        async with self._theirs() as session:
            if (await session.execute(changed)).first() is None:
                raise no_profile()

    async def tell(self, user_id: str, channels: Mapping[Kind, Channels]) -> None:
        """Keep how a traveller wants to be told about some kinds of things."""
        rows = [
            {"user_id": user_id, "kind": kind.value} | asdict(channels[kind]) for kind in channels
        ]
        new = insert(NotificationPreference)
        names = ("email", "sms", "in_app")
        newest = new.on_conflict_do_update(
            index_elements=["user_id", "kind"], set_={name: new.excluded[name] for name in names}
        )
        async with self._theirs() as session:
            await session.execute(newest, rows)

    async def tastes(self, user_id: str) -> Tastes:
        """How a traveller likes to travel; in any way unless they have said so."""
        async with self._database.transaction() as session:
            row = await session.get(TravelPreference, user_id)
        if row is None:
            return Tastes()
        return Tastes(
            categories=tuple(map(Category, row.categories)),
            home_airport=row.home_airport,
            cabin=row.cabin,
            seat=row.seat,
            airlines=tuple(row.airlines),
        )

    async def like(self, user_id: str, tastes: Tastes) -> None:
        """Keep how a traveller likes to travel."""
        values = asdict(tastes)
        new = insert(TravelPreference).values(user_id=user_id, **values)
        newest = new.on_conflict_do_update(index_elements=["user_id"], set_=values)
        async with self._theirs() as session:
            await session.execute(newest)

    async def wishes(self, user_id: str, after: Cursor | None, size: int) -> Sequence[Wish]:
        """At most `size` of a traveller's wishes, newest first."""
        key = (col(Wish.create_time), col(Wish.destination_id))
        wanted = select(Wish).where(col(Wish.user_id) == user_id, *_older(key, after))
        async with self._database.transaction() as session:
            newest = wanted.order_by(*(column.desc() for column in key)).limit(size)
            return (await session.exec(newest)).all()

    async def add_wish(self, user_id: str, destination_id: str, now: datetime) -> Wish:
        """A wish that is there from now on, or was there; ResourceExhausted beyond the limit."""
        wish = Wish(user_id=user_id, destination_id=destination_id, create_time=now)
        async with self._theirs() as session:
            new = insert(Wish).values(wish.model_dump()).on_conflict_do_nothing()
            added = await session.execute(new.returning(col(Wish.user_id)))
            if added.first() is None:
                # It was there; whoever has removed it since did so after this.
                return await session.get(Wish, (user_id, destination_id)) or wish
            if not await self._take_place(session, user_id):
                # This takes the wish back with it.
                raise wishlist_full()
        return wish

    async def _take_place(self, session: AsyncSession, user_id: str) -> bool:
        """Whether there was room for one more wish, decided by one conditional statement."""
        room = (col(Profile.user_id) == user_id) & (col(Profile.wishes) < MOST_WISHES)
        taken = update(Profile).where(room).values(wishes=col(Profile.wishes) + 1)
        return (await session.execute(taken.returning(col(Profile.user_id)))).first() is not None

    async def remove_wish(self, user_id: str, destination_id: str) -> None:
        """Forget a wish; nothing happens when it is not there."""
        theirs = (col(Wish.user_id) == user_id) & (col(Wish.destination_id) == destination_id)
        gone = delete(Wish).where(theirs).returning(col(Wish.user_id))
        async with self._database.transaction() as session:
            if (await session.execute(gone)).first() is not None:
                fewer = update(Profile).where(col(Profile.user_id) == user_id)
                await session.execute(fewer.values(wishes=col(Profile.wishes) - 1))

    async def take_note(self, consumer: str, event: Event, booking: PastBooking) -> None:
        """Keep how a booking ended, once; an older version changes nothing."""
        values = booking.model_dump()
        new = insert(PastBooking).values(values)
        newest = new.on_conflict_do_update(
            index_elements=["booking_id"],
            set_=values,
            where=col(PastBooking.version) < booking.version,
        )
        async with self._database.transaction() as session:
            first = await first_time(session, consumer, event)
            if first and not await is_erased(session, booking.user_id):
                await session.execute(newest)

    async def history(self, user_id: str, after: Cursor | None, size: int) -> Sequence[PastBooking]:
        """At most `size` of a traveller's bookings as they ended, newest first."""
        key = (col(PastBooking.time), col(PastBooking.booking_id))
        wanted = select(PastBooking).where(col(PastBooking.user_id) == user_id, *_older(key, after))
        async with self._database.transaction() as session:
            newest = wanted.order_by(*(column.desc() for column in key)).limit(size)
            return (await session.exec(newest)).all()

    @asynccontextmanager
    async def _theirs(self) -> AsyncIterator[AsyncSession]:
        """A transaction on what hangs on a profile."""
        try:
            async with self._database.transaction() as session:
                yield session
        except IntegrityError as problem:
            # The one constraint that can fail here is the reference to the profile.
            raise no_profile() from problem


def _older(key: tuple[Any, Any], after: Cursor | None) -> list[ColumnElement[bool]]:
    return [] if after is None else [tuple_(*key) < (after.time, after.name)]


async def is_erased(session: AsyncSession, user_id: str) -> bool:
    """Whether a user is being erased, or is; if not, their erasure ends after this transaction."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:user_id, 0))"),
        {"user_id": user_id},
    )
    # A statement of its own, so that it sees what was committed before the lock was had.
    found = await session.execute(
        text("SELECT 1 FROM erasure WHERE user_digest = :digest"), {"digest": digest_of(user_id)}
    )
    return found.first() is not None
