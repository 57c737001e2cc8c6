"""NotificationService on the wire: decode, delegate, encode."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.notification.v1 import notification_pb2, notification_pb2_grpc
from mesh.call import Call
from mesh.clock import Clock
from mesh.faults import NotFound
from services.notification.domain import USUAL_PAGE, page_token, read_page_token
from services.notification.store import Notification, Store


class Notifications(notification_pb2_grpc.NotificationServiceServicer):
    """What the caller was told."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
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
