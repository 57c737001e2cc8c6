"""Who paid is forgotten; that it was paid is not."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from mesh.faults import Aborted, PermissionDenied
from services.payment.domain import State
from services.payment.store import Payment
from tests.services.conftest import House
from tests.services.payment.conftest import PRICE, Rig

KEY = "key of ada@example.com"


async def paid_by(rig: Rig, user_id: str) -> Payment:
    return await rig.pay(replace(rig.claim(key=KEY), user_id=user_id))


async def published(rig: Rig) -> None:
    """As if the relay had come by."""
    async with rig.database.transaction() as session:
        await session.execute(text("UPDATE outbox SET publish_time = now()"))


async def all_rows(rig: Rig) -> str:
    async with rig.database.transaction() as session:
        rows = [
            (await session.execute(text(f"SELECT t::text FROM {name} AS t"))).scalars().all()  # noqa: S608
            for name in ("payment", "booking_account", "outbox", "provider_event")
        ]
    return str(rows)


async def test_a_payment_forgets_who_paid_and_keeps_its_sums(rig: Rig) -> None:
    user_id = rig.ids.new()
    payment = await paid_by(rig, user_id)
    await rig.till.capture(str(payment.booking_id))
    await published(rig)
    assert await rig.store.erase(user_id) == 1
    rows = await all_rows(rig)
    assert user_id not in rows
    assert user_id.encode().hex() not in rows
    assert KEY not in rows
    left = await rig.store.find(payment.payment_id)
    assert left is not None
    assert (left.state, left.captured, left.currency) == (State.CAPTURED, PRICE.minor, "EUR")
    assert await rig.store.listed(user_id, None, 10) == []
    assert await rig.store.erase(user_id) == 0, "again is fine, and finds nothing"


async def test_money_still_goes_back_when_nobody_knows_whose_it_was(rig: Rig) -> None:
    user_id = rig.ids.new()
    payment = await paid_by(rig, user_id)
    booking = str(payment.booking_id)
    await rig.till.capture(booking)
    await published(rig)
    await rig.store.erase(user_id)
    returned = await rig.till.give_back(booking)
    assert returned is not None
    assert (returned.state, returned.refunded) == (State.REFUNDED, PRICE.minor)
    assert await rig.events(booking) == ["PaymentReturned"]


async def test_payments_of_one_user_stay_together_under_another_name(rig: Rig) -> None:
    user_id, other = rig.ids.new(), rig.ids.new()
    mine = [await rig.pay(replace(rig.claim(), user_id=user_id)) for _ in range(2)]
    theirs = await paid_by(rig, other)
    await published(rig)
    assert await rig.store.erase(user_id) == 2
    names = {found.user_id for each in mine if (found := await rig.store.find(each.payment_id))}
    assert len(names) == 1
    assert names.isdisjoint({user_id, other})
    assert [each.payment_id for each in await rig.store.listed(other, None, 10)] == [
        theirs.payment_id
    ]


async def test_nothing_is_forgotten_before_its_news_is_published(rig: Rig) -> None:
    user_id = rig.ids.new()
    await paid_by(rig, user_id)
    with pytest.raises(Aborted):
        await rig.store.erase(user_id)
    assert len(await rig.store.listed(user_id, None, 10)) == 1


async def test_only_the_user_service_may_erase(house: House) -> None:
    request = payment_pb2.EraseUserRequest(user_id=house.process.ids.new())
    assert (await house.client(PaymentClient, service="user").erase_user(request)).erased == 0
    with pytest.raises(PermissionDenied):
        await house.client(PaymentClient, service="booking").erase_user(request)
    with pytest.raises(PermissionDenied):
        token = (await house.a_traveller()).token
        await house.client(PaymentClient, token=token).erase_user(request)
