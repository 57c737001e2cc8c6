# Written by `python -m edge.generate`; do not edit.
"""The client of dreamscape.notification.v1.NotificationService."""

from dreamscape.calls import Channel, Metadata
from dreamscape.notification.v1 import notification_pb2


class NotificationClient:
    """Messages to travellers.

    Resource: a notification, written once for each thing that happened and mailed once.
    """

    def __init__(self, channel: Channel) -> None:
        self._list_notifications = channel.unary_unary(
            "/dreamscape.notification.v1.NotificationService/ListNotifications",
            notification_pb2.ListNotificationsRequest.SerializeToString,
            notification_pb2.ListNotificationsResponse.FromString,
        )
        self._read_notification = channel.unary_unary(
            "/dreamscape.notification.v1.NotificationService/ReadNotification",
            notification_pb2.ReadNotificationRequest.SerializeToString,
            notification_pb2.ReadNotificationResponse.FromString,
        )

    async def list_notifications(
        self,
        request: notification_pb2.ListNotificationsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> notification_pb2.ListNotificationsResponse:
        """The caller's notifications, newest first."""
        response: notification_pb2.ListNotificationsResponse = await self._list_notifications(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def read_notification(
        self,
        request: notification_pb2.ReadNotificationRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> notification_pb2.ReadNotificationResponse:
        """Marks a notification as read; marking it again changes nothing.
        Fails with NOT_FOUND when it is not there or somebody else's.
        """
        response: notification_pb2.ReadNotificationResponse = await self._read_notification(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
