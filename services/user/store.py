"""Profiles in PostgreSQL: the table, and every statement on it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.auth.v1.auth_pb2 import Account
from mesh.bus import Event
from mesh.database import Database
from mesh.outbox import first_time

_FIRST_LOCALE, _FIRST_CURRENCY = "en", "EUR"


class Base(SQLModel, registry=registry()):
    """This service's tables, apart from those of its neighbours in the process."""


class Profile(Base, table=True):
    """A traveller's profile. `locale` is `en` or `fr`, `currency` an ISO 4217 code."""

    user_id: str = Field(primary_key=True)
    email: str
    first_name: str
    last_name: str
    locale: str
    currency: str
    update_time: datetime = Field(sa_type=DateTime(timezone=True))

    @classmethod
    def of(cls, account: Account, now: datetime) -> "Profile":
        """The profile that an account begins with."""
        return cls(
            user_id=account.user_id,
            email=account.email,
            first_name=account.first_name,
            last_name=account.last_name,
            locale=_FIRST_LOCALE,
            currency=_FIRST_CURRENCY,
            update_time=now,
        )


class Store:
    """Every statement of this service. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, consumer: str, event: Event, profile: Profile) -> None:
        """Keep the profile that an event begins, once."""
        async with self._database.transaction() as session:
            if await first_time(session, consumer, event):
                await _begin(session, profile)

    async def begin(self, profile: Profile) -> Profile:
        """Keep a new profile, or find the one that was kept meanwhile."""
        async with self._database.transaction() as session:
            await _begin(session, profile)
            return await session.get_one(Profile, profile.user_id)

    async def profile(self, user_id: str) -> Profile | None:
        """The profile of an account."""
        async with self._database.transaction() as session:
            return await session.get(Profile, user_id)

    async def profiles(self, user_ids: Collection[str]) -> list[Profile]:
        """The profiles there are of some accounts, in any order."""
        async with self._database.transaction() as session:
            wanted = select(Profile).where(col(Profile.user_id).in_(user_ids))
            return list(await session.exec(wanted))

    async def change(self, user_id: str, changes: Mapping[str, str], now: datetime) -> Profile:
        """The profile after setting the columns named; NoResultFound when there is none."""
        statement = (
            update(Profile)
            .where(col(Profile.user_id) == user_id)
            .values(update_time=now, **changes)
            .returning(Profile)
        )
        async with self._database.transaction() as session:
            changed: Profile = (await session.execute(statement)).scalar_one()
            return changed


async def _begin(session: AsyncSession, profile: Profile) -> None:
    # Whoever asks first, the event or its owner, begins it; the other changes nothing.
    await session.execute(insert(Profile).values(profile.model_dump()).on_conflict_do_nothing())
