# Written by `python -m edge.generate`; do not edit.
"""The client of dreamscape.notification.v1.NotificationService."""

from dreamscape.calls import Channel, Metadata
from dreamscape.notification.v1 import notification_pb2


class NotificationClient:
    """Messages to travellers.

    Resource: a notification, written once for each thing that happened, in the application and by
    mail as the user wishes. Mails about the safety of an account are always sent.
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
        self._send_account_mail = channel.unary_unary(
            "/dreamscape.notification.v1.NotificationService/SendAccountMail",
            notification_pb2.SendAccountMailRequest.SerializeToString,
            notification_pb2.SendAccountMailResponse.FromString,
        )
        self._erase_user = channel.unary_unary(
            "/dreamscape.notification.v1.NotificationService/EraseUser",
            notification_pb2.EraseUserRequest.SerializeToString,
            notification_pb2.EraseUserResponse.FromString,
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

    async def send_account_mail(
        self,
        request: notification_pb2.SendAccountMailRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> notification_pb2.SendAccountMailResponse:
        """Mails something about an account, once for each `request_id`: confirm, reset, a new device.
        A new device and a changed password are told in the application too.
        Fails with INVALID_ARGUMENT for an unknown kind, or a link without its token.

        Inside the mesh only, for auth; the edge has no route to it.
        """
        response: notification_pb2.SendAccountMailResponse = await self._send_account_mail(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def erase_user(
        self,
        request: notification_pb2.EraseUserRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> notification_pb2.EraseUserResponse:
        """Deletes a user's notifications and what was mailed; nothing is told to them any more.
        Erasing again succeeds.

        Inside the mesh only, for user; the edge has no route to it.
        """
        response: notification_pb2.EraseUserResponse = await self._erase_user(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
