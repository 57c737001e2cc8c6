import datetime

from dreamscape.policy.v1 import policy_pb2 as _policy_pb2
from dreamscape.voyage.v1 import voyage_pb2 as _voyage_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.type import money_pb2 as _money_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BookingStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOOKING_STATUS_UNSPECIFIED: _ClassVar[BookingStatus]
    BOOKING_STATUS_PENDING: _ClassVar[BookingStatus]
    BOOKING_STATUS_CONFIRMED: _ClassVar[BookingStatus]
    BOOKING_STATUS_CANCELLED: _ClassVar[BookingStatus]

class BookingState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOOKING_STATE_UNSPECIFIED: _ClassVar[BookingState]
    BOOKING_STATE_AWAITING_PAYMENT: _ClassVar[BookingState]
    BOOKING_STATE_ORDERING: _ClassVar[BookingState]
    BOOKING_STATE_SUPPLIER_IN_DOUBT: _ClassVar[BookingState]
    BOOKING_STATE_CAPTURING: _ClassVar[BookingState]
    BOOKING_STATE_CONFIRMED: _ClassVar[BookingState]
    BOOKING_STATE_CANCELLING: _ClassVar[BookingState]
    BOOKING_STATE_CANCELLED: _ClassVar[BookingState]
    BOOKING_STATE_EXPIRED: _ClassVar[BookingState]
    BOOKING_STATE_COMPENSATING: _ClassVar[BookingState]
    BOOKING_STATE_FAILED: _ClassVar[BookingState]
BOOKING_STATUS_UNSPECIFIED: BookingStatus
BOOKING_STATUS_PENDING: BookingStatus
BOOKING_STATUS_CONFIRMED: BookingStatus
BOOKING_STATUS_CANCELLED: BookingStatus
BOOKING_STATE_UNSPECIFIED: BookingState
BOOKING_STATE_AWAITING_PAYMENT: BookingState
BOOKING_STATE_ORDERING: BookingState
BOOKING_STATE_SUPPLIER_IN_DOUBT: BookingState
BOOKING_STATE_CAPTURING: BookingState
BOOKING_STATE_CONFIRMED: BookingState
BOOKING_STATE_CANCELLING: BookingState
BOOKING_STATE_CANCELLED: BookingState
BOOKING_STATE_EXPIRED: BookingState
BOOKING_STATE_COMPENSATING: BookingState
BOOKING_STATE_FAILED: BookingState

class BookingItem(_message.Message):
    __slots__ = ("item_id", "flight_offer_id", "price", "record_locator")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    FLIGHT_OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    RECORD_LOCATOR_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    flight_offer_id: str
    price: _money_pb2.Money
    record_locator: str
    def __init__(self, item_id: _Optional[str] = ..., flight_offer_id: _Optional[str] = ..., price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., record_locator: _Optional[str] = ...) -> None: ...

class Booking(_message.Message):
    __slots__ = ("booking_id", "user_id", "status", "state", "items", "travellers", "total", "reason", "create_time", "update_time", "expire_time", "version")
    BOOKING_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    TRAVELLERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    booking_id: str
    user_id: str
    status: BookingStatus
    state: BookingState
    items: _containers.RepeatedCompositeFieldContainer[BookingItem]
    travellers: _containers.RepeatedCompositeFieldContainer[_voyage_pb2.Traveller]
    total: _money_pb2.Money
    reason: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    version: int
    def __init__(self, booking_id: _Optional[str] = ..., user_id: _Optional[str] = ..., status: _Optional[_Union[BookingStatus, str]] = ..., state: _Optional[_Union[BookingState, str]] = ..., items: _Optional[_Iterable[_Union[BookingItem, _Mapping]]] = ..., travellers: _Optional[_Iterable[_Union[_voyage_pb2.Traveller, _Mapping]]] = ..., total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class NewBookingItem(_message.Message):
    __slots__ = ("flight_offer_id",)
    FLIGHT_OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    flight_offer_id: str
    def __init__(self, flight_offer_id: _Optional[str] = ...) -> None: ...

class CreateBookingRequest(_message.Message):
    __slots__ = ("items", "travellers")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    TRAVELLERS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[NewBookingItem]
    travellers: _containers.RepeatedCompositeFieldContainer[_voyage_pb2.Traveller]
    def __init__(self, items: _Optional[_Iterable[_Union[NewBookingItem, _Mapping]]] = ..., travellers: _Optional[_Iterable[_Union[_voyage_pb2.Traveller, _Mapping]]] = ...) -> None: ...

class CreateBookingResponse(_message.Message):
    __slots__ = ("booking",)
    BOOKING_FIELD_NUMBER: _ClassVar[int]
    booking: Booking
    def __init__(self, booking: _Optional[_Union[Booking, _Mapping]] = ...) -> None: ...

class ListBookingsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBookingsResponse(_message.Message):
    __slots__ = ("bookings", "next_page_token")
    BOOKINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bookings: _containers.RepeatedCompositeFieldContainer[Booking]
    next_page_token: str
    def __init__(self, bookings: _Optional[_Iterable[_Union[Booking, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetBookingRequest(_message.Message):
    __slots__ = ("booking_id",)
    BOOKING_ID_FIELD_NUMBER: _ClassVar[int]
    booking_id: str
    def __init__(self, booking_id: _Optional[str] = ...) -> None: ...

class GetBookingResponse(_message.Message):
    __slots__ = ("booking",)
    BOOKING_FIELD_NUMBER: _ClassVar[int]
    booking: Booking
    def __init__(self, booking: _Optional[_Union[Booking, _Mapping]] = ...) -> None: ...

class CancelBookingRequest(_message.Message):
    __slots__ = ("booking_id",)
    BOOKING_ID_FIELD_NUMBER: _ClassVar[int]
    booking_id: str
    def __init__(self, booking_id: _Optional[str] = ...) -> None: ...

class CancelBookingResponse(_message.Message):
    __slots__ = ("booking",)
    BOOKING_FIELD_NUMBER: _ClassVar[int]
    booking: Booking
    def __init__(self, booking: _Optional[_Union[Booking, _Mapping]] = ...) -> None: ...

class WatchBookingRequest(_message.Message):
    __slots__ = ("booking_id",)
    BOOKING_ID_FIELD_NUMBER: _ClassVar[int]
    booking_id: str
    def __init__(self, booking_id: _Optional[str] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchBookingResponse(_message.Message):
    __slots__ = ("item", "heartbeat", "error")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    item: Booking
    heartbeat: Heartbeat
    error: _status_pb2.Status
    def __init__(self, item: _Optional[_Union[Booking, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class BookingConfirmed(_message.Message):
    __slots__ = ("booking",)
    BOOKING_FIELD_NUMBER: _ClassVar[int]
    booking: Booking
    def __init__(self, booking: _Optional[_Union[Booking, _Mapping]] = ...) -> None: ...

class BookingCancelled(_message.Message):
    __slots__ = ("booking",)
    BOOKING_FIELD_NUMBER: _ClassVar[int]
    booking: Booking
    def __init__(self, booking: _Optional[_Union[Booking, _Mapping]] = ...) -> None: ...

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
