"""Ratings are those of the reviews there are, whoever writes and erases at once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.destination.v1 import destination_pb2 as pb
from mesh.faults import NotFound
from services.destination.reviews import Review, Reviews
from tests.services.conftest import eventually
from tests.services.destination.conftest import Atlas

WRITERS = 50
COUNTED = "SELECT rating_sum, review_count FROM destination WHERE destination_id = 'PAR'"
THERE = "SELECT coalesce(sum(rating), 0), count(*) FROM review WHERE destination_id = 'PAR'"


async def all_at_once(atlas: Atlas, reviews: Reviews, users: int) -> None:
    """Fifty reviews of Paris at once, by so many users."""
    names = [atlas.ids.new() for _ in range(users)]
    await asyncio.gather(
        *(
            reviews.say(names[each % users], "PAR", 1 + each % 5, f"No. {each}")
            for each in range(WRITERS)
        )
    )


async def test_fifty_writers_at_once_are_counted_as_what_they_said_last(atlas: Atlas) -> None:
    await all_at_once(atlas, atlas.reviews, users=24)
    counted, there = await atlas.rows(COUNTED), await atlas.rows(THERE)
    assert counted == there
    assert counted[0][1] == 24


class CountsByHand(Reviews):
    """Reads the sums, adds to them and writes them back: right as long as one does it at a time."""

    def __init__(self, atlas: Atlas, together: int) -> None:
        super().__init__(atlas.database, atlas.clock, atlas.ids)
        self._together = asyncio.Barrier(together)

    async def say(self, user_id: str, destination_id: str, rating: int, words: str) -> Review:
        said = await super().say(user_id, destination_id, rating, words)
        [row] = await self._database.rows(COUNTED)
        await self._together.wait()
        async with self._database.transaction() as session:
            await session.execute(
                text(
                    "UPDATE destination SET rating_sum = :sum, review_count = :count "
                    "WHERE destination_id = 'PAR'"
                ),
                {"sum": row[0] + rating, "count": row[1] + 1},
            )
        return said


async def test_mutant_sums_that_are_kept_by_hand_forget_all_but_one(atlas: Atlas) -> None:
    async with atlas.database.transaction() as session:
        await session.execute(text("ALTER TABLE review DISABLE TRIGGER review_is_counted"))
    alone = CountsByHand(atlas, together=1)
    for rating in (2, 3):
        await alone.say(atlas.ids.new(), "PAR", rating, "")
    assert await atlas.rows(COUNTED) == [(5, 2)], "it counts what comes one by one"
    await all_at_once(atlas, CountsByHand(atlas, together=WRITERS), users=WRITERS)
    [(_, counted)], [(_, there)] = await atlas.rows(COUNTED), await atlas.rows(THERE)
    assert (counted, there) == (3, 2 + WRITERS)


async def test_reviews_come_newest_first_in_pages_and_what_is_said_anew_comes_first(
    atlas: Atlas,
) -> None:
    users = [atlas.ids.new() for _ in range(5)]
    for number, user in enumerate([*users, users[0]]):
        await atlas.reviews.say(user, "PAR", 3, str(number))
        # Some at the same moment, so that the time alone does not order them.
        atlas.clock.advance(timedelta(seconds=number in (1, 3, 4)))
    seen, token, sizes = [], "", []
    while True:
        page = await atlas.service.ListReviews(
            pb.ListReviewsRequest(destination_id="PAR", page_size=2, page_token=token),
            atlas.call(),
        )
        seen += [each.text for each in page.reviews]
        sizes.append(len(page.reviews))
        token = page.next_page_token
        if not token:
            break
    assert seen == ["5", "4", "3", "2", "1"]
    assert sizes == [2, 2, 1]


async def test_a_destination_takes_its_reviews_with_it(atlas: Atlas) -> None:
    await atlas.reviews.say(atlas.ids.new(), "par-louvre", 5, "Big.")
    louvre = await atlas.store.one("par-louvre")
    await atlas.store.remove("par-louvre", str(louvre.version))
    assert await atlas.rows("SELECT count(*) FROM review") == [(0,)]


async def test_users_who_said_much_are_erased_at_once_without_waiting_for_each_other(
    atlas: Atlas,
) -> None:
    users = [atlas.ids.new() for _ in range(5)]
    places = ["PAR", "LON", "ROM", "NYC", "TYO"]
    for number, user in enumerate(users):
        for place in places[number:] + places[:number]:
            await atlas.reviews.say(user, place, 4, "")
    assert await asyncio.gather(*map(atlas.reviews.erase, users)) == [5] * 5
    left = "SELECT sum(rating_sum), sum(review_count) FROM destination"
    assert await atlas.rows(left) == [(0, 0)]


async def test_nothing_is_said_by_a_user_after_they_are_erased(atlas: Atlas) -> None:
    ada = atlas.ids.new()
    assert await atlas.reviews.erase(ada) == 0
    with pytest.raises(NotFound) as told:
        await atlas.reviews.say(ada, "PAR", 5, "Still here.")
    assert told.value.reason == "ACCOUNT_NOT_FOUND"
    assert await atlas.rows(COUNTED) == [(0, 0)]


class Slow(Reviews):
    """Stops halfway, after it has seen that the user is there."""

    def __init__(self, atlas: Atlas) -> None:
        super().__init__(atlas.database, atlas.clock, atlas.ids)
        self.halfway, self.go_on = asyncio.Event(), asyncio.Event()

    async def _admit(self, session: AsyncSession, user_id: str) -> None:
        await self._look(session, user_id)
        self.halfway.set()
        await self.go_on.wait()

    async def _look(self, session: AsyncSession, user_id: str) -> None:
        await super()._admit(session, user_id)


class SlowWithoutLock(Slow):
    """Looks whether the user was erased without holding anybody off."""

    async def _look(self, session: AsyncSession, user_id: str) -> None:
        assert await self._database.rows("SELECT FROM erased") == []


async def left_by_an_erasure_meanwhile(atlas: Atlas, slow: Slow) -> int:
    """Erase a user while they say something; how many reviews there are then."""
    ada = atlas.ids.new()
    saying = asyncio.create_task(slow.say(ada, "PAR", 5, ""))
    await slow.halfway.wait()
    erasing = asyncio.create_task(atlas.reviews.erase(ada))

    async def done_or_held_off() -> bool:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
        mine = f"application_name = '{atlas.database.schema}'"
        return erasing.done() or bool(await atlas.rows(waiting + mine))

    await eventually(done_or_held_off)
    slow.go_on.set()
    await asyncio.gather(saying, erasing)
    [(left,)] = await atlas.rows("SELECT count(*) FROM review")
    return int(left)


async def test_an_erasure_meanwhile_leaves_nothing_behind(atlas: Atlas) -> None:
    assert await left_by_an_erasure_meanwhile(atlas, Slow(atlas)) == 0


async def test_mutant_without_the_users_lock_a_late_review_survives_an_erasure(
    atlas: Atlas,
) -> None:
    assert await left_by_an_erasure_meanwhile(atlas, SlowWithoutLock(atlas)) == 1
