import datetime

from dreamscape.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AccountMailKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACCOUNT_MAIL_KIND_UNSPECIFIED: _ClassVar[AccountMailKind]
    ACCOUNT_MAIL_KIND_VERIFY_EMAIL: _ClassVar[AccountMailKind]
    ACCOUNT_MAIL_KIND_RESET_PASSWORD: _ClassVar[AccountMailKind]
    ACCOUNT_MAIL_KIND_NEW_LOGIN: _ClassVar[AccountMailKind]
    ACCOUNT_MAIL_KIND_PASSWORD_CHANGED: _ClassVar[AccountMailKind]
    ACCOUNT_MAIL_KIND_ALREADY_REGISTERED: _ClassVar[AccountMailKind]
    ACCOUNT_MAIL_KIND_EMAIL_CHANGING: _ClassVar[AccountMailKind]
ACCOUNT_MAIL_KIND_UNSPECIFIED: AccountMailKind
ACCOUNT_MAIL_KIND_VERIFY_EMAIL: AccountMailKind
ACCOUNT_MAIL_KIND_RESET_PASSWORD: AccountMailKind
ACCOUNT_MAIL_KIND_NEW_LOGIN: AccountMailKind
ACCOUNT_MAIL_KIND_PASSWORD_CHANGED: AccountMailKind
ACCOUNT_MAIL_KIND_ALREADY_REGISTERED: AccountMailKind
ACCOUNT_MAIL_KIND_EMAIL_CHANGING: AccountMailKind

class Notification(_message.Message):
    __slots__ = ("notification_id", "user_id", "kind", "title", "text", "booking_id", "create_time", "read_time")
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    BOOKING_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    READ_TIME_FIELD_NUMBER: _ClassVar[int]
    notification_id: str
    user_id: str
    kind: str
    title: str
    text: str
    booking_id: str
    create_time: _timestamp_pb2.Timestamp
    read_time: _timestamp_pb2.Timestamp
    def __init__(self, notification_id: _Optional[str] = ..., user_id: _Optional[str] = ..., kind: _Optional[str] = ..., title: _Optional[str] = ..., text: _Optional[str] = ..., booking_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., read_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListNotificationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNotificationsResponse(_message.Message):
    __slots__ = ("notifications", "next_page_token")
    NOTIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    notifications: _containers.RepeatedCompositeFieldContainer[Notification]
    next_page_token: str
    def __init__(self, notifications: _Optional[_Iterable[_Union[Notification, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReadNotificationRequest(_message.Message):
    __slots__ = ("notification_id",)
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    notification_id: str
    def __init__(self, notification_id: _Optional[str] = ...) -> None: ...

class ReadNotificationResponse(_message.Message):
    __slots__ = ("notification",)
    NOTIFICATION_FIELD_NUMBER: _ClassVar[int]
    notification: Notification
    def __init__(self, notification: _Optional[_Union[Notification, _Mapping]] = ...) -> None: ...

class SendAccountMailRequest(_message.Message):
    __slots__ = ("request_id", "user_id", "email", "kind", "locale", "token", "device")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    user_id: str
    email: str
    kind: AccountMailKind
    locale: str
    token: str
    device: str
    def __init__(self, request_id: _Optional[str] = ..., user_id: _Optional[str] = ..., email: _Optional[str] = ..., kind: _Optional[_Union[AccountMailKind, str]] = ..., locale: _Optional[str] = ..., token: _Optional[str] = ..., device: _Optional[str] = ...) -> None: ...

class SendAccountMailResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class EraseUserRequest(_message.Message):
    __slots__ = ("user_id",)
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    def __init__(self, user_id: _Optional[str] = ...) -> None: ...

class EraseUserResponse(_message.Message):
    __slots__ = ("erased",)
    ERASED_FIELD_NUMBER: _ClassVar[int]
    erased: int
    def __init__(self, erased: _Optional[int] = ...) -> None: ...
