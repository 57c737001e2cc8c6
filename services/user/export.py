"""Everything the platform knows of one user, asked of every service with the user's own token.

A list is taken up to its thousandth item: whoever has more finds the rest where they are listed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.user.v1 import user_pb2

MOST = 1_000

_PAGE = 100

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Archive:
    """Asks the other services, as the user whose call is being served."""

    accounts: AuthClient
    bookings: BookingClient
    payments: PaymentClient
    notifications: NotificationClient

    async def collected(self) -> user_pb2.ExportDataResponse:
        """What other services know; one that does not answer fails the whole."""
        account, sessions, bookings, payments, notifications = await asyncio.gather(
            self.accounts.get_account(auth_pb2.GetAccountRequest()),
            self._sessions(),
            self.trips(),
            self._payments(),
            self._notifications(),
        )
        return user_pb2.ExportDataResponse(
            account=account.account,
            sessions=sessions,
            bookings=bookings,
            payments=payments,
            notifications=notifications,
        )

    async def trips(self) -> list[booking_pb2.Booking]:
        """The user's bookings."""
        kind = booking_pb2.ListBookingsRequest
        return await listed(kind, self.bookings.list_bookings, lambda page: page.bookings)

    async def _sessions(self) -> list[auth_pb2.Session]:
        kind = auth_pb2.ListSessionsRequest
        return await listed(kind, self.accounts.list_sessions, lambda page: page.sessions)

    async def _payments(self) -> list[payment_pb2.Payment]:
        kind = payment_pb2.ListPaymentsRequest
        return await listed(kind, self.payments.list_payments, lambda page: page.payments)

    async def _notifications(self) -> list[notification_pb2.Notification]:
        kind = notification_pb2.ListNotificationsRequest
        ask = self.notifications.list_notifications
        return await listed(kind, ask, lambda page: page.notifications)


async def listed(
    kind: Callable[..., Any],
    ask: Callable[[Any], Awaitable[Any]],
    items: Callable[[Any], Sequence[Item]],
) -> list[Item]:
    """The items of all pages of a list, up to the thousandth."""
    found: list[Item] = []
    token = ""
    while len(found) < MOST:
        page = await ask(kind(page_size=_PAGE, page_token=token))
        found.extend(items(page))
        token = page.next_page_token
        if not token:
            break
    return found[:MOST]
