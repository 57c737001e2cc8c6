"""An erasure goes on until every service has forgotten, whatever fails and whoever dies."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from mesh.clock import ManualClock
from mesh.database import Database, Signals
from services.user.avatars import Avatars
from services.user.erasures import Erasures
from services.user.saga import Eraser, Step, pause_after
from services.user.store import Store

HOUR = timedelta(hours=1)
PROOF = {"booking": 2, "auth": 2, "payment": 2, "user": 1}


class Elsewhere:
    """Other services as steps, each of which may be told to fail a few times, or to hang."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failures: dict[str, int] = {}
        self.hung: dict[str, asyncio.Event] = {}

    def steps(self) -> dict[str, Step]:
        return {name: self._step(name) for name in ("booking", "auth", "payment")}

    def _step(self, name: str) -> Step:
        async def erase(user_id: str) -> int:
            self.asked.append(name)
            if self.failures.get(name, 0) > 0:
                self.failures[name] -= 1
                raise ConnectionError(f"{name} does not answer")
            if name in self.hung:
                self.hung[name].set()
                await asyncio.Event().wait()
            return 2

        return erase


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
def eraser(
    erasures: Erasures, avatars: Avatars, signals: Signals, clock: ManualClock, elsewhere: Elsewhere
) -> Eraser:
    return Eraser(erasures, elsewhere.steps(), avatars, signals, clock)


async def parts_of(erasures: Erasures, user_id: str) -> dict[str, int]:
    erasure = await erasures.of(user_id)
    assert erasure is not None
    return {part.service: part.erased for part in erasure.parts}


async def test_every_service_is_asked_in_order_and_this_one_is_last(
    eraser: Eraser, erasures: Erasures, elsewhere: Elsewhere, ada: str
) -> None:
    await erasures.begin(ada)
    assert await eraser.carry_one()
    assert elsewhere.asked == ["booking", "auth", "payment"]
    assert await parts_of(erasures, ada) == PROOF
    assert not await eraser.carry_one()


async def test_a_service_that_fails_is_asked_again_and_no_other(
    eraser: Eraser, erasures: Erasures, elsewhere: Elsewhere, clock: ManualClock, ada: str
) -> None:
    elsewhere.failures["auth"] = 2
    await erasures.begin(ada)
    while await eraser.carry_one():
        clock.advance(HOUR)
    assert elsewhere.asked == ["booking", "auth", "auth", "auth", "payment"]


async def test_nothing_is_forgotten_anywhere_before_booking_agrees(
    eraser: Eraser, erasures: Erasures, store: Store, elsewhere: Elsewhere, ada: str
) -> None:
    elsewhere.failures["booking"] = 1
    await erasures.begin(ada)
    await eraser.carry_one()
    assert elsewhere.asked == ["booking"]
    assert (await store.person(ada)).email == "ada@example.com"


def test_attempts_go_on_for_ever_with_growing_pauses() -> None:
    pauses = [pause_after(attempt).total_seconds() for attempt in (1, 2, 3, 4, 10, 11, 1_000_000)]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 256.0, 300.0, 300.0]


async def test_what_a_killed_worker_began_another_finishes(
    eraser: Eraser, erasures: Erasures, elsewhere: Elsewhere, database: Database, ada: str
) -> None:
    reached = asyncio.Event()
    elsewhere.hung["payment"] = reached
    await erasures.begin(ada)
    killed = asyncio.create_task(eraser.carry_one())
    await reached.wait()
    killed.cancel()
    with suppress(asyncio.CancelledError):
        await killed
    assert not await eraser.carry_one(), "its lease is not over"
    async with database.transaction() as session:
        await session.execute(text("UPDATE erasure SET lease_until = now()"))
    elsewhere.hung.clear()
    assert await eraser.carry_one()
    assert elsewhere.asked == ["booking", "auth", "payment", "payment"]
    assert await parts_of(erasures, ada) == PROOF
