"""What the user service takes in: accounts that were created, and bookings that ended."""

from dreamscape.auth.v1.auth_pb2 import AccountRegistered, EmailConfirmed
from dreamscape.booking.v1.booking_pb2 import BookingCancelled, BookingConfirmed
from mesh.bus import Event
from mesh.outbox import topic_of
from services.user.store import PastBooking, Profile, Store

ACCOUNTS = topic_of(AccountRegistered())
BOOKINGS = topic_of(BookingConfirmed())

_ACCOUNTS, _BOOKINGS = "user.accounts", "user.bookings"
_REGISTERED = AccountRegistered.DESCRIPTOR.full_name
_CONFIRMED = EmailConfirmed.DESCRIPTOR.full_name
_OUTCOMES: dict[str, tuple[str, type[BookingConfirmed] | type[BookingCancelled]]] = {
    BookingConfirmed.DESCRIPTOR.full_name: ("CONFIRMED", BookingConfirmed),
    BookingCancelled.DESCRIPTOR.full_name: ("CANCELLED", BookingCancelled),
}


class AccountEvents:
    """Begins a profile for each account, and keeps its address that of the account."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle(self, event: Event) -> None:
        """Take in one event of AuthService; the same one again changes nothing."""
        if event.type == _REGISTERED:
            news = AccountRegistered.FromString(event.payload)
            profile = Profile.of(news.account, event.time, news.locale)
            await self._store.take_in(_ACCOUNTS, event, profile)
        elif event.type == _CONFIRMED:
            confirmed = EmailConfirmed.FromString(event.payload)
            await self._store.readdress(_ACCOUNTS, event, confirmed.user_id, confirmed.email)


class BookingEvents:
    """Writes down how bookings ended."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle(self, event: Event) -> None:
        """Take in one event of BookingService; the same one again changes nothing."""
        if event.type not in _OUTCOMES:
            return
        outcome, message = _OUTCOMES[event.type]
        booking = message.FromString(event.payload).booking
        past = PastBooking(
            booking_id=booking.booking_id,
            user_id=booking.user_id,
            version=booking.version,
            outcome=outcome,
            time=event.time,
        )
        await self._store.take_note(_BOOKINGS, event, past)
