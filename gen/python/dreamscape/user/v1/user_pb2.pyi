import datetime

from dreamscape.auth.v1 import auth_pb2 as _auth_pb2
from dreamscape.booking.v1 import booking_pb2 as _booking_pb2
from dreamscape.notification.v1 import notification_pb2 as _notification_pb2
from dreamscape.payment.v1 import payment_pb2 as _payment_pb2
from dreamscape.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NotificationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTIFICATION_KIND_UNSPECIFIED: _ClassVar[NotificationKind]
    NOTIFICATION_KIND_BOOKING: _ClassVar[NotificationKind]
    NOTIFICATION_KIND_PAYMENT: _ClassVar[NotificationKind]
    NOTIFICATION_KIND_INSPIRATION: _ClassVar[NotificationKind]

class TravelCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRAVEL_CATEGORY_UNSPECIFIED: _ClassVar[TravelCategory]
    TRAVEL_CATEGORY_LEISURE: _ClassVar[TravelCategory]
    TRAVEL_CATEGORY_BUSINESS: _ClassVar[TravelCategory]
    TRAVEL_CATEGORY_FAMILY: _ClassVar[TravelCategory]
    TRAVEL_CATEGORY_ROMANTIC: _ClassVar[TravelCategory]
    TRAVEL_CATEGORY_ADVENTURE: _ClassVar[TravelCategory]
    TRAVEL_CATEGORY_CULTURE: _ClassVar[TravelCategory]
NOTIFICATION_KIND_UNSPECIFIED: NotificationKind
NOTIFICATION_KIND_BOOKING: NotificationKind
NOTIFICATION_KIND_PAYMENT: NotificationKind
NOTIFICATION_KIND_INSPIRATION: NotificationKind
TRAVEL_CATEGORY_UNSPECIFIED: TravelCategory
TRAVEL_CATEGORY_LEISURE: TravelCategory
TRAVEL_CATEGORY_BUSINESS: TravelCategory
TRAVEL_CATEGORY_FAMILY: TravelCategory
TRAVEL_CATEGORY_ROMANTIC: TravelCategory
TRAVEL_CATEGORY_ADVENTURE: TravelCategory
TRAVEL_CATEGORY_CULTURE: TravelCategory

class Profile(_message.Message):
    __slots__ = ("user_id", "email", "first_name", "last_name", "locale", "currency", "update_time", "avatar_url", "notifications")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    FIRST_NAME_FIELD_NUMBER: _ClassVar[int]
    LAST_NAME_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    AVATAR_URL_FIELD_NUMBER: _ClassVar[int]
    NOTIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    email: str
    first_name: str
    last_name: str
    locale: str
    currency: str
    update_time: _timestamp_pb2.Timestamp
    avatar_url: str
    notifications: _containers.RepeatedCompositeFieldContainer[NotificationPreference]
    def __init__(self, user_id: _Optional[str] = ..., email: _Optional[str] = ..., first_name: _Optional[str] = ..., last_name: _Optional[str] = ..., locale: _Optional[str] = ..., currency: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., avatar_url: _Optional[str] = ..., notifications: _Optional[_Iterable[_Union[NotificationPreference, _Mapping]]] = ...) -> None: ...

class NotificationPreference(_message.Message):
    __slots__ = ("kind", "email", "sms", "in_app")
    KIND_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    SMS_FIELD_NUMBER: _ClassVar[int]
    IN_APP_FIELD_NUMBER: _ClassVar[int]
    kind: NotificationKind
    email: bool
    sms: bool
    in_app: bool
    def __init__(self, kind: _Optional[_Union[NotificationKind, str]] = ..., email: _Optional[bool] = ..., sms: _Optional[bool] = ..., in_app: _Optional[bool] = ...) -> None: ...

class TravelPreferences(_message.Message):
    __slots__ = ("categories", "home_airport", "cabin", "seat", "airlines")
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    HOME_AIRPORT_FIELD_NUMBER: _ClassVar[int]
    CABIN_FIELD_NUMBER: _ClassVar[int]
    SEAT_FIELD_NUMBER: _ClassVar[int]
    AIRLINES_FIELD_NUMBER: _ClassVar[int]
    categories: _containers.RepeatedScalarFieldContainer[TravelCategory]
    home_airport: str
    cabin: str
    seat: str
    airlines: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, categories: _Optional[_Iterable[_Union[TravelCategory, str]]] = ..., home_airport: _Optional[str] = ..., cabin: _Optional[str] = ..., seat: _Optional[str] = ..., airlines: _Optional[_Iterable[str]] = ...) -> None: ...

class Wish(_message.Message):
    __slots__ = ("destination_id", "create_time")
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, destination_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PastBooking(_message.Message):
    __slots__ = ("booking_id", "outcome", "time")
    BOOKING_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    booking_id: str
    outcome: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, booking_id: _Optional[str] = ..., outcome: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ErasedPart(_message.Message):
    __slots__ = ("service", "erased", "time")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ERASED_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    service: str
    erased: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, service: _Optional[str] = ..., erased: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Erasure(_message.Message):
    __slots__ = ("erasure_id", "complete", "parts", "create_time")
    ERASURE_ID_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    erasure_id: str
    complete: bool
    parts: _containers.RepeatedCompositeFieldContainer[ErasedPart]
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, erasure_id: _Optional[str] = ..., complete: _Optional[bool] = ..., parts: _Optional[_Iterable[_Union[ErasedPart, _Mapping]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetProfileRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetProfileResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping]] = ...) -> None: ...

class UpdateProfileRequest(_message.Message):
    __slots__ = ("first_name", "last_name", "locale", "currency")
    FIRST_NAME_FIELD_NUMBER: _ClassVar[int]
    LAST_NAME_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    first_name: str
    last_name: str
    locale: str
    currency: str
    def __init__(self, first_name: _Optional[str] = ..., last_name: _Optional[str] = ..., locale: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class UpdateProfileResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping]] = ...) -> None: ...

class BatchGetProfilesRequest(_message.Message):
    __slots__ = ("user_ids",)
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetProfilesResponse(_message.Message):
    __slots__ = ("profiles",)
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    profiles: _containers.RepeatedCompositeFieldContainer[Profile]
    def __init__(self, profiles: _Optional[_Iterable[_Union[Profile, _Mapping]]] = ...) -> None: ...

class CreateProfileRequest(_message.Message):
    __slots__ = ("user_id", "first_name", "last_name")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_NAME_FIELD_NUMBER: _ClassVar[int]
    LAST_NAME_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    first_name: str
    last_name: str
    def __init__(self, user_id: _Optional[str] = ..., first_name: _Optional[str] = ..., last_name: _Optional[str] = ...) -> None: ...

class CreateProfileResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping]] = ...) -> None: ...

class UploadAvatarRequest(_message.Message):
    __slots__ = ("user_id", "image")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    image: _httpbody_pb2.HttpBody
    def __init__(self, user_id: _Optional[str] = ..., image: _Optional[_Union[_httpbody_pb2.HttpBody, _Mapping]] = ...) -> None: ...

class UploadAvatarResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping]] = ...) -> None: ...

class DeleteProfileRequest(_message.Message):
    __slots__ = ("user_id",)
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    def __init__(self, user_id: _Optional[str] = ...) -> None: ...

class DeleteProfileResponse(_message.Message):
    __slots__ = ("erasure",)
    ERASURE_FIELD_NUMBER: _ClassVar[int]
    erasure: Erasure
    def __init__(self, erasure: _Optional[_Union[Erasure, _Mapping]] = ...) -> None: ...

class GetErasureRequest(_message.Message):
    __slots__ = ("erasure_id",)
    ERASURE_ID_FIELD_NUMBER: _ClassVar[int]
    erasure_id: str
    def __init__(self, erasure_id: _Optional[str] = ...) -> None: ...

class GetErasureResponse(_message.Message):
    __slots__ = ("erasure",)
    ERASURE_FIELD_NUMBER: _ClassVar[int]
    erasure: Erasure
    def __init__(self, erasure: _Optional[_Union[Erasure, _Mapping]] = ...) -> None: ...

class GetPreferencesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetPreferencesResponse(_message.Message):
    __slots__ = ("preferences",)
    PREFERENCES_FIELD_NUMBER: _ClassVar[int]
    preferences: TravelPreferences
    def __init__(self, preferences: _Optional[_Union[TravelPreferences, _Mapping]] = ...) -> None: ...

class UpdatePreferencesRequest(_message.Message):
    __slots__ = ("preferences",)
    PREFERENCES_FIELD_NUMBER: _ClassVar[int]
    preferences: TravelPreferences
    def __init__(self, preferences: _Optional[_Union[TravelPreferences, _Mapping]] = ...) -> None: ...

class UpdatePreferencesResponse(_message.Message):
    __slots__ = ("preferences",)
    PREFERENCES_FIELD_NUMBER: _ClassVar[int]
    preferences: TravelPreferences
    def __init__(self, preferences: _Optional[_Union[TravelPreferences, _Mapping]] = ...) -> None: ...

class ListHistoryRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListHistoryResponse(_message.Message):
    __slots__ = ("bookings", "next_page_token")
    BOOKINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bookings: _containers.RepeatedCompositeFieldContainer[PastBooking]
    next_page_token: str
    def __init__(self, bookings: _Optional[_Iterable[_Union[PastBooking, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListWishlistRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListWishlistResponse(_message.Message):
    __slots__ = ("wishes", "next_page_token")
    WISHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    wishes: _containers.RepeatedCompositeFieldContainer[Wish]
    next_page_token: str
    def __init__(self, wishes: _Optional[_Iterable[_Union[Wish, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AddToWishlistRequest(_message.Message):
    __slots__ = ("destination_id",)
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    def __init__(self, destination_id: _Optional[str] = ...) -> None: ...

class AddToWishlistResponse(_message.Message):
    __slots__ = ("wish",)
    WISH_FIELD_NUMBER: _ClassVar[int]
    wish: Wish
    def __init__(self, wish: _Optional[_Union[Wish, _Mapping]] = ...) -> None: ...

class RemoveFromWishlistRequest(_message.Message):
    __slots__ = ("destination_id",)
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    def __init__(self, destination_id: _Optional[str] = ...) -> None: ...

class RemoveFromWishlistResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNotificationPreferencesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNotificationPreferencesResponse(_message.Message):
    __slots__ = ("preferences",)
    PREFERENCES_FIELD_NUMBER: _ClassVar[int]
    preferences: _containers.RepeatedCompositeFieldContainer[NotificationPreference]
    def __init__(self, preferences: _Optional[_Iterable[_Union[NotificationPreference, _Mapping]]] = ...) -> None: ...

class UpdateNotificationPreferencesRequest(_message.Message):
    __slots__ = ("preferences",)
    PREFERENCES_FIELD_NUMBER: _ClassVar[int]
    preferences: _containers.RepeatedCompositeFieldContainer[NotificationPreference]
    def __init__(self, preferences: _Optional[_Iterable[_Union[NotificationPreference, _Mapping]]] = ...) -> None: ...

class UpdateNotificationPreferencesResponse(_message.Message):
    __slots__ = ("preferences",)
    PREFERENCES_FIELD_NUMBER: _ClassVar[int]
    preferences: _containers.RepeatedCompositeFieldContainer[NotificationPreference]
    def __init__(self, preferences: _Optional[_Iterable[_Union[NotificationPreference, _Mapping]]] = ...) -> None: ...

class ExportDataRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExportDataResponse(_message.Message):
    __slots__ = ("account", "sessions", "profile", "preferences", "wishes", "history", "bookings", "payments", "notifications", "time")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    PREFERENCES_FIELD_NUMBER: _ClassVar[int]
    WISHES_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    BOOKINGS_FIELD_NUMBER: _ClassVar[int]
    PAYMENTS_FIELD_NUMBER: _ClassVar[int]
    NOTIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    account: _auth_pb2.Account
    sessions: _containers.RepeatedCompositeFieldContainer[_auth_pb2.Session]
    profile: Profile
    preferences: TravelPreferences
    wishes: _containers.RepeatedCompositeFieldContainer[Wish]
    history: _containers.RepeatedCompositeFieldContainer[PastBooking]
    bookings: _containers.RepeatedCompositeFieldContainer[_booking_pb2.Booking]
    payments: _containers.RepeatedCompositeFieldContainer[_payment_pb2.Payment]
    notifications: _containers.RepeatedCompositeFieldContainer[_notification_pb2.Notification]
    time: _timestamp_pb2.Timestamp
    def __init__(self, account: _Optional[_Union[_auth_pb2.Account, _Mapping]] = ..., sessions: _Optional[_Iterable[_Union[_auth_pb2.Session, _Mapping]]] = ..., profile: _Optional[_Union[Profile, _Mapping]] = ..., preferences: _Optional[_Union[TravelPreferences, _Mapping]] = ..., wishes: _Optional[_Iterable[_Union[Wish, _Mapping]]] = ..., history: _Optional[_Iterable[_Union[PastBooking, _Mapping]]] = ..., bookings: _Optional[_Iterable[_Union[_booking_pb2.Booking, _Mapping]]] = ..., payments: _Optional[_Iterable[_Union[_payment_pb2.Payment, _Mapping]]] = ..., notifications: _Optional[_Iterable[_Union[_notification_pb2.Notification, _Mapping]]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
