"""What other services announce and booking takes in: that the money has been set aside."""

import logging

from dreamscape.payment.v1 import payment_pb2
from mesh.bus import Event
from mesh.clock import Clock
from mesh.money import Money
from mesh.outbox import first_time
from services.booking.domain import Move, State
from services.booking.store import Store

PAYMENTS = "payments"

_log = logging.getLogger("booking.consumers")


class Payments:
    """Takes in PaymentAuthorized: the booking is ordered, or the money goes back."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def handle(self, event: Event) -> None:
        """Take in one event, once; the inbox row is in the transaction of the effect."""
        if event.type != payment_pb2.PaymentAuthorized.DESCRIPTOR.full_name:
            return
        payment = payment_pb2.PaymentAuthorized.FromString(event.payload).payment
        amount, now = Money.from_wire(payment.amount), self._clock.now()
        async with self._store.transaction() as session:
            if not await first_time(session, PAYMENTS, event):
                return
            booking = await self._store.lock(session, payment.booking_id)
            if booking is None:
                _log.error("payment %s is for no booking", payment.payment_id)
            elif booking.paid_by(amount, now):
                await self._store.interrupt(session, booking, Move(State.ORDERING))
            elif booking.owes_money_back(now):
                await self._store.wake(session, booking)
            elif booking.state is State.AWAITING_PAYMENT:
                # It is not ordered, so it expires, and then the money goes back.
                _log.error("payment %s does not match its booking", payment.payment_id)
