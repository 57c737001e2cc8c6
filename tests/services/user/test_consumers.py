"""Accounts that were created become profiles, once, whatever the events do."""

from datetime import UTC, datetime

from dreamscape.auth.v1.auth_pb2 import Account, AccountRegistered
from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from mesh.bus import Event
from mesh.database import Database
from services.user.consumers import TOPIC, AccountEvents
from services.user.store import Store
from tests.services.conftest import House, eventually


def registered(house: House, account: Account) -> Event:
    return Event(
        event_id=house.process.ids.new(),
        topic=TOPIC,
        key=account.user_id,
        type="dreamscape.auth.v1.AccountRegistered",
        source="/auth",
        time=datetime(2027, 1, 1, tzinfo=UTC),
        payload=AccountRegistered(account=account).SerializeToString(),
    )


async def test_an_account_that_was_announced_has_a_profile_without_asking(house: House) -> None:
    ada = await house.a_traveller()
    users = house.client(UserClient, service="notification")
    wanted = user_pb2.BatchGetProfilesRequest(user_ids=[ada.user_id])

    async def profiles() -> list[user_pb2.Profile]:
        return list((await users.batch_get_profiles(wanted)).profiles)

    assert [each.email for each in await eventually(profiles)] == [ada.email]


async def test_an_event_that_comes_again_does_not_undo_a_change(house: House) -> None:
    database = Database(house.running.addresses.database_url, "users", pool_size=1)
    store = Store(database)
    events = AccountEvents(store)
    account = Account(user_id=house.process.ids.new(), email="ada@example.com", first_name="Ada")
    event = registered(house, account)
    await events.handle(event)
    await store.change(account.user_id, {"first_name": "Countess"}, event.time)
    await events.handle(event)
    await events.handle(registered(house, account))
    profile = await store.profile(account.user_id)
    assert profile is not None
    assert profile.first_name == "Countess"
    await database.close()


async def test_an_event_of_another_type_is_let_pass(house: House) -> None:
    database = Database(house.running.addresses.database_url, "users", pool_size=1)
    account = Account(user_id=house.process.ids.new(), email="ada@example.com")
    strange = Event(
        event_id=house.process.ids.new(),
        topic=TOPIC,
        key=account.user_id,
        type="dreamscape.auth.v1.SomethingNew",
        source="/auth",
        time=datetime(2027, 1, 1, tzinfo=UTC),
        payload=b"\xff not a message",
    )
    await AccountEvents(Store(database)).handle(strange)
    assert await Store(database).profile(account.user_id) is None
    await database.close()
