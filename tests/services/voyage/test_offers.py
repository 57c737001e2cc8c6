"""Amadeus' documents: texts are cut out untouched, strange shapes are read with tolerance."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mesh.money import Money
from services.voyage.domain import Kind, Seat, Traveller
from services.voyage.offers import elements, order_body, order_of, quotes, remarks

OFFER: dict[str, Any] = {
    "id": "1",
    "itineraries": [
        {
            "segments": [
                {
                    "departure": {"iataCode": "CDG", "at": "2027-03-01T10:00:00"},
                    "arrival": {"iataCode": "JFK", "at": "2027-03-01T13:00:00"},
                    "carrierCode": "AF",
                    "number": "6",
                }
            ]
        }
    ],
    "price": {"currency": "EUR", "total": "123.45"},
    "travelerPricings": [{"travelerId": "1", "travelerType": "HELD_INFANT"}],
}
ADA = Traveller("Ada", "Lovelace", date(1985, 12, 10), "FEMALE", "ada@example.com", "+33612345678")


@pytest.mark.parametrize(
    "text",
    [
        '{"data":[{"a":1.10,"b":"\\u00e9"},{"c" : [ ] }]}',
        '{ "meta" : {"data":[9]} , "data" : [ {"a":1.10,"b":"\\u00e9"} , {"c" : [ ] } ] , "z":1}',
    ],
)
def test_texts_are_cut_out_to_the_byte(text: str) -> None:
    assert list(elements(text, ("data",))) == ['{"a":1.10,"b":"\\u00e9"}', '{"c" : [ ] }']


def test_nested_texts_are_cut_out_too() -> None:
    text = '{"data":{"type":"x","flightOffers":[{"id": "1"}]}}'
    assert list(elements(text, ("data", "flightOffers"))) == ['{"id": "1"}']


def test_an_offer_with_little_in_it_is_read() -> None:
    body = json.dumps({"data": [OFFER]})
    (quote,) = quotes(json.loads(body), body, ("data",))
    assert quote.total == Money(12345, "EUR")
    assert quote.base == quote.total
    assert quote.seats == (Seat("1", Kind.INFANT),)
    assert quote.departure == date(2027, 3, 1)
    assert quote.itineraries[0].segments[0].operating_carrier_code == "AF"


def test_an_offer_with_too_little_in_it_is_left_out() -> None:
    body = json.dumps({"data": [OFFER, {**OFFER, "price": {}}, {"id": "3"}]})
    assert len(quotes(json.loads(body), body, ("data",))) == 1


@pytest.mark.parametrize(
    ("phone", "code", "number"),
    [
        ("+33612345678", "33", "612345678"),
        ("+12125550100", "1", "2125550100"),
        ("+353861234567", "353", "861234567"),
        ("+79161234567", "7", "9161234567"),
    ],
)
def test_a_phone_number_is_split_after_its_country_code(phone: str, code: str, number: str) -> None:
    traveller = replace(ADA, phone=phone)
    body = json.loads(order_body("r", "{}", {"1": traveller}))
    assert body["data"]["travelers"][0]["contact"]["phones"] == [
        {"deviceType": "MOBILE", "countryCallingCode": code, "number": number}
    ]


def test_an_order_carries_our_reference_and_the_untouched_offer() -> None:
    body = order_body('r"1', '{"price" :1.10}', {"1": ADA})
    assert '"flightOffers":[{"price" :1.10}]' in body
    assert remarks(json.loads(body)["data"]) == ['r"1']


def test_an_order_is_the_sum_of_its_offers() -> None:
    price = {"currency": "EUR", "grandTotal": "10.50", "total": "1"}
    data = {
        "id": "x%3D",
        "associatedRecords": [{"reference": "ABCDEF"}],
        "flightOffers": [{"price": price}, {"price": price}],
    }
    order = order_of(data)
    assert (order.supplier_order_id, order.record_locator) == ("x%3D", "ABCDEF")
    assert order.total == Money(2100, "EUR")
