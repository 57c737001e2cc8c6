"""Finishes what others began: payments whose driver died, or whose outcome was not known.

It also looks now and then at payments that wait for the payer, so that a lost event is harmless.
"""

import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from mesh.clock import Clock
from mesh.faults import Fault
from services.payment.saga import Till
from services.payment.store import Store

_ROUND_EVERY = timedelta(seconds=2)
_STUCK_AFTER = timedelta(seconds=10)
_POLLED_EVERY = timedelta(seconds=30)

_log = logging.getLogger("payment.completer")


class Completer:
    """Drives payments that nobody else drives. Any number may run."""

    def __init__(self, store: Store, till: Till, clock: Clock) -> None:
        self._store = store
        self._till = till
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.work()
            except (OSError, SQLAlchemyError, TimeoutError) as problem:
                _log.warning("payments wait: %s", problem)
            await self._clock.sleep(_ROUND_EVERY)

    async def work(self) -> int:
        """Drive some stuck payments one step; how many there were."""
        now = self._clock.now()
        stuck = await self._store.lease_stuck(now - _STUCK_AFTER, now - _POLLED_EVERY)
        for payment in stuck:
            try:
                await self._till.advance(payment)
            except Fault as fault:
                _log.warning("payment %s stays %s: %s", payment.payment_id, payment.state, fault)
            except Exception:
                _log.exception("payment %s stays %s", payment.payment_id, payment.state)
        return len(stuck)
