"""The rules that hold however many write at once, and what breaks without them."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.clock import SystemIds
from mesh.database import Database
from mesh.faults import NotFound, ResourceExhausted
from services.user.domain import MOST_WISHES, Channels, Cursor, Kind, Tastes
from services.user.erasures import Erasures
from services.user.store import PastBooking, Profile, Store, Wish
from tests.services.user.conftest import without
from tests.services.user.people import NOW, Rendezvous, an_account, count, counted, registered

PARALLEL, ROOM = 50, 10
# No more than there are connections, for each waits for the others with one in hand.
MUTANTS = 15
LIMIT = "CHECK (wishes BETWEEN 0 AND 500)"


async def nearly_full(database: Database, user_id: str) -> None:
    """A wishlist with room for ten more."""
    async with database.transaction() as session:
        values = {"user_id": user_id, "many": MOST_WISHES - ROOM, "now": NOW}
        await session.execute(
            text(
                "INSERT INTO wish SELECT :user_id, 'old-' || n, :now "
                "FROM generate_series(1, :many) AS n"
            ),
            values,
        )
        await session.execute(
            text("UPDATE profile SET wishes = :many WHERE user_id = :user_id"), values
        )


async def add_at_once(store: Store, user_id: str, many: int) -> list[Wish | BaseException]:
    adding = (store.add_wish(user_id, f"new-{number}", NOW) for number in range(many))
    return await asyncio.gather(*adding, return_exceptions=True)


async def test_fifty_wishes_at_once_fill_ten_places(
    store: Store, database: Database, ada: str
) -> None:
    await nearly_full(database, ada)
    answers = await add_at_once(store, ada, PARALLEL)
    refused = [answer for answer in answers if isinstance(answer, ResourceExhausted)]
    assert len(refused) == PARALLEL - ROOM
    assert {fault.reason for fault in refused} == {"WISHLIST_FULL"}
    assert await count(database, "wish") == MOST_WISHES
    assert await counted(database, ada) == MOST_WISHES


class Counting(Store):
    """The mutant: looks whether there is room, and takes it in another statement."""

    rendezvous: Rendezvous

    async def _take_place(self, session: AsyncSession, user_id: str) -> bool:
        found = await session.execute(
            text("SELECT wishes FROM profile WHERE user_id = :id"), {"id": user_id}
        )
        room = found.scalar_one() < MOST_WISHES
        await self.rendezvous.meet()
        await session.execute(
            text("UPDATE profile SET wishes = wishes + 1 WHERE user_id = :id"), {"id": user_id}
        )
        return bool(room)


async def test_mutant_counting_before_adding_overfills_the_wishlist(
    database: Database, ada: str
) -> None:
    mutant = Counting(database)
    mutant.rendezvous = Rendezvous(MUTANTS)
    drop = "ALTER TABLE profile DROP CONSTRAINT profile_wishes_check"
    async with without(database, drop, f"ALTER TABLE profile ADD {LIMIT}"):
        await nearly_full(database, ada)
        await add_at_once(mutant, ada, MUTANTS)
        assert await count(database, "wish") == MOST_WISHES + MUTANTS - ROOM


async def test_the_database_itself_refuses_the_wish_too_many(database: Database, ada: str) -> None:
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await session.execute(text("UPDATE profile SET wishes = 501"))


async def test_the_same_wish_at_once_takes_one_place(
    store: Store, ada: str, database: Database
) -> None:
    same = await asyncio.gather(*(store.add_wish(ada, "PAR", NOW) for _ in range(PARALLEL)))
    assert {wish.destination_id for wish in same} == {"PAR"}
    assert await counted(database, ada) == 1


async def test_adding_and_removing_at_once_keeps_the_count_true(
    store: Store, database: Database, ada: str
) -> None:
    work = [store.add_wish(ada, f"D{n % 5}", NOW) for n in range(PARALLEL)]
    work += [store.remove_wish(ada, f"D{n % 5}") for n in range(PARALLEL)]  # type: ignore[misc]
    await asyncio.gather(*work)
    assert await counted(database, ada) == await count(database, "wish")


async def test_removing_a_wish_frees_its_place_once(
    store: Store, ada: str, database: Database
) -> None:
    await store.add_wish(ada, "PAR", NOW)
    await asyncio.gather(*(store.remove_wish(ada, "PAR") for _ in range(10)))
    assert await counted(database, ada) == 0


async def begun_twice_at_once(store: Store) -> list[str]:
    """The reasons why neither the event nor the owner may fail to begin a profile."""
    account = an_account()
    news = Profile.of(account, NOW)
    work = [store.take_in("accounts", registered(account), news) for _ in range(5)]
    work += [store.begin(Profile.of(account, NOW)) for _ in range(5)]  # type: ignore[misc]
    answers = await asyncio.gather(*work, return_exceptions=True)
    return [type(each).__name__ for each in answers if isinstance(each, BaseException)]


async def test_the_event_and_the_owner_may_begin_a_profile_at_once(
    store: Store, database: Database
) -> None:
    for _ in range(10):
        assert await begun_twice_at_once(store) == []
    assert await count(database, "profile") == 10


class Looking(Store):
    """The mutant: looks whether there is a profile, and begins it in another statement."""

    rendezvous: Rendezvous

    async def _begin(self, session: AsyncSession, profile: Profile) -> None:
        found = await session.get(Profile, profile.user_id)
        await self.rendezvous.meet()
        if found is None:
            session.add(Profile(**profile.model_dump()))
            await session.flush()


async def test_mutant_looking_before_beginning_fails_all_but_one(database: Database) -> None:
    mutant = Looking(database)
    mutant.rendezvous = Rendezvous(10)
    assert await begun_twice_at_once(mutant) == ["IntegrityError"] * 9


async def test_what_the_owner_changed_is_not_undone_by_late_news(store: Store) -> None:
    account = an_account()
    await store.begin(Profile.of(account, NOW))
    await store.change(account.user_id, {"first_name": "Countess"}, NOW)
    await store.take_in("accounts", registered(account), Profile.of(account, NOW))
    assert (await store.person(account.user_id)).first_name == "Countess"


async def test_nobody_writes_for_somebody_without_a_profile(store: Store) -> None:
    nobody = SystemIds().new()
    for attempt in (
        store.add_wish(nobody, "PAR", NOW),
        store.like(nobody, Tastes()),
        store.tell(nobody, {Kind.BOOKING: Channels()}),
        store.change(nobody, {"locale": "fr"}, NOW),
        store.person(nobody),
    ):
        with pytest.raises(NotFound) as told:
            await attempt
        assert told.value.reason == "PROFILE_NOT_FOUND"


async def test_whoever_is_being_erased_begins_no_profile(
    store: Store, erasures: Erasures, database: Database
) -> None:
    account = an_account()
    await erasures.begin(account.user_id)
    with pytest.raises(NotFound):
        await store.begin(Profile.of(account, NOW))
    assert await count(database, "profile") == 0


async def test_items_of_one_moment_are_on_one_page_only(store: Store, ada: str) -> None:
    for name in ("a", "b", "c", "d", "e"):
        await store.add_wish(ada, name, NOW)
    await store.add_wish(ada, "newest", NOW + timedelta(microseconds=1))
    seen: list[str] = []
    after: Cursor | None = None
    for _ in range(3):
        page = await store.wishes(ada, after, 2)
        seen += [wish.destination_id for wish in page]
        after = Cursor(page[-1].create_time, page[-1].destination_id)
    assert seen == ["newest", "e", "d", "c", "b", "a"]


async def test_history_is_the_owners_alone(store: Store, ada: str) -> None:
    eve = SystemIds().new()
    past = PastBooking(booking_id="b", user_id=eve, version=4, outcome="CANCELLED", time=NOW)
    await store.take_note("bookings", registered(an_account()), past)
    assert list(await store.history(ada, None, 10)) == []
    assert [each.booking_id for each in await store.history(eve, None, 10)] == ["b"]
