"""`kill -9` of any one process in the middle of a booking: it ends whole, charged at most once."""

import asyncio
from typing import Any

import httpx
import pytest

from mesh.clock import SystemIds
from tests.conftest import Running
from tests.journeys.conftest import Edge, departure
from tests.journeys.test_rest import a_person

IDS = SystemIds()
SETTLE_SECONDS = 60.0
BOOKINGS = 3
PARTS = [
    "business",
    "core",
    "experience",
    "envoy-edge",
    "envoy-business",
    "envoy-core",
    "postgres",
    "redis",
    "kafka",
    "s3",
    "sandbox",
]


async def persistently(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> Any:
    """The answer of a call that is repeated until something answers it, as a client does."""
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            try:
                answer = await client.request(method, path, **more)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500 and answer.status_code != 409:
                assert answer.is_success, answer.text
                return answer.json()
            await asyncio.sleep(0.2)


async def a_paid_booking(client: httpx.AsyncClient, paying: asyncio.Event) -> dict[str, Any]:
    """Book, pay and wait until the booking is settled, repeating what is not answered."""
    query = {
        "originLocationCode": "CDG",
        "destinationLocationCode": "JFK",
        "departureDate": departure(),
    }
    search = await persistently(client, "GET", "/api/flights/search", params=query)
    order = {
        "items": [{"flightOfferId": search["offers"][0]["offerId"]}],
        "travellers": [a_person("Ada", "1985-12-10")],
    }
    key = {"idempotency-key": IDS.new()}
    created = await persistently(client, "POST", "/api/v1/bookings", json=order, headers=key)
    booking_id = created["booking"]["bookingId"]
    paying.set()
    order = {"bookingId": booking_id, "paymentMethod": "pm_card_visa"}
    key = {"idempotency-key": IDS.new()}
    await persistently(client, "POST", "/api/v1/payments/intents", json=order, headers=key)
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            path = f"/api/v1/bookings/{booking_id}"
            booking: dict[str, Any] = (await persistently(client, "GET", path))["booking"]
            if booking["status"] != "BOOKING_STATUS_PENDING":
                return booking
            await asyncio.sleep(0.1)


async def orders_and_charges(running: Running, booking: dict[str, Any]) -> tuple[int, int]:
    """How many orders live and how many captures stand, by the sandboxes' own books."""
    item = booking["items"][0]["itemId"]
    async with httpx.AsyncClient() as client:
        orders = (await client.get(f"{running.addresses.amadeus_url}/_sandbox/orders")).json()
        charges = (await client.get(f"{running.addresses.stripe_url}/_sandbox/charges")).json()
    assert orders["miscounted"] == []
    order = orders["byReference"].get(item, {"ever": 0, "live": 0})
    money = charges["byBooking"].get(booking["bookingId"], {"captures": 0, "amount_refunded": 0})
    assert order["ever"] <= 1
    assert money["captures"] <= 1
    standing = money["captures"] - (1 if money["amount_refunded"] else 0)
    return order["live"], standing


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.timeout(180)
async def test_a_booking_survives_the_death_of(part: str, whole_mesh: Running) -> None:
    edge = Edge(whole_mesh)
    async with edge.http() as client:
        account = {"email": f"{IDS.new()}@example.com", "password": IDS.secret()}
        await persistently(client, "POST", "/api/v1/auth/register", json=account)
        login = await persistently(client, "POST", "/api/v1/auth/login", json=account)
        client.headers["authorization"] = f"Bearer {login['tokens']['accessToken']}"

        paying = [asyncio.Event() for _ in range(BOOKINGS)]
        trips = [asyncio.create_task(a_paid_booking(client, event)) for event in paying]
        await paying[0].wait()
        await whole_mesh.supervisor.kill(part)
        await whole_mesh.supervisor.start([part])
        bookings = await asyncio.gather(*trips)

    for booking in bookings:
        kept = booking["status"] == "BOOKING_STATUS_CONFIRMED"
        assert await orders_and_charges(whole_mesh, booking) == ((1, 1) if kept else (0, 0))
