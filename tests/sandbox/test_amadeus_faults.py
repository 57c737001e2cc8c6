"""The bad days of Amadeus: lost replies, sold-out flights, drifting prices, refusals."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from amadeus import ResponseError, ServerError

from tests.sandbox.conftest import Running, a_search, an_order

ORDERS = "/v1/booking/flight-orders"
BUYERS = 50


def segments_of(offer: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for itinerary in offer["itineraries"] for s in itinerary["segments"]]


def leave(sandbox: Running, offer: dict[str, Any], left: int) -> None:
    for segment in segments_of(offer):
        wish = {
            "flight": segment["carrierCode"] + segment["number"],
            "date": segment["departure"]["at"][:10],
            "cabin": "ECONOMY",
            "left": left,
        }
        assert httpx.post(f"{sandbox.amadeus_url}/_sandbox/seats", json=wish).status_code == 204


def test_the_last_seat_is_sold_once_to_fifty_parallel_buyers(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client, adults=1)[0]
    leave(sandbox, offer, 1)

    def buy(buyer: int) -> int:
        try:
            return int(client.post(ORDERS, an_order(offer, f"buyer-{buyer}")).status_code)
        except ResponseError as error:
            return int(error.response.result["errors"][0]["code"])

    with ThreadPoolExecutor(BUYERS) as pool:
        outcomes = list(pool.map(buy, range(BUYERS)))

    assert sorted(outcomes) == [201] + [34651] * (BUYERS - 1)
    witnessed = sandbox.orders()
    assert (witnessed["count"], witnessed["miscounted"]) == (1, [])
    found = {segments_of(other)[0]["number"] for other in a_search(client, adults=1)}
    assert segments_of(offer)[0]["number"] not in found or len(segments_of(offer)) > 1


def test_a_cancelled_order_gives_the_last_seats_to_the_next_buyer(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    leave(sandbox, offer, 2)
    order = client.post(ORDERS, an_order(offer, "first")).data
    with pytest.raises(ResponseError):
        client.post(ORDERS, an_order(offer, "second"))

    client.delete(f"{ORDERS}/{order['id']}")

    assert client.post(ORDERS, an_order(offer, "second")).status_code == 201


def test_a_connection_sold_out_on_one_leg_sells_neither(sandbox: Running):
    client = sandbox.amadeus()
    offer = next(o for o in a_search(client) if len(segments_of(o)) == 2)
    second = dict(offer, itineraries=[{"segments": segments_of(offer)[1:]}])
    leave(sandbox, second, 0)

    with pytest.raises(ResponseError) as caught:
        client.post(ORDERS, an_order(offer, "half"))

    [issue] = caught.value.response.result["errors"]
    assert issue["title"] == "SEGMENT SELL FAILURE"
    assert issue["source"]["pointer"] == "/data/flightOffers[0]/itineraries[0]/segments[1]"
    assert (sandbox.orders()["count"], sandbox.orders()["miscounted"]) == (0, [])


def test_a_lost_reply_leaves_an_order_that_its_reference_finds(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    sandbox.fault(sandbox.amadeus_url, "order.create", "reply-lost-after-commit")

    with pytest.raises((http.client.HTTPException, OSError, ResponseError)) as caught:
        client.post(ORDERS, an_order(offer, "in-doubt"))

    assert getattr(caught.value, "response", None) is None
    assert not isinstance(caught.value, TimeoutError)
    [order] = client.get(ORDERS, reference="in-doubt").data
    assert client.booking.flight_order(order["id"]).get().data == order
    assert client.post(ORDERS, an_order(offer, "another")).status_code == 201


def test_a_lost_cancellation_has_cancelled(sandbox: Running):
    client = sandbox.amadeus()
    order = client.post(ORDERS, an_order(a_search(client)[0], "gone")).data
    sandbox.fault(sandbox.amadeus_url, "order.delete", "reply-lost-after-commit")

    with pytest.raises((http.client.HTTPException, OSError, ResponseError)):
        client.delete(f"{ORDERS}/{order['id']}")

    assert client.get(ORDERS, reference="gone").data == []


def test_a_price_that_moves_is_refused_and_then_priced_anew(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    sandbox.fault(sandbox.amadeus_url, "order.create", "price:+12%")

    with pytest.raises(ResponseError) as caught:
        client.post(ORDERS, an_order(offer, "dear"))
    assert caught.value.response.result["errors"][0]["code"] == 37200

    dearer = client.shopping.flight_offers.pricing.post(offer).data["flightOffers"][0]
    base, before = float(dearer["price"]["base"]), float(offer["price"]["base"])
    assert abs(base / before - 1.12) < 0.001
    assert client.post(ORDERS, an_order(dearer, "dear")).status_code == 201


def test_a_price_may_move_at_pricing(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    sandbox.fault(sandbox.amadeus_url, "pricing", "price:-10%")

    cheaper = client.shopping.flight_offers.pricing.post(offer).data["flightOffers"][0]

    assert float(cheaper["price"]["grandTotal"]) < float(offer["price"]["grandTotal"])
    assert client.post(ORDERS, an_order(cheaper, "cheap")).status_code == 201


def test_a_flight_that_sells_out_at_the_order_stays_sold_out(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    sandbox.fault(sandbox.amadeus_url, "order.create", "sold-out")

    for _ in range(2):
        with pytest.raises(ResponseError) as caught:
            client.post(ORDERS, an_order(offer, "late"))
        assert caught.value.response.result["errors"][0]["code"] == 34651
    with pytest.raises(ResponseError) as caught:
        client.shopping.flight_offers.pricing.post(offer)
    assert caught.value.response.result["errors"][0]["detail"] == "No fare applicable"


def test_refusals_are_in_the_vendors_shape_and_do_nothing(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    sandbox.fault(sandbox.amadeus_url, "order.create", "status:500")
    with pytest.raises(ServerError) as caught:
        client.post(ORDERS, an_order(offer, "broken"))
    assert caught.value.response.result["errors"][0]["code"] == 38189

    sandbox.fault(sandbox.amadeus_url, "search", "status:429")
    with pytest.raises(ResponseError) as limited:
        a_search(client)
    assert limited.value.response.status_code == 429
    assert limited.value.response.result["errors"][0]["code"] == 38194
    assert sandbox.orders()["count"] == 0


def test_a_fault_may_come_as_a_header(sandbox: Running):
    answer = httpx.post(
        f"{sandbox.amadeus_url}/v1/security/oauth2/token",
        headers={"X-Sandbox-Fault": "status:503"},
    )
    assert answer.status_code == 503


def test_queued_faults_are_checked_listed_and_forgotten(sandbox: Running):
    url = f"{sandbox.amadeus_url}/_sandbox/faults"
    for wish in (
        {"operation": "nothing", "fault": "sold-out"},
        {"operation": "search", "fault": "explode"},
        {"operation": "search", "fault": "slow:9999"},
        {"operation": "search", "fault": "slow:1", "count": 0},
        {"operation": "search", "fault": "slow:1", "count": 1001},
        {"operation": "search", "fault": "sold-out"},
        {"operation": "search", "fault": 1},
        {"fault": "sold-out"},
        [],
    ):
        assert httpx.post(url, json=wish).status_code == 400
    sandbox.fault(sandbox.amadeus_url, "search", "slow:0.01", count=2)
    assert httpx.get(url).json()["search"] == ["slow:0.01"] * 2
    a_search(sandbox.amadeus())
    assert httpx.get(url).json()["search"] == ["slow:0.01"]
    assert httpx.delete(url).status_code == 204
    assert httpx.get(url).json()["search"] == []
