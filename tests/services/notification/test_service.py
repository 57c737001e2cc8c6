"""A traveller's notifications through the live service."""

import pytest

from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from mesh.database import Database
from mesh.faults import InvalidArgument, NotFound, Unauthenticated
from services.notification.domain import Words
from services.notification.store import Store, Told
from tests.services.conftest import House, Traveller
from tests.services.notification.conftest import START, a_booking, an_event
from tests.services.notification.test_consumers import known


async def tell(house: House, traveller: Traveller, count: int) -> list[str]:
    """Have a traveller told `count` things; the identifiers, newest first."""
    database = Database(house.running.addresses.database_url, "notification", pool_size=1)
    ids = [house.process.ids.new() for _ in range(count)]
    for number, notification_id in enumerate(ids):
        event = an_event(house, a_booking(house, traveller))
        told = Told(
            user_id=traveller.user_id,
            kind="BOOKING_CONFIRMED",
            words=Words(title=f"Title {number}", summary=f"Text {number}", text="", html=""),
            time=START,
            notification_id=notification_id,
            booking_id=event.key,
        )
        await Store(database).take_in("tests", event, told)
    await database.close()
    return ids[::-1]


async def test_pages_follow_each_other_newest_first_without_gap_or_repeat(house: House) -> None:
    ada, eve = await known(house), await known(house)
    ids = await tell(house, ada, 5)
    await tell(house, eve, 1)
    notifications = house.client(NotificationClient, token=ada.token)
    seen, token = [], ""
    for expected in (2, 2, 1):
        answer = await notifications.list_notifications(
            notification_pb2.ListNotificationsRequest(page_size=2, page_token=token)
        )
        assert len(answer.notifications) == expected
        seen += [each.notification_id for each in answer.notifications]
        token = answer.next_page_token
    assert seen == ids
    assert token == ""


async def test_a_page_that_is_just_full_is_the_last(house: House) -> None:
    ada = await known(house)
    await tell(house, ada, 2)
    answer = await house.client(NotificationClient, token=ada.token).list_notifications(
        notification_pb2.ListNotificationsRequest(page_size=2)
    )
    assert [each.title for each in answer.notifications] == ["Title 1", "Title 0"]
    assert answer.next_page_token == ""


@pytest.mark.parametrize(
    "wrong", [{"page_size": -1}, {"page_size": 101}, {"page_token": "nonsense"}]
)
async def test_a_page_that_cannot_be_is_refused(house: House, wrong: dict[str, object]) -> None:
    notifications = house.client(NotificationClient, token=house.token("somebody"))
    request = notification_pb2.ListNotificationsRequest(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument):
        await notifications.list_notifications(request)


async def test_reading_again_keeps_the_first_time(house: House) -> None:
    ada = await known(house)
    [notification_id] = await tell(house, ada, 1)
    notifications = house.client(NotificationClient, token=ada.token)
    request = notification_pb2.ReadNotificationRequest(notification_id=notification_id)
    first = await notifications.read_notification(request)
    assert first.notification.HasField("read_time")
    assert await notifications.read_notification(request) == first


async def test_somebody_elses_notification_is_not_found_and_stays_unread(house: House) -> None:
    ada, eve = await known(house), await known(house)
    [notification_id] = await tell(house, ada, 1)
    request = notification_pb2.ReadNotificationRequest(notification_id=notification_id)
    with pytest.raises(NotFound) as refused:
        await house.client(NotificationClient, token=eve.token).read_notification(request)
    assert refused.value.reason == "NOTIFICATION_NOT_FOUND"
    own = await house.client(NotificationClient, token=ada.token).list_notifications(
        notification_pb2.ListNotificationsRequest()
    )
    assert not own.notifications[0].HasField("read_time")


async def test_nobody_has_no_notifications(house: House) -> None:
    with pytest.raises(Unauthenticated):
        await house.client(NotificationClient).list_notifications(
            notification_pb2.ListNotificationsRequest()
        )
