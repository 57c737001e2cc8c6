"""Orders are placed exactly once, whatever happens to the reply."""

import asyncio
from datetime import date, timedelta

import pytest

from dreamscape.voyage.v1 import voyage_pb2
from mesh.clock import ManualClock, SystemClock
from mesh.faults import Aborted, FailedPrecondition, InvalidArgument, NotFound, Unavailable
from services.voyage.amadeus import Amadeus
from services.voyage.domain import Traveller
from services.voyage.flights import AmadeusFlights
from tests.conftest import Running
from tests.services.voyage.conftest import Rig, Sandbox, an_order

NOBODY = "http://127.0.0.1:1"
LONG_ENOUGH = timedelta(seconds=31)
ADA = Traveller("Ada", "Lovelace", date(1985, 12, 10), "FEMALE", "ada@example.com", "+33612345678")


def cancelling(reference: str) -> voyage_pb2.CancelOrderRequest:
    return voyage_pb2.CancelOrderRequest(reference=reference)


async def test_an_order_is_confirmed_with_a_record_locator(rig: Rig, sandbox: Sandbox) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    answer = await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert answer.order.reference == reference
    assert len(answer.order.record_locator) == 6
    assert answer.order.total == offer.total
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_the_same_reference_answers_with_the_same_order(rig: Rig, sandbox: Sandbox) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    first = await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    again = await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert again == first
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_twenty_calls_at_once_make_one_order(rig: Rig, sandbox: Sandbox) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    wish = an_order(reference, offer.offer_id)
    answers = await asyncio.gather(
        *(rig.service.CreateOrder(wish, rig.call) for _ in range(20)), return_exceptions=True
    )
    confirmed = [each for each in answers if not isinstance(each, BaseException)]
    others = [each for each in answers if isinstance(each, BaseException)]
    assert confirmed
    assert all(isinstance(each, Aborted) for each in others)
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_a_lost_reply_is_looked_up_and_adopted(rig: Rig, sandbox: Sandbox) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await sandbox.fault("order.create", "reply-lost-after-commit")
    answer = await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert len(answer.order.record_locator) == 6
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_an_order_without_an_answer_stays_in_doubt_until_nothing_can_arrive_any_more(
    rig: Rig, sandbox: Sandbox, clock: ManualClock
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    wish = an_order(reference, offer.offer_id)
    await sandbox.fault("order.create", "status:500")
    for _ in range(3):
        with pytest.raises(Aborted) as doubt:
            await rig.service.CreateOrder(wish, rig.call)
        assert doubt.value.reason == "SUPPLIER_IN_DOUBT"
        assert doubt.value.retry_after == timedelta(seconds=2)
    assert await sandbox.orders(reference) == {"ever": 0, "live": 0}
    clock.advance(LONG_ENOUGH)
    answer = await rig.service.CreateOrder(wish, rig.call)
    assert len(answer.order.record_locator) == 6
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_many_calls_after_a_doubt_still_make_one_order(
    rig: Rig, sandbox: Sandbox, clock: ManualClock
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    wish = an_order(reference, offer.offer_id)
    await sandbox.fault("order.create", "status:503")
    with pytest.raises(Aborted):
        await rig.service.CreateOrder(wish, rig.call)
    clock.advance(LONG_ENOUGH)
    await asyncio.gather(
        *(rig.service.CreateOrder(wish, rig.call) for _ in range(10)), return_exceptions=True
    )
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_another_instance_adopts_the_order_of_one_that_died_after_sending(
    rig: Rig, sandbox: Sandbox, around: Running, clock: ManualClock
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    # The first instance sends the order and dies before it has written down the answer.
    mine = await rig.store.begin(reference, offer.offer_id)
    assert mine is not None
    kept = (await rig.shelf.alive([offer.offer_id]))[0]
    sent = await rig.supplier.order(reference, kept.document, {"1": ADA})
    other = Rig(around, clock)
    answer = await other.service.CreateOrder(an_order(reference, offer.offer_id), other.call)
    await other.close()
    assert answer.order.supplier_order_id == sent.supplier_order_id
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_another_instance_orders_for_one_that_died_before_sending(
    rig: Rig, sandbox: Sandbox, around: Running, clock: ManualClock
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await rig.store.begin(reference, offer.offer_id)
    other = Rig(around, clock)
    with pytest.raises(Aborted, match="not known yet"):
        await other.service.CreateOrder(an_order(reference, offer.offer_id), other.call)
    clock.advance(LONG_ENOUGH)
    await other.service.CreateOrder(an_order(reference, offer.offer_id), other.call)
    await other.close()
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_a_supplier_slower_than_we_wait_leaves_an_order_in_doubt(
    sandbox: Sandbox, around: Running, clock: ManualClock
) -> None:
    hasty = Rig(around, clock, order_seconds=0.5)
    offer, reference = await hasty.offer(), hasty.ids.new()
    await sandbox.fault("order.create", "slow:2")
    with pytest.raises(Aborted) as doubt:
        await hasty.service.CreateOrder(an_order(reference, offer.offer_id), hasty.call)
    assert doubt.value.reason == "SUPPLIER_IN_DOUBT"
    clock.advance(LONG_ENOUGH)
    answer = await hasty.service.CreateOrder(an_order(reference, offer.offer_id), hasty.call)
    await hasty.close()
    assert len(answer.order.record_locator) == 6
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_nothing_is_in_doubt_when_the_supplier_does_not_listen() -> None:
    line = Amadeus(NOBODY, "id", "secret", SystemClock())
    with pytest.raises(Unavailable):
        await AmadeusFlights(line).order("r", "{}", {"1": ADA})
    await line.close()


async def test_a_supplier_that_fails_again_and_again_is_left_alone_for_a_while(
    clock: ManualClock,
) -> None:
    line = Amadeus(NOBODY, "id", "secret", clock)
    for _ in range(10):
        with pytest.raises(Unavailable):
            await AmadeusFlights(line).find_orders("r")
    # Four calls of two attempts each, with a pause after either; the other six are not made.
    assert clock.monotonic() == pytest.approx(1.6)
    await line.close()


async def test_seats_that_are_gone_refuse_the_order_for_good(rig: Rig, sandbox: Sandbox) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await sandbox.fault("order.create", "sold-out")
    for _ in range(2):
        with pytest.raises(FailedPrecondition) as refusal:
            await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
        assert refusal.value.reason == "SOLD_OUT"
    assert await sandbox.orders(reference) == {"ever": 0, "live": 0}


@pytest.mark.parametrize("operation", ["pricing", "order.create"])
async def test_an_order_is_never_dearer_than_was_agreed(
    rig: Rig, sandbox: Sandbox, operation: str
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await sandbox.fault(operation, "price:+12%")
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert refusal.value.reason == "PRICE_CHANGED"
    assert await sandbox.orders(reference) == {"ever": 0, "live": 0}


async def test_an_order_may_be_cheaper_than_was_agreed(rig: Rig, sandbox: Sandbox) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await sandbox.fault("pricing", "price:-10%")
    answer = await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert answer.order.total.units < offer.total.units
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_too_many_requests_leave_nothing_behind(rig: Rig, sandbox: Sandbox) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await sandbox.fault("order.create", "status:429")
    with pytest.raises(Unavailable) as refusal:
        await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert refusal.value.reason == "SUPPLIER_UNAVAILABLE"
    await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert await sandbox.orders(reference) == {"ever": 1, "live": 1}


async def test_cancelling_twice_cancels_once(rig: Rig, sandbox: Sandbox) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    for _ in range(2):
        answer = await rig.service.CancelOrder(cancelling(reference), rig.call)
        assert answer.cancelled
    assert await sandbox.orders(reference) == {"ever": 1, "live": 0}


async def test_cancelling_after_a_lost_reply_to_the_cancellation_succeeds(
    rig: Rig, sandbox: Sandbox
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    await sandbox.fault("order.delete", "reply-lost-after-commit")
    with pytest.raises(Unavailable):
        await rig.service.CancelOrder(cancelling(reference), rig.call)
    assert (await rig.service.CancelOrder(cancelling(reference), rig.call)).cancelled
    assert await sandbox.orders(reference) == {"ever": 1, "live": 0}


async def test_a_reference_cancelled_before_it_was_ordered_is_never_ordered(
    rig: Rig, sandbox: Sandbox
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    for _ in range(2):
        assert not (await rig.service.CancelOrder(cancelling(reference), rig.call)).cancelled
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert refusal.value.reason == "ORDER_CANCELLED"
    assert await sandbox.orders(reference) == {"ever": 0, "live": 0}


async def test_cancelling_an_order_in_doubt_waits_until_it_is_known(
    rig: Rig, sandbox: Sandbox, clock: ManualClock
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await sandbox.fault("order.create", "status:500")
    with pytest.raises(Aborted):
        await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    with pytest.raises(Aborted):
        await rig.service.CancelOrder(cancelling(reference), rig.call)
    clock.advance(LONG_ENOUGH)
    assert not (await rig.service.CancelOrder(cancelling(reference), rig.call)).cancelled
    with pytest.raises(FailedPrecondition):
        await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)


async def test_an_order_whose_reply_was_lost_is_cancelled_at_the_supplier(
    rig: Rig, sandbox: Sandbox
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await sandbox.fault("order.create", "reply-lost-after-commit")
    await sandbox.fault("order.find", "status:500", 2)
    with pytest.raises(Aborted):
        await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    assert (await rig.service.CancelOrder(cancelling(reference), rig.call)).cancelled
    assert await sandbox.orders(reference) == {"ever": 1, "live": 0}


async def test_an_order_that_turns_up_after_it_was_given_up_is_cancelled(
    rig: Rig, sandbox: Sandbox, clock: ManualClock
) -> None:
    offer, reference = await rig.offer(), rig.ids.new()
    await rig.store.begin(reference, offer.offer_id)
    clock.advance(LONG_ENOUGH)
    kept = (await rig.shelf.alive([offer.offer_id]))[0]
    answer = await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call)
    await rig.supplier.order(reference, kept.document, {"1": ADA})
    assert await sandbox.orders(reference) == {"ever": 2, "live": 2}
    await rig.desk.cancel_strays()
    assert await sandbox.orders(reference) == {"ever": 2, "live": 1}
    assert await rig.service.CreateOrder(an_order(reference, offer.offer_id), rig.call) == answer


async def test_a_reference_belongs_to_one_offer(rig: Rig) -> None:
    first, second, reference = await rig.offer(), await rig.offer(), rig.ids.new()
    await rig.service.CreateOrder(an_order(reference, first.offer_id), rig.call)
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.service.CreateOrder(an_order(reference, second.offer_id), rig.call)
    assert refusal.value.reason == "REFERENCE_REUSED"


async def test_travellers_must_be_as_many_as_the_offer_is_for(rig: Rig) -> None:
    offer = await rig.offer(adults=2)
    with pytest.raises(InvalidArgument) as refusal:
        await rig.service.CreateOrder(an_order(rig.ids.new(), offer.offer_id), rig.call)
    assert refusal.value.reason == "TRAVELLERS_DO_NOT_FIT"


async def test_an_unknown_offer_is_not_found(rig: Rig) -> None:
    with pytest.raises(NotFound) as refusal:
        await rig.service.CreateOrder(an_order(rig.ids.new(), rig.ids.new()), rig.call)
    assert refusal.value.reason == "OFFER_NOT_FOUND"


async def test_an_offer_that_expired_long_ago_is_not_ordered(rig: Rig, clock: ManualClock) -> None:
    offer = await rig.offer()
    clock.advance(timedelta(hours=2))
    with pytest.raises(FailedPrecondition) as refusal:
        await rig.service.CreateOrder(an_order(rig.ids.new(), offer.offer_id), rig.call)
    assert refusal.value.reason == "OFFER_EXPIRED"
