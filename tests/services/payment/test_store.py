"""A payment never moves back, announces once, and its sums stay within bounds."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.payment.domain import Intent, IntentStatus, State
from tests.services.payment.conftest import PRICE, Rig


async def test_stale_news_moves_nothing_back(rig: Rig) -> None:
    payment = await rig.paid()
    booking = str(payment.booking_id)
    stale = Intent(payment.intent_id or "", str(payment.payment_id), IntentStatus.AUTHORIZED)
    await rig.till.capture(booking)
    assert (await rig.store.apply(payment, stale, State.AUTHORIZED)).state == State.CAPTURED
    await rig.till.give_back(booking)
    for state in (State.REQUIRES_ACTION, State.AUTHORIZED, State.FAILED, State.RELEASED):
        assert (await rig.store.apply(payment, stale, state)).state == State.REFUNDED
    assert await rig.events(booking) == ["PaymentAuthorized", "PaymentReturned"]


async def test_the_same_news_ten_times_is_announced_once(rig: Rig) -> None:
    waiting = await rig.pay(rig.claim(card=""))
    news = Intent(waiting.intent_id or "", str(waiting.payment_id), IntentStatus.AUTHORIZED)
    await asyncio.gather(*(rig.store.apply(waiting, news, State.AUTHORIZED) for _ in range(10)))
    assert await rig.events(str(waiting.booking_id)) == ["PaymentAuthorized"]


@pytest.mark.parametrize(
    "change",
    [
        f"captured = {PRICE.minor + 1}",
        "refunded = 1",
        "amount = 0",
        "state = 'CAPTURED'",
        "state = 'NONSENSE'",
        "captured = 10, refunded = 9, state = 'REFUNDED'",
    ],
)
async def test_sums_and_states_that_make_no_sense_are_refused(rig: Rig, change: str) -> None:
    payment = await rig.paid()
    with pytest.raises(IntegrityError):
        async with rig.database.transaction() as session:
            await session.execute(
                text(f"UPDATE payment SET {change} WHERE payment_id = :payment"),  # noqa: S608 - fixed texts
                {"payment": payment.payment_id},
            )
