import datetime

from dreamscape.policy.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FlightPoint(_message.Message):
    __slots__ = ("iata_code", "terminal", "at")
    IATA_CODE_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    iata_code: str
    terminal: str
    at: str
    def __init__(self, iata_code: _Optional[str] = ..., terminal: _Optional[str] = ..., at: _Optional[str] = ...) -> None: ...

class FlightSegment(_message.Message):
    __slots__ = ("departure", "arrival", "carrier_code", "carrier_name", "number", "aircraft_code", "duration", "operating_carrier_code")
    DEPARTURE_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    CARRIER_CODE_FIELD_NUMBER: _ClassVar[int]
    CARRIER_NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    AIRCRAFT_CODE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    OPERATING_CARRIER_CODE_FIELD_NUMBER: _ClassVar[int]
    departure: FlightPoint
    arrival: FlightPoint
    carrier_code: str
    carrier_name: str
    number: str
    aircraft_code: str
    duration: str
    operating_carrier_code: str
    def __init__(self, departure: _Optional[_Union[FlightPoint, _Mapping]] = ..., arrival: _Optional[_Union[FlightPoint, _Mapping]] = ..., carrier_code: _Optional[str] = ..., carrier_name: _Optional[str] = ..., number: _Optional[str] = ..., aircraft_code: _Optional[str] = ..., duration: _Optional[str] = ..., operating_carrier_code: _Optional[str] = ...) -> None: ...

class FlightItinerary(_message.Message):
    __slots__ = ("duration", "segments")
    DURATION_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    duration: str
    segments: _containers.RepeatedCompositeFieldContainer[FlightSegment]
    def __init__(self, duration: _Optional[str] = ..., segments: _Optional[_Iterable[_Union[FlightSegment, _Mapping]]] = ...) -> None: ...

class FlightOffer(_message.Message):
    __slots__ = ("offer_id", "total", "base", "itineraries", "bookable_seats", "validating_airline_codes", "cabin", "traveller_count", "last_ticketing_date", "expire_time", "priced")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    ITINERARIES_FIELD_NUMBER: _ClassVar[int]
    BOOKABLE_SEATS_FIELD_NUMBER: _ClassVar[int]
    VALIDATING_AIRLINE_CODES_FIELD_NUMBER: _ClassVar[int]
    CABIN_FIELD_NUMBER: _ClassVar[int]
    TRAVELLER_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_TICKETING_DATE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    PRICED_FIELD_NUMBER: _ClassVar[int]
    offer_id: str
    total: _money_pb2.Money
    base: _money_pb2.Money
    itineraries: _containers.RepeatedCompositeFieldContainer[FlightItinerary]
    bookable_seats: int
    validating_airline_codes: _containers.RepeatedScalarFieldContainer[str]
    cabin: str
    traveller_count: int
    last_ticketing_date: str
    expire_time: _timestamp_pb2.Timestamp
    priced: bool
    def __init__(self, offer_id: _Optional[str] = ..., total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., base: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., itineraries: _Optional[_Iterable[_Union[FlightItinerary, _Mapping]]] = ..., bookable_seats: _Optional[int] = ..., validating_airline_codes: _Optional[_Iterable[str]] = ..., cabin: _Optional[str] = ..., traveller_count: _Optional[int] = ..., last_ticketing_date: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., priced: _Optional[bool] = ...) -> None: ...

class SearchFlightsRequest(_message.Message):
    __slots__ = ("origin_location_code", "destination_location_code", "departure_date", "return_date", "adults", "children", "infants", "travel_class", "non_stop", "currency_code", "max")
    ORIGIN_LOCATION_CODE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_LOCATION_CODE_FIELD_NUMBER: _ClassVar[int]
    DEPARTURE_DATE_FIELD_NUMBER: _ClassVar[int]
    RETURN_DATE_FIELD_NUMBER: _ClassVar[int]
    ADULTS_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    INFANTS_FIELD_NUMBER: _ClassVar[int]
    TRAVEL_CLASS_FIELD_NUMBER: _ClassVar[int]
    NON_STOP_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    origin_location_code: str
    destination_location_code: str
    departure_date: str
    return_date: str
    adults: int
    children: int
    infants: int
    travel_class: str
    non_stop: bool
    currency_code: str
    max: int
    def __init__(self, origin_location_code: _Optional[str] = ..., destination_location_code: _Optional[str] = ..., departure_date: _Optional[str] = ..., return_date: _Optional[str] = ..., adults: _Optional[int] = ..., children: _Optional[int] = ..., infants: _Optional[int] = ..., travel_class: _Optional[str] = ..., non_stop: _Optional[bool] = ..., currency_code: _Optional[str] = ..., max: _Optional[int] = ...) -> None: ...

class SearchFlightsResponse(_message.Message):
    __slots__ = ("offers",)
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    offers: _containers.RepeatedCompositeFieldContainer[FlightOffer]
    def __init__(self, offers: _Optional[_Iterable[_Union[FlightOffer, _Mapping]]] = ...) -> None: ...

class PriceOfferRequest(_message.Message):
    __slots__ = ("flight_offer_id",)
    FLIGHT_OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    flight_offer_id: str
    def __init__(self, flight_offer_id: _Optional[str] = ...) -> None: ...

class PriceOfferResponse(_message.Message):
    __slots__ = ("offer", "price_changed")
    OFFER_FIELD_NUMBER: _ClassVar[int]
    PRICE_CHANGED_FIELD_NUMBER: _ClassVar[int]
    offer: FlightOffer
    price_changed: bool
    def __init__(self, offer: _Optional[_Union[FlightOffer, _Mapping]] = ..., price_changed: _Optional[bool] = ...) -> None: ...

class BatchGetOffersRequest(_message.Message):
    __slots__ = ("offer_ids",)
    OFFER_IDS_FIELD_NUMBER: _ClassVar[int]
    offer_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, offer_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetOffersResponse(_message.Message):
    __slots__ = ("offers",)
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    offers: _containers.RepeatedCompositeFieldContainer[FlightOffer]
    def __init__(self, offers: _Optional[_Iterable[_Union[FlightOffer, _Mapping]]] = ...) -> None: ...

class Traveller(_message.Message):
    __slots__ = ("first_name", "last_name", "date_of_birth", "gender", "email", "phone")
    FIRST_NAME_FIELD_NUMBER: _ClassVar[int]
    LAST_NAME_FIELD_NUMBER: _ClassVar[int]
    DATE_OF_BIRTH_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    first_name: str
    last_name: str
    date_of_birth: str
    gender: str
    email: str
    phone: str
    def __init__(self, first_name: _Optional[str] = ..., last_name: _Optional[str] = ..., date_of_birth: _Optional[str] = ..., gender: _Optional[str] = ..., email: _Optional[str] = ..., phone: _Optional[str] = ...) -> None: ...

class CreateOrderRequest(_message.Message):
    __slots__ = ("reference", "offer_id", "travellers")
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    TRAVELLERS_FIELD_NUMBER: _ClassVar[int]
    reference: str
    offer_id: str
    travellers: _containers.RepeatedCompositeFieldContainer[Traveller]
    def __init__(self, reference: _Optional[str] = ..., offer_id: _Optional[str] = ..., travellers: _Optional[_Iterable[_Union[Traveller, _Mapping]]] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("reference", "supplier_order_id", "record_locator", "total")
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_LOCATOR_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    reference: str
    supplier_order_id: str
    record_locator: str
    total: _money_pb2.Money
    def __init__(self, reference: _Optional[str] = ..., supplier_order_id: _Optional[str] = ..., record_locator: _Optional[str] = ..., total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class CreateOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: Order
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ("reference",)
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    reference: str
    def __init__(self, reference: _Optional[str] = ...) -> None: ...

class CancelOrderResponse(_message.Message):
    __slots__ = ("cancelled",)
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    cancelled: bool
    def __init__(self, cancelled: _Optional[bool] = ...) -> None: ...

class FlightsSearched(_message.Message):
    __slots__ = ("destination_location_code", "cheapest", "time")
    DESTINATION_LOCATION_CODE_FIELD_NUMBER: _ClassVar[int]
    CHEAPEST_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    destination_location_code: str
    cheapest: _money_pb2.Money
    time: _timestamp_pb2.Timestamp
    def __init__(self, destination_location_code: _Optional[str] = ..., cheapest: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
