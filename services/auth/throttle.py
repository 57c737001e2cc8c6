"""How often somebody may try, decided before any work is done for it.

A guess at a password counts against the account and against the network it comes from, so that
neither many accounts nor many networks help. Strangers can empty an account's bucket, but not
lock its owner out: a network in which the owner has signed in has a bucket of its own for that
account, and a reset by mail fills the account's and makes the network a known one.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from mesh.cache import Limit, Limiter
from mesh.call import Call
from mesh.clock import Clock
from mesh.faults import ResourceExhausted
from services.auth.domain import RESET_TTL, network_of
from services.auth.store import Store

GUESSES = Limit(10, timedelta(minutes=1))
CALLS = Limit(10, timedelta(seconds=1))
# As long as a token lives, so that whoever is refused a mail has had a good one.
MAILS = Limit(5, RESET_TTL)


class Throttle:
    """The limits of this service, counted over all its processes; `factor` times the usual."""

    def __init__(self, limiter: Limiter, store: Store, clock: Clock, factor: int) -> None:
        self._limiter = limiter
        self._store = store
        self._clock = clock
        self._guesses = Limit(GUESSES.count * factor, GUESSES.period)
        self._calls = Limit(CALLS.count * factor, CALLS.period)

    async def admit(self, call: Call) -> None:
        """Count a call against its network; ResourceExhausted beyond ten in a second."""
        network = network_of(call.address)
        # A call without an address began in the mesh: nobody outside can make one.
        if network:
            now = self._clock.now()
            _refuse(await self._limiter.take(f"calls:{network}", self._calls, now), "calls")

    @asynccontextmanager
    async def guess(self, email: str, address: str) -> AsyncIterator[None]:
        """Count what happens inside as a guess; ResourceExhausted beyond ten in a minute.

        A right password gives back what it took from its network, because it was no guess. One
        that was never looked at, for lack of room, gives back everything.
        """
        now, network = self._clock.now(), network_of(address)
        nearby = [f"logins:{network}"] if network else []
        for bucket in nearby:
            _refuse(await self._limiter.take(bucket, self._guesses, now), "attempts")
        account = await self._take_for(email, network, now)
        try:
            yield
        except ResourceExhausted:
            await self._give_back([account, *nearby], now)
            raise
        await self._give_back(nearby, now)

    async def guess_own(self, user_id: str) -> None:
        """Count a guess by somebody who is signed in, at the password of their own account."""
        now = self._clock.now()
        _refuse(await self._limiter.take(f"own:{user_id}", self._guesses, now), "attempts")

    async def unlock(self, email: str) -> None:
        """Forget the guesses at an account."""
        await self._limiter.fill(_account(email))

    async def may_mail(self, kind: str, email: str) -> bool:
        """Whether an address may get one more mail that anybody can ask for."""
        bucket = f"mails:{kind}:{_account(email)}"
        return not await self._limiter.take(bucket, MAILS, self._clock.now())

    async def _give_back(self, buckets: list[str], now: datetime) -> None:
        for bucket in buckets:
            await self._limiter.give_back(bucket, now)

    async def _take_for(self, email: str, network: str, now: datetime) -> str:
        bucket = _account(email)
        wait = await self._limiter.take(bucket, self._guesses, now)
        if wait and network and await self._store.is_known(email, network, now):
            bucket = f"{bucket}:{network}"
            wait = await self._limiter.take(bucket, self._guesses, now)
        _refuse(wait, "attempts")
        return bucket


def _account(email: str) -> str:
    return f"account:{hashlib.sha256(email.encode()).hexdigest()}"


def _refuse(wait: timedelta, what: str) -> None:
    if wait:
        raise ResourceExhausted(
            f"TOO_MANY_{what.upper()}", f"too many {what}; try again later", retry_after=wait
        )
