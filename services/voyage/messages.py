"""What voyage says on the wire, made from what it knows, and what it is told, read."""

from datetime import date

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.voyage.v1 import voyage_pb2
from services.voyage import domain, places
from services.voyage.store import Offer


def search(request: voyage_pb2.SearchFlightsRequest) -> domain.Search:
    """A search with its defaults filled in."""
    back = request.return_date
    return domain.Search(
        origin=request.origin_location_code,
        destination=request.destination_location_code,
        departure=date.fromisoformat(request.departure_date),
        returning=date.fromisoformat(back) if back else None,
        adults=request.adults or 1,
        children=request.children,
        infants=request.infants,
        cabin=request.travel_class,
        non_stop=request.non_stop,
        currency=request.currency_code or "EUR",
        limit=request.max or domain.DEFAULT_OFFERS,
    )


def traveller(told: voyage_pb2.Traveller) -> domain.Traveller:
    """A traveller whose date of birth the contract has checked."""
    return domain.Traveller(
        first_name=told.first_name,
        last_name=told.last_name,
        date_of_birth=date.fromisoformat(told.date_of_birth),
        gender=told.gender,
        email=told.email,
        phone=told.phone,
    )


def flight_offer(offer: Offer, quote: domain.Quote) -> voyage_pb2.FlightOffer:
    """An offer as callers see it."""
    expire_time = Timestamp()
    expire_time.FromDatetime(offer.expire_time)
    return voyage_pb2.FlightOffer(
        offer_id=str(offer.offer_id),
        total=quote.total.to_wire(),
        base=quote.base.to_wire(),
        itineraries=[_itinerary(part) for part in quote.itineraries],
        bookable_seats=quote.bookable_seats,
        validating_airline_codes=quote.validating_airline_codes,
        cabin=quote.cabin,
        traveller_count=offer.traveller_count,
        last_ticketing_date=quote.last_ticketing_date,
        expire_time=expire_time,
        priced=offer.priced,
    )


def _itinerary(part: domain.Itinerary) -> voyage_pb2.FlightItinerary:
    return voyage_pb2.FlightItinerary(
        duration=part.duration, segments=[_segment(segment) for segment in part.segments]
    )


def _segment(part: domain.Segment) -> voyage_pb2.FlightSegment:
    return voyage_pb2.FlightSegment(
        departure=_point(part.departure),
        arrival=_point(part.arrival),
        carrier_code=part.carrier_code,
        carrier_name=part.carrier_name,
        number=part.number,
        aircraft_code=part.aircraft_code,
        duration=part.duration,
        operating_carrier_code=part.operating_carrier_code,
    )


def _point(part: domain.Point) -> voyage_pb2.FlightPoint:
    return voyage_pb2.FlightPoint(iata_code=part.iata_code, terminal=part.terminal, at=part.at)


def location(known: places.Location) -> voyage_pb2.Location:
    """A city or an airport."""
    return voyage_pb2.Location(
        kind=f"LOCATION_KIND_{known.kind}",
        iata_code=known.iata_code,
        name=known.name,
        city_name=known.city_name,
        city_code=known.city_code,
        country_name=known.country_name,
        country_code=known.country_code,
        latitude=known.latitude,
        longitude=known.longitude,
        time_zone_offset=known.time_zone_offset,
        traveler_score=known.score,
        distance_km=known.distance_km,
    )


def airline(known: places.Airline) -> voyage_pb2.Airline:
    """An airline."""
    return voyage_pb2.Airline(
        iata_code=known.iata_code,
        icao_code=known.icao_code,
        business_name=known.business_name,
        common_name=known.common_name,
    )


def checkin_link(known: places.CheckinLink) -> voyage_pb2.CheckinLink:
    """Where to check in."""
    return voyage_pb2.CheckinLink(url=known.url, channel=known.channel)
