"""Accounts become profiles and bookings become history, once, whatever the events do."""

from datetime import timedelta

from dreamscape.auth.v1.auth_pb2 import AccountRegistered, EmailConfirmed
from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from mesh.database import Database
from services.user.consumers import AccountEvents, BookingEvents
from services.user.erasures import Erasures
from services.user.store import Store
from tests.services.booking.trips import Trips
from tests.services.conftest import House, eventually
from tests.services.user.people import NOW, an_account, count, ended, registered, told


async def test_an_account_that_was_announced_has_a_profile_without_asking(house: House) -> None:
    ada = await house.a_traveller()
    users = house.client(UserClient, service="notification")
    wanted = user_pb2.BatchGetProfilesRequest(user_ids=[ada.user_id])

    async def profiles() -> list[user_pb2.Profile]:
        return list((await users.batch_get_profiles(wanted)).profiles)

    assert [each.email for each in await eventually(profiles)] == [ada.email]


async def test_an_event_that_comes_again_does_not_undo_a_change(store: Store) -> None:
    events, account = AccountEvents(store), an_account()
    event = registered(account)
    await events.handle(event)
    await store.change(account.user_id, {"first_name": "Countess"}, event.time)
    await events.handle(event)
    await events.handle(registered(account))
    assert (await store.person(account.user_id)).first_name == "Countess"


async def test_a_profile_begins_in_the_language_of_the_account(store: Store) -> None:
    account = an_account()
    news = AccountRegistered(account=account, locale="fr")
    await AccountEvents(store).handle(told(news, account.user_id))
    assert (await store.person(account.user_id)).locale == "fr"


async def test_a_confirmed_address_is_that_of_the_profile(store: Store) -> None:
    events, account = AccountEvents(store), an_account()
    await events.handle(registered(account))
    news = told(EmailConfirmed(user_id=account.user_id, email="new@example.com"), account.user_id)
    await events.handle(news)
    assert (await store.person(account.user_id)).email == "new@example.com"
    await events.handle(registered(account))
    assert (await store.person(account.user_id)).email == "new@example.com"


async def test_events_of_other_types_are_let_pass(store: Store, database: Database) -> None:
    strange = told(AccountRegistered(), "key")
    for kind in ("dreamscape.auth.v1.SomethingNew", "dreamscape.booking.v1.SomethingNew"):
        event = type(strange)(
            event_id=strange.event_id,
            topic=strange.topic,
            key=strange.key,
            type=kind,
            source=strange.source,
            time=NOW,
            payload=b"\xff not a message",
        )
        await AccountEvents(store).handle(event)
        await BookingEvents(store).handle(event)
    assert await count(database, "profile") == 0
    assert await count(database, "past_booking") == 0


async def test_a_booking_is_remembered_as_it_ended_last_whatever_comes_late(
    store: Store, ada: str
) -> None:
    events = BookingEvents(store)
    confirmed = ended(ada, cancelled=False)
    cancelled = ended(
        ada, cancelled=True, booking_id=confirmed.key, version=6, time=NOW + timedelta(hours=1)
    )
    again = ended(ada, cancelled=False, booking_id=confirmed.key)
    for event in (confirmed, cancelled, confirmed, again, cancelled):
        await events.handle(event)
    (past,) = await store.history(ada, None, 10)
    assert (past.booking_id, past.outcome) == (confirmed.key, "CANCELLED")
    assert past.time == NOW + timedelta(hours=1)


async def test_news_of_somebody_erased_leaves_no_trace(
    store: Store, erasures: Erasures, database: Database
) -> None:
    account = an_account()
    await erasures.begin(account.user_id)
    await AccountEvents(store).handle(registered(account))
    await BookingEvents(store).handle(ended(account.user_id, cancelled=True))
    assert await count(database, "profile") == 0
    assert await count(database, "past_booking") == 0


async def test_a_trip_that_came_to_nothing_is_in_its_travellers_history(house: House) -> None:
    ada = await house.a_traveller()
    trips = Trips.of(house, ada)
    booking = await trips.a_booking()
    await trips.cancel(booking)
    users = house.client(UserClient, token=ada.token)

    async def history() -> list[user_pb2.PastBooking]:
        answer = await users.list_history(user_pb2.ListHistoryRequest())
        return list(answer.bookings)

    (past,) = await eventually(history)
    assert (past.booking_id, past.outcome) == (booking.booking_id, "CANCELLED")
