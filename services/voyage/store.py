"""Tables and all SQL of voyage: offers, and the supplier's orders by our reference.

An order's state only moves by one conditional UPDATE: ORDERING -> CONFIRMED | REFUSED | CANCELLED,
CONFIRMED -> CANCELLED. What an attempt may do belongs to whoever set its number.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from google.rpc.status_pb2 import Status
from sqlalchemy import Column, DateTime, delete, or_, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, select

from dreamscape.voyage.v1.voyage_pb2 import FlightsSearched
from mesh.faults import Fault, from_status, to_status
from mesh.money import Money
from mesh.outbox import Outbox
from services.voyage.domain import Kind, Order, Seat

_PURGED_AT_ONCE = 1000
_WATCHED_AT_ONCE = 100
# How long an order that was not found is looked for again, in case its supplier was only slow.
_WATCHED_FOR = timedelta(hours=1)


class _Table(SQLModel, registry=registry()):
    """The tables of this service, apart from those of others in the same process."""


class Offer(_Table, table=True):
    """An offer: the supplier's text of it, and our message as callers see it."""

    offer_id: UUID = Field(primary_key=True)
    document: str
    shown: bytes
    search: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    seats: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    departure: date
    traveller_count: int
    total_minor: int
    currency: str
    priced: bool
    expire_time: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))

    @property
    def total(self) -> Money:
        """The price for all travellers."""
        return Money(self.total_minor, self.currency)

    def seated(self) -> tuple[Seat, ...]:
        """The travellers it is priced for."""
        return tuple(Seat(seat["id"], Kind(seat["kind"])) for seat in self.seats)


class State(StrEnum):
    """Where an order is. CANCELLED without a supplier's order blocks its reference."""

    ORDERING = "ORDERING"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"


class SupplierOrder(_Table, table=True):
    """The order of a reference; it is here before the supplier hears of it."""

    __tablename__ = "supplier_order"

    reference: str = Field(primary_key=True)
    offer_id: UUID | None = None
    state: str
    attempt: int
    attempt_time: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    supplier_order_id: str | None = None
    record_locator: str | None = None
    total_minor: int | None = None
    currency: str | None = None
    refusal: bytes | None = None
    watch_until: datetime | None = Field(sa_column=Column(DateTime(timezone=True)), default=None)
    update_time: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))

    @property
    def order(self) -> Order:
        """The supplier's order; only of one that was confirmed."""
        total = Money(self.total_minor or 0, self.currency or "")
        return Order(self.supplier_order_id or "", self.record_locator or "", total)

    @property
    def fault(self) -> Fault:
        """Why it was refused."""
        return from_status(Status.FromString(self.refusal or b""))


class Store:
    """Everything voyage remembers."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._database = outbox.database
        self._clock = outbox.clock

    async def add_offers(self, offers: Iterable[Offer], found: FlightsSearched | None) -> None:
        """Keep new offers, and announce the search that found them if there was one."""
        rows = [offer.model_dump() for offer in offers]
        if rows:
            async with self._database.transaction() as session:
                await session.execute(insert(Offer), rows)
                if found:
                    await self._outbox.announce(session, found.destination_location_code, found)

    async def offers(self, offer_ids: Iterable[str], alive_at: datetime) -> list[Offer]:
        """Those of these offers that do not expire before `alive_at`, in any order."""
        wanted = [UUID(offer_id) for offer_id in offer_ids]
        async with self._database.transaction() as session:
            found = await session.exec(
                select(Offer).where(
                    col(Offer.offer_id).in_(wanted), col(Offer.expire_time) > alive_at
                )
            )
            return list(found)

    async def purge_offers(self, expired_before: datetime) -> int:
        """Delete some of the offers that expired long ago; how many."""
        old = (
            select(Offer.offer_id)
            .where(col(Offer.expire_time) < expired_before)
            .limit(_PURGED_AT_ONCE)
        )
        async with self._database.transaction() as session:
            result = await session.execute(delete(Offer).where(col(Offer.offer_id).in_(old)))
            return int(result.rowcount)  # type: ignore[attr-defined]

    async def purge_events(self, published_before: datetime) -> None:
        """Delete some of the events that were published long ago."""
        old = """
            DELETE FROM outbox WHERE position IN (
                SELECT position FROM outbox WHERE publish_time < :before LIMIT :most)
        """
        async with self._database.transaction() as session:
            await session.execute(text(old), {"before": published_before, "most": _PURGED_AT_ONCE})

    async def order(self, reference: str) -> SupplierOrder | None:
        """The order of a reference."""
        async with self._database.transaction() as session:
            return await session.get(SupplierOrder, reference)

    async def begin(self, reference: str, offer_id: str) -> SupplierOrder | None:
        """Commit that an order is about to be sent; None when its reference is known already."""
        return await self._insert(reference, State.ORDERING, UUID(offer_id), 1)

    async def block(self, reference: str) -> SupplierOrder | None:
        """See to it that a reference is never ordered; None when it is known already."""
        return await self._insert(reference, State.CANCELLED, None, 0)

    async def begin_again(self, seen: SupplierOrder) -> SupplierOrder | None:
        """Commit that an order whose attempt never happened is sent again; None if it moved on."""
        now = self._clock.now()
        return await self._update(
            seen,
            (State.ORDERING,),
            attempt=seen.attempt + 1,
            attempt_time=now,
            watch_until=now + _WATCHED_FOR,
        )

    async def confirm(self, seen: SupplierOrder, order: Order) -> SupplierOrder | None:
        """Record what the supplier has confirmed; None if the attempt is not under way any more."""
        return await self._update(
            seen,
            (State.ORDERING,),
            state=State.CONFIRMED,
            supplier_order_id=order.supplier_order_id,
            record_locator=order.record_locator,
            total_minor=order.total.minor,
            currency=order.total.currency,
        )

    async def refuse(self, seen: SupplierOrder, fault: Fault) -> None:
        """Record that the supplier refused for good."""
        refusal = to_status(fault).SerializeToString()
        await self._update(seen, (State.ORDERING,), state=State.REFUSED, refusal=refusal)

    async def forget(self, seen: SupplierOrder) -> None:
        """Undo `begin`: nothing was sent."""
        async with self._database.transaction() as session:
            await session.execute(
                delete(SupplierOrder).where(
                    col(SupplierOrder.reference) == seen.reference,
                    col(SupplierOrder.state) == State.ORDERING,
                    col(SupplierOrder.attempt) == seen.attempt,
                )
            )

    async def cancelled(self, seen: SupplierOrder) -> SupplierOrder | None:
        """Record that nothing is ordered any more; None if the order moved on."""
        watch = self._clock.now() + _WATCHED_FOR if seen.state == State.ORDERING else None
        return await self._update(
            seen, (State.ORDERING, State.CONFIRMED), state=State.CANCELLED, watch_until=watch
        )

    async def watched(self) -> list[SupplierOrder]:
        """The orders of which one too many may still turn up."""
        async with self._database.transaction() as session:
            found = await session.exec(
                select(SupplierOrder)
                .where(
                    col(SupplierOrder.watch_until) > self._clock.now(),
                    or_(
                        col(SupplierOrder.state) == State.CONFIRMED,
                        col(SupplierOrder.state) == State.CANCELLED,
                    ),
                )
                .limit(_WATCHED_AT_ONCE)
            )
            return list(found)

    async def _insert(
        self, reference: str, state: State, offer_id: UUID | None, attempt: int
    ) -> SupplierOrder | None:
        now = self._clock.now()
        statement = (
            insert(SupplierOrder)
            .values(
                reference=reference,
                offer_id=offer_id,
                state=state,
                attempt=attempt,
                attempt_time=now,
                update_time=now,
            )
            .on_conflict_do_nothing()
            .returning(SupplierOrder)
        )
        async with self._database.transaction() as session:
            return (await session.execute(statement)).scalar_one_or_none()

    async def _update(
        self, seen: SupplierOrder, states: tuple[State, ...], **changes: object
    ) -> SupplierOrder | None:
        """One step of an order, by whoever saw its attempt last."""
        statement = (
            update(SupplierOrder)
            .where(
                col(SupplierOrder.reference) == seen.reference,
                col(SupplierOrder.state).in_(states),
                col(SupplierOrder.attempt) == seen.attempt,
            )
            .values(update_time=self._clock.now(), **changes)
            .returning(SupplierOrder)
        )
        async with self._database.transaction() as session:
            return (await session.execute(statement)).scalar_one_or_none()
