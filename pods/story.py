"""One trip booked through the public edge, as a traveller's client would: what `make up` shows."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from mesh.clock import SystemClock, SystemIds
from pods.addresses import addresses
from pods.config import Config
from pods.secrets import load

_TIMEOUT = 20.0
_DAYS_AHEAD = timedelta(days=60)
_LOOKS, _PAUSE = 200, 0.1
_TRIES, _TRY_AGAIN = 40, 0.5
_SETTLED = {"BOOKING_STATUS_CONFIRMED", "BOOKING_STATUS_CANCELLED"}

Json = dict[str, Any]


class Traveller:
    """A client of the REST edge; each step fails loudly with the problem document."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def sign_up(self, email: str, password: str) -> None:
        """Register and log in."""
        names = {"firstName": "Ada", "lastName": "Lovelace"}
        await self.post("/api/v1/auth/register", {"email": email, "password": password, **names})
        answer = await self.post("/api/v1/auth/login", {"email": email, "password": password})
        self._client.headers["authorization"] = f"Bearer {answer['tokens']['accessToken']}"

    async def book(self, day: str, key: str) -> Json:
        """Search, price and book the cheapest flight from Paris to New York for two."""
        route = {"originLocationCode": "CDG", "destinationLocationCode": "JFK"}
        found = await self.get("/api/flights/search", departureDate=day, adults="2", **route)
        cheapest = {"flightOfferId": found["offers"][0]["offerId"]}
        priced = await self.post("/api/flights/offers/pricing", cheapest)
        order = {
            "items": [{"flightOfferId": priced["offer"]["offerId"]}],
            "travellers": [_person("Ada", "1985-12-10"), _person("Grace", "1986-12-09")],
        }
        booking: Json = (await self.post("/api/v1/bookings", order, key))["booking"]
        return booking

    async def pay(self, booking_id: str, key: str) -> Json:
        """Pay with the provider's test card."""
        order = {"bookingId": booking_id, "paymentMethod": "pm_card_visa"}
        payment: Json = (await self.post("/api/v1/payments/intents", order, key))["payment"]
        return payment

    async def settled(self, booking_id: str) -> Json:
        """The booking once it is confirmed or given up; TimeoutError after 20 seconds."""
        for _ in range(_LOOKS):
            booking: Json = (await self.get(f"/api/v1/bookings/{booking_id}"))["booking"]
            if booking["status"] in _SETTLED:
                return booking
            await asyncio.sleep(_PAUSE)
        raise TimeoutError(f"booking {booking_id} did not settle")

    async def get(self, path: str, **query: str) -> Json:
        """The answer of a GET."""
        return await self._answer("GET", path, params=query)

    async def post(self, path: str, body: Json, key: str = "") -> Json:
        """The answer of a POST, with an Idempotency-Key when one is given."""
        headers = {"idempotency-key": key} if key else {}
        return await self._answer("POST", path, json=body, headers=headers)

    async def _answer(self, method: str, path: str, **request: Any) -> Json:
        """The answer, asked for again while a pod that has just started is not yet trusted.

        Every step of the story may be repeated: what creates something carries its key.
        """
        for _ in range(_TRIES):
            response = await self._client.request(method, path, **request)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(_TRY_AGAIN)
        if response.is_error:
            raise ConnectionError(f"{path} answered {response.text}")
        answer: Json = response.json()
        return answer


async def book_one_trip(config: Config) -> None:
    """Book a trip and print it with the addresses where it can be looked at."""
    found = addresses(config, load(config))
    clock, ids = SystemClock(), SystemIds()
    day = (clock.now() + _DAYS_AHEAD).date().isoformat()
    email = f"ada.{ids.new()}@example.com"
    async with httpx.AsyncClient(base_url=found.edge_url, timeout=_TIMEOUT) as client:
        traveller = Traveller(client)
        await traveller.sign_up(email, ids.secret())
        booking = await traveller.book(day, ids.new())
        await traveller.pay(booking["bookingId"], ids.new())
        booking = await traveller.settled(booking["bookingId"])
    total, item = booking["total"], booking["items"][0]
    print(f"\n  booked   CDG → JFK on {day} for two: {booking['status']}")
    print(f"  booking  {booking['bookingId']}, record locator {item.get('recordLocator')}")
    print(f"  paid     {total['units']}.{total['nanos'] // 10**7:02} {total['currencyCode']}")
    print(f"  edge     {found.edge_url}  (REST, gRPC and gRPC-web)")
    print(f"  docs     {found.edge_url}/docs")
    print(f"  GraphQL  {found.edge_url}/graphql")
    print(f"  mailbox  {found.mailbox_url}\n")


def _person(first_name: str, date_of_birth: str) -> Json:
    return {
        "firstName": first_name,
        "lastName": "Lovelace",
        "dateOfBirth": date_of_birth,
        "gender": "FEMALE",
        "email": "ada@example.com",
        "phone": "+33612345678",
    }
