"""Paying for bookings, as their owners and the booking service see it, in the whole house."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from google.api import httpbody_pb2

from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.voyage.v1 import voyage_pb2
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.faults import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from tests.services.conftest import House, eventually
from tests.services.payment.conftest import signature

ADA = voyage_pb2.Traveller(
    first_name="Ada",
    last_name="Lovelace",
    date_of_birth="1985-12-10",
    gender="FEMALE",
    email="ada@example.com",
    phone="+33612345678",
)
DONE = {
    payment_pb2.PAYMENT_STATUS_AUTHORIZED,
    payment_pb2.PAYMENT_STATUS_CAPTURED,
}


@dataclass
class Payer:
    """A traveller who pays."""

    house: House
    token: str
    days: int = 200

    @property
    def payments(self) -> PaymentClient:
        return self.house.client(PaymentClient, token=self.token)

    async def a_booking(self) -> booking_pb2.Booking:
        """A booking that waits for its payment."""
        self.days += 1
        day = (self.house.process.clock.now() + timedelta(days=self.days)).date()
        found = await self.house.client(VoyageClient).search_flights(
            voyage_pb2.SearchFlightsRequest(
                origin_location_code="CDG",
                destination_location_code="JFK",
                departure_date=day.isoformat(),
                max=1,
            )
        )
        item = booking_pb2.NewBookingItem(flight_offer_id=found.offers[0].offer_id)
        answer = await self.house.client(BookingClient, token=self.token).create_booking(
            booking_pb2.CreateBookingRequest(items=[item], travellers=[ADA]),
            idempotency_key=self.house.process.ids.new(),
        )
        return answer.booking

    async def pay(
        self, booking_id: str, *, card: str = "pm_card_visa", key: str = ""
    ) -> payment_pb2.CreatePaymentIntentResponse:
        return await self.payments.create_payment_intent(
            payment_pb2.CreatePaymentIntentRequest(booking_id=booking_id, payment_method=card),
            idempotency_key=key or self.house.process.ids.new(),
        )


@pytest.fixture
async def payer(house: House) -> Payer:
    return Payer(house, (await house.a_traveller()).token)


async def test_the_amount_is_the_total_of_the_booking(payer: Payer) -> None:
    booking = await payer.a_booking()
    answer = await payer.pay(booking.booking_id)
    assert answer.payment.amount == booking.total
    assert answer.payment.booking_id == booking.booking_id
    assert answer.payment.user_id == booking.user_id
    assert answer.payment.status in DONE
    assert answer.client_secret


async def test_twenty_calls_with_one_key_get_one_payment(house: House, payer: Payer) -> None:
    booking, key = await payer.a_booking(), house.process.ids.new()
    answers = await asyncio.gather(*(payer.pay(booking.booking_id, key=key) for _ in range(20)))
    assert len({answer.payment.payment_id for answer in answers}) == 1
    charges = (await house.witness("stripe/_sandbox/charges"))["charges"]
    assert len([each for each in charges if each["booking_id"] == booking.booking_id]) == 1


async def test_a_decline_is_told_with_its_reason_and_another_card_pays(payer: Payer) -> None:
    booking = await payer.a_booking()
    with pytest.raises(FailedPrecondition) as refusal:
        await payer.pay(booking.booking_id, card="pm_card_chargeDeclinedInsufficientFunds")
    assert refusal.value.reason == "CARD_DECLINED"
    assert refusal.value.metadata["decline_code"] == "insufficient_funds"
    assert (await payer.pay(booking.booking_id)).payment.status in DONE


async def test_somebody_elses_booking_cannot_be_paid(house: House, payer: Payer) -> None:
    booking = await payer.a_booking()
    stranger = Payer(house, (await house.a_traveller()).token)
    with pytest.raises(NotFound) as refusal:
        await stranger.pay(booking.booking_id)
    assert refusal.value.reason == "BOOKING_NOT_FOUND"


async def test_somebody_elses_payment_is_not_there(house: House, payer: Payer) -> None:
    booking = await payer.a_booking()
    mine = (await payer.pay(booking.booking_id)).payment
    stranger = Payer(house, (await house.a_traveller()).token).payments
    with pytest.raises(NotFound) as refusal:
        await stranger.get_payment(payment_pb2.GetPaymentRequest(payment_id=mine.payment_id))
    assert refusal.value.reason == "PAYMENT_NOT_FOUND"
    batch = payment_pb2.BatchGetPaymentsRequest(booking_ids=[booking.booking_id, "nonsense"])
    assert not (await stranger.batch_get_payments(batch)).payments
    assert not (await stranger.list_payments(payment_pb2.ListPaymentsRequest())).payments
    owned = (await payer.payments.batch_get_payments(batch)).payments
    assert [payment.payment_id for payment in owned] == [mine.payment_id]
    service = house.client(PaymentClient, service="booking")
    seen = (await service.batch_get_payments(batch)).payments
    assert [payment.payment_id for payment in seen] == [mine.payment_id]


async def test_payments_are_listed_newest_first_in_pages(payer: Payer) -> None:
    bookings = [await payer.a_booking() for _ in range(3)]
    paid = [(await payer.pay(each.booking_id)).payment.payment_id for each in bookings]
    listed: list[str] = []
    request = payment_pb2.ListPaymentsRequest(page_size=2)
    for _ in range(2):
        page = await payer.payments.list_payments(request)
        listed += [payment.payment_id for payment in page.payments]
        request.page_token = page.next_page_token
    assert listed == paid[::-1]
    assert request.page_token == ""


@pytest.mark.parametrize("token", ["x", "AAAA", "!!!!", "AAAAAAAAAAAAAAAAAAAAAAA", "é"])
async def test_a_page_token_of_nobody_is_refused(payer: Payer, token: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await payer.payments.list_payments(payment_pb2.ListPaymentsRequest(page_token=token))
    assert refusal.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_booking_that_is_paid_takes_no_second_payment(payer: Payer) -> None:
    booking = await payer.a_booking()
    await payer.pay(booking.booking_id)
    with pytest.raises(FailedPrecondition) as refusal:
        await payer.pay(booking.booking_id)
    assert refusal.value.reason in {"PAYMENT_IN_PROGRESS", "BOOKING_NOT_PAYABLE"}


async def test_a_payment_without_an_idempotency_key_is_refused(payer: Payer) -> None:
    request = payment_pb2.CreatePaymentIntentRequest(booking_id=payer.house.process.ids.new())
    with pytest.raises(InvalidArgument) as refusal:
        await payer.payments.create_payment_intent(request, idempotency_key="")
    assert refusal.value.reason == "IDEMPOTENCY_KEY_MISSING"


async def test_only_booking_captures_and_returns(house: House, payer: Payer) -> None:
    capture = payment_pb2.CapturePaymentRequest(booking_id=house.process.ids.new())
    back = payment_pb2.ReturnPaymentRequest(booking_id=house.process.ids.new())
    for client in (payer.payments, house.client(PaymentClient, service="user")):
        with pytest.raises(PermissionDenied):
            await client.capture_payment(capture)
        with pytest.raises(PermissionDenied):
            await client.return_payment(back)
    with pytest.raises(Unauthenticated):
        await house.client(PaymentClient).list_payments(payment_pb2.ListPaymentsRequest())
    booking = house.client(PaymentClient, service="booking")
    assert not (await booking.return_payment(back)).HasField("payment")


async def test_a_payment_made_in_the_payers_browser_is_seen_by_a_signed_event(
    house: House, payer: Payer
) -> None:
    booking = await payer.a_booking()
    waiting = await payer.pay(booking.booking_id, card="")
    assert waiting.payment.status == payment_pb2.PAYMENT_STATUS_REQUIRES_ACTION
    intent_id = waiting.client_secret.partition("_secret_")[0]
    await confirm(house, intent_id)
    answer = await announce(house, intent_id)
    assert answer.accepted

    async def done() -> bool:
        request = payment_pb2.GetPaymentRequest(payment_id=waiting.payment.payment_id)
        return (await payer.payments.get_payment(request)).payment.status in DONE

    assert await eventually(done)


async def confirm(house: House, intent_id: str) -> None:
    """What Stripe's script does in the payer's browser."""
    headers = {"authorization": f"Bearer {house.running.secrets.stripe_secret_key}"}
    url = house.running.addresses.stripe_url
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        path = f"/v1/payment_intents/{intent_id}/confirm"
        (await client.post(path, data={"payment_method": "pm_card_visa"})).raise_for_status()


async def announce(house: House, intent_id: str) -> Any:
    """What Stripe sends to the public webhook."""
    subject = {"id": intent_id, "object": "payment_intent"}
    kind = "payment_intent.amount_capturable_updated"
    event_id = f"evt_{house.process.ids.new()}"
    payload = orjson.dumps(
        {"id": event_id, "object": "event", "type": kind, "data": {"object": subject}}
    )
    signed = signature(payload, house.running.secrets.stripe_webhook_secret)
    body = httpbody_pb2.HttpBody(content_type="application/json", data=payload)
    client = house.client(PaymentClient, headers={"stripe-signature": signed})
    return await client.receive_webhook(payment_pb2.ReceiveWebhookRequest(payload=body))
