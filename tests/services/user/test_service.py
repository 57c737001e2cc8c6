"""Profiles through the live service: the caller's own, and others for those who may see them."""

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


def begun_by(traveller: Traveller) -> user_pb2.Profile:
    return user_pb2.Profile(
        user_id=traveller.user_id,
        email=traveller.email,
        first_name="Ada",
        last_name="Lovelace",
        locale="en",
        currency="EUR",
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
