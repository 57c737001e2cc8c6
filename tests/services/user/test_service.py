"""Profiles through the live service: the caller's own, and others for those who may see them."""

from typing import Any

import pytest
from sqlalchemy import text

from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from mesh.database import Database
from mesh.faults import InvalidArgument, NotFound, Unauthenticated
from tests.services.conftest import House, Traveller, eventually


async def forget(house: House, user_id: str) -> None:
    """Make it as if the news of the account had not arrived, once it has."""
    database = Database(house.running.addresses.database_url, "users", pool_size=1)
    statement = text("DELETE FROM profile WHERE user_id = :user_id RETURNING user_id")

    async def forgotten() -> bool:
        async with database.transaction() as session:
            return (await session.execute(statement, {"user_id": user_id})).first() is not None

    await eventually(forgotten)
    await database.close()


def told(kind: int, **ways: bool) -> user_pb2.NotificationPreference:
    return user_pb2.NotificationPreference(kind=kind, **ways)  # type: ignore[arg-type]


def begun_by(traveller: Traveller) -> user_pb2.Profile:
    return user_pb2.Profile(
        user_id=traveller.user_id,
        email=traveller.email,
        first_name="Ada",
        last_name="Lovelace",
        locale="en",
        currency="EUR",
        notifications=[
            told(user_pb2.NOTIFICATION_KIND_BOOKING, email=True, in_app=True),
            told(user_pb2.NOTIFICATION_KIND_PAYMENT, email=True, in_app=True),
            told(user_pb2.NOTIFICATION_KIND_INSPIRATION),
        ],
    )


def undated(profile: user_pb2.Profile) -> user_pb2.Profile:
    copy = user_pb2.Profile.FromString(profile.SerializeToString())
    copy.ClearField("update_time")
    return copy


async def test_a_profile_is_there_as_soon_as_the_account_is(house: House) -> None:
    ada = await house.a_traveller()
    answer = await house.client(UserClient, token=ada.token).get_profile(
        user_pb2.GetProfileRequest()
    )
    assert undated(answer.profile) == begun_by(ada)
    assert answer.profile.HasField("update_time")


async def test_a_profile_is_begun_by_whoever_asks_before_the_news_arrives(house: House) -> None:
    ada = await house.a_traveller()
    await forget(house, ada.user_id)
    users = house.client(UserClient, token=ada.token)
    first = await users.get_profile(user_pb2.GetProfileRequest())
    assert undated(first.profile) == begun_by(ada)
    assert await users.get_profile(user_pb2.GetProfileRequest()) == first


async def test_a_profile_can_be_changed_before_it_was_ever_asked_for(house: House) -> None:
    ada = await house.a_traveller()
    await forget(house, ada.user_id)
    users = house.client(UserClient, token=ada.token)
    answer = await users.update_profile(user_pb2.UpdateProfileRequest(locale="fr"))
    assert answer.profile.locale == "fr"
    assert answer.profile.email == ada.email


async def test_what_is_not_sent_stays_as_it_is(house: House) -> None:
    ada = await house.a_traveller()
    users = house.client(UserClient, token=ada.token)
    await users.update_profile(user_pb2.UpdateProfileRequest(locale="fr", currency="GBP"))
    await users.update_profile(user_pb2.UpdateProfileRequest(last_name=""))
    answer = await users.get_profile(user_pb2.GetProfileRequest())
    changed = begun_by(ada)
    changed.locale, changed.currency, changed.last_name = "fr", "GBP", ""
    assert undated(answer.profile) == changed


async def test_sending_nothing_changes_nothing_not_even_the_time(house: House) -> None:
    users = house.client(UserClient, token=(await house.a_traveller()).token)
    before = await users.get_profile(user_pb2.GetProfileRequest())
    after = await users.update_profile(user_pb2.UpdateProfileRequest())
    assert after.profile == before.profile


@pytest.mark.parametrize(
    "wrong", [{"locale": "de"}, {"currency": "euro"}, {"first_name": "x" * 81}, {"locale": ""}]
)
async def test_a_value_out_of_its_limits_is_refused_and_nothing_changes(
    house: House, wrong: dict[str, str]
) -> None:
    users = house.client(UserClient, token=(await house.a_traveller()).token)
    before = await users.get_profile(user_pb2.GetProfileRequest())
    with pytest.raises(InvalidArgument):
        await users.update_profile(user_pb2.UpdateProfileRequest(last_name="New", **wrong))
    assert await users.get_profile(user_pb2.GetProfileRequest()) == before


async def test_nobody_has_no_profile(house: House) -> None:
    with pytest.raises(Unauthenticated):
        await house.client(UserClient).get_profile(user_pb2.GetProfileRequest())


async def test_the_profile_of_an_erased_account_is_not_found(house: House) -> None:
    users = house.client(UserClient, token=house.token("not-an-account"))
    with pytest.raises(NotFound) as refused:
        await users.get_profile(user_pb2.GetProfileRequest())
    assert refused.value.reason == "ACCOUNT_NOT_FOUND"


async def test_others_profiles_are_left_out_of_a_batch(house: House) -> None:
    ada, eve = await house.a_traveller(), await house.a_traveller()
    for traveller in (ada, eve):
        users = house.client(UserClient, token=traveller.token)
        await users.get_profile(user_pb2.GetProfileRequest())
    wanted = user_pb2.BatchGetProfilesRequest(
        user_ids=[ada.user_id, eve.user_id, ada.user_id, "not-a-uuid"]
    )

    async def seen(token: str = "", service: str = "tests") -> list[str]:
        users = house.client(UserClient, token=token, service=service)
        return sorted(p.user_id for p in (await users.batch_get_profiles(wanted)).profiles)

    both = sorted([ada.user_id, eve.user_id])
    assert await seen(token=eve.token) == [eve.user_id]
    assert await seen(token=eve.token, service="booking") == [eve.user_id]
    assert await seen(token=house.token("root", roles=["admin"])) == both
    assert await seen(service="notification") == both
    with pytest.raises(Unauthenticated):
        await seen(service="booking")


async def test_creating_a_profile_writes_its_names_whether_it_was_begun_or_not(
    house: House,
) -> None:
    ada = await house.a_traveller()
    users = house.client(UserClient, token=ada.token)
    request = user_pb2.CreateProfileRequest(
        user_id=ada.user_id, first_name="Augusta", last_name="King"
    )
    await forget(house, ada.user_id)
    created = (await users.create_profile(request)).profile
    assert (created.first_name, created.last_name, created.email) == ("Augusta", "King", ada.email)
    request.first_name = "Ada"
    assert (await users.create_profile(request)).profile.first_name == "Ada"


async def test_nobody_creates_somebody_elses_profile(house: House) -> None:
    ada, eve = await house.a_traveller(), await house.a_traveller()
    request = user_pb2.CreateProfileRequest(user_id=ada.user_id, first_name="E", last_name="E")
    for token in (eve.token, house.token("root", roles=["admin"])):
        with pytest.raises(NotFound) as refused:
            await house.client(UserClient, token=token).create_profile(request)
        assert refused.value.reason == "PROFILE_NOT_FOUND"
    users = house.client(UserClient, token=ada.token)
    assert (await users.get_profile(user_pb2.GetProfileRequest())).profile.first_name == "Ada"


async def test_preferences_are_replaced_as_a_whole(house: House) -> None:
    users = house.client(UserClient, token=(await house.a_traveller()).token)
    ask = user_pb2.GetPreferencesRequest()
    assert (await users.get_preferences(ask)).preferences == user_pb2.TravelPreferences()
    first = user_pb2.TravelPreferences(
        categories=[user_pb2.TRAVEL_CATEGORY_CULTURE, user_pb2.TRAVEL_CATEGORY_FAMILY],
        home_airport="CDG",
        cabin="BUSINESS",
        seat="WINDOW",
        airlines=["AF", "U2"],
    )
    second = user_pb2.TravelPreferences(seat="AISLE")
    for preferences in (first, second):
        sent = user_pb2.UpdatePreferencesRequest(preferences=preferences)
        assert (await users.update_preferences(sent)).preferences == preferences
        assert (await users.get_preferences(ask)).preferences == preferences


@pytest.mark.parametrize(
    "wrong",
    [
        {"categories": [0]},
        {"categories": [99]},
        {"categories": [1] * 7},
        {"home_airport": "cdg"},
        {"cabin": "HOLD"},
        {"seat": "LAP"},
        {"airlines": ["AIR"]},
        {"airlines": ["AF"] * 21},
    ],
    ids=str,
)
async def test_tastes_there_are_not_are_refused(house: House, wrong: dict[str, Any]) -> None:
    users = house.client(UserClient, token=(await house.a_traveller()).token)
    preferences = user_pb2.TravelPreferences(**wrong)
    with pytest.raises(InvalidArgument) as refused:
        await users.update_preferences(user_pb2.UpdatePreferencesRequest(preferences=preferences))
    assert refused.value.reason == "INVALID_FIELDS"
    assert refused.value.violations
    kept = (await users.get_preferences(user_pb2.GetPreferencesRequest())).preferences
    assert kept == user_pb2.TravelPreferences()


async def test_a_kind_that_is_not_sent_is_told_as_before(house: House) -> None:
    ada = await house.a_traveller()
    users = house.client(UserClient, token=ada.token)
    payments = told(user_pb2.NOTIFICATION_KIND_PAYMENT, sms=True)
    answer = await users.update_notification_preferences(
        user_pb2.UpdateNotificationPreferencesRequest(
            preferences=[told(user_pb2.NOTIFICATION_KIND_PAYMENT, email=True), payments]
        )
    )
    expected = [
        told(user_pb2.NOTIFICATION_KIND_BOOKING, email=True, in_app=True),
        payments,
        told(user_pb2.NOTIFICATION_KIND_INSPIRATION),
    ]
    assert list(answer.preferences) == expected
    ask = user_pb2.GetNotificationPreferencesRequest()
    assert list((await users.get_notification_preferences(ask)).preferences) == expected
    seen = await house.client(UserClient, service="notification").batch_get_profiles(
        user_pb2.BatchGetProfilesRequest(user_ids=[ada.user_id])
    )
    assert list(seen.profiles[0].notifications) == expected


@pytest.mark.parametrize("kind", [0, 99])
async def test_a_kind_there_is_not_is_refused(house: House, kind: int) -> None:
    users = house.client(UserClient, token=(await house.a_traveller()).token)
    with pytest.raises(InvalidArgument) as refused:
        await users.update_notification_preferences(
            user_pb2.UpdateNotificationPreferencesRequest(preferences=[told(kind, email=True)])
        )
    assert [each.field for each in refused.value.violations] == ["preferences[0].kind"]


async def test_a_wish_is_there_once_until_it_is_removed(house: House) -> None:
    users = house.client(UserClient, token=(await house.a_traveller()).token)
    paris = user_pb2.AddToWishlistRequest(destination_id="PAR")
    first = (await users.add_to_wishlist(paris)).wish
    assert (await users.add_to_wishlist(paris)).wish == first
    listed = await users.list_wishlist(user_pb2.ListWishlistRequest())
    assert list(listed.wishes) == [first]
    for _ in range(2):
        await users.remove_from_wishlist(user_pb2.RemoveFromWishlistRequest(destination_id="PAR"))
    assert list((await users.list_wishlist(user_pb2.ListWishlistRequest())).wishes) == []


async def test_pages_hold_every_wish_once_newest_first(house: House) -> None:
    users = house.client(UserClient, token=(await house.a_traveller()).token)
    names = [f"D{number}" for number in range(5)]
    for name in names:
        await users.add_to_wishlist(user_pb2.AddToWishlistRequest(destination_id=name))
    seen, token = [], ""
    for _ in range(3):
        page = await users.list_wishlist(
            user_pb2.ListWishlistRequest(page_size=2, page_token=token)
        )
        seen += [wish.destination_id for wish in page.wishes]
        token = page.next_page_token
    assert (seen, token) == (names[::-1], "")


WITH_NUL = "MjAyMC0wMS0wMVQwMDowMDowMCswMDowMCBhAGI"


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "ä", "a" * 200, WITH_NUL])
async def test_a_page_token_that_is_not_ours_is_refused(house: House, token: str) -> None:
    users = house.client(UserClient, token=(await house.a_traveller()).token)
    for attempt in (
        users.list_wishlist(user_pb2.ListWishlistRequest(page_token=token)),
        users.list_history(user_pb2.ListHistoryRequest(page_token=token)),
    ):
        with pytest.raises(InvalidArgument) as refused:
            await attempt
        assert refused.value.reason == "PAGE_TOKEN_INVALID"
