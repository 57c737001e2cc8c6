# Written by `python -m edge.generate`; do not edit.
import abc
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from dreamscape.notification.v1 import notification_pb2

class NotificationServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    ListNotifications: grpc.aio.UnaryUnaryMultiCallable[notification_pb2.ListNotificationsRequest, notification_pb2.ListNotificationsResponse]
    ReadNotification: grpc.aio.UnaryUnaryMultiCallable[notification_pb2.ReadNotificationRequest, notification_pb2.ReadNotificationResponse]
    SendAccountMail: grpc.aio.UnaryUnaryMultiCallable[notification_pb2.SendAccountMailRequest, notification_pb2.SendAccountMailResponse]
    EraseUser: grpc.aio.UnaryUnaryMultiCallable[notification_pb2.EraseUserRequest, notification_pb2.EraseUserResponse]

class NotificationServiceServicer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    async def ListNotifications(self, request: notification_pb2.ListNotificationsRequest, context: Any) -> notification_pb2.ListNotificationsResponse: ...
    @abc.abstractmethod
    async def ReadNotification(self, request: notification_pb2.ReadNotificationRequest, context: Any) -> notification_pb2.ReadNotificationResponse: ...
    @abc.abstractmethod
    async def SendAccountMail(self, request: notification_pb2.SendAccountMailRequest, context: Any) -> notification_pb2.SendAccountMailResponse: ...
    @abc.abstractmethod
    async def EraseUser(self, request: notification_pb2.EraseUserRequest, context: Any) -> notification_pb2.EraseUserResponse: ...

def add_NotificationServiceServicer_to_server(servicer: NotificationServiceServicer, server: Any) -> None: ...
