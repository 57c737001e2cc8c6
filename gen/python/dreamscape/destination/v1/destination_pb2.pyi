import datetime

from dreamscape.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DestinationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DESTINATION_KIND_UNSPECIFIED: _ClassVar[DestinationKind]
    DESTINATION_KIND_COUNTRY: _ClassVar[DestinationKind]
    DESTINATION_KIND_CITY: _ClassVar[DestinationKind]
    DESTINATION_KIND_POINT_OF_INTEREST: _ClassVar[DestinationKind]
DESTINATION_KIND_UNSPECIFIED: DestinationKind
DESTINATION_KIND_COUNTRY: DestinationKind
DESTINATION_KIND_CITY: DestinationKind
DESTINATION_KIND_POINT_OF_INTEREST: DestinationKind

class Words(_message.Message):
    __slots__ = ("locale", "name", "description")
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    locale: str
    name: str
    description: str
    def __init__(self, locale: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("latitude", "longitude")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class Photo(_message.Message):
    __slots__ = ("url", "caption", "credit")
    URL_FIELD_NUMBER: _ClassVar[int]
    CAPTION_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    url: str
    caption: str
    credit: str
    def __init__(self, url: _Optional[str] = ..., caption: _Optional[str] = ..., credit: _Optional[str] = ...) -> None: ...

class PriceSummary(_message.Message):
    __slots__ = ("average", "lowest", "searches")
    AVERAGE_FIELD_NUMBER: _ClassVar[int]
    LOWEST_FIELD_NUMBER: _ClassVar[int]
    SEARCHES_FIELD_NUMBER: _ClassVar[int]
    average: _money_pb2.Money
    lowest: _money_pb2.Money
    searches: int
    def __init__(self, average: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., lowest: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., searches: _Optional[int] = ...) -> None: ...

class Destination(_message.Message):
    __slots__ = ("destination_id", "kind", "name", "description", "country_code", "parent_id", "position", "time_zone", "currency_code", "photos", "prices", "rating", "review_count", "etag")
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    PHOTOS_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    RATING_FIELD_NUMBER: _ClassVar[int]
    REVIEW_COUNT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    kind: DestinationKind
    name: str
    description: str
    country_code: str
    parent_id: str
    position: Position
    time_zone: str
    currency_code: str
    photos: _containers.RepeatedCompositeFieldContainer[Photo]
    prices: PriceSummary
    rating: float
    review_count: int
    etag: str
    def __init__(self, destination_id: _Optional[str] = ..., kind: _Optional[_Union[DestinationKind, str]] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., country_code: _Optional[str] = ..., parent_id: _Optional[str] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., time_zone: _Optional[str] = ..., currency_code: _Optional[str] = ..., photos: _Optional[_Iterable[_Union[Photo, _Mapping]]] = ..., prices: _Optional[_Union[PriceSummary, _Mapping]] = ..., rating: _Optional[float] = ..., review_count: _Optional[int] = ..., etag: _Optional[str] = ...) -> None: ...

class Review(_message.Message):
    __slots__ = ("review_id", "destination_id", "rating", "text", "time")
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    RATING_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    destination_id: str
    rating: int
    text: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, review_id: _Optional[str] = ..., destination_id: _Optional[str] = ..., rating: _Optional[int] = ..., text: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListDestinationsRequest(_message.Message):
    __slots__ = ("country", "city", "kind", "query", "page_size", "page_token")
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    country: str
    city: str
    kind: DestinationKind
    query: str
    page_size: int
    page_token: str
    def __init__(self, country: _Optional[str] = ..., city: _Optional[str] = ..., kind: _Optional[_Union[DestinationKind, str]] = ..., query: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDestinationsResponse(_message.Message):
    __slots__ = ("destinations", "next_page_token")
    DESTINATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    destinations: _containers.RepeatedCompositeFieldContainer[Destination]
    next_page_token: str
    def __init__(self, destinations: _Optional[_Iterable[_Union[Destination, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetDestinationRequest(_message.Message):
    __slots__ = ("destination_id",)
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    def __init__(self, destination_id: _Optional[str] = ...) -> None: ...

class GetDestinationResponse(_message.Message):
    __slots__ = ("destination",)
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    destination: Destination
    def __init__(self, destination: _Optional[_Union[Destination, _Mapping]] = ...) -> None: ...

class BatchGetDestinationsRequest(_message.Message):
    __slots__ = ("destination_ids",)
    DESTINATION_IDS_FIELD_NUMBER: _ClassVar[int]
    destination_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, destination_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetDestinationsResponse(_message.Message):
    __slots__ = ("destinations",)
    DESTINATIONS_FIELD_NUMBER: _ClassVar[int]
    destinations: _containers.RepeatedCompositeFieldContainer[Destination]
    def __init__(self, destinations: _Optional[_Iterable[_Union[Destination, _Mapping]]] = ...) -> None: ...

class CreateDestinationRequest(_message.Message):
    __slots__ = ("destination_id", "kind", "parent_id", "words", "position", "time_zone", "currency_code")
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    kind: DestinationKind
    parent_id: str
    words: _containers.RepeatedCompositeFieldContainer[Words]
    position: Position
    time_zone: str
    currency_code: str
    def __init__(self, destination_id: _Optional[str] = ..., kind: _Optional[_Union[DestinationKind, str]] = ..., parent_id: _Optional[str] = ..., words: _Optional[_Iterable[_Union[Words, _Mapping]]] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., time_zone: _Optional[str] = ..., currency_code: _Optional[str] = ...) -> None: ...

class CreateDestinationResponse(_message.Message):
    __slots__ = ("destination",)
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    destination: Destination
    def __init__(self, destination: _Optional[_Union[Destination, _Mapping]] = ...) -> None: ...

class UpdateDestinationRequest(_message.Message):
    __slots__ = ("destination_id", "etag", "words", "position", "time_zone", "currency_code")
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    etag: str
    words: _containers.RepeatedCompositeFieldContainer[Words]
    position: Position
    time_zone: str
    currency_code: str
    def __init__(self, destination_id: _Optional[str] = ..., etag: _Optional[str] = ..., words: _Optional[_Iterable[_Union[Words, _Mapping]]] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., time_zone: _Optional[str] = ..., currency_code: _Optional[str] = ...) -> None: ...

class UpdateDestinationResponse(_message.Message):
    __slots__ = ("destination",)
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    destination: Destination
    def __init__(self, destination: _Optional[_Union[Destination, _Mapping]] = ...) -> None: ...

class DeleteDestinationRequest(_message.Message):
    __slots__ = ("destination_id", "etag")
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    etag: str
    def __init__(self, destination_id: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class DeleteDestinationResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReviewsRequest(_message.Message):
    __slots__ = ("destination_id", "page_size", "page_token")
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    page_size: int
    page_token: str
    def __init__(self, destination_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReviewsResponse(_message.Message):
    __slots__ = ("reviews", "next_page_token")
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reviews: _containers.RepeatedCompositeFieldContainer[Review]
    next_page_token: str
    def __init__(self, reviews: _Optional[_Iterable[_Union[Review, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateReviewRequest(_message.Message):
    __slots__ = ("destination_id", "rating", "text")
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    RATING_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    rating: int
    text: str
    def __init__(self, destination_id: _Optional[str] = ..., rating: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class CreateReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

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
