"""Every answer of the Amadeus sandbox holds against schemas distilled from its specification."""

import httpx
import pytest
from amadeus import ResponseError

from tests.sandbox.conftest import Running, a_day, a_search, an_order
from tests.sandbox.schemas import conforms

ORDERS = "/v1/booking/flight-orders"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"originLocationCode": "PAR", "destinationLocationCode": "NYC", "returnDate": a_day(99)},
        {"children": 2, "infants": 1, "travelClass": "BUSINESS", "currencyCode": "USD"},
        {"originLocationCode": "NCE", "destinationLocationCode": "SIN", "currencyCode": "JPY"},
    ],
)
def test_search_pricing_and_order_conform(sandbox: Running, changes):
    client = sandbox.amadeus()
    wanted = {
        "originLocationCode": "CDG",
        "destinationLocationCode": "JFK",
        "departureDate": a_day(),
        "adults": 1,
        **changes,
    }
    found = client.shopping.flight_offers_search.get(**wanted)
    conforms(found.result, "flight-offers")
    assert found.result["meta"]["count"] == len(found.data)
    named = {s["id"] for o in found.data for i in o["itineraries"] for s in i["segments"]}
    fares = {
        d["segmentId"]
        for o in found.data
        for p in o["travelerPricings"]
        for d in p["fareDetailsBySegment"]
    }
    assert named == fares

    priced = client.shopping.flight_offers.pricing.post(found.data[-1])
    conforms(priced.result, "flight-offers-pricing")
    body = an_order(priced.data["flightOffers"][0], "conforming")
    created = client.post(ORDERS, body)
    conforms(created.result, "flight-order")
    conforms(client.booking.flight_order(created.data["id"]).get().result, "flight-order")


def test_errors_conform(sandbox: Running):
    client = sandbox.amadeus()
    failing = [
        lambda: a_search(client, departureDate="x"),
        lambda: client.post(ORDERS, {"data": {}}),
        lambda: client.booking.flight_order("nobody").get(),
        lambda: client.get("/v1/nowhere"),
    ]
    for call in failing:
        with pytest.raises(ResponseError) as caught:
            call()
        conforms(caught.value.response.result, "error")
    unauthorized = httpx.get(f"{sandbox.amadeus_url}/v2/shopping/flight-offers")
    conforms(unauthorized.json(), "error")


def test_every_answer_has_a_content_type_that_the_sdk_parses(sandbox: Running):
    client = sandbox.amadeus()
    assert a_search(client)
    answer = httpx.get(f"{sandbox.amadeus_url}/v2/shopping/flight-offers")
    assert answer.headers["content-type"] == "application/vnd.amadeus+json"
