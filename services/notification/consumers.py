"""What the notification service takes in: bookings that were confirmed or cancelled."""

from dreamscape.booking.v1.booking_pb2 import (
    BOOKING_STATE_CANCELLED,
    Booking,
    BookingCancelled,
    BookingConfirmed,
)
from dreamscape.user.v1.user_client import UserClient
from dreamscape.user.v1.user_pb2 import BatchGetProfilesRequest, Profile
from mesh.bus import Event
from mesh.clock import Clock, Ids
from mesh.faults import Unavailable
from mesh.money import Money
from mesh.outbox import topic_of
from services.notification.domain import CANCELLED, CONFIRMED, News, Templates
from services.notification.store import Mail, Notification, Store

TOPIC = topic_of(BookingConfirmed())
_CONSUMER = "notification.bookings"
_EVENTS: dict[str, tuple[str, type[BookingConfirmed] | type[BookingCancelled]]] = {
    BookingConfirmed.DESCRIPTOR.full_name: (CONFIRMED, BookingConfirmed),
    BookingCancelled.DESCRIPTOR.full_name: (CANCELLED, BookingCancelled),
}


class BookingEvents:
    """Writes to the owner of a booking what happened to it."""

    def __init__(
        self, store: Store, users: UserClient, templates: Templates, *, clock: Clock, ids: Ids
    ) -> None:
        self._store = store
        self._users = users
        self._templates = templates
        self._clock = clock
        self._ids = ids

    async def handle(self, event: Event) -> None:
        """Take in one event of BookingService; the same one again changes nothing.

        Unavailable while the owner's profile has not arrived, so that the event comes again.
        """
        if event.type not in _EVENTS:
            return
        kind, message = _EVENTS[event.type]
        booking = message.FromString(event.payload).booking
        profile = await self._profile(booking.user_id)
        notification, mail = self._written(news_of(kind, booking, profile), profile)
        await self._store.take_in(_CONSUMER, event, notification, mail)

    async def _profile(self, user_id: str) -> Profile:
        request = BatchGetProfilesRequest(user_ids=[user_id])
        found = (await self._users.batch_get_profiles(request)).profiles
        if not found:
            raise Unavailable("PROFILE_NOT_YET", f"the profile of {user_id} has not arrived yet")
        return found[0]

    def _written(self, news: News, profile: Profile) -> tuple[Notification, Mail]:
        words, now = self._templates.write(news, profile.locale), self._clock.now()
        notification = Notification(
            notification_id=self._ids.new(),
            user_id=profile.user_id,
            kind=news.kind,
            title=words.title,
            summary=words.summary,
            booking_id=news.booking_id,
            create_time=now,
        )
        mail = Mail(
            notification_id=notification.notification_id,
            recipient=profile.email,
            locale=profile.locale,
            subject=words.title,
            text=words.text,
            html=words.html,
            create_time=now,
            due_time=now,
        )
        return notification, mail


def news_of(kind: str, booking: Booking, profile: Profile) -> News:
    """What there is to tell of a booking.

    Only an ordered booking has been paid, so only its cancellation gives money back.
    """
    locators = tuple(item.record_locator for item in booking.items if item.record_locator)
    return News(
        kind=kind,
        booking_id=booking.booking_id,
        first_name=profile.first_name,
        travellers=tuple(f"{who.first_name} {who.last_name}" for who in booking.travellers),
        total=Money.from_wire(booking.total),
        given_back=booking.state == BOOKING_STATE_CANCELLED and bool(locators),
        record_locators=locators,
        reason=booking.reason,
    )
