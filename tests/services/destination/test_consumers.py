"""What flights cost, as searches told it."""

from datetime import datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from dreamscape.destination.v1 import destination_pb2 as pb
from dreamscape.destination.v1.destination_client import DestinationClient
from dreamscape.voyage.v1.voyage_client import VoyageClient
from dreamscape.voyage.v1.voyage_pb2 import FlightsSearched
from mesh.bus import Event
from services.destination.consumers import Searches
from tests.services.conftest import House, eventually
from tests.services.destination.conftest import START, Atlas
from tests.services.voyage.conftest import a_search

DAY = timedelta(days=1)


def searched(atlas: Atlas, code: str, euros: int, time: datetime, currency: str = "EUR") -> Event:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    found = FlightsSearched(
        destination_location_code=code,
        cheapest=Money(currency_code=currency, units=euros),
        time=stamp,
    )
    return Event(
        event_id=atlas.ids.new(),
        topic="dreamscape.voyage.v1",
        key=code,
        type=FlightsSearched.DESCRIPTOR.full_name,
        source="/voyage",
        time=time,
        payload=found.SerializeToString(),
    )


async def prices_of(atlas: Atlas, name: str) -> tuple[int, int, int] | None:
    """Average and lowest in whole euros, and the number of searches."""
    request = pb.GetDestinationRequest(destination_id=name)
    found = (await atlas.service.GetDestination(request, atlas.call())).destination
    if not found.HasField("prices"):
        return None
    told = found.prices
    assert told.average.currency_code == told.lowest.currency_code == "EUR"
    return told.average.units, told.lowest.units, told.searches


async def test_a_city_tells_the_mean_and_the_lowest_of_searches_to_it_and_its_airports(
    atlas: Atlas,
) -> None:
    searches = Searches(atlas.prices, atlas.clock)
    assert await prices_of(atlas, "PAR") is None
    for code, euros in (("PAR", 100), ("CDG", 300), ("ORY", 200), ("XXX", 1), ("FR", 1)):
        await searches.handle(searched(atlas, code, euros, START))
    await searches.handle(searched(atlas, "PAR", 1, START, currency="USD"))
    assert await prices_of(atlas, "PAR") == (200, 100, 3)
    assert await prices_of(atlas, "FR") is None


async def test_the_same_news_again_counts_once(atlas: Atlas) -> None:
    searches, news = Searches(atlas.prices, atlas.clock), searched(atlas, "LON", 80, START)
    for _ in range(3):
        await searches.handle(news)
    assert await prices_of(atlas, "LON") == (80, 80, 1)


async def test_only_the_last_thirty_days_count_and_the_rest_is_forgotten(atlas: Atlas) -> None:
    searches = Searches(atlas.prices, atlas.clock)
    await searches.handle(searched(atlas, "ROM", 50, START - 40 * DAY))
    assert await prices_of(atlas, "ROM") is None
    await searches.handle(searched(atlas, "ROM", 60, START - 20 * DAY))
    await searches.handle(searched(atlas, "ROM", 90, START))
    assert await prices_of(atlas, "ROM") == (75, 60, 2)
    atlas.clock.advance(11 * DAY)
    assert await prices_of(atlas, "ROM") == (90, 90, 1)
    atlas.clock.advance(365 * DAY * 10)
    await atlas.prices.sweep(atlas.clock.now())
    assert await atlas.rows("SELECT (SELECT count(*) FROM price) + count(*) FROM inbox") == [(0,)]


async def test_a_real_search_is_told_to_the_city_it_was_for(house: House) -> None:
    places = house.client(DestinationClient)
    request = pb.GetDestinationRequest(destination_id="TYO")
    before = (await places.get_destination(request)).destination
    assert not before.HasField("prices")
    wish = a_search(destination_location_code="NRT", adults=2)
    found = await house.client(VoyageClient).search_flights(wish)
    cheapest = min(offer.total.units * 100 + offer.total.nanos // 10**7 for offer in found.offers)

    async def told() -> pb.PriceSummary | None:
        seen = (await places.get_destination(request)).destination
        return seen.prices if seen.HasField("prices") else None

    prices = await eventually(told, within=60)
    assert prices.searches == 1
    assert prices.average == prices.lowest
    assert prices.lowest.units * 100 + prices.lowest.nanos // 10**7 == cheapest // 2
