"""Events of the provider: only well signed ones, each taken in once, in any order."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from mesh.faults import InvalidArgument, Unavailable
from services.payment.domain import State
from tests.services.payment.conftest import PRICE, Rig, Sandbox, ShiftedClock, signature

BODY = b'{"id":"evt_1","object":"event","type":"x","data":{"object":{"object":"charge"}}}'


async def test_an_event_without_a_signature_is_refused(rig: Rig) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await rig.webhooks.receive(BODY, "")
    assert refusal.value.reason == "SIGNATURE_MISSING"


@pytest.mark.parametrize(
    "forged",
    [
        "nonsense",
        "t=,v1=",
        "t=1,v1=00",
        signature(BODY, "whsec_of_somebody_else"),
    ],
)
async def test_a_forged_event_is_refused(rig: Rig, forged: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await rig.webhooks.receive(BODY, forged)
    assert refusal.value.reason == "SIGNATURE_INVALID"


async def test_a_signature_covers_every_byte(rig: Rig) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await rig.webhooks.receive(BODY + b" ", signature(BODY, rig.secret))
    assert refusal.value.reason == "SIGNATURE_INVALID"


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b"{}", b"\xff\xfe", b'{"id":"evt"}'])
async def test_a_signed_body_that_is_no_event_is_refused(rig: Rig, body: bytes) -> None:
    signed = signature(body, rig.secret) if body != b"\xff\xfe" else "t=1,v1=00"
    with pytest.raises(InvalidArgument) as refusal:
        await rig.webhooks.receive(body, signed)
    assert refusal.value.reason == "SIGNATURE_INVALID"


@pytest.mark.parametrize("seconds", [-310, 310])
async def test_an_event_from_another_time_is_refused(rig: Rig, seconds: int) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=seconds)).timestamp()
    with pytest.raises(InvalidArgument) as refusal:
        await rig.webhooks.receive(BODY, signature(BODY, rig.secret, at))
    assert refusal.value.reason == "SIGNATURE_EXPIRED"


async def test_a_replayed_event_is_accepted_once(rig: Rig) -> None:
    payment, event_id = await rig.paid(), f"evt_{rig.ids.new()}"
    answers = await asyncio.gather(
        *(rig.receive(payment.intent_id or "", event_id=event_id) for _ in range(10))
    )
    assert sorted(answers) == [False] * 9 + [True]


async def test_an_event_before_the_reply_authorises_once(rig: Rig, sandbox: Sandbox) -> None:
    claim = rig.claim()
    await sandbox.fault("payment_intents.create", "reply-lost-after-commit", 2)
    with pytest.raises(Unavailable):
        await rig.pay(claim)
    intent = (await sandbox.intents(claim.booking_id))[0]
    await rig.receive(intent["id"])
    await rig.webhooks.work()
    claimed = await rig.till.claimed(claim)
    assert claimed is not None
    assert claimed.state == State.AUTHORIZED
    assert (await rig.pay(claim)).intent_id == intent["id"]
    assert await rig.events(claim.booking_id) == ["PaymentAuthorized"]


async def test_old_news_does_not_move_a_payment_back(rig: Rig, sandbox: Sandbox) -> None:
    payment = await rig.paid()
    booking = str(payment.booking_id)
    await rig.till.capture(booking)
    await rig.receive(payment.intent_id or "")
    await rig.webhooks.work()
    latest = await rig.store.latest([payment.booking_id])
    assert [each.state for each in latest] == [State.CAPTURED]
    assert (await sandbox.sums(booking))["amount_captured"] == PRICE.minor
    assert await rig.events(booking) == ["PaymentAuthorized"]


async def test_an_event_that_cannot_be_taken_in_now_is_taken_in_later(
    rig: Rig, sandbox: Sandbox, clock: ShiftedClock
) -> None:
    waiting = await rig.pay(rig.claim(card=""))
    path = f"/v1/payment_intents/{waiting.intent_id}/confirm"
    await sandbox.act(path, payment_method="pm_card_visa")
    await rig.receive(waiting.intent_id or "")
    await sandbox.fault("payment_intents.retrieve", "status:503", 2)
    await rig.webhooks.work()
    assert [each.state for each in await rig.store.latest([waiting.booking_id])] == [
        State.REQUIRES_ACTION
    ]
    clock.advance(timedelta(seconds=16))
    await rig.webhooks.work()
    assert [each.state for each in await rig.store.latest([waiting.booking_id])] == [
        State.AUTHORIZED
    ]


async def test_events_about_others_are_kept_and_left_alone(rig: Rig) -> None:
    assert await rig.receive("pi_of_another_system")
    await rig.webhooks.work()
    assert await rig.webhooks.work() == 0
