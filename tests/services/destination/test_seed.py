"""What there is from the start: the files, and that what was changed since stays as it is."""

import csv
from collections import Counter

from sqlalchemy import text

from dreamscape.destination.v1 import destination_pb2 as pb
from services.destination.data.cities import FILE, cities
from services.destination.domain import Kind
from services.destination.seed import airports, destinations
from services.destination.wiring import MIGRATIONS
from tests.services.destination.conftest import Atlas


def test_the_cities_are_what_the_script_makes_of_the_source() -> None:
    with FILE.open() as file:
        kept = list(csv.DictReader(file, delimiter="\t"))
    assert kept == cities()


def test_every_destination_of_the_start_is_a_right_one_after_what_it_lies_in() -> None:
    seen: dict[str, str] = {"": ""}
    for each in destinations():
        each.check()
        assert each.destination_id not in seen
        assert each.parent_id in seen
        seen[each.destination_id] = each.kind
    counts = Counter(seen.values())
    assert (counts[Kind.COUNTRY], counts[Kind.CITY]) == (145, 600)
    assert counts[Kind.POINT_OF_INTEREST] == 64


def test_every_point_of_interest_is_described_in_both_languages() -> None:
    sights = [each for each in destinations() if each.kind == Kind.POINT_OF_INTEREST]
    for each in sights:
        words = each.telling.by_locale()
        assert words["en"].description != words["fr"].description
        assert min(len(told.description) for told in words.values()) > 20
    cities = {each.parent_id for each in sights}
    described = {
        each.destination_id
        for each in destinations()
        if each.kind == Kind.CITY and all(told.description for _, told in each.telling.words)
    }
    assert cities == described
    assert len(cities) == 21


def test_an_airport_belongs_to_its_city() -> None:
    found = airports()
    assert [found[code] for code in ("CDG", "ORY", "JFK", "LHR", "NRT")] == [
        *("PAR", "PAR", "NYC", "LON", "TYO")
    ]
    assert "PAR" not in found


async def test_a_restart_brings_nothing_back_and_changes_nothing(atlas: Atlas) -> None:
    call = atlas.call()
    louvre = (
        await atlas.service.GetDestination(
            pb.GetDestinationRequest(destination_id="par-louvre"), call
        )
    ).destination
    await atlas.service.UpdateDestination(
        pb.UpdateDestinationRequest(
            destination_id="par-louvre",
            etag=louvre.etag,
            words=[pb.Words(locale="en", name="The Louvre")],
            position=louvre.position,
        ),
        call,
    )
    async with atlas.database.transaction() as session:
        await session.execute(
            text("DELETE FROM destination WHERE destination_id = 'par-eiffel-tower'")
        )
    before = await atlas.rows("SELECT * FROM destination ORDER BY destination_id")
    await atlas.database.migrate(MIGRATIONS)
    assert await atlas.rows("SELECT * FROM destination ORDER BY destination_id") == before
    assert await atlas.ids_of(query="the louvre") == ["par-louvre"]
    assert await atlas.ids_of(query="eiffel") == []
