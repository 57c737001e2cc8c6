"""One trip by gRPC with the generated SDK, through the same public port."""

import asyncio

from dreamscape.auth.v1.auth_pb2 import LoginRequest, RegisterRequest
from dreamscape.booking.v1.booking_pb2 import (
    BOOKING_STATUS_CANCELLED,
    BOOKING_STATUS_CONFIRMED,
    CancelBookingRequest,
    CreateBookingRequest,
    NewBookingItem,
    WatchBookingRequest,
)
from dreamscape.payment.v1.payment_pb2 import (
    PAYMENT_STATUS_REFUNDED,
    CreatePaymentIntentRequest,
    ListPaymentsRequest,
)
from dreamscape.sdk import DreamScape
from dreamscape.voyage.v1.voyage_pb2 import PriceOfferRequest, SearchFlightsRequest, Traveller
from mesh.clock import SystemIds
from tests.journeys.conftest import PATIENCE, Edge, departure

IDS = SystemIds()


def a_person(first_name: str) -> Traveller:
    return Traveller(
        first_name=first_name,
        last_name="Hopper",
        date_of_birth="1976-12-09",
        gender="FEMALE",
        email="grace@example.com",
        phone="+12125550123",
    )


async def until_status(api: DreamScape, booking_id: str, wanted: int) -> list[int]:
    seen = []
    async with asyncio.timeout(PATIENCE):
        async for message in api.booking.watch_booking(WatchBookingRequest(booking_id=booking_id)):
            if message.HasField("item"):
                seen.append(message.item.status)
                if message.item.status == wanted:
                    break
    return seen


async def test_a_trip_is_booked_paid_confirmed_and_cancelled(edge: Edge) -> None:
    email, password = f"{IDS.new()}@example.com", IDS.secret()
    async with DreamScape(edge.grpc_address) as api:
        await api.auth.register(RegisterRequest(email=email, password=password))
        login = await api.auth.login(LoginRequest(email=email, password=password))
        api.token = login.tokens.access_token

        search = await api.voyage.search_flights(
            SearchFlightsRequest(
                origin_location_code="CDG",
                destination_location_code="JFK",
                departure_date=departure(),
                adults=2,
            )
        )
        priced = await api.voyage.price_offer(
            PriceOfferRequest(flight_offer_id=search.offers[0].offer_id)
        )
        created = await api.booking.create_booking(
            CreateBookingRequest(
                items=[NewBookingItem(flight_offer_id=priced.offer.offer_id)],
                travellers=[a_person("Grace"), a_person("Ada")],
            ),
            idempotency_key=IDS.new(),
        )
        booking_id = created.booking.booking_id
        watching = asyncio.create_task(until_status(api, booking_id, BOOKING_STATUS_CONFIRMED))
        await api.payment.create_payment_intent(
            CreatePaymentIntentRequest(booking_id=booking_id, payment_method="pm_card_visa"),
            idempotency_key=IDS.new(),
        )
        assert (await watching)[-1] == BOOKING_STATUS_CONFIRMED
        await edge.mail_about(email, "booked")

        await api.booking.cancel_booking(CancelBookingRequest(booking_id=booking_id))
        seen = await until_status(api, booking_id, BOOKING_STATUS_CANCELLED)
        assert seen[-1] == BOOKING_STATUS_CANCELLED
        payments = await api.payment.list_payments(ListPaymentsRequest())
        assert [p.status for p in payments.payments] == [PAYMENT_STATUS_REFUNDED]
        assert payments.payments[0].refunded == created.booking.total
        await edge.mail_about(email, "cancelled")
