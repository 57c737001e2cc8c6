"""Searching and pricing, as a caller sees them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from dreamscape.voyage.v1 import voyage_pb2
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.clock import ManualClock
from mesh.faults import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from mesh.money import Money
from tests.services.conftest import House
from tests.services.voyage.conftest import Rig, Sandbox, a_day, a_search, an_order


def pricing(offer_id: str) -> voyage_pb2.PriceOfferRequest:
    return voyage_pb2.PriceOfferRequest(flight_offer_id=offer_id)


def batch(*offer_ids: str) -> voyage_pb2.BatchGetOffersRequest:
    return voyage_pb2.BatchGetOffersRequest(offer_ids=offer_ids)


async def test_offers_come_cheapest_first_with_names_and_an_end(
    rig: Rig, clock: ManualClock
) -> None:
    found = await rig.service.SearchFlights(a_search(max=10), rig.call)
    totals = [(offer.total.units, offer.total.nanos) for offer in found.offers]
    assert len(totals) == 10
    assert totals == sorted(totals)
    first = found.offers[0]
    assert first.total.currency_code == "EUR"
    assert first.expire_time.ToDatetime(UTC) == clock.now() + timedelta(minutes=30)
    assert not first.priced
    segments = first.itineraries[0].segments
    assert segments[0].departure.iata_code == "CDG"
    assert segments[-1].arrival.iata_code == "JFK"
    assert all(segment.carrier_name for segment in segments)


async def test_a_round_trip_has_two_itineraries(rig: Rig) -> None:
    day = a_day()
    back = (day + timedelta(days=7)).isoformat()
    wish = a_search(departure_date=day.isoformat(), return_date=back)
    found = await rig.service.SearchFlights(wish, rig.call)
    assert [len(offer.itineraries) for offer in found.offers] == [2, 2, 2]


async def test_direct_flights_have_one_segment(rig: Rig) -> None:
    found = await rig.service.SearchFlights(a_search(non_stop=True), rig.call)
    assert {len(offer.itineraries[0].segments) for offer in found.offers} == {1}


async def test_the_same_search_is_answered_from_the_cache(rig: Rig, sandbox: Sandbox) -> None:
    wish = a_search()
    first = await rig.service.SearchFlights(wish, rig.call)
    await sandbox.fault("search", "status:500", 2)
    again = voyage_pb2.SearchFlightsRequest()
    again.CopyFrom(wish)
    again.currency_code = "EUR"
    assert await rig.service.SearchFlights(again, rig.call) == first


async def test_a_search_announces_once_what_one_traveller_pays_at_least(rig: Rig) -> None:
    wish = a_search(adults=2)
    found = await rig.service.SearchFlights(wish, rig.call)
    await rig.service.SearchFlights(wish, rig.call)
    await rig.service.PriceOffer(pricing(found.offers[0].offer_id), rig.call)
    rows = await rig.database.rows("SELECT key, type, payload FROM outbox ORDER BY position DESC")
    told = [
        each
        for key, kind, payload in rows
        if (key, kind) == ("JFK", voyage_pb2.FlightsSearched.DESCRIPTOR.full_name)
        and (each := voyage_pb2.FlightsSearched.FromString(payload)).time.ToDatetime(UTC)
        == rig.clock.now()
    ]
    total = Money.from_wire(found.offers[0].total)
    assert [Money.from_wire(each.cheapest) for each in told] == [
        Money(total.minor // 2, total.currency)
    ]


async def test_what_was_announced_long_ago_is_forgotten(rig: Rig, clock: ManualClock) -> None:
    await rig.offer()
    async with rig.database.transaction() as session:
        await session.execute(text("UPDATE outbox SET publish_time = create_time"))
    await rig.store.purge_events(clock.now() + timedelta(seconds=1))
    assert await rig.database.rows("SELECT FROM outbox") == []


async def test_an_answer_may_be_cached_by_others_for_five_minutes(rig: Rig) -> None:
    call = rig.call
    await rig.service.SearchFlights(a_search(), call)
    assert call.headers == [("cache-control", "public, max-age=300")]


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"departure_date": "2020-01-01"}, "INVALID_DATE", "departureDate"),
        ({"departure_date": "2099-01-01"}, "INVALID_DATE", "departureDate"),
        ({"return_date": "2020-01-01"}, "INVALID_DATE", "returnDate"),
        ({"adults": 5, "children": 5}, "INVALID_PARTY", "children"),
        ({"adults": 1, "infants": 2}, "INVALID_PARTY", "infants"),
        ({"destination_location_code": "CDG"}, "SAME_PLACE", "destinationLocationCode"),
        ({"origin_location_code": "?"}, "INVALID_LOCATION", "originLocationCode"),
        ({"currency_code": "XXX"}, "INVALID_CURRENCY", "currencyCode"),
    ],
)
async def test_a_search_that_breaks_a_rule_says_which(
    rig: Rig, changes: dict[str, Any], reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await rig.service.SearchFlights(a_search(**changes), rig.call)
    assert refusal.value.reason == reason
    assert [violation.field for violation in refusal.value.violations] == [field]


async def test_today_may_be_searched(rig: Rig) -> None:
    today = datetime.now(UTC).date().isoformat()
    await rig.service.SearchFlights(a_search(departure_date=today), rig.call)


@pytest.mark.parametrize("fault", ["status:500", "status:429", "reply-lost-after-commit"])
async def test_one_bad_moment_of_the_supplier_is_not_noticed(
    rig: Rig, sandbox: Sandbox, fault: str
) -> None:
    await sandbox.fault("search", fault)
    assert len((await rig.service.SearchFlights(a_search(), rig.call)).offers) == 3


async def test_a_supplier_that_fails_twice_is_unavailable(rig: Rig, sandbox: Sandbox) -> None:
    await sandbox.fault("search", "status:503", 2)
    with pytest.raises(Unavailable) as refusal:
        await rig.service.SearchFlights(a_search(), rig.call)
    assert refusal.value.reason == "SUPPLIER_UNAVAILABLE"


async def test_a_token_that_is_refused_is_renewed(rig: Rig, sandbox: Sandbox) -> None:
    await rig.offer()
    await sandbox.fault("search", "status:401")
    assert len((await rig.service.SearchFlights(a_search(), rig.call)).offers) == 3


async def test_pricing_makes_a_new_offer(rig: Rig, clock: ManualClock) -> None:
    offer = await rig.offer()
    answer = await rig.service.PriceOffer(pricing(offer.offer_id), rig.call)
    assert answer.offer.offer_id != offer.offer_id
    assert (answer.offer.priced, answer.price_changed) == (True, False)
    assert answer.offer.total == offer.total
    assert answer.offer.expire_time.ToDatetime(UTC) == clock.now() + timedelta(minutes=15)


async def test_a_price_that_rose_is_told(rig: Rig, sandbox: Sandbox) -> None:
    offer = await rig.offer()
    await sandbox.fault("pricing", "price:+12%")
    answer = await rig.service.PriceOffer(pricing(offer.offer_id), rig.call)
    assert answer.price_changed
    assert answer.offer.total.units > offer.total.units


async def test_a_priced_offer_can_be_priced_again(rig: Rig) -> None:
    offer = await rig.offer()
    first = await rig.service.PriceOffer(pricing(offer.offer_id), rig.call)
    second = await rig.service.PriceOffer(pricing(first.offer.offer_id), rig.call)
    assert (second.price_changed, second.offer.total) == (False, offer.total)


async def test_what_is_sold_out_cannot_be_priced(rig: Rig, sandbox: Sandbox) -> None:
    offer = await rig.offer()
    await sandbox.fault("pricing", "sold-out")
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.service.PriceOffer(pricing(offer.offer_id), rig.call)
    assert refusal.value.reason == "SOLD_OUT"


async def test_an_expired_offer_is_not_found(rig: Rig, clock: ManualClock) -> None:
    offer = await rig.offer()
    clock.advance(timedelta(minutes=30))
    with pytest.raises(NotFound) as refusal:
        await rig.service.PriceOffer(pricing(offer.offer_id), rig.call)
    assert refusal.value.reason == "OFFER_NOT_FOUND"
    assert not (await rig.service.BatchGetOffers(batch(offer.offer_id), rig.call)).offers


async def test_offers_are_got_by_identifier_and_others_left_out(rig: Rig) -> None:
    offer = await rig.offer()
    wanted = batch(offer.offer_id, rig.ids.new(), "no-identifier")
    assert list((await rig.service.BatchGetOffers(wanted, rig.call)).offers) == [offer]


async def test_an_offer_is_kept_exactly_as_the_supplier_wrote_it(rig: Rig) -> None:
    offer = await rig.offer()
    kept = (await rig.shelf.alive([offer.offer_id]))[0]
    assert kept.document.startswith('{"type":"flight-offer","id":"1","source":"GDS"')
    assert kept.document.endswith("}")


async def test_offers_that_expired_long_ago_are_forgotten(rig: Rig, clock: ManualClock) -> None:
    offer = await rig.offer()
    assert await rig.store.purge_offers(clock.now() + timedelta(hours=1)) > 0
    assert not await rig.shelf.alive([offer.offer_id])


async def test_a_flight_is_found_priced_ordered_and_cancelled_in_the_house(house: House) -> None:
    anybody = house.client(VoyageClient)
    found = await anybody.search_flights(a_search())
    priced = (await anybody.price_offer(pricing(found.offers[0].offer_id))).offer
    assert list((await anybody.batch_get_offers(batch(priced.offer_id))).offers) == [priced]
    reference = house.process.ids.new()
    cancelling = voyage_pb2.CancelOrderRequest(reference=reference)
    with pytest.raises(PermissionDenied):
        await anybody.create_order(an_order(reference, priced.offer_id))
    with pytest.raises(PermissionDenied):
        await anybody.cancel_order(cancelling)
    booking = house.client(VoyageClient, service="booking")
    ordered = await booking.create_order(an_order(reference, priced.offer_id))
    assert ordered.order.total == priced.total
    assert (await booking.cancel_order(cancelling)).cancelled


@pytest.mark.parametrize(
    "changes",
    [
        {"origin_location_code": "cdg"},
        {"origin_location_code": ""},
        {"departure_date": "2027-02-30"},
        {"departure_date": "tomorrow"},
        {"adults": 10},
        {"max": 251},
        {"travel_class": "LUXURY"},
    ],
)
async def test_a_malformed_search_is_refused_by_the_contract(
    house: House, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await house.client(VoyageClient).search_flights(a_search(**changes))
    assert refusal.value.reason == "INVALID_FIELDS"
