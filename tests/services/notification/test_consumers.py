"""What happened to a booking is told once, in the owner's language, over the real broker."""

import asyncio

import pytest

from dreamscape.booking.v1 import booking_pb2
from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from mesh.faults import Unavailable
from tests.services.conftest import House, Traveller, eventually
from tests.services.notification.conftest import PostOffice, a_booking, an_event, mails_to


async def known(house: House) -> Traveller:
    """A traveller whose profile is there already."""
    ada = await house.a_traveller()
    users = house.client(UserClient, token=ada.token)
    await users.get_profile(user_pb2.GetProfileRequest())
    return ada


async def test_an_event_that_comes_twice_is_told_once_and_mailed_once(house: House) -> None:
    ada = await known(house)
    booking = a_booking(house, ada)
    confirmed, cancelled = an_event(house, booking), an_event(house, booking, cancelled=True)
    # The same key, so the same partition: when the last has arrived, the others have.
    await house.process.bus.publish([confirmed, confirmed, cancelled, cancelled])

    async def both_told() -> bool:
        return len(await mails_to(house, ada.email)) >= 2

    await eventually(both_told, within=30)
    notifications = house.client(NotificationClient, token=ada.token)
    request = notification_pb2.ListNotificationsRequest()
    told = (await notifications.list_notifications(request)).notifications
    assert [each.kind for each in told] == ["BOOKING_CANCELLED", "BOOKING_CONFIRMED"]
    assert {each.booking_id for each in told} == {booking.booking_id}
    mails = await mails_to(house, ada.email)
    assert [mail["subject"] for mail in mails] == [each.title for each in told[::-1]]


async def test_a_mail_is_in_the_owners_language_as_text_and_html(house: House) -> None:
    ada = await known(house)
    users = house.client(UserClient, token=ada.token)
    await users.update_profile(user_pb2.UpdateProfileRequest(locale="fr"))
    await house.process.bus.publish([an_event(house, a_booking(house, ada))])

    async def mailed() -> bool:
        return bool(await mails_to(house, ada.email))

    await eventually(mailed, within=30)
    [mail] = await mails_to(house, ada.email)
    assert mail["subject"] == "Votre voyage est réservé : QXK4PT"
    assert mail["headers"]["Content-Language"] == "fr"
    assert mail["headers"]["From"] == "DreamScape <trips@dreamscape.example>"
    assert "Bonjour Ada," in mail["text"]
    assert "<strong>QXK4PT</strong>" in mail["html"]


async def test_an_event_four_times_at_once_leaves_one_of_everything(office: PostOffice) -> None:
    ada = await known(office.house)
    event = an_event(office.house, a_booking(office.house, ada))
    await asyncio.gather(*(office.events.handle(event) for _ in range(4)))
    counts = """
        SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM notification),
               (SELECT count(*) FROM mail)
    """
    assert await office.rows(counts) == [(1, 1, 1)]


async def test_nothing_is_kept_while_the_owner_is_unknown(office: PostOffice) -> None:
    stranger = Traveller(office.house.process.ids.new(), "", "", "")
    event = an_event(office.house, a_booking(office.house, stranger))
    with pytest.raises(Unavailable) as refused:
        await office.events.handle(event)
    assert refused.value.reason == "PROFILE_NOT_YET"
    assert await office.rows("SELECT 1 FROM inbox") == []


@pytest.mark.parametrize(
    ("state", "locator", "money"),
    [
        (booking_pb2.BOOKING_STATE_CANCELLED, "QXK4PT", "We are giving 1234.50 EUR back"),
        (booking_pb2.BOOKING_STATE_CANCELLED, "", "You were not charged."),
        (booking_pb2.BOOKING_STATE_EXPIRED, "", "You were not charged."),
        (booking_pb2.BOOKING_STATE_FAILED, "QXK4PT", "You were not charged."),
    ],
)
async def test_only_a_booking_that_was_ordered_and_cancelled_gives_money_back(
    office: PostOffice, state: booking_pb2.BookingState, locator: str, money: str
) -> None:
    ada = await known(office.house)
    items = [booking_pb2.BookingItem(record_locator=locator)]
    booking = a_booking(office.house, ada, state=state, items=items)
    await office.events.handle(an_event(office.house, booking, cancelled=True))
    [(summary,)] = await office.rows("SELECT summary FROM notification")
    assert money in summary
