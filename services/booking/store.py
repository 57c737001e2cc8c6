"""Bookings in PostgreSQL: the tables, every statement on them, and their form on the wire.

Every transition is one conditional UPDATE: it happens only when the booking is still in the state,
in the version and in the hands it was read in. Its history and its event are written with it.

Two clocks: what is due is told by the injected clock, for it is the traveller's time. A lease is
between machines, so the database's own clock judges it, the one clock that all of them share.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Row,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.booking.v1 import booking_pb2
from dreamscape.voyage.v1 import voyage_pb2
from mesh.faults import NotFound
from mesh.money import Money
from mesh.outbox import Outbox
from services.booking.domain import FINAL, Booking, Item, Move, State, Traveller, check_erasable

SCHEMA = "booking"
# Wakes the saga's workers, on whichever pod they are.
DUE = "due"

_DATABASE_CLOCK = func.clock_timestamp(type_=DateTime(timezone=True))


class Superseded(Exception):
    """Somebody else has moved or taken the booking since it was read; nothing was written."""


class Base(SQLModel, registry=registry()):
    """This service's tables, apart from those of its neighbours in the process."""


def _moment(*, null: bool = False) -> Any:
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=null)


class BookingRow(Base, table=True):
    """A booking, and in the second half its saga: when to look at it next, and who holds it."""

    __tablename__ = "booking"

    booking_id: str = Field(primary_key=True, sa_type=Uuid(as_uuid=False))
    user_id: str
    state: str = Field(sa_type=Text)
    version: int
    total_minor: int
    currency: str
    items: list[dict[str, Any]] = Field(sa_type=JSONB)
    travellers: list[dict[str, Any]] = Field(sa_type=JSONB, repr=False)
    reason: str
    create_time: datetime = _moment()
    update_time: datetime = _moment()
    expire_time: datetime = _moment()
    cancel_requested: bool
    next_run: datetime | None = _moment(null=True)
    attempt: int
    fencing_token: int
    lease_owner: str | None
    lease_until: datetime | None = _moment(null=True)


class HistoryRow(Base, table=True):
    """A version of a booking: the state it brought, why and when."""

    __tablename__ = "booking_history"

    booking_id: str = Field(primary_key=True, sa_type=Uuid(as_uuid=False))
    version: int = Field(primary_key=True)
    state: str
    reason: str
    time: datetime = _moment()


_BOOKING: Table = Base.metadata.tables["booking"]
_HISTORY: Table = Base.metadata.tables["booking_history"]
_B = _BOOKING.c

_ENDED = ", ".join(f"'{state}'" for state in FINAL)
# As many travellers as there were, of whom nothing is known.
_FORGET_TRAVELLERS = f"""
    UPDATE booking SET user_id = :alias, travellers = (
        SELECT jsonb_agg((SELECT jsonb_object_agg(key, '') FROM jsonb_each(traveller)))
        FROM jsonb_array_elements(travellers) AS traveller)
    WHERE user_id = :user_id AND state IN ({_ENDED}) RETURNING booking_id::text
"""  # noqa: S608 - our own names
_FORGET_NEWS = "DELETE FROM outbox WHERE key = ANY(:ids) RETURNING publish_time"

_UNHELD: dict[str, Any] = {"lease_owner": None, "lease_until": None}


class Store:
    """Every statement of this service. What changes something runs in the caller's transaction."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._clock = outbox.clock

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction for what follows."""
        return self._outbox.database.transaction()

    async def find(self, booking_id: str, user_id: str) -> Booking:
        """A traveller's booking; NotFound when it is not there or somebody else's."""
        mine = (_B.booking_id == booking_id) & (_B.user_id == user_id)
        async with self.transaction() as session:
            row = (await session.execute(select(_BOOKING).where(mine))).first()
        return _found(row)

    async def page(self, user_id: str, *, size: int, after: str = "") -> list[Booking]:
        """At most `size` of a traveller's bookings, newest first, older than `after` if given.

        Identifiers are ordered by creation, so they are the key of the page.
        """
        wanted = select(_BOOKING).where(_B.user_id == user_id)
        if after:
            wanted = wanted.where(_B.booking_id < after)
        async with self.transaction() as session:
            rows = await session.execute(wanted.order_by(_B.booking_id.desc()).limit(size))
        return [_booking(row) for row in rows]

    async def erase(self, user_id: str) -> int:
        """Forget who travelled, in all that tells of it; how many bookings are anonymous now.

        FailedPrecondition while one is not at its end, Aborted until the news of all is published.
        """
        values = {"user_id": user_id, "alias": self._outbox.ids.new()}
        async with self.transaction() as session:
            ids = list(await session.scalars(text(_FORGET_TRAVELLERS), values))
            await session.execute(text("DELETE FROM idempotency WHERE user_id = :user_id"), values)
            news = list(await session.scalars(text(_FORGET_NEWS), {"ids": ids}))
            active = list(await session.scalars(select(_B.booking_id).where(_B.user_id == user_id)))
            check_erasable(active, untold=news.count(None))
        return len(ids)

    async def add(self, session: AsyncSession, booking: Booking) -> None:
        """Keep a new booking and its saga."""
        values = _columns(booking) | {"next_run": self._clock.now()}
        await session.execute(insert(_BOOKING).values(values))
        await self._record(session, booking)
        await self._outbox.database.notify(session, DUE)

    async def lock(self, session: AsyncSession, booking_id: str) -> Booking | None:
        """A booking that nobody else changes until this transaction ends; None when unknown."""
        wanted = select(_BOOKING).where(_B.booking_id == booking_id).with_for_update()
        row = (await session.execute(wanted)).first()
        return _booking(row) if row else None

    async def interrupt(self, session: AsyncSession, booking: Booking, move: Move) -> Booking:
        """Move a booking from outside the saga, out of the hands of whoever holds it.

        Superseded when it has changed since it was read.
        """
        freed = _UNHELD | {"fencing_token": booking.fencing_token + 1, "attempt": 0}
        moved = await self._move(session, booking, move, freed)
        await self._outbox.database.notify(session, DUE)
        return moved

    async def advance(self, session: AsyncSession, booking: Booking, move: Move) -> Booking:
        """Move a booking that the caller has claimed, and keep it.

        Superseded when the claim is lost.
        """
        return await self._move(session, booking, move, {"attempt": 1})

    async def request_cancel(self, session: AsyncSession, booking: Booking) -> None:
        """Remember the wish to cancel; it is no transition, so a step under way goes on."""
        values = {"cancel_requested": True, "next_run": self._clock.now()}
        await self._change(session, booking, values)
        await self._outbox.database.notify(session, DUE)

    async def wake(self, session: AsyncSession, booking: Booking) -> None:
        """Let the saga look at a booking again at once, whoever holds it."""
        freed = _UNHELD | {"fencing_token": booking.fencing_token + 1}
        values = freed | {"next_run": self._clock.now(), "attempt": 0}
        await self._change(session, booking, values)
        await self._outbox.database.notify(session, DUE)

    async def claim(self, session: AsyncSession, owner: str, lease: timedelta) -> Booking | None:
        """Take the booking that has been due longest and that nobody holds; None without one."""
        unheld = _B.lease_until.is_(None) | (_B.lease_until <= _DATABASE_CLOCK)
        due = (
            select(_B.booking_id)
            .where(_B.next_run <= self._clock.now(), unheld)
            .order_by(_B.next_run)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        taken = (
            update(_BOOKING)
            .where(_B.booking_id == due)
            .values(
                lease_owner=owner,
                lease_until=_DATABASE_CLOCK + lease,
                fencing_token=_B.fencing_token + 1,
                attempt=_B.attempt + 1,
            )
            .returning(_BOOKING)
        )
        row = (await session.execute(taken)).first()
        return _booking(row) if row else None

    async def keep(self, session: AsyncSession, booking: Booking, lease: timedelta) -> None:
        """Prolong the claim on a booking; Superseded when it is lost."""
        held = (_B.booking_id == booking.booking_id) & self._held(booking)
        prolonged = update(_BOOKING).where(held).values(lease_until=_DATABASE_CLOCK + lease)
        if (await session.execute(prolonged.returning(_B.booking_id))).first() is None:
            raise Superseded(booking.booking_id)

    async def release(
        self, session: AsyncSession, booking: Booking, next_run: datetime | None
    ) -> None:
        """Give up the claim until `next_run`, or until somebody moves or wakes the booking.

        Superseded when the claim is lost.
        """
        await self._change(session, booking, _UNHELD | {"next_run": next_run})

    async def _move(
        self, session: AsyncSession, booking: Booking, move: Move, values: dict[str, Any]
    ) -> Booking:
        now = self._clock.now()
        locators = move.record_locators or tuple(item.record_locator for item in booking.items)
        items = [
            replace(item, record_locator=locator)
            for item, locator in zip(booking.items, locators, strict=True)
        ]
        change = values | {
            "state": move.to.value,
            "version": booking.version + 1,
            "reason": move.reason or booking.reason,
            "items": [_item_json(item) for item in items],
            "update_time": now,
            "next_run": None if move.to in FINAL else now,
        }
        moved = _booking(await self._change(session, booking, change))
        await self._record(session, moved)
        return moved

    async def _change(
        self, session: AsyncSession, booking: Booking, values: dict[str, Any]
    ) -> Row[Any]:
        """The one way a booking changes: only as it was read, and only in the same hands."""
        as_read = (
            (_B.booking_id == booking.booking_id)
            & (_B.state == booking.state.value)
            & (_B.version == booking.version)
            & self._held(booking)
        )
        changed = update(_BOOKING).where(as_read).values(values).returning(_BOOKING)
        row = (await session.execute(changed)).first()
        if row is None:
            raise Superseded(booking.booking_id)
        return row

    def _held(self, booking: Booking) -> ColumnElement[bool]:
        """The fence: whoever lost a booking holds an older token, and writes nothing."""
        return _B.fencing_token == booking.fencing_token

    async def _record(self, session: AsyncSession, booking: Booking) -> None:
        """Write down what has just happened, and tell whoever should know."""
        entry = {
            "booking_id": booking.booking_id,
            "version": booking.version,
            "state": booking.state.value,
            "reason": booking.reason,
            "time": booking.update_time,
        }
        await session.execute(insert(_HISTORY).values(entry))
        if booking.state is State.CONFIRMED:
            confirmed = booking_pb2.BookingConfirmed(booking=as_message(booking))
            await self._outbox.announce(session, booking.booking_id, confirmed)
        elif booking.state in FINAL:
            cancelled = booking_pb2.BookingCancelled(booking=as_message(booking))
            await self._outbox.announce(session, booking.booking_id, cancelled)
        await self._outbox.database.notify(session, topic_of(booking.booking_id))


def topic_of(booking_id: str) -> str:
    """What wakes those who watch a booking."""
    return f"booking.{booking_id}"


def as_message(booking: Booking) -> booking_pb2.Booking:
    """The booking as it is answered, kept and announced."""
    message = booking_pb2.Booking(
        booking_id=booking.booking_id,
        user_id=booking.user_id,
        status=f"BOOKING_STATUS_{booking.status}",
        state=f"BOOKING_STATE_{booking.state}",
        total=booking.total.to_wire(),
        reason=booking.reason,
        version=booking.version,
        travellers=as_travellers(booking.travellers),
        items=[
            booking_pb2.BookingItem(
                item_id=item.item_id,
                flight_offer_id=item.offer_id,
                price=item.price.to_wire(),
                record_locator=item.record_locator,
            )
            for item in booking.items
        ],
    )
    message.create_time.FromDatetime(booking.create_time)
    message.update_time.FromDatetime(booking.update_time)
    message.expire_time.FromDatetime(booking.expire_time)
    return message


def as_travellers(travellers: Sequence[Traveller]) -> list[voyage_pb2.Traveller]:
    """Travellers as voyage takes them."""
    return [voyage_pb2.Traveller(**asdict(traveller)) for traveller in travellers]


def _found(row: Row[Any] | None) -> Booking:
    if row is None:
        raise NotFound("BOOKING_NOT_FOUND", "there is no such booking")
    return _booking(row)


def _columns(booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": booking.booking_id,
        "user_id": booking.user_id,
        "state": booking.state.value,
        "version": booking.version,
        "total_minor": booking.total.minor,
        "currency": booking.total.currency,
        "items": [_item_json(item) for item in booking.items],
        "travellers": [asdict(traveller) for traveller in booking.travellers],
        "reason": booking.reason,
        "create_time": booking.create_time,
        "update_time": booking.update_time,
        "expire_time": booking.expire_time,
        "cancel_requested": booking.cancel_requested,
        "attempt": booking.attempt,
        "fencing_token": booking.fencing_token,
    }


def _item_json(item: Item) -> dict[str, Any]:
    return {
        "item_id": item.item_id,
        "offer_id": item.offer_id,
        "price_minor": item.price.minor,
        "currency": item.price.currency,
        "record_locator": item.record_locator,
    }


def _item(values: dict[str, Any]) -> Item:
    return Item(
        item_id=values["item_id"],
        offer_id=values["offer_id"],
        price=Money(values["price_minor"], values["currency"]),
        record_locator=values["record_locator"],
    )


def _booking(row: Row[Any]) -> Booking:
    return Booking(
        booking_id=row.booking_id,
        user_id=row.user_id,
        total=Money(row.total_minor, row.currency),
        items=tuple(_item(item) for item in row.items),
        travellers=tuple(Traveller(**traveller) for traveller in row.travellers),
        create_time=row.create_time,
        update_time=row.update_time,
        expire_time=row.expire_time,
        state=State(row.state),
        version=row.version,
        reason=row.reason,
        cancel_requested=row.cancel_requested,
        attempt=row.attempt,
        fencing_token=row.fencing_token,
    )
