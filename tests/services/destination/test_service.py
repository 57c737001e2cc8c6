"""Destinations and reviews through the live service."""

from typing import Any

import pytest

from dreamscape.destination.v1 import destination_pb2 as pb
from dreamscape.destination.v1.destination_client import DestinationClient
from mesh.clock import SystemIds
from mesh.faults import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    Fault,
    InvalidArgument,
    NotFound,
)
from tests.services.conftest import House
from tests.services.destination.conftest import PARIS, Atlas, a_place

ENGLISH = [pb.Words(locale="en", name="Somewhere")]


def get(name: str) -> pb.GetDestinationRequest:
    return pb.GetDestinationRequest(destination_id=name)


def again(place: pb.Destination, **changes: Any) -> pb.UpdateDestinationRequest:
    facts: dict[str, Any] = {
        "destination_id": place.destination_id,
        "etag": place.etag,
        "words": ENGLISH,
        "position": PARIS,
    }
    return pb.UpdateDestinationRequest(**(facts | changes))


def removal(place: pb.Destination, etag: str = "") -> pb.DeleteDestinationRequest:
    return pb.DeleteDestinationRequest(destination_id=place.destination_id, etag=etag or place.etag)


async def test_a_city_is_told_in_the_callers_language(house: House) -> None:
    english = house.client(DestinationClient)
    french = house.client(DestinationClient, headers={"accept-language": "fr-CA,fr;q=0.9"})
    london = (await english.get_destination(get("LON"))).destination
    londres = (await french.get_destination(get("LON"))).destination
    assert (london.name, londres.name) == ("London", "Londres")
    assert london.description.startswith("The capital of the United Kingdom")
    assert londres.description.startswith("La capitale du Royaume-Uni")
    assert london.kind == pb.DESTINATION_KIND_CITY
    assert (london.country_code, london.parent_id) == ("GB", "GB")
    assert (london.time_zone, london.currency_code) == ("Europe/London", "GBP")
    assert london.position == pb.Position(latitude=51.5085, longitude=-0.1257)
    assert not london.photos


async def test_answers_that_caches_may_keep_say_their_language_and_version(atlas: Atlas) -> None:
    call = atlas.call(language="fr")
    paris = (await atlas.service.GetDestination(get("PAR"), call)).destination
    assert sorted(call.headers) == [
        ("content-language", "fr"),
        ("etag", f'W/"{paris.etag}"'),
        ("vary", "accept-language"),
    ]
    call = atlas.call()
    await atlas.service.ListDestinations(pb.ListDestinationsRequest(), call)
    assert call.headers == [("content-language", "en"), ("vary", "accept-language")]


async def test_what_is_not_there_is_not_found(house: House) -> None:
    someone = house.client(DestinationClient, token=house.token(SystemIds().new()))
    for attempt in (
        someone.get_destination(get("par-nowhere")),
        someone.list_reviews(pb.ListReviewsRequest(destination_id="par-nowhere")),
        someone.create_review(pb.CreateReviewRequest(destination_id="par-nowhere", rating=3)),
    ):
        with pytest.raises(NotFound) as told:
            await attempt
        assert told.value.reason == "DESTINATION_NOT_FOUND"


async def test_a_batch_leaves_out_what_is_unknown(house: House) -> None:
    wanted = ["PAR", "XXX", "FR", "par-louvre", "'; --"]
    found = await house.client(DestinationClient).batch_get_destinations(
        pb.BatchGetDestinationsRequest(destination_ids=wanted)
    )
    assert {each.destination_id for each in found.destinations} == {"PAR", "FR", "par-louvre"}


async def test_a_list_has_its_most_popular_first_of_the_kind_and_country(house: House) -> None:
    places = house.client(DestinationClient)
    french = await places.list_destinations(
        pb.ListDestinationsRequest(country="FR", kind=pb.DESTINATION_KIND_CITY, page_size=3)
    )
    assert [each.name for each in french.destinations] == ["Paris", "Lyon", "Marseille"]
    inside = await places.list_destinations(pb.ListDestinationsRequest(city="ROM"))
    assert [each.name for each in inside.destinations] == [
        "Colosseum",
        "Pantheon",
        "Trevi Fountain",
    ]
    with pytest.raises(InvalidArgument):
        await places.list_destinations(pb.ListDestinationsRequest(kind=9))  # type: ignore[arg-type]


async def test_an_administrator_adds_changes_and_removes(
    house: House, admin: DestinationClient
) -> None:
    wish = a_place(time_zone="", currency_code="EUR")
    added = (await admin.create_destination(wish)).destination
    assert (added.name, added.country_code, added.parent_id) == ("Rodin Museum", "FR", "PAR")
    with pytest.raises(AlreadyExists) as taken:
        await admin.create_destination(wish)
    assert taken.value.reason == "DESTINATION_EXISTS"
    changed = (await admin.update_destination(again(added))).destination
    assert (changed.name, changed.description, changed.currency_code) == ("Somewhere", "", "")
    assert changed.etag != added.etag
    french = house.client(DestinationClient, headers={"accept-language": "fr"})
    shown = (await french.get_destination(get(added.destination_id))).destination
    assert shown == changed, "English where there is no French"
    await admin.delete_destination(removal(changed))
    with pytest.raises(NotFound):
        await admin.get_destination(get(added.destination_id))


async def test_an_older_version_changes_and_removes_nothing(admin: DestinationClient) -> None:
    added = (await admin.create_destination(a_place())).destination
    changed = (await admin.update_destination(again(added))).destination
    for etag in (added.etag, "no number", "9" * 64):
        for attempt in (
            admin.update_destination(again(added, etag=etag)),
            admin.delete_destination(removal(added, etag)),
        ):
            with pytest.raises(Aborted) as told:
                await attempt
            assert told.value.reason == "ETAG_MISMATCH"
    assert (await admin.get_destination(get(added.destination_id))).destination == changed
    await admin.delete_destination(removal(changed))
    for late in (
        admin.update_destination(again(changed)),
        admin.delete_destination(removal(changed)),
    ):
        with pytest.raises(NotFound) as gone:
            await late
        assert gone.value.reason == "DESTINATION_NOT_FOUND"


async def test_what_is_made_anew_never_has_an_etag_of_before(admin: DestinationClient) -> None:
    wish = a_place()
    first = (await admin.create_destination(wish)).destination
    await admin.delete_destination(removal(first))
    second = (await admin.create_destination(wish)).destination
    assert first.etag != second.etag


async def test_a_city_in_which_others_lie_is_not_removed(admin: DestinationClient) -> None:
    rome = (await admin.get_destination(get("ROM"))).destination
    with pytest.raises(FailedPrecondition) as told:
        await admin.delete_destination(removal(rome))
    assert told.value.reason == "HAS_PLACES"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"parent_id": "XXX"}, "parentId"),
        ({"parent_id": "FR"}, "parentId"),
        ({"parent_id": "par-louvre"}, "parentId"),
        ({"parent_id": ""}, "parentId"),
        ({"time_zone": "Europe/Paris"}, "timeZone"),
        ({"kind": 0}, "kind"),
        ({"kind": 9}, "kind"),
        ({"words": [pb.Words(locale="fr", name="Ici")]}, "words"),
        ({"position": pb.Position(latitude=91)}, "position.latitude"),
        ({"position": None}, "position"),
    ],
)
async def test_a_wrong_place_is_refused_by_its_field(
    admin: DestinationClient, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgument) as told:
        await admin.create_destination(a_place(**changes))
    assert told.value.reason == "INVALID_FIELDS"
    assert [each.field for each in told.value.violations] == [field]


async def test_a_time_zone_is_not_given_to_a_point_of_interest_later(
    admin: DestinationClient,
) -> None:
    added = (await admin.create_destination(a_place())).destination
    with pytest.raises(InvalidArgument) as told:
        await admin.update_destination(again(added, time_zone="Europe/Paris"))
    assert [each.field for each in told.value.violations] == ["timeZone"]


async def test_saying_it_again_replaces_what_was_said_and_nobody_is_named(
    house: House, admin: DestinationClient
) -> None:
    place = (await admin.create_destination(a_place())).destination
    ada, eve = await house.a_traveller(), await house.a_traveller()
    listing = pb.ListReviewsRequest(destination_id=place.destination_id)
    for who, rating, words in ((ada, 1, "Rain."), (eve, 4, "Fine."), (ada, 5, "Sun!")):
        client = house.client(DestinationClient, token=who.token)
        await client.create_review(
            pb.CreateReviewRequest(destination_id=place.destination_id, rating=rating, text=words)
        )
    found = await house.client(DestinationClient).list_reviews(listing)
    assert [(each.rating, each.text) for each in found.reviews] == [(5, "Sun!"), (4, "Fine.")]
    assert not {ada.user_id, eve.user_id} & set(str(found).split('"'))
    rated = (await admin.get_destination(get(place.destination_id))).destination
    assert (rated.rating, rated.review_count, rated.etag) == (4.5, 2, place.etag)


async def test_erasing_a_user_deletes_their_reviews_and_corrects_the_ratings(
    house: House, admin: DestinationClient
) -> None:
    places = [(await admin.create_destination(a_place())).destination for _ in range(2)]
    ada, eve = await house.a_traveller(), await house.a_traveller()
    for who, rating in ((ada, 1), (eve, 4)):
        client = house.client(DestinationClient, token=who.token)
        for place in places:
            await client.create_review(
                pb.CreateReviewRequest(destination_id=place.destination_id, rating=rating)
            )
    asking = house.client(DestinationClient, service="user")
    request = pb.EraseUserRequest(user_id=ada.user_id)
    assert [(await asking.erase_user(request)).erased for _ in range(2)] == [2, 0]
    found = [(await admin.get_destination(get(each.destination_id))).destination for each in places]
    assert [(each.rating, each.review_count) for each in found] == [(4.0, 1), (4.0, 1)]
    late = house.client(DestinationClient, token=ada.token)
    with pytest.raises(Fault) as told:
        await late.create_review(pb.CreateReviewRequest(destination_id="PAR", rating=5))
    assert told.value.reason == "ACCOUNT_NOT_FOUND"
