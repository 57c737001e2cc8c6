"""Erasures in PostgreSQL: who asked for one, who carries it out, and what proves it.

One user has one erasure, whoever asks and however often: a unique constraint decides. While it is
under way it knows the user; when it is complete it knows a digest, which leads back to nobody.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Uuid, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.clock import Clock, Ids
from mesh.database import Database, Signals, Subscription
from services.user.avatars import Avatar
from services.user.domain import digest_of
from services.user.store import (
    TIME,
    Base,
    NotificationPreference,
    PastBooking,
    Profile,
    TravelPreference,
    Wish,
)

OWN = "user"

# Wakes whoever carries erasures out, on whichever pod.
_BEGUN = "erasure"

# A lease is between machines, so the one clock that all of them share judges it.
_DATABASE_CLOCK = func.clock_timestamp(type_=DateTime(timezone=True))
_THEIRS = (Wish, TravelPreference, NotificationPreference, PastBooking, Profile)


class Superseded(Exception):
    """Somebody else carries the erasure out by now; nothing was written."""


class ErasureRow(Base, table=True):
    """An erasure, and in the second half who carries it out and when to look at it next."""

    __tablename__ = "erasure"

    erasure_id: str = Field(primary_key=True, sa_type=Uuid(as_uuid=False))
    user_digest: bytes
    user_id: str | None
    create_time: datetime = Field(sa_type=TIME)
    complete_time: datetime | None = Field(default=None, sa_type=TIME)
    next_run: datetime | None = Field(default=None, sa_type=TIME)
    attempt: int = 0
    fencing_token: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=TIME)


class PartRow(Base, table=True):
    """What was erased in one service: the proof, which holds nothing of the user."""

    __tablename__ = "erasure_part"

    erasure_id: str = Field(primary_key=True, sa_type=Uuid(as_uuid=False))
    service: str = Field(primary_key=True)
    erased: int
    time: datetime = Field(sa_type=TIME)


@dataclass(frozen=True, slots=True)
class Part:
    """How many rows are gone or anonymous in one service, and since when."""

    service: str
    erased: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure with its proof. `user_id` is empty once it is complete."""

    erasure_id: str
    user_id: str = field(repr=False)
    create_time: datetime
    complete: bool
    attempt: int
    fencing_token: int
    parts: tuple[Part, ...]


class Erasures:
    """Every statement on erasures. Each method is one transaction."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def begun(self, signals: Signals) -> AbstractContextManager[Subscription]:
        """A subscription that is woken when an erasure begins."""
        return signals.subscribe(self._database.schema, _BEGUN)

    async def begin(self, user_id: str) -> Erasure:
        """A user's erasure, which begins now unless it had begun."""
        async with self._database.transaction() as session:
            await self._insert(session, user_id)
            await self._database.notify(session, _BEGUN)
        found = await self.of(user_id)
        if found is None:
            raise LookupError("an erasure vanished")
        return found

    async def _insert(self, session: AsyncSession, user_id: str) -> None:
        now = self._clock.now()
        row = ErasureRow(
            erasure_id=self._ids.new(),
            user_digest=digest_of(user_id),
            user_id=user_id,
            create_time=now,
            next_run=now,
        )
        await session.execute(insert(ErasureRow).values(row.model_dump()).on_conflict_do_nothing())

    async def of(self, user_id: str) -> Erasure | None:
        """A user's erasure, whether it is complete or not."""
        return await self._find(col(ErasureRow.user_digest) == digest_of(user_id))

    async def find(self, erasure_id: str) -> Erasure | None:
        """An erasure by its identifier."""
        return await self._find(col(ErasureRow.erasure_id) == erasure_id)

    async def _find(self, condition: Any) -> Erasure | None:
        async with self._database.transaction() as session:
            row = (await session.exec(select(ErasureRow).where(condition))).first()
            return await _with_parts(session, row) if row else None

    async def claim(self, lease: timedelta) -> Erasure | None:
        """Take the erasure that has been due longest and that nobody holds; None without one."""
        unheld = col(ErasureRow.lease_until).is_(None) | (
            col(ErasureRow.lease_until) <= _DATABASE_CLOCK
        )
        due = (
            select(ErasureRow.erasure_id)
            .where(col(ErasureRow.next_run) <= self._clock.now(), unheld)
            .order_by(col(ErasureRow.next_run))
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        taken = (
            update(ErasureRow)
            .where(col(ErasureRow.erasure_id) == due)
            .values(
                lease_until=_DATABASE_CLOCK + lease,
                fencing_token=col(ErasureRow.fencing_token) + 1,
                attempt=col(ErasureRow.attempt) + 1,
            )
            .returning(ErasureRow)
        )
        async with self._database.transaction() as session:
            row = (await session.execute(taken)).scalar_one_or_none()
            return await _with_parts(session, row) if row else None

    async def prove(self, erasure: Erasure, service: str, erased: int, lease: timedelta) -> None:
        """Write down what was erased in a service, and keep the claim; Superseded without it."""
        async with self._database.transaction() as session:
            await self._change(session, erasure, lease_until=_DATABASE_CLOCK + lease)
            await self._add_part(session, erasure, service, erased)

    async def release(self, erasure: Erasure, next_run: datetime) -> None:
        """Give up the claim until `next_run`; Superseded without it."""
        async with self._database.transaction() as session:
            await self._change(session, erasure, lease_until=None, next_run=next_run)

    async def complete(self, erasure: Erasure) -> None:
        """Erase what this service has of the user, and with it the user's name in the erasure.

        Superseded without the claim.
        """
        user_id, now = erasure.user_id, self._clock.now()
        async with self._database.transaction() as session:
            # Whoever writes for this user and did not know of the erasure has finished by then.
            await session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 0))"),
                {"user_id": user_id},
            )
            nameless = update(Avatar).where(col(Avatar.user_id) == user_id).values(user_id=None)
            erased = _rows(await session.execute(nameless))
            for table in _THEIRS:
                gone = delete(table).where(col(table.user_id) == user_id)
                erased += _rows(await session.execute(gone))
            await self._add_part(session, erasure, OWN, erased)
            over = {"user_id": None, "complete_time": now, "next_run": None, "lease_until": None}
            await self._change(session, erasure, **over)

    async def _change(self, session: AsyncSession, erasure: Erasure, **values: Any) -> None:
        """The one way an erasure changes: only in the hands that it was claimed by."""
        held = (col(ErasureRow.erasure_id) == erasure.erasure_id) & (
            col(ErasureRow.fencing_token) == erasure.fencing_token
        )
        changed = update(ErasureRow).where(held).values(**values)
        if _rows(await session.execute(changed)) == 0:
            raise Superseded(erasure.erasure_id)

    async def _add_part(
        self, session: AsyncSession, erasure: Erasure, service: str, erased: int
    ) -> None:
        part = PartRow(
            erasure_id=erasure.erasure_id,
            service=service,
            erased=erased,
            time=self._clock.now(),
        )
        await session.execute(insert(PartRow).values(part.model_dump()).on_conflict_do_nothing())


async def _with_parts(session: AsyncSession, row: ErasureRow) -> Erasure:
    parts = select(PartRow).where(PartRow.erasure_id == row.erasure_id)
    found: Sequence[PartRow] = (await session.exec(parts.order_by(col(PartRow.time)))).all()
    return Erasure(
        erasure_id=row.erasure_id,
        user_id=row.user_id or "",
        create_time=row.create_time,
        complete=row.complete_time is not None,
        attempt=row.attempt,
        fencing_token=row.fencing_token,
        parts=tuple(Part(part.service, part.erased, part.time) for part in found),
    )


def _rows(result: Any) -> int:
    return int(result.rowcount)
