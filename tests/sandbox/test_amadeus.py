"""The Amadeus sandbox, driven by the unmodified SDK over the wire."""

from datetime import timedelta

import httpx
import pytest
from amadeus import Client, ClientError, NotFoundError, ResponseError

from sandbox.main import SandboxConfig
from tests.sandbox.conftest import Running, ShiftedClock, a_day, a_search, an_order, running

ORDERS = "/v1/booking/flight-orders"


def codes(error: ResponseError) -> list[tuple[int, int]]:
    return [(issue["status"], issue["code"]) for issue in error.response.result["errors"]]


def refused(client: Client, path: str, body: dict) -> dict:
    with pytest.raises(ResponseError) as caught:
        client.post(path, body)
    [issue] = caught.value.response.result["errors"]
    return issue


def test_a_trip_is_searched_priced_ordered_retrieved_and_cancelled(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]

    priced = client.shopping.flight_offers.pricing.post(offer).data["flightOffers"][0]
    assert priced["price"]["grandTotal"] == offer["price"]["grandTotal"]

    created = client.post(ORDERS, an_order(priced, "booking-1"))
    assert created.status_code == 201
    order = created.data
    assert order["flightOffers"] == [priced]
    assert client.booking.flight_order(order["id"]).get().data == order

    assert client.booking.flight_order(order["id"]).delete().status_code == 204
    with pytest.raises(NotFoundError) as caught:
        client.booking.flight_order(order["id"]).get()
    assert codes(caught.value) == [(404, 6003)]
    witnessed = sandbox.orders()
    assert [row["id"] for row in witnessed["orders"]] == [order["id"]]
    assert (witnessed["count"], witnessed["live"], witnessed["miscounted"]) == (1, 0, [])


def test_the_sdks_own_order_method_works_too(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client, adults=1)[0]
    travelers = an_order(offer, "")["data"]["travelers"]

    order = client.booking.flight_orders.post([offer], travelers).data

    assert order["type"] == "flight-order"
    assert len(order["associatedRecords"][0]["reference"]) == 6


def test_an_order_is_found_by_our_reference_until_it_is_cancelled(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    order = client.post(ORDERS, an_order(offer, "booking-2")).data

    assert client.get(ORDERS, reference="booking-2").data == [order]
    assert client.get(ORDERS, reference="booking-").data == []

    client.delete(f"{ORDERS}/{order['id']}")
    assert client.get(ORDERS, reference="booking-2").data == []


def test_an_order_id_is_accepted_encoded_and_decoded(sandbox: Running):
    client = sandbox.amadeus()
    order = client.post(ORDERS, an_order(a_search(client)[0], "booking-3")).data
    assert order["id"].endswith("%3D%3D")

    for path in (order["id"], order["id"].replace("%3D", "="), order["id"].replace("%", "%25")):
        assert client.get(f"{ORDERS}/{path}").data["id"] == order["id"]


def test_cancelling_twice_gives_the_seats_back_once(sandbox: Running):
    client = sandbox.amadeus()
    order = client.post(ORDERS, an_order(a_search(client)[0], "booking-4")).data
    client.delete(f"{ORDERS}/{order['id']}")

    with pytest.raises(NotFoundError):
        client.delete(f"{ORDERS}/{order['id']}")

    assert sandbox.orders()["miscounted"] == []


def test_the_same_order_posted_twice_makes_two_orders(sandbox: Running):
    client = sandbox.amadeus()
    body = an_order(a_search(client)[0], "booking-5")
    client.post(ORDERS, body)
    client.post(ORDERS, body)

    assert sandbox.orders()["byReference"] == {"booking-5": {"ever": 2, "live": 2}}


def test_the_same_seed_and_date_give_the_same_bytes(config: SandboxConfig, tmp_path):
    bodies = []
    for name in ("one", "two"):
        fresh = SandboxConfig(**{**vars(config), "state_dir": tmp_path / name})
        with running(fresh) as sandbox:
            client = sandbox.amadeus()
            a_search(client)
            bodies.append(
                client.get(
                    "/v2/shopping/flight-offers",
                    originLocationCode="PAR",
                    destinationLocationCode="NYC",
                    departureDate=a_day(),
                    adults=1,
                ).body
            )
    assert bodies[0] == bodies[1]


def test_offers_come_cheapest_first_and_for_every_traveller(sandbox: Running):
    offers = a_search(
        sandbox.amadeus(), originLocationCode="PAR", children=1, infants=1, returnDate=a_day(97)
    )

    totals = [float(offer["price"]["grandTotal"]) for offer in offers]
    assert totals == sorted(totals)
    assert [p["travelerType"] for p in offers[0]["travelerPricings"]] == [
        "ADULT",
        "ADULT",
        "CHILD",
        "HELD_INFANT",
    ]
    parts = [float(pricing["price"]["total"]) for pricing in offers[0]["travelerPricings"]]
    assert round(sum(parts), 2) == totals[0]
    assert len(offers[0]["itineraries"]) == 2


def test_search_criteria_are_obeyed(sandbox: Running):
    client = sandbox.amadeus()

    direct = a_search(client, nonStop="true")
    assert {len(offer["itineraries"][0]["segments"]) for offer in direct} == {1}
    french = a_search(client, includedAirlineCodes="AF,KL")
    carriers = {s["carrierCode"] for o in french for s in o["itineraries"][0]["segments"]}
    assert carriers <= {"AF", "KL"}
    assert len(a_search(client, max=2)) == 2
    assert a_search(client, maxPrice=1) == []
    business = a_search(client, travelClass="BUSINESS", currencyCode="JPY")[0]
    assert business["price"]["grandTotal"].isdigit()
    assert business["travelerPricings"][0]["fareDetailsBySegment"][0]["cabin"] == "BUSINESS"


def test_an_airport_outside_the_world_is_refused(sandbox: Running):
    with pytest.raises(ClientError) as refusal:
        a_search(sandbox.amadeus(), destinationLocationCode="QQQ")
    [issue] = refusal.value.response.result["errors"]
    assert (issue["code"], issue["source"]) == (4926, {"parameter": "destinationLocationCode"})


def test_a_posted_search_finds_what_the_parameters_find(sandbox: Running):
    client = sandbox.amadeus()
    body = {
        "currencyCode": "EUR",
        "originDestinations": [
            {
                "id": "1",
                "originLocationCode": "CDG",
                "destinationLocationCode": "JFK",
                "departureDateTimeRange": {"date": a_day()},
            }
        ],
        "travelers": [
            {"id": "1", "travelerType": "ADULT"},
            {"id": "2", "travelerType": "ADULT"},
        ],
        "sources": ["GDS"],
        "searchCriteria": {
            "flightFilters": {"connectionRestriction": {"maxNumberOfConnections": 1}}
        },
    }

    assert client.shopping.flight_offers_search.post(body).data == a_search(client)


@pytest.mark.parametrize(
    ("changes", "code", "parameter"),
    [
        ({"originLocationCode": "Paris"}, 477, "originLocationCode"),
        ({"originLocationCode": ""}, 32171, "originLocationCode"),
        ({"departureDate": "2020-01-01"}, 425, "departureDate"),
        ({"departureDate": "tomorrow"}, 477, "departureDate"),
        ({"departureDate": a_day(400)}, 425, "departureDate"),
        ({"returnDate": a_day(1)}, 425, "returnDate"),
        ({"adults": 0}, 477, "adults"),
        ({"adults": -1}, 477, "adults"),
        ({"adults": 9, "children": 1}, 10661, "adults"),
        ({"infants": 3}, 2668, "infants"),
        ({"destinationLocationCode": "CDG"}, 2668, "destinationLocationCode"),
        ({"nonStop": True}, 477, "nonStop"),
        ({"max": 251}, 477, "max"),
        ({"currencyCode": "XXX"}, 477, "currencyCode"),
        (
            {"includedAirlineCodes": "AF", "excludedAirlineCodes": "KL"},
            2668,
            "excludedAirlineCodes",
        ),
    ],
)
def test_a_bad_search_names_the_parameter(standing: Running, changes, code, parameter):
    with pytest.raises(ResponseError) as caught:
        a_search(standing.amadeus(), **changes)

    [issue] = caught.value.response.result["errors"]
    assert (issue["code"], issue["source"]) == (code, {"parameter": parameter})


def test_a_bad_order_points_at_what_is_wrong_and_sells_nothing(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]

    def changed(change):
        body = an_order(offer, "booking-6")
        change(body["data"])
        return body

    cases = [
        (lambda d: d.pop("travelers"), 32171, "/data/travelers"),
        (lambda d: d["travelers"].pop(), 32171, "/data/travelers"),
        (lambda d: d["travelers"][0].update(id="7"), 32171, "/data/travelers"),
        (lambda d: d["travelers"][1].pop("name"), 32171, "/data/travelers[1]/name"),
        (
            lambda d: d["travelers"][0].update(dateOfBirth="17/05/1990"),
            477,
            "/data/travelers[0]/dateOfBirth",
        ),
        (lambda d: d.update(formOfPayments=[{}]), 477, "/data/formOfPayments"),
        (lambda d: d.update(type="order"), 477, "/data/type"),
        (lambda d: d.update(flightOffers=[]), 32171, "/data/flightOffers"),
        (lambda d: d.update(remarks=["x"]), 477, "/data/remarks"),
    ]
    for change, code, pointer in cases:
        issue = refused(client, ORDERS, changed(change))
        assert (issue["code"], issue["source"]) == (code, {"pointer": pointer})
    assert sandbox.orders()["count"] == 0


def test_an_altered_price_is_a_discrepancy(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    right = offer["price"]["grandTotal"]
    offer["price"]["grandTotal"] = "1.00"

    issue = refused(client, ORDERS, an_order(offer, "booking-7"))

    assert (issue["status"], issue["code"], issue["title"]) == (400, 37200, "PRICE DISCREPANCY")
    assert issue["detail"] == (
        f"Current grandTotal price ({right}) is different from request one (1.00)"
    )


def test_an_altered_schedule_is_refused(sandbox: Running):
    client = sandbox.amadeus()
    offer = a_search(client)[0]
    offer["itineraries"][0]["segments"][0]["departure"]["at"] = f"{a_day()}T00:01:00"

    assert refused(client, ORDERS, an_order(offer, "booking-8"))["code"] == 4926


def test_bodies_that_are_no_json_object_are_refused(sandbox: Running):
    token = sandbox.amadeus()
    token.get("/v1/booking/flight-orders", reference="x")
    headers = {"Authorization": f"Bearer {token.access_token.access_token}"}
    for body in (b"", b"[]", b"{", b'"x"', b'{"data": 1}', b"\xff", b'{"data": {}}'):
        for path in (ORDERS, "/v1/shopping/flight-offers/pricing", "/v2/shopping/flight-offers"):
            answer = httpx.post(sandbox.amadeus_url + path, content=body, headers=headers)
            assert answer.status_code == 400, (body, path)
            assert answer.headers["content-type"] == "application/vnd.amadeus+json"
            assert answer.json()["errors"][0]["code"] in (477, 32171)
    huge = httpx.post(sandbox.amadeus_url + ORDERS, content=b"x" * 3_000_000, headers=headers)
    assert huge.status_code == 400


def test_tokens_are_required_checked_and_expire(config: SandboxConfig):
    clock = ShiftedClock()
    with running(config, clock) as sandbox:
        orders = f"{sandbox.amadeus_url}{ORDERS}?reference=x"
        assert httpx.get(orders).json()["errors"][0]["code"] == 38191
        forged = {"Authorization": "Bearer 99999999999.x.y"}
        assert httpx.get(orders, headers=forged).json()["errors"][0]["code"] == 38190
        granted = httpx.post(
            f"{sandbox.amadeus_url}/v1/security/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": config.amadeus_client_id,
                "client_secret": config.amadeus_client_secret,
            },
        ).json()
        assert granted["expires_in"] == 1799
        mine = {"Authorization": f"Bearer {granted['access_token']}"}
        assert httpx.get(orders, headers=mine).status_code == 200

        clock.ahead = timedelta(minutes=31)
        expired = httpx.get(orders, headers=mine)
        assert (expired.status_code, expired.json()["errors"][0]["code"]) == (401, 38192)


def test_wrong_credentials_get_the_oauth_error_shape(sandbox: Running):
    answer = httpx.post(
        f"{sandbox.amadeus_url}/v1/security/oauth2/token",
        data={"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"},
    )
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "Client credentials are invalid",
        "code": 38187,
        "title": "Invalid parameters",
    }


def test_an_unknown_path_is_a_404_of_amadeus(sandbox: Running):
    answer = httpx.get(f"{sandbox.amadeus_url}/v1/nowhere")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, 38196)
