"""What happened to a booking is told once, in the owner's language, over the real broker."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.faults import Unavailable
from mesh.money import Money
from services.notification.consumers import news_of
from services.notification.domain import CANCELLED, Returned
from tests.services.booking.trips import Trips
from tests.services.conftest import House, Traveller, eventually
from tests.services.notification.conftest import (
    START,
    PostOffice,
    a_booking,
    an_event,
    trip_mails_to,
)

BOOKING = user_pb2.NOTIFICATION_KIND_BOOKING
PAYMENT = user_pb2.NOTIFICATION_KIND_PAYMENT


async def known(house: House) -> Traveller:
    """A traveller whose profile is there already."""
    ada = await house.a_traveller()
    users = house.client(UserClient, token=ada.token)
    await users.get_profile(user_pb2.GetProfileRequest())
    return ada


async def test_an_event_that_comes_twice_is_told_once_and_mailed_once(house: House) -> None:
    ada = await known(house)
    booking = a_booking(house, ada)
    now = house.process.clock.now()
    confirmed = an_event(house, booking, time=now)
    cancelled = an_event(house, booking, cancelled=True, time=now)
    # The same key, so the same partition: when the last has arrived, the others have.
    await house.process.bus.publish([confirmed, confirmed, cancelled, cancelled])

    async def both_told() -> bool:
        return len(await trip_mails_to(house, ada.email)) >= 2

    await eventually(both_told, within=30)
    notifications = house.client(NotificationClient, token=ada.token)
    request = notification_pb2.ListNotificationsRequest()
    told = (await notifications.list_notifications(request)).notifications
    assert [each.kind for each in told] == ["BOOKING_CANCELLED", "BOOKING_CONFIRMED"]
    assert {each.booking_id for each in told} == {booking.booking_id}
    mails = await trip_mails_to(house, ada.email)
    assert [mail["subject"] for mail in mails] == [each.title for each in told[::-1]]


async def test_a_mail_is_in_the_owners_language_as_text_and_html(house: House) -> None:
    ada = await known(house)
    users = house.client(UserClient, token=ada.token)
    await users.update_profile(user_pb2.UpdateProfileRequest(locale="fr"))
    await house.process.bus.publish(
        [an_event(house, a_booking(house, ada), time=house.process.clock.now())]
    )

    async def mailed() -> bool:
        return bool(await trip_mails_to(house, ada.email))

    await eventually(mailed, within=30)
    [mail] = await trip_mails_to(house, ada.email)
    assert mail["subject"] == "Votre voyage est réservé : QXK4PT"
    assert mail["headers"]["Content-Language"] == "fr"
    assert mail["headers"]["From"] == "DreamScape <trips@dreamscape.example>"
    assert "Bonjour Ada," in mail["text"]
    assert "<td>QXK4PT</td>" in mail["html"]


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
    ("status", "returned", "refund"),
    [
        (None, Returned.NOTHING, "0.00"),
        (payment_pb2.PAYMENT_STATUS_FAILED, Returned.NOTHING, "0.00"),
        (payment_pb2.PAYMENT_STATUS_REQUIRES_ACTION, Returned.NOTHING, "0.00"),
        (payment_pb2.PAYMENT_STATUS_AUTHORIZED, Returned.RELEASED, "0.00"),
        (payment_pb2.PAYMENT_STATUS_RELEASED, Returned.RELEASED, "0.00"),
        (payment_pb2.PAYMENT_STATUS_CAPTURED, Returned.UNDER_WAY, "1234.50"),
        (payment_pb2.PAYMENT_STATUS_REFUNDED, Returned.REFUNDED, "1200.00"),
    ],
)
async def test_what_became_of_the_money_is_what_its_payment_says(
    house: House,
    status: payment_pb2.PaymentStatus | None,
    returned: Returned,
    refund: str,
) -> None:
    booking = a_booking(house, Traveller("", "", "", ""))
    payment = status and payment_pb2.Payment(
        status=status, amount=booking.total, refunded=Money.of("1200.00", "EUR").to_wire()
    )
    news = news_of(CANCELLED, booking, user_pb2.Profile(), payment)
    assert (news.returned, str(news.refund)) == (returned, f"{refund} EUR")


async def test_a_cancelled_trip_tells_exactly_what_was_given_back(house: House) -> None:
    ada = await known(house)
    mine = partial(house.client, token=ada.token)
    trips = Trips(house, ada.user_id, mine(BookingClient), mine(PaymentClient), mine(VoyageClient))
    booking = await trips.a_confirmed_booking()
    await trips.cancel(booking)

    async def told() -> str:
        listed = await mine(NotificationClient).list_notifications(
            notification_pb2.ListNotificationsRequest()
        )
        return next((n.text for n in listed.notifications if n.kind == CANCELLED), "")

    summary = await eventually(told, within=30)
    total = Money.from_wire(booking.total)
    assert f"We have given {total} back to the card it was paid with." in summary


@pytest.mark.parametrize(
    ("wishes", "rows"),
    [
        ([], (1, 1)),
        ([{"kind": PAYMENT, "email": False, "in_app": False}], (1, 1)),
        ([{"kind": BOOKING, "email": True, "in_app": False}], (0, 1)),
        ([{"kind": BOOKING, "email": False, "in_app": True}], (1, 0)),
        ([{"kind": BOOKING, "email": False, "in_app": False}], (0, 0)),
    ],
)
async def test_a_booking_is_told_only_by_the_ways_its_owner_wishes(
    office: PostOffice, wishes: list[dict[str, Any]], rows: tuple[int, int]
) -> None:
    ada = await known(office.house)
    if wishes:
        await office.house.client(UserClient, token=ada.token).update_notification_preferences(
            user_pb2.UpdateNotificationPreferencesRequest(
                preferences=[user_pb2.NotificationPreference(**wish) for wish in wishes]
            )
        )
    await office.events.handle(an_event(office.house, a_booking(office.house, ada)))
    counts = """
        SELECT (SELECT count(*) FROM notification), (SELECT count(*) FROM mail),
               (SELECT count(*) FROM inbox)
    """
    assert await office.rows(counts) == [(*rows, 1)]


async def test_news_of_an_erased_user_is_let_go(office: PostOffice) -> None:
    gone = Traveller(office.house.process.ids.new(), "", "", "")
    assert await office.store.erase(gone.user_id, START) == 0
    await office.events.handle(an_event(office.house, a_booking(office.house, gone)))
    assert await office.rows("SELECT 1 FROM notification UNION ALL SELECT 1 FROM mail") == []


async def test_news_older_than_what_is_remembered_is_not_told_again(office: PostOffice) -> None:
    ada = await known(office.house)
    booking = a_booking(office.house, ada)
    old = START - timedelta(days=30, seconds=1)
    await office.events.handle(an_event(office.house, booking, time=old))
    assert await office.rows("SELECT 1 FROM inbox") == []
