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

class LocationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOCATION_KIND_UNSPECIFIED: _ClassVar[LocationKind]
    LOCATION_KIND_CITY: _ClassVar[LocationKind]
    LOCATION_KIND_AIRPORT: _ClassVar[LocationKind]
LOCATION_KIND_UNSPECIFIED: LocationKind
LOCATION_KIND_CITY: LocationKind
LOCATION_KIND_AIRPORT: LocationKind

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

class Location(_message.Message):
    __slots__ = ("kind", "iata_code", "name", "city_name", "city_code", "country_name", "country_code", "latitude", "longitude", "time_zone_offset", "traveler_score", "distance_km")
    KIND_FIELD_NUMBER: _ClassVar[int]
    IATA_CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CITY_NAME_FIELD_NUMBER: _ClassVar[int]
    CITY_CODE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_NAME_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_OFFSET_FIELD_NUMBER: _ClassVar[int]
    TRAVELER_SCORE_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_KM_FIELD_NUMBER: _ClassVar[int]
    kind: LocationKind
    iata_code: str
    name: str
    city_name: str
    city_code: str
    country_name: str
    country_code: str
    latitude: float
    longitude: float
    time_zone_offset: str
    traveler_score: int
    distance_km: int
    def __init__(self, kind: _Optional[_Union[LocationKind, str]] = ..., iata_code: _Optional[str] = ..., name: _Optional[str] = ..., city_name: _Optional[str] = ..., city_code: _Optional[str] = ..., country_name: _Optional[str] = ..., country_code: _Optional[str] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., time_zone_offset: _Optional[str] = ..., traveler_score: _Optional[int] = ..., distance_km: _Optional[int] = ...) -> None: ...

class Airline(_message.Message):
    __slots__ = ("iata_code", "icao_code", "business_name", "common_name")
    IATA_CODE_FIELD_NUMBER: _ClassVar[int]
    ICAO_CODE_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_NAME_FIELD_NUMBER: _ClassVar[int]
    COMMON_NAME_FIELD_NUMBER: _ClassVar[int]
    iata_code: str
    icao_code: str
    business_name: str
    common_name: str
    def __init__(self, iata_code: _Optional[str] = ..., icao_code: _Optional[str] = ..., business_name: _Optional[str] = ..., common_name: _Optional[str] = ...) -> None: ...

class CheckinLink(_message.Message):
    __slots__ = ("url", "channel")
    URL_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    url: str
    channel: str
    def __init__(self, url: _Optional[str] = ..., channel: _Optional[str] = ...) -> None: ...

class SearchLocationsRequest(_message.Message):
    __slots__ = ("keyword", "country_code", "max")
    KEYWORD_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    keyword: str
    country_code: str
    max: int
    def __init__(self, keyword: _Optional[str] = ..., country_code: _Optional[str] = ..., max: _Optional[int] = ...) -> None: ...

class SearchLocationsResponse(_message.Message):
    __slots__ = ("locations",)
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[Location]
    def __init__(self, locations: _Optional[_Iterable[_Union[Location, _Mapping]]] = ...) -> None: ...

class SearchAirportsRequest(_message.Message):
    __slots__ = ("keyword", "country_code", "max")
    KEYWORD_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    keyword: str
    country_code: str
    max: int
    def __init__(self, keyword: _Optional[str] = ..., country_code: _Optional[str] = ..., max: _Optional[int] = ...) -> None: ...

class SearchAirportsResponse(_message.Message):
    __slots__ = ("locations",)
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[Location]
    def __init__(self, locations: _Optional[_Iterable[_Union[Location, _Mapping]]] = ...) -> None: ...

class SearchNearestAirportsRequest(_message.Message):
    __slots__ = ("latitude", "longitude", "radius", "max")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    RADIUS_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    radius: int
    max: int
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., radius: _Optional[int] = ..., max: _Optional[int] = ...) -> None: ...

class SearchNearestAirportsResponse(_message.Message):
    __slots__ = ("locations",)
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[Location]
    def __init__(self, locations: _Optional[_Iterable[_Union[Location, _Mapping]]] = ...) -> None: ...

class SearchAirportRoutesRequest(_message.Message):
    __slots__ = ("departure_airport_code", "arrival_country_code", "max")
    DEPARTURE_AIRPORT_CODE_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    departure_airport_code: str
    arrival_country_code: str
    max: int
    def __init__(self, departure_airport_code: _Optional[str] = ..., arrival_country_code: _Optional[str] = ..., max: _Optional[int] = ...) -> None: ...

class SearchAirportRoutesResponse(_message.Message):
    __slots__ = ("locations",)
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[Location]
    def __init__(self, locations: _Optional[_Iterable[_Union[Location, _Mapping]]] = ...) -> None: ...

class LookupAirlinesRequest(_message.Message):
    __slots__ = ("airline_codes",)
    AIRLINE_CODES_FIELD_NUMBER: _ClassVar[int]
    airline_codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, airline_codes: _Optional[_Iterable[str]] = ...) -> None: ...

class LookupAirlinesResponse(_message.Message):
    __slots__ = ("airlines",)
    AIRLINES_FIELD_NUMBER: _ClassVar[int]
    airlines: _containers.RepeatedCompositeFieldContainer[Airline]
    def __init__(self, airlines: _Optional[_Iterable[_Union[Airline, _Mapping]]] = ...) -> None: ...

class SearchAirlineRoutesRequest(_message.Message):
    __slots__ = ("airline_code", "arrival_country_code", "max")
    AIRLINE_CODE_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    airline_code: str
    arrival_country_code: str
    max: int
    def __init__(self, airline_code: _Optional[str] = ..., arrival_country_code: _Optional[str] = ..., max: _Optional[int] = ...) -> None: ...

class SearchAirlineRoutesResponse(_message.Message):
    __slots__ = ("locations",)
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[Location]
    def __init__(self, locations: _Optional[_Iterable[_Union[Location, _Mapping]]] = ...) -> None: ...

class GetCheckinLinksRequest(_message.Message):
    __slots__ = ("airline_code",)
    AIRLINE_CODE_FIELD_NUMBER: _ClassVar[int]
    airline_code: str
    def __init__(self, airline_code: _Optional[str] = ...) -> None: ...

class GetCheckinLinksResponse(_message.Message):
    __slots__ = ("links",)
    LINKS_FIELD_NUMBER: _ClassVar[int]
    links: _containers.RepeatedCompositeFieldContainer[CheckinLink]
    def __init__(self, links: _Optional[_Iterable[_Union[CheckinLink, _Mapping]]] = ...) -> None: ...

class FlightsSearched(_message.Message):
    __slots__ = ("destination_location_code", "cheapest", "time")
    DESTINATION_LOCATION_CODE_FIELD_NUMBER: _ClassVar[int]
    CHEAPEST_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    destination_location_code: str
    cheapest: _money_pb2.Money
    time: _timestamp_pb2.Timestamp
    def __init__(self, destination_location_code: _Optional[str] = ..., cheapest: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
