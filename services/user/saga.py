"""The story of an erasure: every service forgets a user, this one last, and each says how much.

Nothing is undone here: once it is asked for, an erasure goes on until it is complete, whatever
fails and however often. A worker claims one that is due, asks each service that has not proved its
part yet, and writes the proof down under its fencing token. Any worker on any pod may go on where
another one died, so every service is asked in a way that may be repeated.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.destination.v1 import destination_pb2
from dreamscape.destination.v1.destination_client import DestinationClient
from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from mesh.clock import Clock
from mesh.database import Signals
from mesh.faults import Fault
from services.user.avatars import Avatars
from services.user.erasures import Erasure, Erasures, Superseded

# Longer than all steps may take together; it is prolonged after each that is done.
_LEASE = timedelta(seconds=30)
_STEP_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=0.5), timedelta(minutes=5)
_POLL_SECONDS = 2.0
# After that many attempts somebody should look, though the story goes on by itself.
_WORRYING = 20

_log = logging.getLogger("user.saga")

Step = Callable[[str], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The other services, each asked to forget a user; how many rows that were."""

    accounts: AuthClient
    bookings: BookingClient
    payments: PaymentClient
    notifications: NotificationClient
    destinations: DestinationClient

    async def account(self, user_id: str) -> int:
        """The account with its sessions: from here on nobody signs in as this user."""
        request = auth_pb2.EraseUserRequest(user_id=user_id)
        return (await self.accounts.erase_user(request, timeout=_STEP_SECONDS)).erased

    async def trips(self, user_id: str) -> int:
        """Who travelled; refused while a booking is not at its end."""
        request = booking_pb2.EraseUserRequest(user_id=user_id)
        return (await self.bookings.erase_user(request, timeout=_STEP_SECONDS)).erased

    async def money(self, user_id: str) -> int:
        """Who paid. The payments themselves stay, for the books must balance."""
        request = payment_pb2.EraseUserRequest(user_id=user_id)
        return (await self.payments.erase_user(request, timeout=_STEP_SECONDS)).erased

    async def news(self, user_id: str) -> int:
        """What they were told."""
        request = notification_pb2.EraseUserRequest(user_id=user_id)
        return (await self.notifications.erase_user(request, timeout=_STEP_SECONDS)).erased

    async def reviews(self, user_id: str) -> int:
        """What they said of destinations."""
        request = destination_pb2.EraseUserRequest(user_id=user_id)
        return (await self.destinations.erase_user(request, timeout=_STEP_SECONDS)).erased

    def steps(self) -> Mapping[str, Step]:
        """What is asked of each service, in this order: one that fails holds up those after it.

        Booking is first, for it may say no: whoever still has a trip can still sign in and cancel.
        """
        return {
            "booking": self.trips,
            "auth": self.account,
            "payment": self.money,
            "notification": self.news,
            "destination": self.reviews,
        }


class Eraser:
    """Carries erasures out, one at a time. Any number of them may run, on any pod."""

    def __init__(
        self,
        erasures: Erasures,
        steps: Mapping[str, Step],
        avatars: Avatars,
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._erasures = erasures
        self._steps = steps
        self._avatars = avatars
        self._signals = signals
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        with self._erasures.begun(self._signals) as woken:
            while True:
                try:
                    busy = await self.carry_one()
                except (OSError, SQLAlchemyError, Fault, TimeoutError) as problem:
                    _log.warning("no erasure was carried on: %s", problem)
                    busy = False
                if not busy:
                    await woken.wait(_POLL_SECONDS)

    async def carry_one(self) -> bool:
        """Take the erasure that is due as far as it goes; whether there was one."""
        erasure = await self._erasures.claim(_LEASE)
        if erasure is None:
            return False
        try:
            await self._carry(erasure)
        except Superseded:
            _log.info("erasure %s is in other hands", erasure.erasure_id)
        return True

    async def _carry(self, erasure: Erasure) -> None:
        try:
            await self._ask_all(erasure)
            # Pictures first, for nothing leads to them afterwards.
            await self._avatars.erase(erasure.user_id)
            await self._erasures.complete(erasure)
        except Superseded:
            raise
        except Exception as problem:
            level = logging.ERROR if erasure.attempt >= _WORRYING else logging.WARNING
            _log.log(level, "erasure %s waits: %r", erasure.erasure_id, problem)
            pause = pause_after(erasure.attempt)
            await self._erasures.release(erasure, self._clock.now() + pause)

    async def _ask_all(self, erasure: Erasure) -> None:
        proved = {part.service for part in erasure.parts}
        for service, step in self._steps.items():
            if service not in proved:
                erased = await step(erasure.user_id)
                await self._erasures.prove(erasure, service, erased, _LEASE)


def pause_after(attempt: int) -> timedelta:
    """Twice as long after each attempt, up to five minutes."""
    return min(_FIRST_PAUSE * (1 << min(attempt - 1, 16)), _LONGEST_PAUSE)
