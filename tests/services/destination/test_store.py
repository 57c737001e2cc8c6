"""Searching, paging, and versions under many writers, on PostgreSQL."""

import asyncio

import pytest
from sqlalchemy import text

from dreamscape.destination.v1 import destination_pb2 as pb
from mesh.faults import Aborted, FailedPrecondition, InvalidArgument
from services.destination.domain import Destination, Listing, New, Place, Telling, Words
from services.destination.store import Store, told
from tests.services.destination.conftest import Atlas

CITY = pb.DESTINATION_KIND_CITY
ADMINS = 50


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sao paulo", ["SAO"]),
        ("SÃO PAULO", ["SAO"]),
        ("paulo sao", ["SAO"]),
        ("londres", ["LON"]),
        ("pekin", ["BJS"]),
        ("geneve", ["GVA"]),
        ("genf", []),
        ("new york", ["NYC"]),
        ("york new", ["NYC"]),
        ("ew york", []),
        ("le caire", ["CAI"]),
        ("'", []),
        ("paris:*", ["PAR"]),
        ("xq' | 'a", []),
    ],
)
async def test_all_words_begin_words_of_a_name_in_either_language(
    atlas: Atlas, query: str, first: list[str]
) -> None:
    assert await atlas.ids_of(query=query, kind=CITY, page_size=1) == first


async def test_the_name_itself_comes_first_then_its_beginning_then_popularity(
    atlas: Atlas,
) -> None:
    names = ["Zubo Hill", "Old Zubo", "Zubo", "Zubona"]
    for rank, name in enumerate(names):
        telling = Telling((("en", Words(name)),), 0.0, 0.0)
        place = f"place-{rank}"
        await atlas.store.add(New(place, "POINT_OF_INTEREST", "PAR", telling, popularity=9 - rank))
    found = await atlas.ids_of(query="zubo")
    assert found == ["place-2", "place-0", "place-3", "place-1"]
    assert await atlas.ids_of(query="zubo h") == ["place-0"]


@pytest.mark.parametrize("query", ["", "s", "san"])
async def test_pages_hold_every_destination_once_and_in_order(atlas: Atlas, query: str) -> None:
    whole = [
        each.destination_id for _, each in await atlas.store.page(Listing(query=query), None, 1000)
    ]
    seen: list[str] = []
    token = ""
    while True:
        answer = await atlas.service.ListDestinations(
            pb.ListDestinationsRequest(query=query, page_size=37, page_token=token), atlas.call()
        )
        seen += [each.destination_id for each in answer.destinations]
        token = answer.next_page_token
        if not token:
            break
    assert seen == whole
    assert len(set(seen)) == len(seen) > 10


async def test_a_page_token_of_another_list_is_refused(atlas: Atlas) -> None:
    token = Place(0, -1, "PAR").token(Listing(country="FR"))
    with pytest.raises(InvalidArgument) as refused:
        await atlas.ids_of(page_token=token)
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


async def test_lists_and_searches_are_found_by_their_indexes(atlas: Atlas) -> None:
    async with atlas.database.transaction() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        for sql, index in (
            ("WHERE search @@ to_tsquery('simple', 'sao')", "destination_search"),
            ("ORDER BY -popularity, destination_id LIMIT 20", "destination_popular"),
        ):
            plan = await session.execute(text(f"EXPLAIN SELECT FROM destination {sql}"))
            assert index in "\n".join(row[0] for row in plan)


def here(latitude: float) -> Telling:
    return Telling((("en", Words("Here")),), latitude, 0.0)


async def winners(atlas: Atlas, store: Store) -> int:
    """How many of the administrators who change one version at once hear that they did."""
    louvre = await atlas.store.one("par-louvre")
    etag = str(louvre.version)
    answers = await asyncio.gather(
        *(store.change("par-louvre", etag, here(float(each))) for each in range(ADMINS)),
        return_exceptions=True,
    )
    lost = [each for each in answers if isinstance(each, Aborted)]
    assert {each.reason for each in lost} <= {"ETAG_MISMATCH"}
    won = [each for each in answers if isinstance(each, Destination)]
    assert len(lost) + len(won) == ADMINS
    return len(won)


async def test_of_fifty_who_change_one_version_one_does(atlas: Atlas) -> None:
    assert await winners(atlas, atlas.store) == 1


class LooksFirst(Store):
    """Compares the version before it writes, instead of in the statement that writes."""

    def __init__(self, atlas: Atlas) -> None:
        super().__init__(atlas.database, atlas.clock)
        self._together = asyncio.Barrier(ADMINS)

    async def change(self, destination_id: str, etag: str, telling: Telling) -> Destination:
        found = await self.one(destination_id)
        assert str(found.version) == etag
        await self._together.wait()
        async with self._database.transaction() as session:
            await session.execute(
                text("UPDATE destination SET latitude = :latitude WHERE destination_id = :name"),
                {"latitude": told(telling)["latitude"], "name": destination_id},
            )
        return found


async def test_mutant_a_version_that_is_compared_before_the_write_is_changed_by_all(
    atlas: Atlas,
) -> None:
    assert await winners(atlas, LooksFirst(atlas)) == ADMINS


async def test_a_city_is_removed_or_gets_a_place_never_both(atlas: Atlas) -> None:
    for _ in range(10):
        await atlas.store.add(New("QQQ", "CITY", "FR", here(0.0)))
        city = await atlas.store.one("QQQ")
        removed, added = await asyncio.gather(
            atlas.store.remove("QQQ", str(city.version)),
            atlas.store.add(New("qqq-place", "POINT_OF_INTEREST", "QQQ", here(0.0))),
            return_exceptions=True,
        )
        if removed is None:
            assert isinstance(added, InvalidArgument)
            assert await atlas.store.find(["QQQ", "qqq-place"]) == []
        else:
            assert isinstance(removed, FailedPrecondition)
            assert isinstance(added, Destination)
            await atlas.store.remove("qqq-place", str(added.version))
            await atlas.store.remove("QQQ", str(city.version))
