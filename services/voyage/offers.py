"""Amadeus' documents: what is sent, and a tolerant reading of what comes back.

An offer is kept and echoed as the exact text Amadeus sent, because it refuses what was altered;
so the texts are cut out of an answer, never written anew. Members that are unknown are left alone,
those that may be missing are done without.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mesh.money import Money
from services.voyage.domain import (
    Itinerary,
    Kind,
    Order,
    Point,
    Quote,
    Search,
    Seat,
    Segment,
    Traveller,
)

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
# The country codes of E.164: those of one digit, those of two, all others have three.
_CALLING_CODE = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")

_log = logging.getLogger("voyage.amadeus")


def search_parameters(wanted: Search) -> dict[str, str | int]:
    """The query of a search."""
    parameters: dict[str, str | int] = {
        "originLocationCode": wanted.origin,
        "destinationLocationCode": wanted.destination,
        "departureDate": wanted.departure.isoformat(),
        "adults": wanted.adults,
        "currencyCode": wanted.currency,
        "max": wanted.limit,
        # The SDK would write True, which Amadeus does not read.
        "nonStop": "true" if wanted.non_stop else "false",
    }
    optional = {
        "returnDate": wanted.returning.isoformat() if wanted.returning else None,
        "children": wanted.children,
        "infants": wanted.infants,
        "travelClass": wanted.cabin,
    }
    return parameters | {name: value for name, value in optional.items() if value}


def order_body(reference: str, document: str, travellers: Mapping[str, Traveller]) -> str:
    """The body of an order, with our reference as a remark."""
    people = json.dumps([_traveler(seat, who) for seat, who in travellers.items()])
    notes = json.dumps({"general": [{"subType": "GENERAL_MISCELLANEOUS", "text": reference}]})
    return (
        f'{{"data":{{"type":"flight-order","flightOffers":[{document}],"travelers":{people},'
        f'"remarks":{notes}}}}}'
    )


def _traveler(seat: str, who: Traveller) -> dict[str, Any]:
    digits = who.phone.lstrip("+")
    code = _CALLING_CODE.match(digits)
    length = code.end() if code else 0
    phone = {
        "deviceType": "MOBILE",
        "countryCallingCode": digits[:length],
        "number": digits[length:],
    }
    return {
        "id": seat,
        "dateOfBirth": who.date_of_birth.isoformat(),
        "gender": who.gender,
        "name": {"firstName": who.first_name, "lastName": who.last_name},
        "contact": {"emailAddress": who.email, "phones": [phone]},
    }


def order_of(data: Mapping[str, Any]) -> Order:
    """An order that was answered; LookupError, TypeError or ValueError when it says too little."""
    prices = [offer["price"] for offer in data["flightOffers"]]
    records = data.get("associatedRecords") or [{}]
    amounts = [Money.of(_total(price), price["currency"]) for price in prices]
    total = Money(sum(amount.minor for amount in amounts), amounts[0].currency)
    return Order(str(data["id"]), str(records[0].get("reference", "")), total)


def remarks(data: Mapping[str, Any]) -> list[str]:
    """The general remarks of an order."""
    return [remark.get("text") for remark in (data.get("remarks") or {}).get("general") or ()]


def _total(price: Mapping[str, Any]) -> str:
    return str(price.get("grandTotal") or price["total"])


def quotes(result: Mapping[str, Any], body: str, path: tuple[str, ...]) -> list[Quote]:
    """The offers at `path` of an answer, cheapest first; those that say too little are left out.

    `result` is the answer decoded, `body` the same as text.
    """
    names = (result.get("dictionaries") or {}).get("carriers") or {}
    found = []
    for document in elements(body, path):
        try:
            found.append(_quote(document, names))
        except (LookupError, TypeError, ValueError) as error:
            _log.warning("an offer is left out: %r", error)
    return sorted(found, key=lambda quote: quote.total.minor)


def _quote(document: str, names: Mapping[str, str]) -> Quote:
    offer = json.loads(document)
    price = offer["price"]
    currency = price["currency"]
    total = Money.of(_total(price), currency)
    pricings = offer["travelerPricings"]
    details = pricings[0].get("fareDetailsBySegment") or [{}]
    return Quote(
        document=document,
        total=total,
        base=Money.of(str(price.get("base") or _total(price)), currency),
        itineraries=tuple(_itinerary(part, names) for part in offer["itineraries"]),
        bookable_seats=int(offer.get("numberOfBookableSeats") or 0),
        validating_airline_codes=tuple(offer.get("validatingAirlineCodes") or ()),
        cabin=str(details[0].get("cabin", "")),
        seats=tuple(_seat(pricing) for pricing in pricings),
        last_ticketing_date=str(offer.get("lastTicketingDate") or ""),
    )


def _seat(pricing: Mapping[str, Any]) -> Seat:
    kinds = {"HELD_INFANT": Kind.INFANT, "SEATED_INFANT": Kind.INFANT, "CHILD": Kind.CHILD}
    return Seat(str(pricing["travelerId"]), kinds.get(str(pricing.get("travelerType")), Kind.ADULT))


def _itinerary(part: Mapping[str, Any], names: Mapping[str, str]) -> Itinerary:
    segments = tuple(_segment(segment, names) for segment in part["segments"])
    return Itinerary(str(part.get("duration") or ""), segments)


def _segment(part: Mapping[str, Any], names: Mapping[str, str]) -> Segment:
    carrier = str(part["carrierCode"])
    return Segment(
        departure=_point(part["departure"]),
        arrival=_point(part["arrival"]),
        carrier_code=carrier,
        carrier_name=str(names.get(carrier, "")),
        number=str(part["number"]),
        aircraft_code=str((part.get("aircraft") or {}).get("code", "")),
        duration=str(part.get("duration") or ""),
        operating_carrier_code=str((part.get("operating") or {}).get("carrierCode", carrier)),
    )


def _point(part: Mapping[str, Any]) -> Point:
    return Point(str(part["iataCode"]), str(part.get("terminal") or ""), str(part["at"]))


def elements(text: str, path: tuple[str, ...]) -> Iterator[str]:
    """The exact text of each element of the array at `path` of a JSON document."""
    start = _SPACE.match(text).end()  # type: ignore[union-attr] # matches anything
    for name in path:
        start = next(begin for key, begin, _ in _children(text, start) if key == f'"{name}"')
    for _, begin, end in _children(text, start):
        yield text[begin:end]


def _children(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The children of the object or array at `start`: (quoted key or nothing, begin, end)."""

    def skip(position: int) -> int:
        return _SPACE.match(text, position).end()  # type: ignore[union-attr] # matches anything

    keyed = text[start] == "{"
    position = skip(start + 1)
    while text[position] not in "]}":
        key = ""
        if keyed:
            _, end = _DECODER.raw_decode(text, position)
            key = text[position:end]
            position = skip(skip(end) + 1)
        _, end = _DECODER.raw_decode(text, position)
        yield key, position, end
        position = skip(end)
        if text[position] == ",":
            position = skip(position + 1)
