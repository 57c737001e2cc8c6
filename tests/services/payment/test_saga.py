"""Money moves once, whatever happens to the replies; the sandbox's books are the witness."""

import asyncio
from datetime import timedelta

import pytest

from mesh.faults import FailedPrecondition, InvalidArgument, Unavailable
from services.payment.domain import State
from tests.conftest import Running
from tests.services.payment.conftest import PRICE, Rig, Sandbox, ShiftedClock

LOST = "reply-lost-after-commit"
A_WHILE = timedelta(seconds=60)
NOTHING = {"authorized": 0, "captures": 0, "amount_captured": 0, "amount_refunded": 0}
AUTHORIZED = NOTHING | {"authorized": 1}
CAPTURED = NOTHING | {"captures": 1, "amount_captured": PRICE.minor}
REFUNDED = CAPTURED | {"amount_refunded": PRICE.minor}


async def test_a_good_card_is_authorised_and_not_charged(rig: Rig, sandbox: Sandbox) -> None:
    payment = await rig.paid()
    booking = str(payment.booking_id)
    assert payment.state == State.AUTHORIZED
    assert payment.client_secret.startswith(f"{payment.intent_id}_secret_")
    assert await sandbox.sums(booking) == AUTHORIZED
    assert await rig.events(booking) == ["PaymentAuthorized"]


async def test_twenty_calls_with_one_key_make_one_intent(rig: Rig, sandbox: Sandbox) -> None:
    claim = rig.claim()
    answers = await asyncio.gather(*(rig.pay(claim) for _ in range(20)))
    assert {answer.payment_id for answer in answers} == {answers[0].payment_id}
    assert {answer.state for answer in answers} == {State.AUTHORIZED}
    assert len(await sandbox.intents(claim.booking_id)) == 1
    assert await sandbox.sums(claim.booking_id) == AUTHORIZED
    assert await rig.events(claim.booking_id) == ["PaymentAuthorized"]


async def test_twenty_keys_for_one_booking_make_one_intent(rig: Rig, sandbox: Sandbox) -> None:
    booking = rig.ids.new()
    answers = await asyncio.gather(
        *(rig.pay(rig.claim(booking_id=booking)) for _ in range(20)), return_exceptions=True
    )
    refused = [each.reason for each in answers if isinstance(each, FailedPrecondition)]
    assert refused == ["PAYMENT_IN_PROGRESS"] * 19
    assert await sandbox.sums(booking) == AUTHORIZED


async def test_a_key_that_was_used_for_another_request_is_refused(rig: Rig) -> None:
    claim = rig.claim()
    await rig.pay(claim)
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.pay(rig.claim(booking_id=rig.ids.new(), key=claim.client_key))
    assert refusal.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_another_card_may_pay_after_a_decline(rig: Rig, sandbox: Sandbox) -> None:
    poor = rig.claim(card="pm_card_chargeDeclinedInsufficientFunds")
    for _ in range(2):
        with pytest.raises(FailedPrecondition) as refusal:
            await rig.pay(poor)
        assert refusal.value.reason == "CARD_DECLINED"
        assert refusal.value.metadata == {
            "failure": "card_declined",
            "decline_code": "insufficient_funds",
        }
    failed = await rig.till.claimed(poor)
    assert failed is not None
    assert (failed.state, failed.failure) == (State.FAILED, "card_declined")
    paid = await rig.pay(rig.claim(booking_id=poor.booking_id))
    assert paid.state == State.AUTHORIZED
    assert await sandbox.sums(poor.booking_id) == AUTHORIZED
    statuses = [each["status"] for each in await sandbox.intents(poor.booking_id)]
    assert sorted(statuses) == ["canceled", "requires_capture"]


async def test_an_unknown_payment_method_is_an_invalid_argument(rig: Rig) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await rig.pay(rig.claim(card="pm_card_nobody"))
    assert refusal.value.reason == "PAYMENT_METHOD_UNKNOWN"


async def test_without_a_card_the_payer_acts_at_the_provider(rig: Rig, sandbox: Sandbox) -> None:
    waiting = await rig.pay(rig.claim(card=""))
    booking = str(waiting.booking_id)
    assert waiting.state == State.REQUIRES_ACTION
    path = f"/v1/payment_intents/{waiting.intent_id}/confirm"
    await sandbox.act(path, payment_method="pm_card_visa")
    await rig.receive(waiting.intent_id or "")
    await rig.webhooks.work()
    assert [each.state for each in await rig.store.latest([waiting.booking_id])] == ["AUTHORIZED"]
    assert await rig.events(booking) == ["PaymentAuthorized"]


async def test_a_lost_event_is_made_up_for(rig: Rig, sandbox: Sandbox, clock: ShiftedClock) -> None:
    waiting = await rig.pay(rig.claim(card="pm_card_authenticationRequired"))
    assert waiting.state == State.REQUIRES_ACTION
    path = f"/_sandbox/payment_intents/{waiting.intent_id}/authenticate"
    await sandbox.act(path, outcome="succeeded")
    clock.advance(A_WHILE)
    await rig.completer.work()
    assert [each.state for each in await rig.store.latest([waiting.booking_id])] == ["AUTHORIZED"]


async def test_a_new_intent_replaces_one_that_waits_for_the_payer(
    rig: Rig, sandbox: Sandbox, clock: ShiftedClock
) -> None:
    waiting = await rig.pay(rig.claim(card=""))
    booking = str(waiting.booking_id)
    paid = await rig.pay(rig.claim(booking_id=booking))
    path = f"/v1/payment_intents/{waiting.intent_id}/confirm"
    await sandbox.act(path, payment_method="pm_card_visa")
    clock.advance(A_WHILE)
    await rig.completer.work()
    assert paid.state == State.AUTHORIZED
    statuses = [each["status"] for each in await sandbox.intents(booking)]
    assert sorted(statuses) == ["canceled", "requires_capture"]
    assert await sandbox.sums(booking) == AUTHORIZED
    assert await rig.events(booking) == ["PaymentAuthorized"]


async def test_capturing_twice_charges_once(rig: Rig, sandbox: Sandbox) -> None:
    payment = await rig.paid()
    booking = str(payment.booking_id)
    answers = [await rig.till.capture(booking) for _ in range(2)]
    assert [answer.state for answer in answers] == [State.CAPTURED, State.CAPTURED]
    assert answers[0].captured == PRICE.minor
    assert await sandbox.sums(booking) == CAPTURED


async def test_ten_captures_at_once_charge_once(rig: Rig, sandbox: Sandbox) -> None:
    booking = str((await rig.paid()).booking_id)
    answers = await asyncio.gather(*(rig.till.capture(booking) for _ in range(10)))
    assert {answer.state for answer in answers} == {State.CAPTURED}
    assert await sandbox.sums(booking) == CAPTURED


async def test_nothing_is_captured_without_an_authorisation(rig: Rig, sandbox: Sandbox) -> None:
    waiting = await rig.pay(rig.claim(card=""))
    for booking in (rig.ids.new(), str(waiting.booking_id)):
        with pytest.raises(FailedPrecondition) as refusal:
            await rig.till.capture(booking)
        assert refusal.value.reason == "NOT_AUTHORIZED"
        assert await sandbox.sums(booking) == NOTHING


async def test_what_is_returned_before_the_capture_is_released(rig: Rig, sandbox: Sandbox) -> None:
    booking = str((await rig.paid()).booking_id)
    for _ in range(2):
        returned = await rig.till.give_back(booking)
        assert returned is not None
        assert (returned.state, returned.refunded) == (State.RELEASED, 0)
    assert await sandbox.sums(booking) == NOTHING
    assert await rig.events(booking) == ["PaymentAuthorized", "PaymentReturned"]
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.till.capture(booking)
    assert refusal.value.reason == "PAYMENT_RETURNED"


async def test_what_is_returned_after_the_capture_is_refunded(rig: Rig, sandbox: Sandbox) -> None:
    booking = str((await rig.paid()).booking_id)
    await rig.till.capture(booking)
    answers = await asyncio.gather(*(rig.till.give_back(booking) for _ in range(10)))
    assert {answer.state for answer in answers if answer} == {State.REFUNDED}
    assert {answer.refunded for answer in answers if answer} == {PRICE.minor}
    assert await sandbox.sums(booking) == REFUNDED
    assert await rig.events(booking) == ["PaymentAuthorized", "PaymentReturned"]


async def test_a_booking_returned_before_it_was_paid_is_never_paid(
    rig: Rig, sandbox: Sandbox
) -> None:
    booking = rig.ids.new()
    assert await rig.till.give_back(booking) is None
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.pay(rig.claim(booking_id=booking))
    assert refusal.value.reason == "BOOKING_CLOSED"
    assert await sandbox.intents(booking) == []
    assert await rig.events(booking) == []


async def test_returning_what_waits_for_the_payer_cancels_it(rig: Rig, sandbox: Sandbox) -> None:
    waiting = await rig.pay(rig.claim(card=""))
    booking = str(waiting.booking_id)
    returned = await rig.till.give_back(booking)
    assert returned is not None
    assert returned.state == State.RELEASED
    assert [each["status"] for each in await sandbox.intents(booking)] == ["canceled"]


@pytest.mark.parametrize("fault", [LOST, "status:500", "status:503", "status:429"])
async def test_an_authorisation_without_an_answer_is_made_sure_of(
    rig: Rig, sandbox: Sandbox, around: Running, clock: ShiftedClock, fault: str
) -> None:
    claim = rig.claim()
    await sandbox.fault("payment_intents.create", fault, 8)
    with pytest.raises(Unavailable) as unknown:
        await rig.pay(claim)
    assert unknown.value.reason == "PROVIDER_UNAVAILABLE"
    await sandbox.forget_faults()
    other = Rig(around, clock)
    assert (await other.pay(claim)).state == State.AUTHORIZED
    await other.close()
    assert await sandbox.sums(claim.booking_id) == AUTHORIZED
    assert await rig.events(claim.booking_id) == ["PaymentAuthorized"]


async def test_one_lost_reply_is_not_even_noticed(rig: Rig, sandbox: Sandbox) -> None:
    claim = rig.claim()
    await sandbox.fault("payment_intents.create", LOST)
    assert (await rig.pay(claim)).state == State.AUTHORIZED
    assert await sandbox.sums(claim.booking_id) == AUTHORIZED


@pytest.mark.parametrize("fault", [LOST, "status:500", "status:503"])
async def test_a_capture_without_an_answer_is_made_sure_of(
    rig: Rig, sandbox: Sandbox, fault: str
) -> None:
    booking = str((await rig.paid()).booking_id)
    await sandbox.fault("payment_intents.capture", fault, 4)
    with pytest.raises(Unavailable):
        await rig.till.capture(booking)
    await sandbox.forget_faults()
    assert (await rig.till.capture(booking)).state == State.CAPTURED
    assert await sandbox.sums(booking) == CAPTURED


@pytest.mark.parametrize("fault", [LOST, "status:500", "status:503"])
async def test_a_refund_without_an_answer_is_made_sure_of(
    rig: Rig, sandbox: Sandbox, fault: str
) -> None:
    booking = str((await rig.paid()).booking_id)
    await rig.till.capture(booking)
    await sandbox.fault("refunds.create", fault, 4)
    with pytest.raises(Unavailable):
        await rig.till.give_back(booking)
    await sandbox.forget_faults()
    returned = await rig.till.give_back(booking)
    assert returned is not None
    assert returned.state == State.REFUNDED
    assert await sandbox.sums(booking) == REFUNDED
    assert await rig.events(booking) == ["PaymentAuthorized", "PaymentReturned"]


async def test_returning_while_an_authorisation_is_in_doubt_leaves_nothing_authorised(
    rig: Rig, sandbox: Sandbox
) -> None:
    claim = rig.claim()
    await sandbox.fault("payment_intents.create", LOST, 2)
    with pytest.raises(Unavailable):
        await rig.pay(claim)
    returned = await rig.till.give_back(claim.booking_id)
    assert returned is not None
    assert returned.state == State.RELEASED
    assert await sandbox.sums(claim.booking_id) == NOTHING
    assert await rig.events(claim.booking_id) == ["PaymentReturned"]


async def test_returning_while_a_capture_is_in_doubt_refunds_it(rig: Rig, sandbox: Sandbox) -> None:
    booking = str((await rig.paid()).booking_id)
    await sandbox.fault("payment_intents.capture", LOST, 2)
    with pytest.raises(Unavailable):
        await rig.till.capture(booking)
    returned = await rig.till.give_back(booking)
    assert returned is not None
    assert returned.state == State.REFUNDED
    assert await sandbox.sums(booking) == REFUNDED


async def test_paying_and_returning_at_once_leaves_nothing_authorised(
    rig: Rig, sandbox: Sandbox
) -> None:
    bookings = [rig.ids.new() for _ in range(5)]
    calls = [rig.pay(rig.claim(booking_id=each)) for each in bookings]
    await asyncio.gather(
        *calls, *(rig.till.give_back(each) for each in bookings), return_exceptions=True
    )
    for booking in bookings:
        await rig.till.give_back(booking)
        assert await sandbox.sums(booking) == NOTHING


async def test_an_authorisation_that_the_provider_dropped_is_released(
    rig: Rig, sandbox: Sandbox
) -> None:
    payment = await rig.paid()
    booking = str(payment.booking_id)
    await sandbox.act(f"/v1/payment_intents/{payment.intent_id}/cancel")
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.till.capture(booking)
    assert refusal.value.reason == "PAYMENT_RETURNED"
    assert await rig.events(booking) == ["PaymentAuthorized", "PaymentReturned"]


async def test_the_completer_finishes_what_a_dead_instance_began(
    rig: Rig, sandbox: Sandbox, clock: ShiftedClock
) -> None:
    claim = rig.claim()
    await rig.till.open(claim, PRICE)
    to_capture, to_return = await rig.paid(), await rig.paid()
    await rig.store.begin_capture(str(to_capture.booking_id))
    await rig.store.close(str(to_return.booking_id))
    clock.advance(A_WHILE)
    await rig.completer.work()
    assert await sandbox.sums(claim.booking_id) == AUTHORIZED
    assert await sandbox.sums(str(to_capture.booking_id)) == CAPTURED
    assert await sandbox.sums(str(to_return.booking_id)) == NOTHING


async def test_a_key_that_the_provider_may_have_forgotten_is_never_sent_again(
    rig: Rig, sandbox: Sandbox, clock: ShiftedClock
) -> None:
    lost, never_sent = rig.claim(), rig.claim()
    await sandbox.fault("payment_intents.create", LOST, 2)
    with pytest.raises(Unavailable):
        await rig.pay(lost)
    await rig.till.open(never_sent, PRICE)
    clock.advance(timedelta(hours=23, minutes=1))
    await rig.completer.work()
    assert await sandbox.sums(lost.booking_id) == AUTHORIZED
    assert await sandbox.intents(never_sent.booking_id) == []
    given_up = await rig.till.claimed(never_sent)
    assert given_up is not None
    assert (given_up.state, given_up.failure) == (State.FAILED, "abandoned")


async def test_a_provider_that_cannot_even_be_asked_is_unavailable(
    rig: Rig, sandbox: Sandbox
) -> None:
    booking = str((await rig.paid()).booking_id)
    await sandbox.fault("payment_intents.capture", "status:500")
    # More than enough: the worker that takes in the provider's events asks as well.
    await sandbox.fault("payment_intents.retrieve", "status:500", 100)
    with pytest.raises(Unavailable):
        await rig.till.capture(booking)
    with pytest.raises(Unavailable):
        await rig.till.give_back(booking)
    await sandbox.forget_faults()
    returned = await rig.till.give_back(booking)
    assert returned is not None
    assert returned.state == State.RELEASED
    assert await sandbox.sums(booking) == NOTHING
