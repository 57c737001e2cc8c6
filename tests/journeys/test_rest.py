"""One trip by REST: registered, booked, paid, confirmed, cancelled, refunded."""

import asyncio
import json
from typing import Any

import httpx

from mesh.clock import SystemIds
from tests.journeys.conftest import PATIENCE, Edge, departure

IDS = SystemIds()


def a_person(first_name: str, date_of_birth: str) -> dict[str, str]:
    return {
        "firstName": first_name,
        "lastName": "Lovelace",
        "dateOfBirth": date_of_birth,
        "gender": "FEMALE",
        "email": "ada@example.com",
        "phone": "+33612345678",
    }


async def until_status(
    client: httpx.AsyncClient, booking_id: str, wanted: str, opened: asyncio.Event
) -> list[str]:
    """The statuses that the booking's open stream shows, up to and with `wanted`."""
    seen: list[str] = []
    headers = {"accept": "text/event-stream"}
    path = f"/api/v1/bookings/{booking_id}:watch"
    async with asyncio.timeout(PATIENCE), client.stream("GET", path, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if not line.startswith("data:"):
                continue
            message = json.loads(line.removeprefix("data:"))
            if "item" in message:
                seen.append(message["item"]["status"].removeprefix("BOOKING_STATUS_"))
                opened.set()
                if seen[-1] == wanted:
                    return seen
    raise AssertionError(f"the stream ended after {seen}")


async def test_a_trip_is_booked_paid_confirmed_and_cancelled(edge: Edge) -> None:
    email, password = f"{IDS.new()}@example.com", IDS.secret()
    async with edge.http() as client:

        async def post(path: str, body: Any, key: str = "") -> Any:
            headers = {"idempotency-key": key} if key else {}
            answer = await client.post(path, json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.json()

        account = {"email": email, "password": password, "firstName": "Ada"}
        registered = await client.post("/api/v1/auth/register", json=account)
        assert (registered.status_code, registered.json()) == (201, {"email": email})

        login = await client.post("/api/v1/auth/login", json={"email": email, "password": password})
        assert "HttpOnly" in login.headers["set-cookie"]
        client.headers["authorization"] = f"Bearer {login.json()['tokens']['accessToken']}"

        search = await client.get(
            "/api/flights/search",
            params={
                "originLocationCode": "CDG",
                "destinationLocationCode": "JFK",
                "departureDate": departure(),
                "adults": 2,
            },
        )
        offers = search.json()["offers"]
        totals = [int(o["total"]["units"]) * 10**9 + o["total"]["nanos"] for o in offers]
        assert totals == sorted(totals)
        assert {o["itineraries"][0]["segments"][0]["departure"]["iataCode"] for o in offers} == {
            "CDG"
        }

        priced = await post("/api/flights/offers/pricing", {"flightOfferId": offers[0]["offerId"]})
        assert priced["offer"]["priced"] is True
        assert priced["priceChanged"] is False

        order = {
            "items": [{"flightOfferId": priced["offer"]["offerId"]}],
            "travellers": [a_person("Ada", "1985-12-10"), a_person("Grace", "1986-12-09")],
        }
        key = IDS.new()
        booking = (await post("/api/v1/bookings", order, key))["booking"]
        assert (await post("/api/v1/bookings", order, key))["booking"] == booking
        assert booking["status"] == "BOOKING_STATUS_PENDING"
        assert booking["total"] == offers[0]["total"]
        booking_id = booking["bookingId"]

        opened = asyncio.Event()
        watching = asyncio.create_task(until_status(client, booking_id, "CONFIRMED", opened))
        await opened.wait()
        payment = await post(
            "/api/v1/payments/intents",
            {"bookingId": booking_id, "paymentMethod": "pm_card_visa"},
            IDS.new(),
        )
        assert payment["payment"]["amount"] == booking["total"]
        seen = await watching
        assert (seen[0], seen[-1]) == ("PENDING", "CONFIRMED")

        confirmed = (await client.get(f"/api/v1/bookings/{booking_id}")).json()["booking"]
        assert len(confirmed["items"][0]["recordLocator"]) == 6
        mail = await edge.mail_about(email, "booked")
        assert booking_id in json.dumps(mail)

        opened = asyncio.Event()
        watching = asyncio.create_task(until_status(client, booking_id, "CANCELLED", opened))
        await opened.wait()
        await post(f"/api/v1/bookings/{booking_id}:cancel", {})
        assert (await watching)[-1] == "CANCELLED"
        paid = (await client.get("/api/v1/payments")).json()["payments"]
        assert [p["status"] for p in paid] == ["PAYMENT_STATUS_REFUNDED"]
        assert paid[0]["refunded"] == booking["total"]
        await edge.mail_about(email, "cancelled")
        listed = (await client.get("/api/v1/bookings")).json()["bookings"]
        assert [b["status"] for b in listed] == ["BOOKING_STATUS_CANCELLED"]
