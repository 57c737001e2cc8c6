"""Orders that are placed exactly once, at a supplier that knows no idempotency key.

The row of a reference is committed before the supplier hears of it. Whoever made the row, or moved
its attempt on, may send the order once. An attempt without an answer is looked up by our reference:
what is found is adopted; what is not found is in doubt until no request can be under way any more.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta

from mesh.clock import Clock
from mesh.faults import Aborted, FailedPrecondition, Fault, NotFound, Unavailable
from services.voyage.domain import (
    ORDER_GRACE,
    SETTLED_AFTER,
    Order,
    Traveller,
    not_dearer,
    seated,
)
from services.voyage.ports import FlightSupplier, OrderInDoubtError
from services.voyage.store import Offer, State, Store, SupplierOrder

_ASK_AGAIN = timedelta(seconds=2)
_WATCH_EVERY = timedelta(seconds=30)
_OFFERS_KEPT = timedelta(days=1)

_log = logging.getLogger("voyage.orders")


class Desk:
    """Places and cancels orders, by our reference."""

    def __init__(self, store: Store, supplier: FlightSupplier, clock: Clock) -> None:
        self._store = store
        self._supplier = supplier
        self._clock = clock

    async def create(
        self, reference: str, offer_id: str, travellers: tuple[Traveller, ...]
    ) -> Order:
        """The order of a reference, placed if it is not yet.

        Aborted SUPPLIER_IN_DOUBT while the outcome of an attempt is unknown; a refusal is final.
        """
        known = await self._store.order(reference)
        if known is not None:
            _same_offer(known, offer_id)
            known = await self._resolved(known)
            if known.state != State.ORDERING:
                return _answer(known)
        offer = await self._offer(offer_id)
        seats = _seated(offer, travellers)
        if known is None:
            mine = await self._store.begin(reference, offer_id)
        else:
            mine = await self._store.begin_again(known)
        if mine is None:
            raise _in_doubt()
        return await self._place(mine, offer, seats)

    async def cancel(self, reference: str) -> bool:
        """Cancel the order of a reference, or see to it that there never is one.

        Whether there was one. Aborted SUPPLIER_IN_DOUBT while that is unknown.
        """
        known = await self._store.block(reference) or await self._store.order(reference)
        if known is None:
            raise _in_doubt()
        known = await self._resolved(known)
        if known.state == State.CONFIRMED:
            await self._supplier.cancel(known.order.supplier_order_id)
        if known.state in (State.CONFIRMED, State.ORDERING):
            known = await self._store.cancelled(known)
            if known is None:
                raise _in_doubt()
        return known.supplier_order_id is not None

    async def sweep(self) -> None:
        """Now and then, cancel what turned up too late and forget what expired, until cancelled."""
        while True:
            try:
                await self.cancel_strays()
                await self._store.purge_offers(self._clock.now() - _OFFERS_KEPT)
                await self._store.purge_events(self._clock.now() - _OFFERS_KEPT)
            except Exception:
                _log.exception("the sweep failed")
            await self._clock.sleep(_WATCH_EVERY)

    async def cancel_strays(self) -> None:
        """Cancel orders of attempts that had been given up, should their supplier have been slow.

        Without this, a request that took longer than SETTLED_AFTER would be a second order.
        """
        for row in await self._store.watched():
            kept = row.supplier_order_id if row.state == State.CONFIRMED else None
            for order in await self._supplier.find_orders(row.reference):
                if order.supplier_order_id != kept:
                    _log.error("a stray order of %s is cancelled", row.reference)
                    await self._supplier.cancel(order.supplier_order_id)

    async def _resolved(self, known: SupplierOrder) -> SupplierOrder:
        """The row after looking up an attempt without an answer.

        Still ORDERING means that the attempt never happened and never will.
        """
        if known.state != State.ORDERING:
            return known
        # Judged before looking: what is sent while we look must not be taken for absent.
        settled = self._clock.now() - known.attempt_time >= SETTLED_AFTER
        found = await self._supplier.find_orders(known.reference)
        if found:
            return await self._adopt(known, found[0])
        if not settled:
            raise _in_doubt()
        return known

    async def _adopt(self, known: SupplierOrder, order: Order) -> SupplierOrder:
        adopted = await self._store.confirm(known, order)
        adopted = adopted or await self._store.order(known.reference)
        if adopted is None or adopted.state == State.ORDERING:
            raise _in_doubt()
        return adopted

    async def _offer(self, offer_id: str) -> Offer:
        now = self._clock.now()
        found = await self._store.offers([offer_id], now - _OFFERS_KEPT)
        if not found:
            raise NotFound("OFFER_NOT_FOUND", "there is no such offer")
        if found[0].expire_time < now - ORDER_GRACE:
            raise FailedPrecondition("OFFER_EXPIRED", "the offer has expired: search again")
        return found[0]

    async def _place(
        self, mine: SupplierOrder, offer: Offer, seats: Mapping[str, Traveller]
    ) -> Order:
        """Send the order that this call has claimed, and record what comes of it."""
        try:
            current = await self._supplier.price(offer.document)
            not_dearer(offer.total, current.total)
            order = await self._supplier.order(mine.reference, current.document, seats)
        except FailedPrecondition as refusal:
            await self._store.refuse(mine, refusal)
            raise
        except Unavailable:
            await self._store.forget(mine)
            raise
        except OrderInDoubtError as doubt:
            _log.warning("the order of %s is in doubt: %s", mine.reference, doubt)
            return _answer(await self._looked_up(mine))
        return _answer(await self._adopt(mine, order))

    async def _looked_up(self, mine: SupplierOrder) -> SupplierOrder:
        """One look right away, because a lost reply is found at once."""
        try:
            return await self._resolved(mine)
        except Unavailable as silent:
            raise _in_doubt() from silent


def _seated(offer: Offer, travellers: tuple[Traveller, ...]) -> dict[str, Traveller]:
    return seated(offer.seated(), travellers, offer.departure)


def _same_offer(known: SupplierOrder, offer_id: str) -> None:
    if known.offer_id is not None and str(known.offer_id) != offer_id:
        raise FailedPrecondition("REFERENCE_REUSED", "this reference was used for another offer")


def _answer(known: SupplierOrder) -> Order:
    if known.state == State.CONFIRMED:
        return known.order
    if known.state == State.REFUSED:
        raise known.fault
    if known.state == State.CANCELLED:
        raise FailedPrecondition("ORDER_CANCELLED", "this reference has been cancelled")
    raise _in_doubt()


def _in_doubt() -> Fault:
    return Aborted(
        "SUPPLIER_IN_DOUBT",
        "whether the supplier took the order is not known yet",
        retry_after=_ASK_AGAIN,
    )
