"""Flight offers: the JSON document of a search, and the same document priced.

Search, pricing and orders compose an offer from the same parts with the same arithmetic, so that
an offer echoed by a client can be recomputed and compared to the cent.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sandbox.amadeus.geography import AIRCRAFT, AIRLINES, AIRPORTS, CURRENCIES, distance_km
from sandbox.amadeus.query import SEATED, Query, Traveler
from sandbox.amadeus.store import Market
from sandbox.amadeus.world import Itinerary, Leg, World

FARE_PERCENT = {"CHILD": 75, "HELD_INFANT": 10, "YOUNG": 90, "STUDENT": 90, "SENIOR": 95}
CONNECTION_PERCENT = 82
COMBINED_PER_BOUND = {1: 250, 2: 15, 3: 6, 4: 3, 5: 3, 6: 2}
GRAMS_CO2_PER_KM = 75
FARE_LETTERS = {"ECONOMY": "YBMHKQ", "PREMIUM_ECONOMY": "WE", "BUSINESS": "CJD", "FIRST": "FA"}


@dataclass(frozen=True)
class Trip:
    """What an offer sells: itineraries, to whom, in which currency, and its segments' ids."""

    itineraries: tuple[Itinerary, ...]
    travelers: tuple[Traveler, ...]
    currency: str
    segment_ids: tuple[str, ...] = ()

    @property
    def legs(self) -> tuple[Leg, ...]:
        """All legs in travel order; `segment_ids` has their ids in the same order."""
        return tuple(leg for itinerary in self.itineraries for leg in itinerary)

    @property
    def seats(self) -> int:
        """Seats taken on every leg."""
        return sum(traveler.kind in SEATED for traveler in self.travelers)


class Composer:
    """Writes offers about one world, as its market stands, on one day."""

    def __init__(self, world: World, market: Market, today: date) -> None:
        self._world = world
        self._market = market
        self._today = today

    def search(self, query: Query) -> list[dict[str, Any]]:
        """The offers that answer `query`, cheapest first."""
        trips = [
            Trip(itineraries, query.travelers, query.currency)
            for itineraries in self._combinations(query)
        ]
        affordable = [
            trip
            for trip in trips
            if query.max_price is None or self._per_traveler(trip) <= query.max_price
        ]
        affordable.sort(
            key=lambda trip: (self._amounts(trip), [leg.flight.key for leg in trip.legs])
        )
        segment_ids: dict[Leg, str] = {}
        offers = []
        for number, trip in enumerate(affordable[: query.limit], 1):
            named = [segment_ids.setdefault(leg, str(len(segment_ids) + 1)) for leg in trip.legs]
            offers.append(self.offer(str(number), replace(trip, segment_ids=tuple(named))))
        return offers

    def offer(self, offer_id: str, trip: Trip) -> dict[str, Any]:
        """The offer as a search shows it."""
        total, base = self._amounts(trip)
        carrier = trip.legs[0].flight.carrier
        deadline = self._ticketing_deadline(trip).isoformat()
        return {
            "type": "flight-offer",
            "id": offer_id,
            "source": "GDS",
            "instantTicketingRequired": False,
            "nonHomogeneous": False,
            "oneWay": False,
            "isUpsellOffer": False,
            "lastTicketingDate": deadline,
            "lastTicketingDateTime": deadline,
            "numberOfBookableSeats": max(1, min(9, self.left(trip))),
            "itineraries": self._itineraries(trip),
            "price": {
                "currency": trip.currency,
                "total": money(total, trip.currency),
                "base": money(base, trip.currency),
                "fees": _fees("SUPPLIER", "TICKETING", currency=trip.currency),
                "grandTotal": money(total, trip.currency),
            },
            "pricingOptions": {"fareType": ["PUBLISHED"], "includedCheckedBagsOnly": True},
            "validatingAirlineCodes": [carrier],
            "travelerPricings": [self._pricing(trip, traveler) for traveler in trip.travelers],
        }

    def priced(self, offer_id: str, trip: Trip) -> dict[str, Any]:
        """The offer as pricing confirms it: with taxes, payment fees and emissions."""
        offer = self.offer(offer_id, trip)
        offer["price"]["fees"] = _fees(
            "SUPPLIER", "TICKETING", "FORM_OF_PAYMENT", currency=trip.currency
        )
        offer["price"]["billingCurrency"] = trip.currency
        for pricing, traveler in zip(offer["travelerPricings"], trip.travelers, strict=True):
            pricing["price"]["taxes"] = [
                {"amount": money(amount, trip.currency), "code": code}
                for code, amount in self._taxes(trip, traveler)
            ]
        legs = iter(trip.legs)
        for itinerary in offer["itineraries"]:
            for segment in itinerary["segments"]:
                segment["co2Emissions"] = [_emission(next(legs))]
        return offer

    def left(self, trip: Trip) -> int:
        """Seats still for sale on the fullest leg of the trip."""
        return min(map(self._market.left, trip.legs))

    def grand_total(self, trip: Trip) -> str:
        """What the trip costs now, as text."""
        return money(self._amounts(trip)[0], trip.currency)

    def _combinations(self, query: Query) -> list[tuple[Itinerary, ...]]:
        """Itineraries for all bounds together: the cheapest of each bound, combined."""
        per_bound = COMBINED_PER_BOUND[len(query.bounds)]
        combined: list[tuple[Itinerary, ...]] = [()]
        for bound in query.bounds:
            found = self._world.journeys(
                bound.origin,
                bound.destination,
                bound.day,
                cabin=bound.cabin,
                connections=query.connections,
            )
            possible = [itinerary for itinerary in found if self._sellable(itinerary, query)]
            possible.sort(key=lambda itinerary: (self._fare(itinerary), _names(itinerary)))
            combined = [
                (*before, itinerary)
                for before in combined
                for itinerary in possible[:per_bound]
                if not before or before[-1][-1].arrives < itinerary[0].departs
            ]
        return combined

    def _sellable(self, itinerary: Itinerary, query: Query) -> bool:
        carriers = {leg.flight.carrier for leg in itinerary}
        if query.included and not carriers <= query.included:
            return False
        if carriers & query.excluded:
            return False
        return all(self._market.left(leg) >= query.seats for leg in itinerary)

    def _fare(self, itinerary: Itinerary) -> int:
        """The base fare of one adult in euro cents, fares as they have drifted."""
        fare = sum(
            self._world.fare_cents(leg) * self._market.fare_percent(leg) // 100 for leg in itinerary
        )
        return fare if len(itinerary) == 1 else fare * CONNECTION_PERCENT // 100

    def _base(self, trip: Trip, traveler: Traveler) -> int:
        fare = sum(map(self._fare, trip.itineraries))
        return _exchanged(fare * FARE_PERCENT.get(traveler.kind, 100) // 100, trip.currency)

    def _taxes(self, trip: Trip, traveler: Traveler) -> list[tuple[str, int]]:
        if traveler.kind == "HELD_INFANT":
            return []
        taxes: dict[str, int] = {}
        for leg in trip.legs:
            for code, amount in self._world.taxes_cents(leg):
                taxes[code] = taxes.get(code, 0) + amount
        return [(code, _exchanged(amount, trip.currency)) for code, amount in taxes.items()]

    def _amounts(self, trip: Trip) -> tuple[int, int]:
        """(total, base) of all travellers, in minor units."""
        base = sum(self._base(trip, traveler) for traveler in trip.travelers)
        taxes = sum(
            amount for traveler in trip.travelers for _, amount in self._taxes(trip, traveler)
        )
        return base + taxes, base

    def _per_traveler(self, trip: Trip) -> int:
        total = self._amounts(trip)[0]
        return total // CURRENCIES[trip.currency].minor // len(trip.travelers)

    def _pricing(self, trip: Trip, traveler: Traveler) -> dict[str, Any]:
        base = self._base(trip, traveler)
        total = base + sum(amount for _, amount in self._taxes(trip, traveler))
        pricing = {
            "travelerId": traveler.id,
            "fareOption": "STANDARD",
            "travelerType": traveler.kind,
        }
        if traveler.adult_id is not None:
            pricing["associatedAdultId"] = traveler.adult_id
        return {
            **pricing,
            "price": {
                "currency": trip.currency,
                "total": money(total, trip.currency),
                "base": money(base, trip.currency),
            },
            "fareDetailsBySegment": [
                self._fare_details(leg, name)
                for leg, name in zip(trip.legs, trip.segment_ids, strict=True)
            ],
        }

    def _fare_details(self, leg: Leg, segment_id: str) -> dict[str, Any]:
        letters = FARE_LETTERS[leg.cabin]
        letter = letters[self._world.draw(0, len(letters) - 1, "class", leg.flight.key, leg.day)]
        return {
            "segmentId": segment_id,
            "cabin": leg.cabin,
            "fareBasis": f"{letter}{leg.flight.origin[:1]}{leg.flight.destination}STD",
            "brandedFare": "STANDARD",
            "brandedFareLabel": "STANDARD",
            "class": letter,
            "includedCheckedBags": {"quantity": 1 if leg.cabin == "ECONOMY" else 2},
            "includedCabinBags": {"quantity": 1},
        }

    def _itineraries(self, trip: Trip) -> list[dict[str, Any]]:
        names = iter(trip.segment_ids)
        return [
            {
                "duration": _duration(_elapsed(itinerary)),
                "segments": [self._segment(leg, next(names)) for leg in itinerary],
            }
            for itinerary in trip.itineraries
        ]

    def _segment(self, leg: Leg, segment_id: str) -> dict[str, Any]:
        flight = leg.flight
        return {
            "departure": self._endpoint(flight.carrier, flight.origin, leg.departs.isoformat()),
            "arrival": self._endpoint(flight.carrier, flight.destination, leg.arrives.isoformat()),
            "carrierCode": flight.carrier,
            "number": flight.number,
            "aircraft": {"code": flight.aircraft},
            "operating": {"carrierCode": flight.carrier},
            "duration": _duration(timedelta(minutes=flight.duration)),
            "id": segment_id,
            "numberOfStops": 0,
            "blacklistedInEU": False,
        }

    def _endpoint(self, carrier: str, airport: str, at: str) -> dict[str, str]:
        terminal = str(self._world.draw(1, 4, "terminal", carrier, airport))
        return {"iataCode": airport, "terminal": terminal, "at": at}

    def _ticketing_deadline(self, trip: Trip) -> date:
        day = trip.legs[0].day
        return min(day, max(self._today, day - timedelta(days=3)))


def dictionaries(offers: list[dict[str, Any]]) -> dict[str, Any]:
    """The names of every code that `offers` mention."""
    segments = [
        segment
        for offer in offers
        for itinerary in offer["itineraries"]
        for segment in itinerary["segments"]
    ]
    airports = {part["iataCode"] for s in segments for part in (s["departure"], s["arrival"])}
    return {
        "locations": {
            code: {"cityCode": AIRPORTS[code].city, "countryCode": AIRPORTS[code].country}
            for code in sorted(airports)
        },
        "aircraft": {c: AIRCRAFT[c] for c in sorted({s["aircraft"]["code"] for s in segments})},
        "currencies": {
            code: CURRENCIES[code].name
            for code in sorted({offer["price"]["currency"] for offer in offers})
        },
        "carriers": {c: AIRLINES[c].name for c in sorted({s["carrierCode"] for s in segments})},
    }


def money(minor: int, currency: str) -> str:
    """Minor units as the decimal text that Amadeus uses for money."""
    units, rest = divmod(minor, CURRENCIES[currency].minor)
    return str(units) if CURRENCIES[currency].minor == 1 else f"{units}.{rest:02d}"


def _exchanged(euro_cents: int, currency: str) -> int:
    """Euro cents in minor units of `currency`, rounded half up."""
    known = CURRENCIES[currency]
    scale = 10000 * 100
    return (euro_cents * known.per_10000_euro * known.minor + scale // 2) // scale


def _fees(*kinds: str, currency: str) -> list[dict[str, str]]:
    return [{"amount": money(0, currency), "type": kind} for kind in kinds]


def _names(itinerary: Itinerary) -> list[str]:
    return [leg.flight.key for leg in itinerary]


def _elapsed(itinerary: Itinerary) -> timedelta:
    first, last = itinerary[0], itinerary[-1]
    shift = AIRPORTS[last.flight.destination].offset - AIRPORTS[first.flight.origin].offset
    return last.arrives - first.departs - timedelta(minutes=shift)


def _duration(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")


def _emission(leg: Leg) -> dict[str, Any]:
    kilometres = distance_km(leg.flight.origin, leg.flight.destination)
    return {
        "weight": kilometres * GRAMS_CO2_PER_KM // 1000,
        "weightUnit": "KG",
        "cabin": leg.cabin,
    }
