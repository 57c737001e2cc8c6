"""Tables and all SQL of payment. A state only ever moves by one conditional UPDATE."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, and_, literal, not_, or_, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.payment.v1 import payment_pb2
from mesh.clock import Clock, Ids
from mesh.database import Database
from mesh.faults import Aborted, FailedPrecondition
from mesh.money import Money
from mesh.outbox import Outbox
from services.payment.domain import EARLIER, ENDS, RETURNABLE, Ask, Claim, Intent, State

# As long as a call may take. Two drivers would be slow, not wrong: they send the same keys.
_LEASE = timedelta(seconds=20)
_PAYMENTS_AT_ONCE = 20
TIME = DateTime(timezone=True)
# The payments themselves stay, for the books must balance; the caller's keys were the caller's.
_FORGET_PAYER = """
    UPDATE payment SET user_id = :alias, client_key = payment_id::text
    WHERE user_id = :user_id RETURNING booking_id
"""
_FORGET_NEWS = "DELETE FROM outbox WHERE key = ANY(:ids) RETURNING publish_time"
# An UPDATE in the same session does not refresh what was read before it.
_FRESH = {"populate_existing": True}


class Table(SQLModel, registry=registry()):
    """The tables of this service, apart from those of others in the same process."""


class Account(Table, table=True):
    """A booking that was paid for, or may never be: the row that payments of one booking lock."""

    __tablename__ = "booking_account"

    booking_id: UUID = Field(primary_key=True)
    closed: bool


class Payment(Table, table=True):
    """A payment; it is here before the provider hears of it. Amounts are minor units."""

    payment_id: UUID = Field(primary_key=True)
    booking_id: UUID
    user_id: str
    client_key: str
    request_hash: bytes
    payment_method: str
    amount: int
    currency: str
    state: str
    captured: int = 0
    refunded: int = 0
    intent_id: str | None = None
    client_secret: str = ""
    failure: str = ""
    decline_code: str = ""
    cancel_due: bool = False
    key_version: int = 1
    step_time: datetime = Field(sa_type=TIME)
    lease_until: datetime = Field(sa_type=TIME)
    create_time: datetime = Field(sa_type=TIME)
    update_time: datetime = Field(sa_type=TIME)

    @property
    def money(self) -> Money:
        """The amount, which is the booking's total."""
        return Money(self.amount, self.currency)

    @property
    def ask(self) -> Ask:
        """What the provider is asked for."""
        return Ask(str(self.payment_id), str(self.booking_id), self.money, self.payment_method)

    def key(self, step: str) -> str:
        """The provider's idempotency key of a step: a function of what is committed."""
        return f"{step}_{self.payment_id}_v{self.key_version}"

    def to_wire(self) -> payment_pb2.Payment:
        """As a message."""
        message = payment_pb2.Payment(
            payment_id=str(self.payment_id),
            booking_id=str(self.booking_id),
            user_id=self.user_id,
            status=f"PAYMENT_STATUS_{self._status}",
            amount=self.money.to_wire(),
            refunded=Money(self.refunded, self.currency).to_wire(),
            failure=self.failure,
        )
        message.create_time.FromDatetime(self.create_time)
        message.update_time.FromDatetime(self.update_time)
        return message

    @property
    def _status(self) -> str:
        """The state as callers see it: what is under way has not happened yet."""
        if self.state == State.RETURNING:
            return State.CAPTURED if self.captured else State.AUTHORIZED
        return State.AUTHORIZED if self.state == State.CAPTURING else self.state


class Store:
    """Everything payment remembers."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._ids = ids

    async def open(self, claim: Claim, amount: Money) -> Payment | None:
        """A new payment, which replaces one that waits for the payer.

        None when another one of the booking is under way, or the claim's key was used.
        FailedPrecondition BOOKING_CLOSED when the booking's money was given back.
        """
        async with self._database.transaction() as session:
            # The row lock on the account keeps this apart from `close`.
            if await _account_closed(session, UUID(claim.booking_id), close=False):
                raise FailedPrecondition("BOOKING_CLOSED", "this booking is not paid any more")
            await session.execute(self._replacing(claim))
            statement = insert(Payment).values(self._new(claim, amount).model_dump())
            return (
                await session.execute(statement.on_conflict_do_nothing().returning(Payment))
            ).scalar_one_or_none()

    async def close(self, booking_id: str) -> Payment | None:
        """See to it that a booking is never paid again; its payment, on its way back if need be."""
        booking, now = UUID(booking_id), self._clock.now()
        async with self._database.transaction() as session:
            await _account_closed(session, booking, close=True)
            returning = await session.execute(
                update(Payment)
                .where(col(Payment.booking_id) == booking, col(Payment.state).in_(RETURNABLE))
                .values(state=State.RETURNING, step_time=now, update_time=now)
                .returning(Payment)
            )
            found: Payment | None = returning.scalar_one_or_none()
            return found or await _latest(session, booking)

    async def begin_capture(self, booking_id: str) -> Payment | None:
        """Commit that the money is about to be taken; the booking's payment as it is then."""
        booking, now = UUID(booking_id), self._clock.now()
        async with self._database.transaction() as session:
            await session.execute(
                update(Payment)
                .where(col(Payment.booking_id) == booking, col(Payment.state) == State.AUTHORIZED)
                .values(state=State.CAPTURING, step_time=now, update_time=now)
            )
            return await _latest(session, booking)

    async def apply(
        self, payment: Payment, intent: Intent | None, state: State, **changes: Any
    ) -> Payment:
        """Move to `state` if that lies ahead, with what the provider says; the payment then.

        Whoever makes the move announces it, so it is announced once. Without an intent the
        provider has nothing of the payment.
        """
        now, known = self._clock.now(), col(Payment.payment_id) == payment.payment_id
        async with self._database.transaction() as session:
            if intent is not None:
                await session.execute(_noting(intent).where(known))
            moved = await session.execute(
                update(Payment)
                .where(known, col(Payment.state).in_(EARLIER[state]))
                .values(state=state, step_time=now, update_time=now, **changes)
                .returning(Payment)
            )
            row: Payment | None = moved.scalar_one_or_none()
            if row is None:
                return await _get(session, payment.payment_id)
            await self._announce(session, row)
            return row

    async def next_key(self, payment: Payment) -> Payment:
        """Commit new keys, because the old ones are spent."""
        return await self._change(
            payment,
            col(Payment.key_version) == payment.key_version,
            key_version=payment.key_version + 1,
            step_time=self._clock.now(),
        )

    async def discarded(self, payment: Payment) -> None:
        """Record that nothing is left of a failed payment at the provider."""
        await self._change(payment, col(Payment.cancel_due), cancel_due=False)

    async def lease(self, payment_id: UUID, states: Iterable[State]) -> Payment | None:
        """The payment, for this caller alone to drive; None when it moved on or is being driven."""
        now = self._clock.now()
        statement = (
            update(Payment)
            .where(
                col(Payment.payment_id) == payment_id,
                col(Payment.state).in_(tuple(states)),
                col(Payment.lease_until) <= now,
            )
            .values(lease_until=now + _LEASE)
            .returning(Payment)
        )
        async with self._database.transaction() as session:
            return (await session.execute(statement)).scalar_one_or_none()

    async def lease_stuck(self, driven_before: datetime, polled_before: datetime) -> list[Payment]:
        """Leases on some payments that nobody has driven since, the most neglected first.

        `polled_before` is for those that wait for the payer.
        """
        driven = (State.CREATED, State.CAPTURING, State.RETURNING)
        left_alone = col(Payment.lease_until)
        stuck = or_(
            and_(
                or_(col(Payment.state).in_(driven), col(Payment.cancel_due)),
                left_alone < driven_before,
            ),
            and_(col(Payment.state) == State.REQUIRES_ACTION, left_alone < polled_before),
        )
        chosen = (
            select(Payment.payment_id)
            .where(stuck)
            .order_by(left_alone)
            .limit(_PAYMENTS_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(Payment)
            .where(col(Payment.payment_id).in_(chosen))
            .values(lease_until=self._clock.now() + _LEASE)
            .returning(Payment)
        )
        async with self._database.transaction() as session:
            return list((await session.execute(statement)).scalars())

    async def end_lease(self, leased: Payment) -> None:
        """Let others drive the payment."""
        async with self._database.transaction() as session:
            await session.execute(
                update(Payment)
                .where(
                    col(Payment.payment_id) == leased.payment_id,
                    col(Payment.lease_until) == leased.lease_until,
                )
                .values(lease_until=self._clock.now())
            )

    async def find(self, payment_id: UUID) -> Payment | None:
        """A payment by its identifier."""
        async with self._database.transaction() as session:
            return await session.get(Payment, payment_id)

    async def find_claimed(self, claim: Claim) -> Payment | None:
        """The payment that a caller's Idempotency-Key made."""
        async with self._database.transaction() as session:
            found = await session.exec(
                select(Payment).where(
                    Payment.user_id == claim.user_id, Payment.client_key == claim.client_key
                )
            )
            return found.one_or_none()

    async def listed(self, user_id: str, before: UUID | None, limit: int) -> list[Payment]:
        """A user's payments, newest first, older than `before`."""
        wanted = select(Payment).where(Payment.user_id == user_id)
        if before is not None:
            wanted = wanted.where(col(Payment.payment_id) < before)
        async with self._database.transaction() as session:
            found = await session.exec(wanted.order_by(col(Payment.payment_id).desc()).limit(limit))
            return list(found)

    async def latest(self, booking_ids: Iterable[UUID]) -> list[Payment]:
        """The latest payment of each booking that has one."""
        wanted = (
            select(Payment)
            .where(col(Payment.booking_id).in_(list(booking_ids)))
            .ext(distinct_on(col(Payment.booking_id)))
            .order_by(col(Payment.booking_id), col(Payment.payment_id).desc())
        )
        async with self._database.transaction() as session:
            return list(await session.exec(wanted))

    async def erase(self, user_id: str) -> int:
        """Forget who paid; how many payments are anonymous. Aborted until their news is out."""
        values = {"user_id": user_id, "alias": self._ids.new()}
        async with self._database.transaction() as session:
            ids = [str(each) for each in await session.scalars(text(_FORGET_PAYER), values)]
            if None in list(await session.scalars(text(_FORGET_NEWS), {"ids": ids})):
                raise Aborted("NEWS_UNPUBLISHED", "what became of a payment is still being told")
        return len(ids)

    def _new(self, claim: Claim, amount: Money) -> Payment:
        now = self._clock.now()
        return Payment(
            payment_id=UUID(self._ids.new()),
            booking_id=UUID(claim.booking_id),
            user_id=claim.user_id,
            client_key=claim.client_key,
            request_hash=claim.request_hash,
            payment_method=claim.payment_method,
            amount=amount.minor,
            currency=amount.currency,
            state=State.CREATED,
            step_time=now,
            lease_until=now,
            create_time=now,
            update_time=now,
        )

    def _replacing(self, claim: Claim) -> Any:
        """Give up what waits for the payer, unless this very claim made it."""
        own = and_(
            col(Payment.user_id) == claim.user_id, col(Payment.client_key) == claim.client_key
        )
        now = self._clock.now()
        return (
            update(Payment)
            .where(
                col(Payment.booking_id) == UUID(claim.booking_id),
                col(Payment.state) == State.REQUIRES_ACTION,
                not_(own),
            )
            .values(
                state=State.FAILED,
                failure="replaced",
                cancel_due=True,
                step_time=now,
                update_time=now,
            )
        )

    async def _change(self, payment: Payment, condition: Any, **changes: Any) -> Payment:
        now = self._clock.now()
        async with self._database.transaction() as session:
            await session.execute(
                update(Payment)
                .where(col(Payment.payment_id) == payment.payment_id, condition)
                .values(update_time=now, **changes)
            )
            return await _get(session, payment.payment_id)

    async def _announce(self, session: AsyncSession, payment: Payment) -> None:
        message = payment.to_wire()
        key = str(payment.booking_id)
        if payment.state == State.AUTHORIZED:
            event = payment_pb2.PaymentAuthorized(payment=message)
            await self._outbox.announce(session, key, event)
        elif payment.state in (State.RELEASED, State.REFUNDED):
            await self._outbox.announce(session, key, payment_pb2.PaymentReturned(payment=message))


async def _account_closed(session: AsyncSession, booking: UUID, *, close: bool) -> bool:
    """Lock a booking's account until the end of the transaction; whether it is closed."""
    made = insert(Account).values(booking_id=booking, closed=close)
    locked = made.on_conflict_do_update(
        index_elements=["booking_id"], set_={"closed": or_(col(Account.closed), literal(close))}
    )
    result = await session.execute(locked.returning(col(Account.closed)))
    return bool(result.scalar_one())


def _noting(intent: Intent) -> Any:
    """What the provider says, taken down unless the payment is over."""
    return (
        update(Payment)
        .where(col(Payment.state).not_in(ENDS))
        .values(
            intent_id=intent.intent_id,
            client_secret=intent.client_secret,
            failure=intent.failure,
            decline_code=intent.decline_code,
        )
    )


async def _latest(session: AsyncSession, booking: UUID) -> Payment | None:
    """The booking's payment: the one under way or, before that, the one that got furthest."""
    found = await session.exec(
        select(Payment)
        .where(Payment.booking_id == booking)
        .order_by(col(Payment.state) == State.FAILED, col(Payment.payment_id).desc())
        .limit(1)
    )
    return found.one_or_none()


async def _get(session: AsyncSession, payment_id: UUID) -> Payment:
    found = await session.exec(
        select(Payment).where(Payment.payment_id == payment_id), execution_options=_FRESH
    )
    return found.one()
