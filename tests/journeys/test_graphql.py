"""One trip by GraphQL, the way a mobile app does it: one query for what it shows."""

import asyncio
import json
from typing import Any

import httpx

from mesh.clock import SystemIds
from tests.journeys.conftest import PATIENCE, Edge, departure

IDS = SystemIds()

REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { email } }"
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { tokens { accessToken } } }"
SEARCH = """
query ($day: String!) {
  searchFlights(originLocationCode: "CDG", destinationLocationCode: "JFK",
                departureDate: $day, adults: 2, max: 5) {
    offers { offerId total { amount currencyCode } }
  }
}"""
PRICE = """
mutation ($input: PriceOfferInput!) {
  priceOffer(input: $input) { priceChanged offer { offerId total { amount } } }
}"""
BOOK = """
mutation ($input: CreateBookingInput!, $key: String!) {
  createBooking(input: $input, idempotencyKey: $key) { bookingId status total { amount } }
}"""
PAY = """
mutation ($input: CreatePaymentIntentInput!, $key: String!) {
  createPaymentIntent(input: $input, idempotencyKey: $key) { payment { paymentId } }
}"""
CANCEL = """
mutation ($input: CancelBookingInput!) { cancelBooking(input: $input) { bookingId } }"""
WATCH = "subscription ($id: String!) { watchBooking(bookingId: $id) { status } }"
TRIPS = """
query {
  bookings {
    bookings {
      status
      owner { email firstName }
      payment { status amount { amount } refunded { amount } }
      items { recordLocator flight { itineraries { segments { departure { iataCode } } } } }
      travellers { firstName }
    }
  }
}"""


class App:
    """A mobile app: every answer without errors."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        answer = await self.client.post("/graphql", json=body)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]

    async def watch(self, booking_id: str, wanted: str, opened: asyncio.Event) -> list[str]:
        seen: list[str] = []
        body = {"query": WATCH, "variables": {"id": booking_id}}
        headers = {"accept": "text/event-stream"}
        async with (
            asyncio.timeout(PATIENCE),
            self.client.stream("POST", "/graphql", json=body, headers=headers) as stream,
        ):
            async for line in stream.aiter_lines():
                if line.startswith("data:") and line.removeprefix("data:").strip():
                    message = json.loads(line.removeprefix("data:"))
                    seen.append(message["data"]["watchBooking"]["status"])
                    opened.set()
                    if seen[-1] == wanted:
                        return seen
        raise AssertionError(f"the subscription ended after {seen}")


def a_person(first_name: str) -> dict[str, str]:
    return {
        "firstName": first_name,
        "lastName": "Noether",
        "dateOfBirth": "1982-03-23",
        "gender": "FEMALE",
        "email": "emmy@example.com",
        "phone": "+4991311234",
    }


async def test_a_trip_is_booked_paid_confirmed_and_cancelled(edge: Edge) -> None:
    email, password = f"{IDS.new()}@example.com", IDS.secret()
    async with edge.http() as client:
        app = App(client)
        account = {"email": email, "password": password, "firstName": "Emmy"}
        assert (await app.ask(REGISTER, input=account))["register"] == {"email": email}
        login = await app.ask(LOGIN, input={"email": email, "password": password})
        token = login["login"]["tokens"]["accessToken"]
        client.headers["authorization"] = f"Bearer {token}"

        offers = (await app.ask(SEARCH, day=departure()))["searchFlights"]["offers"]
        assert len(offers) == 5
        priced = (await app.ask(PRICE, input={"flightOfferId": offers[0]["offerId"]}))["priceOffer"]
        assert priced["offer"]["total"]["amount"] == offers[0]["total"]["amount"]
        order = {
            "items": [{"flightOfferId": priced["offer"]["offerId"]}],
            "travellers": [a_person("Emmy"), a_person("Ada")],
        }
        booking = (await app.ask(BOOK, input=order, key=IDS.new()))["createBooking"]
        assert booking["status"] == "PENDING"

        opened = asyncio.Event()
        watching = asyncio.create_task(app.watch(booking["bookingId"], "CONFIRMED", opened))
        await opened.wait()
        payment = {"bookingId": booking["bookingId"], "paymentMethod": "pm_card_visa"}
        await app.ask(PAY, input=payment, key=IDS.new())
        assert (await watching)[-1] == "CONFIRMED"
        await edge.mail_about(email, "booked")

        trip = (await app.ask(TRIPS))["bookings"]["bookings"][0]
        assert trip["owner"] == {"email": email, "firstName": "Emmy"}
        assert trip["payment"]["status"] == "CAPTURED"
        assert trip["payment"]["amount"] == booking["total"]
        segments = trip["items"][0]["flight"]["itineraries"][0]["segments"]
        assert segments[0]["departure"] == {"iataCode": "CDG"}
        assert [t["firstName"] for t in trip["travellers"]] == ["Emmy", "Ada"]

        opened = asyncio.Event()
        watching = asyncio.create_task(app.watch(booking["bookingId"], "CANCELLED", opened))
        await opened.wait()
        await app.ask(CANCEL, input={"bookingId": booking["bookingId"]})
        assert (await watching)[-1] == "CANCELLED"
        trip = (await app.ask(TRIPS))["bookings"]["bookings"][0]
        assert trip["payment"]["status"] == "REFUNDED"
        assert trip["payment"]["refunded"] == booking["total"]
        await edge.mail_about(email, "cancelled")
