"""Every bad input gets the problem document with its code and its reason; nothing is written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mesh.clock import SystemIds
from tests.journeys.conftest import Edge, departure
from tests.journeys.test_rest import a_person

IDS = SystemIds()
NOBODY_S = "0190b1d6-0000-7000-8000-00000000dead"


def reason_of(answer: httpx.Response) -> str:
    """The reason in the problem document, whose shape is checked on the way."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert {"type", "title", "code", "message"} <= problem.keys()
    assert "Traceback" not in answer.text
    infos = [d for d in problem["details"] if d["@type"].endswith("google.rpc.ErrorInfo")]
    assert len(infos) == 1
    return str(infos[0]["reason"])


@asynccontextmanager
async def signed_in(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """A client of somebody who has just registered."""
    async with edge.http() as client:
        account = {"email": f"{IDS.new()}@example.com", "password": IDS.secret()}
        await client.post("/api/v1/auth/register", json=account)
        login = await client.post("/api/v1/auth/login", json=account)
        client.headers["authorization"] = f"Bearer {login.json()['tokens']['accessToken']}"
        yield client


async def a_booking(client: httpx.AsyncClient) -> dict[str, Any]:
    search = await client.get("/api/flights/search", params=a_search())
    order = {
        "items": [{"flightOfferId": search.json()["offers"][0]["offerId"]}],
        "travellers": [a_person("Ada", "1985-12-10")],
    }
    headers = {"idempotency-key": IDS.new()}
    answer = await client.post("/api/v1/bookings", json=order, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["booking"]  # type: ignore[no-any-return]


def a_search(**changes: str) -> dict[str, str]:
    return {
        "originLocationCode": "CDG",
        "destinationLocationCode": "JFK",
        "departureDate": departure(),
    } | changes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"originLocationCode": "paris"}, "INVALID_FIELDS"),
        ({"originLocationCode": "ZZZ"}, "INVALID_LOCATION"),
        ({"departureDate": "tomorrow"}, "INVALID_FIELDS"),
        ({"departureDate": "2001-01-01"}, "INVALID_DATE"),
        ({"adults": "10"}, "INVALID_FIELDS"),
        ({"infants": "2"}, "INVALID_PARTY"),
        ({"destinationLocationCode": "CDG"}, "SAME_PLACE"),
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, changes: dict[str, str], reason: str
) -> None:
    answer = await http.get("/api/flights/search", params=a_search(**changes))
    assert answer.status_code == 400
    assert reason_of(answer) == reason


@pytest.mark.parametrize("changes", [{"adults": "two"}, {"adults": "-1"}, {"unknown": "1"}])
async def test_a_parameter_of_the_wrong_type_or_name_is_refused(
    http: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    answer = await http.get("/api/flights/search", params=a_search(**changes))
    assert answer.status_code == 400
    assert reason_of(answer)


async def test_a_missing_parameter_is_named(http: httpx.AsyncClient) -> None:
    query = a_search()
    del query["departureDate"]
    answer = await http.get("/api/flights/search", params=query)
    assert reason_of(answer) == "INVALID_FIELDS"
    assert "departureDate" in answer.text


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b'{"email": 1}', b"\xff\xfe"])
async def test_malformed_json_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await http.post("/api/v1/auth/login", content=body, headers=headers)
    assert answer.status_code == 400
    assert reason_of(answer)


async def test_another_content_type_than_json_is_refused(http: httpx.AsyncClient) -> None:
    body, headers = b'{"email": "a@b.example", "password": "x"}', {"content-type": "text/plain"}
    answer = await http.post("/api/v1/auth/login", content=body, headers=headers)
    assert answer.status_code == 415
    assert reason_of(answer)


async def test_a_body_over_the_limit_is_refused(http: httpx.AsyncClient) -> None:
    body = {"email": "a@b.example", "password": "x" * (2 << 20)}
    answer = await http.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 413
    assert reason_of(answer)


async def test_a_path_that_is_not_there_is_told_so(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert reason_of(answer)


async def test_no_token_an_expired_one_and_a_forged_one_are_refused(edge: Edge) -> None:
    good = edge.token("0190b1d6-0000-7000-8000-000000000001")
    expired = edge.token("0190b1d6-0000-7000-8000-000000000001", ttl=timedelta(hours=-1))
    head, payload, signature = good.split(".")
    forged = f"{head}.{payload}.{signature[:-4]}AAAA"
    for token in ("", expired, forged, "nonsense"):
        async with edge.http(token) as client:
            answer = await client.get("/api/v1/bookings")
            assert answer.status_code == 401
            assert reason_of(answer)


async def test_somebody_else_s_booking_is_not_there(edge: Edge) -> None:
    async with signed_in(edge) as owner, signed_in(edge) as stranger:
        booking = await a_booking(owner)
        path = f"/api/v1/bookings/{booking['bookingId']}"
        for answer in (
            await stranger.get(path),
            await stranger.post(f"{path}:cancel", json={}),
            await stranger.get(f"{path}:watch"),
        ):
            assert answer.status_code == 404
            assert reason_of(answer) == "BOOKING_NOT_FOUND"
        headers = {"idempotency-key": IDS.new()}
        order = {"bookingId": booking["bookingId"], "paymentMethod": "pm_card_visa"}
        answer = await stranger.post("/api/v1/payments/intents", json=order, headers=headers)
        assert answer.status_code == 404
        unchanged = (await owner.get(path)).json()["booking"]
        assert unchanged == booking


async def test_a_page_of_minus_one_is_refused(edge: Edge) -> None:
    async with signed_in(edge) as client:
        answer = await client.get("/api/v1/bookings", params={"pageSize": "-1"})
    assert answer.status_code == 400
    assert reason_of(answer) == "INVALID_FIELDS"


async def test_an_offer_that_is_not_there_cannot_be_booked(edge: Edge) -> None:
    async with signed_in(edge) as client:
        order = {
            "items": [{"flightOfferId": NOBODY_S}],
            "travellers": [a_person("Ada", "1985-12-10")],
        }
        headers = {"idempotency-key": IDS.new()}
        answer = await client.post("/api/v1/bookings", json=order, headers=headers)
        assert answer.status_code == 404
        assert reason_of(answer) == "OFFER_NOT_FOUND"
        assert (await client.get("/api/v1/bookings")).json()["bookings"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"dateOfBirth": "2999-01-01"},
        {"dateOfBirth": "0001-01-01"},
        {"dateOfBirth": "1985-02-30"},
        {"firstName": "   "},
        {"firstName": "a\r\nBcc: x@y.example"},
        {"firstName": "\N{GRINNING FACE}"},
        {"email": "nobody"},
        {"phone": "call me"},
        {"gender": "F"},
    ],
)
async def test_a_traveller_who_cannot_be_is_refused(edge: Edge, change: dict[str, str]) -> None:
    async with signed_in(edge) as client:
        search = await client.get("/api/flights/search", params=a_search())
        order = {
            "items": [{"flightOfferId": search.json()["offers"][0]["offerId"]}],
            "travellers": [a_person("Ada", "1985-12-10") | change],
        }
        headers = {"idempotency-key": IDS.new()}
        answer = await client.post("/api/v1/bookings", json=order, headers=headers)
        assert answer.status_code == 400
        assert reason_of(answer) == "INVALID_FIELDS"
        assert (await client.get("/api/v1/bookings")).json()["bookings"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/flights/search?originLocationCode=%FF&destinationLocationCode=JFK",
        "/api/v1/bookings?pageToken=%FF",
        "/api/v1/bookings?pageToken=%C3%28",
        "/api/v1/bookings/%FF",
        "/api/v1/payments/%FF",
    ],
)
async def test_text_that_is_not_utf_8_is_refused(edge: Edge, path: str) -> None:
    async with signed_in(edge) as client:
        answer = await client.get(path)
    assert answer.status_code == 400
    assert reason_of(answer) == "MALFORMED_REQUEST"


async def test_a_query_cannot_overrule_the_path(edge: Edge) -> None:
    async with signed_in(edge) as owner:
        mine, other = await a_booking(owner), await a_booking(owner)
        path = f"/api/v1/bookings/{mine['bookingId']}:cancel?bookingId={other['bookingId']}"
        answer = await owner.post(path, json={})
        assert answer.status_code == 400
        assert reason_of(answer) == "INVALID_REQUEST"
        for booking in (mine, other):
            found = await owner.get(f"/api/v1/bookings/{booking['bookingId']}")
            assert found.json()["booking"]["status"] == "BOOKING_STATUS_PENDING"


async def test_a_booking_without_a_key_is_refused(edge: Edge) -> None:
    async with signed_in(edge) as client:
        order = {
            "items": [{"flightOfferId": NOBODY_S}],
            "travellers": [a_person("Ada", "1985-12-10")],
        }
        answer = await client.post("/api/v1/bookings", json=order)
        assert answer.status_code == 400
        assert reason_of(answer) == "IDEMPOTENCY_KEY_MISSING"


async def test_a_path_cannot_be_overruled_by_its_body(edge: Edge) -> None:
    async with signed_in(edge) as owner:
        mine, other = await a_booking(owner), await a_booking(owner)
        path = f"/api/v1/bookings/{mine['bookingId']}:cancel"
        answer = await owner.post(path, json={"booking_id": other["bookingId"]})
        assert answer.status_code == 400
        path = f"/api/v1/bookings/{other['bookingId']}"
        assert (await owner.get(path)).json()["booking"]["status"] == "BOOKING_STATUS_PENDING"


async def test_a_webhook_without_the_right_signature_is_refused(http: httpx.AsyncClient) -> None:
    headers = {"stripe-signature": "t=1,v1=00", "content-type": "application/json"}
    answer = await http.post("/api/v1/payments/webhook", content=b"{}", headers=headers)
    assert answer.status_code == 400
    assert reason_of(answer)
