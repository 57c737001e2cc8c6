"""One erasure for one user, one pair of hands at a time, and a proof that tells nothing of them."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.clock import ManualClock, SystemIds
from mesh.database import Database
from mesh.faults import Aborted
from services.user.domain import Channels, Kind, Tastes, digest_of
from services.user.erasures import Erasure, ErasureRow, Erasures, Superseded
from services.user.store import PastBooking, Store
from tests.services.user.conftest import without
from tests.services.user.people import NOW, Rendezvous, an_account, count, registered

LEASE = timedelta(seconds=10)
TWICE = 15
ONCE = "CONSTRAINT erasure_once UNIQUE (user_digest)"


async def asked_at_once(erasures: Erasures, user_id: str) -> set[str]:
    """The identifiers of the erasures that as many calls at once got."""
    answers = await asyncio.gather(*(erasures.begin(user_id) for _ in range(TWICE)))
    return {erasure.erasure_id for erasure in answers}


async def claimed(erasures: Erasures, lease: timedelta = LEASE) -> Erasure:
    erasure = await erasures.claim(lease)
    assert erasure is not None
    return erasure


async def test_asking_many_times_at_once_begins_one_erasure(
    erasures: Erasures, database: Database, ada: str
) -> None:
    assert len(await asked_at_once(erasures, ada)) == 1
    assert await count(database, "erasure") == 1


class Looking(Erasures):
    """The mutant: looks whether there is an erasure, and begins one in another statement."""

    rendezvous: Rendezvous

    async def _insert(self, session: AsyncSession, user_id: str) -> None:
        found = await session.execute(
            text("SELECT 1 FROM erasure WHERE user_digest = :digest"),
            {"digest": digest_of(user_id)},
        )
        await self.rendezvous.meet()
        if found.first() is None:
            row = ErasureRow(
                erasure_id=self._ids.new(),
                user_digest=digest_of(user_id),
                user_id=user_id,
                create_time=NOW,
                next_run=NOW,
            )
            await session.execute(insert(ErasureRow).values(row.model_dump()))


async def test_mutant_looking_before_beginning_erases_one_user_many_times(
    database: Database, clock: ManualClock, ada: str
) -> None:
    mutant = Looking(database, clock, SystemIds())
    mutant.rendezvous = Rendezvous(TWICE)
    drop = "ALTER TABLE erasure DROP CONSTRAINT erasure_once"
    async with without(database, drop, f"ALTER TABLE erasure ADD {ONCE}"):
        await asked_at_once(mutant, ada)
        assert await count(database, "erasure") == TWICE


async def test_an_erasure_is_in_one_pair_of_hands(erasures: Erasures, ada: str) -> None:
    await erasures.begin(ada)
    answers = await asyncio.gather(*(erasures.claim(LEASE) for _ in range(10)))
    assert sum(answer is not None for answer in answers) == 1


async def stolen(erasures: Erasures) -> list[tuple[str, int]]:
    """A worker loses its claim to another, and both write; what is proved then?"""
    zombie = await claimed(erasures, timedelta(0))
    survivor = await claimed(erasures)
    with suppress(Superseded):
        await erasures.prove(zombie, "auth", 1, LEASE)
    await erasures.prove(survivor, "auth", 7, LEASE)
    found = await erasures.find(survivor.erasure_id)
    assert found is not None
    return [(part.service, part.erased) for part in found.parts]


async def test_whoever_lost_an_erasure_proves_nothing(erasures: Erasures, ada: str) -> None:
    await erasures.begin(ada)
    assert await stolen(erasures) == [("auth", 7)]


class Fenceless(Erasures):
    """The mutant: whoever ever held an erasure may write."""

    async def _change(self, session: AsyncSession, erasure: Erasure, **values: Any) -> None:
        same = col(ErasureRow.erasure_id) == erasure.erasure_id
        await session.execute(update(ErasureRow).where(same).values(**values))


async def test_mutant_without_the_fence_the_loser_proves_what_it_likes(
    database: Database, clock: ManualClock, ada: str
) -> None:
    mutant = Fenceless(database, clock, SystemIds())
    await mutant.begin(ada)
    assert await stolen(mutant) == [("auth", 1)]


async def test_a_released_erasure_waits_for_its_time(
    erasures: Erasures, clock: ManualClock, ada: str
) -> None:
    await erasures.begin(ada)
    await erasures.release(await claimed(erasures), NOW + timedelta(minutes=1))
    assert await erasures.claim(LEASE) is None
    clock.advance(timedelta(minutes=1))
    again = await claimed(erasures)
    assert (again.attempt, again.fencing_token) == (2, 2)


async def a_full_life(store: Store, user_id: str) -> None:
    """Nine rows beside the profile's, for somebody who told a lot."""
    for wish in ("PAR", "LIS", "OSL"):
        await store.add_wish(user_id, wish, NOW)
    await store.like(user_id, Tastes(seat="WINDOW"))
    await store.tell(user_id, dict.fromkeys(Kind, Channels()))
    for booking in ("one", "two"):
        past = PastBooking(
            booking_id=booking, user_id=user_id, version=4, outcome="CANCELLED", time=NOW
        )
        await store.take_note("bookings", registered(an_account()), past)


async def everything(database: Database) -> str:
    """All rows of all tables, as text, apart from the inbox."""
    tables = ["profile", "wish", "travel_preference", "notification_preference", "past_booking"]
    tables += ["avatar", "erasure", "erasure_part"]
    async with database.transaction() as session:
        rows = [
            (await session.execute(text(f"SELECT t::text FROM {table} AS t"))).scalars().all()  # noqa: S608
            for table in tables
        ]
    return str(rows)


async def test_a_complete_erasure_leaves_its_proof_and_nothing_of_the_user(
    erasures: Erasures, store: Store, database: Database, ada: str
) -> None:
    await a_full_life(store, ada)
    begun = await erasures.begin(ada)
    erasure = await claimed(erasures)
    await erasures.prove(erasure, "auth", 3, LEASE)
    await erasures.complete(erasure)
    found = await erasures.find(begun.erasure_id)
    assert found is not None
    assert found.complete
    assert [(part.service, part.erased) for part in found.parts] == [("auth", 3), ("user", 10)]
    assert found.user_id == ""
    left = await everything(database)
    assert ada not in left
    assert "ada@example.com" not in left
    assert "PAR" not in left


async def test_asking_again_afterwards_finds_the_same_erasure(erasures: Erasures, ada: str) -> None:
    begun = await erasures.begin(ada)
    await erasures.complete(await claimed(erasures))
    again = await erasures.begin(ada)
    assert (again.erasure_id, again.complete) == (begun.erasure_id, True)
    assert await erasures.claim(LEASE) is None


async def test_a_zombie_completes_nothing(erasures: Erasures, store: Store, ada: str) -> None:
    await erasures.begin(ada)
    zombie = await claimed(erasures, timedelta(0))
    await claimed(erasures)
    with pytest.raises(Superseded):
        await erasures.complete(zombie)
    assert (await store.person(ada)).user_id == ada


async def test_wishes_made_while_the_user_is_erased_do_not_survive(
    erasures: Erasures, store: Store, database: Database, ada: str
) -> None:
    await erasures.begin(ada)
    erasure = await claimed(erasures)
    wishing = [store.add_wish(ada, f"D{n}", NOW) for n in range(30)]
    answers = await asyncio.gather(*wishing, erasures.complete(erasure), return_exceptions=True)
    if isinstance(answers[-1], Aborted):  # it met a wish in a deadlock, and goes on later
        await erasures.complete(erasure)
    assert await count(database, "wish") == 0
    assert await count(database, "profile") == 0
