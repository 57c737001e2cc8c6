"""The places, airlines, aircraft and currencies of the sandbox's world, as plain tables.

Clocks here never change for summer: every airport keeps its standard offset all year, so that a
schedule is the same on every date.
"""

import math
from dataclasses import dataclass
from functools import cache

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True)
class Airport:
    """An airport: IATA codes of itself and its city, country, position, offset in minutes."""

    code: str
    city: str
    country: str
    latitude: float
    longitude: float
    offset: int


@dataclass(frozen=True)
class Airline:
    """An airline: IATA and ICAO code, its hubs, how far it flies (km), price level in percent."""

    code: str
    icao: str
    name: str
    hubs: tuple[str, ...]
    reach: int
    level: int


AIRPORTS = {
    airport.code: airport
    for airport in (
        Airport("CDG", "PAR", "FR", 49.01, 2.55, 60),
        Airport("ORY", "PAR", "FR", 48.72, 2.38, 60),
        Airport("NCE", "NCE", "FR", 43.66, 7.22, 60),
        Airport("LYS", "LYS", "FR", 45.73, 5.09, 60),
        Airport("LHR", "LON", "GB", 51.47, -0.46, 0),
        Airport("LGW", "LON", "GB", 51.15, -0.19, 0),
        Airport("DUB", "DUB", "IE", 53.42, -6.27, 0),
        Airport("MAD", "MAD", "ES", 40.49, -3.57, 60),
        Airport("BCN", "BCN", "ES", 41.30, 2.08, 60),
        Airport("LIS", "LIS", "PT", 38.77, -9.13, 0),
        Airport("FCO", "ROM", "IT", 41.80, 12.25, 60),
        Airport("MXP", "MIL", "IT", 45.63, 8.72, 60),
        Airport("FRA", "FRA", "DE", 50.03, 8.56, 60),
        Airport("MUC", "MUC", "DE", 48.35, 11.79, 60),
        Airport("BER", "BER", "DE", 52.36, 13.50, 60),
        Airport("AMS", "AMS", "NL", 52.31, 4.76, 60),
        Airport("BRU", "BRU", "BE", 50.90, 4.48, 60),
        Airport("ZRH", "ZRH", "CH", 47.46, 8.55, 60),
        Airport("GVA", "GVA", "CH", 46.24, 6.11, 60),
        Airport("VIE", "VIE", "AT", 48.11, 16.57, 60),
        Airport("CPH", "CPH", "DK", 55.62, 12.66, 60),
        Airport("ATH", "ATH", "GR", 37.94, 23.94, 120),
        Airport("IST", "IST", "TR", 41.28, 28.75, 180),
        Airport("DXB", "DXB", "AE", 25.25, 55.36, 240),
        Airport("DOH", "DOH", "QA", 25.27, 51.61, 180),
        Airport("BOM", "BOM", "IN", 19.09, 72.87, 330),
        Airport("SIN", "SIN", "SG", 1.36, 103.99, 480),
        Airport("BKK", "BKK", "TH", 13.69, 100.75, 420),
        Airport("HKG", "HKG", "HK", 22.31, 113.91, 480),
        Airport("NRT", "TYO", "JP", 35.76, 140.39, 540),
        Airport("HND", "TYO", "JP", 35.55, 139.78, 540),
        Airport("SYD", "SYD", "AU", -33.95, 151.18, 600),
        Airport("JFK", "NYC", "US", 40.64, -73.78, -300),
        Airport("EWR", "NYC", "US", 40.69, -74.17, -300),
        Airport("BOS", "BOS", "US", 42.36, -71.01, -300),
        Airport("LAX", "LAX", "US", 33.94, -118.41, -480),
        Airport("SFO", "SFO", "US", 37.62, -122.38, -480),
        Airport("YUL", "YMQ", "CA", 45.47, -73.74, -300),
        Airport("GRU", "SAO", "BR", -23.43, -46.47, -180),
    )
}

AIRLINES = {
    airline.code: airline
    for airline in (
        Airline("AF", "AFR", "AIR FRANCE", ("CDG", "ORY"), 13000, 104),
        Airline("KL", "KLM", "KLM ROYAL DUTCH AIRLINES", ("AMS",), 13000, 101),
        Airline("LH", "DLH", "LUFTHANSA", ("FRA", "MUC"), 13000, 106),
        Airline("LX", "SWR", "SWISS INTERNATIONAL AIR LINES", ("ZRH",), 13000, 112),
        Airline("IB", "IBE", "IBERIA", ("MAD",), 13000, 94),
        Airline("VY", "VLG", "VUELING AIRLINES", ("BCN",), 3500, 78),
        Airline("TP", "TAP", "TAP PORTUGAL", ("LIS",), 9500, 90),
        Airline("VS", "VIR", "VIRGIN ATLANTIC", ("LHR",), 13000, 103),
        Airline("EI", "EIN", "AER LINGUS", ("DUB",), 9000, 88),
        Airline("TK", "THY", "TURKISH AIRLINES", ("IST",), 13500, 92),
        Airline("EK", "UAE", "EMIRATES", ("DXB",), 15000, 110),
        Airline("QR", "QTR", "QATAR AIRWAYS", ("DOH",), 15000, 109),
        Airline("SQ", "SIA", "SINGAPORE AIRLINES", ("SIN",), 15500, 114),
        Airline("NH", "ANA", "ALL NIPPON AIRWAYS", ("HND", "NRT"), 12000, 111),
        Airline("UA", "UAL", "UNITED AIRLINES", ("EWR", "SFO"), 13000, 100),
        Airline("B6", "JBU", "JETBLUE AIRWAYS", ("JFK", "BOS"), 6500, 84),
        Airline("AC", "ACA", "AIR CANADA", ("YUL",), 12000, 99),
    )
}

AIRCRAFT = {
    "320": "AIRBUS A320",
    "32Q": "AIRBUS A321NEO",
    "738": "BOEING 737-800",
    "359": "AIRBUS A350-900",
    "77W": "BOEING 777-300ER",
    "789": "BOEING 787-9",
}

NARROW_BODIES = ("320", "32Q", "738")
WIDE_BODIES = ("359", "77W", "789")

CABINS_BY_AIRCRAFT = {
    **dict.fromkeys(NARROW_BODIES, ("ECONOMY", "BUSINESS")),
    "359": ("ECONOMY", "PREMIUM_ECONOMY", "BUSINESS"),
    "789": ("ECONOMY", "PREMIUM_ECONOMY", "BUSINESS"),
    "77W": ("ECONOMY", "PREMIUM_ECONOMY", "BUSINESS", "FIRST"),
}


@dataclass(frozen=True)
class Currency:
    """A currency: name, units per 10,000 euro, and minor units per unit."""

    name: str
    per_10000_euro: int
    minor: int


CURRENCIES = {
    "EUR": Currency("EURO", 10000, 100),
    "USD": Currency("US DOLLAR", 10800, 100),
    "GBP": Currency("POUND STERLING", 8500, 100),
    "CHF": Currency("SWISS FRANC", 9500, 100),
    "CAD": Currency("CANADIAN DOLLAR", 14700, 100),
    "AUD": Currency("AUSTRALIAN DOLLAR", 16400, 100),
    "SGD": Currency("SINGAPORE DOLLAR", 14500, 100),
    "AED": Currency("UAE DIRHAM", 39700, 100),
    "JPY": Currency("JAPANESE YEN", 1630000, 1),
}


def airports_of(code: str) -> tuple[str, ...]:
    """The airports a location code stands for: itself, those of its city, or none."""
    if code in AIRPORTS:
        return (code,)
    return tuple(airport.code for airport in AIRPORTS.values() if airport.city == code)


@cache
def distance_km(origin: str, destination: str) -> int:
    """The great-circle distance between two airports, in whole kilometres."""
    start, end = AIRPORTS[origin], AIRPORTS[destination]
    return round(arc_km((start.latitude, start.longitude), (end.latitude, end.longitude)))


def arc_km(start: tuple[float, float], end: tuple[float, float]) -> float:
    """The great-circle distance between two points (latitude, longitude), in kilometres."""
    latitude, other = math.radians(start[0]), math.radians(end[0])
    half_rise = math.sin((other - latitude) / 2) ** 2
    half_turn = math.sin(math.radians(end[1] - start[1]) / 2) ** 2
    arc = half_rise + math.cos(latitude) * math.cos(other) * half_turn
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(arc))
