"""What the notification service takes in: bookings that were confirmed or cancelled."""

from dataclasses import dataclass

from dreamscape.booking.v1.booking_pb2 import Booking, BookingCancelled, BookingConfirmed
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.payment.v1.payment_pb2 import BatchGetPaymentsRequest, Payment
from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from dreamscape.user.v1.user_pb2 import BatchGetProfilesRequest, NotificationPreference, Profile
from mesh.bus import Event
from mesh.clock import Clock, Ids
from mesh.faults import Unavailable
from mesh.money import Money
from mesh.outbox import topic_of
from services.notification.domain import (
    CANCELLED,
    CONFIRMED,
    REMEMBERED,
    News,
    Returned,
    Templates,
)
from services.notification.store import Store, Told

TOPIC = topic_of(BookingConfirmed())
_CONSUMER = "notification.bookings"
_EVENTS: dict[str, tuple[str, type[BookingConfirmed] | type[BookingCancelled]]] = {
    BookingConfirmed.DESCRIPTOR.full_name: (CONFIRMED, BookingConfirmed),
    BookingCancelled.DESCRIPTOR.full_name: (CANCELLED, BookingCancelled),
}
_RETURNED = {
    payment_pb2.PAYMENT_STATUS_AUTHORIZED: Returned.RELEASED,
    payment_pb2.PAYMENT_STATUS_RELEASED: Returned.RELEASED,
    payment_pb2.PAYMENT_STATUS_CAPTURED: Returned.UNDER_WAY,
    payment_pb2.PAYMENT_STATUS_REFUNDED: Returned.REFUNDED,
}
# What whoever has said nothing gets.
_USUAL = NotificationPreference(email=True, in_app=True)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Who knows whom to tell, and what became of the money."""

    users: UserClient
    payments: PaymentClient


class BookingEvents:
    """Writes to the owner of a booking what happened to it, by the ways that they wish."""

    def __init__(
        self, store: Store, neighbours: Neighbours, templates: Templates, *, clock: Clock, ids: Ids
    ) -> None:
        self._store = store
        self._neighbours = neighbours
        self._templates = templates
        self._clock = clock
        self._ids = ids

    async def handle(self, event: Event) -> None:
        """Take in one event of BookingService; the same one again changes nothing.

        Unavailable while the owner's profile has not arrived, so that the event comes again.
        """
        # What is older than the memory of what was taken in may have been told before.
        if event.type not in _EVENTS or event.time < self._clock.now() - REMEMBERED:
            return
        kind, message = _EVENTS[event.type]
        booking = message.FromString(event.payload).booking
        profile = await self._profile(booking.user_id)
        if profile is None:
            return
        payment = await self._payment(booking) if kind == CANCELLED else None
        told = self._told(news_of(kind, booking, profile, payment), profile)
        await self._store.take_in(_CONSUMER, event, told)

    async def _profile(self, user_id: str) -> Profile | None:
        """Whom to tell; None when they were erased."""
        request = BatchGetProfilesRequest(user_ids=[user_id])
        found = (await self._neighbours.users.batch_get_profiles(request)).profiles
        if found:
            return found[0]
        if await self._store.is_erased(user_id):
            return None
        raise Unavailable("PROFILE_NOT_YET", f"the profile of {user_id} has not arrived yet")

    async def _payment(self, booking: Booking) -> Payment | None:
        """The booking's payment, which knows what became of the money."""
        request = BatchGetPaymentsRequest(booking_ids=[booking.booking_id])
        found = (await self._neighbours.payments.batch_get_payments(request)).payments
        return found[0] if found else None

    def _told(self, news: News, profile: Profile) -> Told:
        wish = wish_of(profile)
        return Told(
            user_id=profile.user_id,
            kind=news.kind,
            words=self._templates.write(news, profile.locale),
            time=self._clock.now(),
            notification_id=self._ids.new() if wish.in_app else "",
            booking_id=news.booking_id,
            mail_id=self._ids.new() if wish.email else "",
            recipient=profile.email,
            locale=profile.locale,
        )


def wish_of(profile: Profile) -> NotificationPreference:
    """How somebody wants to be told about bookings."""
    wishes = {wish.kind: wish for wish in profile.notifications}
    return wishes.get(user_pb2.NOTIFICATION_KIND_BOOKING, _USUAL)


def news_of(kind: str, booking: Booking, profile: Profile, payment: Payment | None) -> News:
    """What there is to tell of a booking, with what its payment says became of the money."""
    returned = _RETURNED.get(payment.status, Returned.NOTHING) if payment else Returned.NOTHING
    total, refund = Money.from_wire(booking.total), Money(0, booking.total.currency_code)
    if payment and returned in (Returned.UNDER_WAY, Returned.REFUNDED):
        done = returned is Returned.REFUNDED
        refund = Money.from_wire(payment.refunded if done else payment.amount)
    return News(
        kind=kind,
        booking_id=booking.booking_id,
        first_name=profile.first_name,
        travellers=tuple(f"{who.first_name} {who.last_name}" for who in booking.travellers),
        total=total,
        returned=returned,
        refund=refund,
        record_locators=tuple(item.record_locator for item in booking.items if item.record_locator),
        reason=booking.reason,
    )
