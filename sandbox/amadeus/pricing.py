"""Offers that clients echo back: read against the world, and priced as it stands now."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from sandbox.amadeus.document import Document
from sandbox.amadeus.geography import CURRENCIES
from sandbox.amadeus.offers import Composer, Trip, dictionaries
from sandbox.amadeus.query import travelers
from sandbox.amadeus.world import CABIN_PERCENT, Itinerary, Leg, World

MAX_OFFERS = 6
MAX_SEGMENTS = 9
NO_FARE = "No fare applicable"


@dataclass(frozen=True)
class Echo:
    """An offer as the client sent it: its trip, what it says it costs, where it stands."""

    id: str
    trip: Trip
    grand_total: str
    document: Document
    pointers: tuple[str, ...]


def echoes(listed: Document, world: World, today: date) -> tuple[Echo, ...]:
    """Read 1 to 6 echoed offers; raises Refusal (4926) for what the world does not know."""
    return tuple(_echo(entry, world, today) for entry in listed.items(1, MAX_OFFERS))


def priced(echoed: tuple[Echo, ...], composer: Composer) -> dict[str, Any]:
    """The answer to a pricing request."""
    for echo in echoed:
        if composer.left(echo.trip) < echo.trip.seats:
            raise echo.document.refuse(4926, NO_FARE)
    offers = [composer.priced(echo.id, echo.trip) for echo in echoed]
    return {
        "data": {
            "type": "flight-offers-pricing",
            "flightOffers": offers,
            "bookingRequirements": {
                "travelerRequirements": [
                    {"travelerId": traveler.id, "dateOfBirthRequired": True}
                    for traveler in echoed[0].trip.travelers
                ]
            },
        },
        "dictionaries": dictionaries(offers),
    }


def _echo(entry: Document, world: World, today: date) -> Echo:
    entry.need("type").option(("flight-offer",))
    price = entry.need("price")
    pricings = entry.need("travelerPricings")
    party = travelers(pricings, "travelerId")
    cabins = _cabins(pricings)
    itineraries, segment_ids, pointers = [], [], []
    for itinerary in entry.need("itineraries").items(1, MAX_OFFERS):
        legs = []
        for segment in itinerary.need("segments").items(1, MAX_SEGMENTS):
            name = segment.need("id").text()
            legs.append(_leg(segment, cabins.get(name, ""), world))
            segment_ids.append(name)
            pointers.append(segment.pointer)
        itineraries.append(tuple(legs))
    trip = Trip(
        itineraries=_travelable(entry, itineraries, today),
        travelers=party,
        currency=price.need("currency").option(CURRENCIES),
        segment_ids=tuple(segment_ids),
    )
    return Echo(
        id=entry.need("id").text(),
        trip=trip,
        grand_total=price.need("grandTotal").text(r"\d{1,12}(\.\d{1,3})?"),
        document=entry,
        pointers=tuple(pointers),
    )


def _cabins(pricings: Document) -> dict[str, str]:
    """The cabin of each segment id, which must be the same for every traveller."""
    cabins: dict[str, str] = {}
    for pricing in pricings.items(1, 18):
        for detail in pricing.need("fareDetailsBySegment").items(1, MAX_OFFERS * MAX_SEGMENTS):
            name, cabin = detail.need("segmentId").text(), detail.need("cabin")
            if cabins.setdefault(name, cabin.option(CABIN_PERCENT)) != cabin.value:
                raise cabin.refuse(4926, "All travelers of a segment share a cabin")
    return cabins


def _leg(segment: Document, cabin: str, world: World) -> Leg:
    key = segment.need("carrierCode").text() + segment.need("number").text()
    departure, arrival = segment.need("departure"), segment.need("arrival")
    leaves = departure.need("at").text(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")
    flight = world.flight(key)
    if flight is None or cabin not in flight.cabins:
        raise segment.refuse(4926, NO_FARE)
    day = Document(leaves[:10], f"{departure.pointer}/at").day()
    leg = Leg(flight, day, cabin)
    ends = (departure.need("iataCode").value, arrival.need("iataCode").value)
    if ends != (flight.origin, flight.destination):
        raise segment.refuse(4926, NO_FARE)
    times = (leaves[:16], arrival.need("at").text()[:16])
    if times != (leg.departs.isoformat()[:16], leg.arrives.isoformat()[:16]):
        raise segment.refuse(
            4926,
            "Itinerary schedule change detected between segments requested and actual segment"
            " sell is exceeding 15 minutes",
        )
    return leg


def _travelable(
    entry: Document, itineraries: list[Itinerary], today: date
) -> tuple[Itinerary, ...]:
    """Legs in an order that somebody can travel, none of them in the past."""
    legs = [leg for itinerary in itineraries for leg in itinerary]
    if legs[0].day < today:
        raise entry.refuse(425, "Date/Time is in the past")
    for itinerary in itineraries:
        for before, after in pairwise(itinerary):
            joined = before.flight.destination == after.flight.origin
            if not joined or after.departs <= before.arrives:
                raise entry.refuse(4926, NO_FARE)
    return tuple(itineraries)
