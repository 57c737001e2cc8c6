"""The deterministic world: which flights exist, what they cost and how many seats they have.

Everything is drawn from a hash of the seed and the flight or route and date: the same seed gives
the same world, byte for byte, on every machine and after every restart.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from sandbox.amadeus.geography import (
    AIRLINES,
    AIRPORTS,
    CABINS_BY_AIRCRAFT,
    NARROW_BODIES,
    WIDE_BODIES,
    Airline,
    airports_of,
    distance_km,
)

LONG_HAUL_KM = 4000
SHORT_HOP_KM = 500
CONNECTION_MINUTES = (60, 360)
DETOUR_PERCENT = 160
DETOUR_GRACE_KM = 600
REMEMBERED_DRAWS = 65536

CABIN_PERCENT = {"ECONOMY": 100, "PREMIUM_ECONOMY": 165, "BUSINESS": 340, "FIRST": 620}
CABIN_SEATS = {
    "ECONOMY": (40, 160),
    "PREMIUM_ECONOMY": (8, 28),
    "BUSINESS": (6, 30),
    "FIRST": (2, 8),
}


@dataclass(frozen=True)
class Flight:
    """A daily flight: local departure and duration in minutes; `number` is unique per carrier."""

    carrier: str
    number: str
    origin: str
    destination: str
    departure: int
    duration: int
    aircraft: str

    @property
    def key(self) -> str:
        """How the flight is called: carrier and number, such as AF1002."""
        return self.carrier + self.number

    @property
    def cabins(self) -> tuple[str, ...]:
        """The cabins its aircraft has, cheapest first."""
        return CABINS_BY_AIRCRAFT[self.aircraft]


@dataclass(frozen=True)
class Leg:
    """A flight on a day, in a cabin."""

    flight: Flight
    day: date
    cabin: str

    @property
    def departs(self) -> datetime:
        """Local time of departure."""
        midnight = datetime.combine(self.day, datetime.min.time())
        return midnight + timedelta(minutes=self.flight.departure)

    @property
    def arrives(self) -> datetime:
        """Local time of arrival."""
        shift = AIRPORTS[self.flight.destination].offset - AIRPORTS[self.flight.origin].offset
        return self.departs + timedelta(minutes=self.flight.duration + shift)


Itinerary = tuple[Leg, ...]


class World:
    """All flights of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._by_route: dict[tuple[str, str], list[Flight]] = {}
        self._by_key: dict[str, Flight] = {}
        for airline in AIRLINES.values():
            for flight in self._network(airline):
                self._by_key[flight.key] = flight
                self._by_route.setdefault((flight.origin, flight.destination), []).append(flight)

    def draw(self, low: int, high: int, *about: object) -> int:
        """A number in [low, high] that only the seed and `about` decide."""
        return low + _drawn(self._seed, *about) % (high - low + 1)

    def flight(self, key: str) -> Flight | None:
        """The flight with this carrier and number, if there is one."""
        return self._by_key.get(key)

    def flights(self) -> Iterator[Flight]:
        """Every flight there is."""
        yield from self._by_key.values()

    def journeys(
        self, origin: str, destination: str, day: date, *, cabin: str, connections: int
    ) -> Iterator[Itinerary]:
        """Every way to travel between two location codes that starts on `day`."""
        for start in airports_of(origin):
            for end in airports_of(destination):
                yield from self._direct(start, end, day, cabin)
                if connections > 0:
                    yield from self._connecting(start, end, day, cabin)

    def seats(self, leg: Leg) -> int:
        """How many seats the cabin had for sale when the day opened."""
        low, high = CABIN_SEATS[leg.cabin]
        return self.draw(low, high, "seats", leg.flight.key, leg.day, leg.cabin)

    def fare_cents(self, leg: Leg) -> int:
        """The base fare of one adult, in euro cents, before taxes and connection discount."""
        flight = leg.flight
        level = AIRLINES[flight.carrier].level
        season = self.draw(80, 140, "season", flight.origin, flight.destination, leg.day)
        mood = self.draw(90, 115, "mood", flight.key, leg.day)
        base = 2500 + distance_km(flight.origin, flight.destination) * 42 // 10
        return base * level * season * mood * CABIN_PERCENT[leg.cabin] // 100**4

    def taxes_cents(self, leg: Leg) -> tuple[tuple[str, int], ...]:
        """The taxes of one adult on one leg: (code, euro cents)."""
        origin = leg.flight.origin
        airport = self.draw(600, 2400, "tax", origin)
        return ((AIRPORTS[origin].country, airport), ("YR", 300 + distance_km(*_ends(leg)) // 4))

    def _network(self, airline: Airline) -> Iterator[Flight]:
        number = 1000
        for hub in airline.hubs:
            for code in AIRPORTS:
                reachable = AIRPORTS[code].city != AIRPORTS[hub].city
                if not reachable or distance_km(hub, code) > airline.reach:
                    continue
                if code in airline.hubs and code < hub:
                    continue
                for index in range(self.draw(1, 3, "daily", airline.code, hub, code)):
                    yield self._scheduled(airline, number, (hub, code), index)
                    yield self._scheduled(airline, number + 1, (code, hub), index)
                    number += 2

    def _scheduled(
        self, airline: Airline, number: int, ends: tuple[str, str], index: int
    ) -> Flight:
        about = (airline.code, *ends, index)
        kilometres = distance_km(*ends)
        fleet = WIDE_BODIES if kilometres > LONG_HAUL_KM else NARROW_BODIES
        return Flight(
            carrier=airline.code,
            number=str(number),
            origin=ends[0],
            destination=ends[1],
            departure=360 + 330 * index + 5 * self.draw(0, 60, "departure", *about),
            duration=(35 + kilometres * 60 // 840) // 5 * 5,
            aircraft=fleet[self.draw(0, len(fleet) - 1, "aircraft", *about)],
        )

    def _direct(self, origin: str, destination: str, day: date, cabin: str) -> Iterator[Itinerary]:
        for flight in self._by_route.get((origin, destination), ()):
            if cabin in flight.cabins:
                yield (Leg(flight, day, cabin),)

    def _connecting(
        self, origin: str, destination: str, day: date, cabin: str
    ) -> Iterator[Itinerary]:
        if AIRPORTS[origin].city == AIRPORTS[destination].city:
            return
        straight = distance_km(origin, destination)
        if straight < SHORT_HOP_KM:
            return
        limit = max(straight * DETOUR_PERCENT // 100, straight + DETOUR_GRACE_KM)
        for airline in AIRLINES.values():
            for hub in airline.hubs:
                if hub in (origin, destination):
                    continue
                if distance_km(origin, hub) + distance_km(hub, destination) <= limit:
                    yield from self._through(airline, (origin, hub, destination), day, cabin)

    def _through(
        self, airline: Airline, stops: tuple[str, str, str], day: date, cabin: str
    ) -> Iterator[Itinerary]:
        origin, hub, destination = stops
        for flight in self._by_route.get((origin, hub), ()):
            if flight.carrier != airline.code or cabin not in flight.cabins:
                continue
            first = Leg(flight, day, cabin)
            onward = self._onward(first, destination)
            if onward is not None:
                yield (first, onward)

    def _onward(self, first: Leg, destination: str) -> Leg | None:
        """The earliest connecting flight of the same carrier after `first`."""
        shortest, longest = (timedelta(minutes=minutes) for minutes in CONNECTION_MINUTES)
        candidates = (
            Leg(flight, first.arrives.date() + timedelta(days=later), first.cabin)
            for flight in self._by_route.get((first.flight.destination, destination), ())
            if flight.carrier == first.flight.carrier and first.cabin in flight.cabins
            for later in (0, 1)
        )
        possible = [leg for leg in candidates if shortest <= leg.departs - first.arrives <= longest]
        return min(possible, key=lambda leg: (leg.departs, leg.flight.key), default=None)


@lru_cache(maxsize=REMEMBERED_DRAWS)
def _drawn(*about: object) -> int:
    text = "|".join(map(str, about))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _ends(leg: Leg) -> tuple[str, str]:
    return leg.flight.origin, leg.flight.destination
