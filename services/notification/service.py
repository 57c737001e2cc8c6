"""NotificationService on the wire: decode, delegate, encode."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.notification.v1 import notification_pb2, notification_pb2_grpc
from mesh.call import Call
from mesh.clock import Clock
from mesh.faults import NotFound
from services.notification.domain import USUAL_PAGE, AccountNews, page_token, read_page_token
from services.notification.mails import AccountMails
from services.notification.store import Notification, Store

_KINDS = {
    number: name.removeprefix("ACCOUNT_MAIL_KIND_")
    for name, number in notification_pb2.AccountMailKind.items()
}


class Notifications(notification_pb2_grpc.NotificationServiceServicer):
    """What the caller was told, and what services have somebody told."""

    def __init__(self, store: Store, accounts: AccountMails, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    async def ListNotifications(
        self, request: notification_pb2.ListNotificationsRequest, context: Call
    ) -> notification_pb2.ListNotificationsResponse:
        """A page of the caller's notifications, newest first."""
        size, after = request.page_size or USUAL_PAGE, read_page_token(request.page_token)
        # One more than is shown tells whether there is a next page.
        found = await self._store.page(context.identity.user_id, after=after, size=size + 1)
        more = page_token(found[size - 1].notification_id) if len(found) > size else ""
        return notification_pb2.ListNotificationsResponse(
            notifications=map(_notification, found[:size]), next_page_token=more
        )

    async def ReadNotification(
        self, request: notification_pb2.ReadNotificationRequest, context: Call
    ) -> notification_pb2.ReadNotificationResponse:
        """Mark one of the caller's notifications as read."""
        user_id, now = context.identity.user_id, self._clock.now()
        found = await self._store.read(user_id, request.notification_id, now)
        if found is None:
            raise NotFound("NOTIFICATION_NOT_FOUND", "there is no such notification")
        return notification_pb2.ReadNotificationResponse(notification=_notification(found))

    async def SendAccountMail(
        self, request: notification_pb2.SendAccountMailRequest, context: Call
    ) -> notification_pb2.SendAccountMailResponse:
        """Queue a mail about an account, once for each request."""
        await self._accounts.write(_news(request))
        return notification_pb2.SendAccountMailResponse()

    async def EraseUser(
        self, request: notification_pb2.EraseUserRequest, context: Call
    ) -> notification_pb2.EraseUserResponse:
        """Delete what a user was told; nothing is told to them any more."""
        erased = await self._store.erase(request.user_id, self._clock.now())
        return notification_pb2.EraseUserResponse(erased=erased)


def _news(request: notification_pb2.SendAccountMailRequest) -> AccountNews:
    kind = _KINDS.get(request.kind, "")
    return AccountNews(
        request_id=request.request_id,
        user_id=request.user_id,
        email=request.email,
        kind=kind,
        locale=request.locale,
        token=request.token,
        device=request.device,
    )


def _notification(row: Notification) -> notification_pb2.Notification:
    return notification_pb2.Notification(
        notification_id=row.notification_id,
        user_id=row.user_id,
        kind=row.kind,
        title=row.title,
        text=row.summary,
        booking_id=row.booking_id,
        create_time=_timestamp(row.create_time),
        read_time=_timestamp(row.read_time) if row.read_time else None,
    )


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
