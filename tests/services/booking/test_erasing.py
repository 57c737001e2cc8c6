"""Who travelled is forgotten, wherever it was told; that somebody did is not."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from mesh.clock import SystemIds
from mesh.faults import Aborted, FailedPrecondition, PermissionDenied
from services.booking.domain import FINAL, Booking, State, Traveller
from services.booking.store import Store
from tests.services.booking.builders import ADA, kept, scalar
from tests.services.booking.trips import Trips
from tests.services.conftest import House, eventually

NOBODY = Traveller("", "", "", "", "", "")
EVE = replace(ADA, first_name="Eve", email="eve@example.com")
# What only ADA is called, in any column of any table.
HERS = ("Lovelace", "1985-12-10", "ada@example.com", "+33612345678")


async def published(store: Store) -> None:
    """As if the relay had come by."""
    async with store.transaction() as session:
        await session.execute(text("UPDATE outbox SET publish_time = now()"))


async def as_it_is(store: Store, booking: Booking) -> Any:
    async with store.transaction() as session:
        found = await store.lock(session, booking.booking_id)
    assert found is not None
    return found


async def all_rows(store: Store) -> str:
    """Every row, with what is text in the bytes of an event as text."""
    async with store.transaction() as session:
        tables = ("booking", "booking_history", "outbox", "idempotency")
        rows = [
            (await session.execute(text(f"SELECT t::text FROM {name} AS t"))).scalars().all()  # noqa: S608
            for name in tables
        ]
    return str(rows)


def told_in(rows: str) -> list[str]:
    return [word for word in HERS if word in rows or word.encode().hex() in rows]


@pytest.mark.parametrize("state", sorted(FINAL))
async def test_a_booking_at_its_end_forgets_who_travelled(store: Store, state: State) -> None:
    user_id = SystemIds().new()
    booking = await kept(store, state, user_id=user_id, travellers=(ADA, EVE))
    assert told_in(await all_rows(store)) == list(HERS)
    await published(store)
    assert await store.erase(user_id) == 1
    left = await as_it_is(store, booking)
    assert left.travellers == (NOBODY, NOBODY)
    assert replace(left, travellers=booking.travellers, user_id=user_id) == booking
    assert await store.page(user_id, size=10) == []
    rows = await all_rows(store)
    assert told_in(rows) == []
    assert user_id not in rows


async def test_the_answer_kept_for_a_key_is_forgotten_too(house: House) -> None:
    ada = await Trips.of_somebody_new(house)
    booking = await ada.a_booking()
    await ada.cancel(booking)
    await ada.reaches(booking, State.CANCELLED)
    erasing = house.client(BookingClient, service="user")
    request = booking_pb2.EraseUserRequest(user_id=ada.user_id)

    async def erased() -> bool:
        try:
            return (await erasing.erase_user(request)).erased == 1
        except Aborted:  # its news is still on its way
            return False

    await eventually(erased)
    listed = await ada.bookings.list_bookings(booking_pb2.ListBookingsRequest())
    assert list(listed.bookings) == []
    assert (await erasing.erase_user(request)).erased == 0, "again is fine, and finds nothing"


@pytest.mark.parametrize("state", sorted(set(State) - FINAL))
async def test_nothing_is_forgotten_while_a_booking_is_not_at_its_end(
    store: Store, state: State
) -> None:
    user_id = SystemIds().new()
    over = await kept(store, State.FAILED, user_id=user_id)
    active = await kept(store, state, user_id=user_id)
    await published(store)
    with pytest.raises(FailedPrecondition) as told:
        await store.erase(user_id)
    assert told.value.reason == "ACTIVE_BOOKINGS"
    assert told.value.metadata == {"bookingIds": active.booking_id}
    assert await as_it_is(store, over) == over
    async with store.transaction() as session:
        assert await scalar(session, "SELECT count(*) FROM outbox") > 0


async def test_nothing_is_forgotten_before_its_news_is_published(store: Store) -> None:
    user_id = SystemIds().new()
    booking = await kept(store, State.CANCELLED, user_id=user_id)
    with pytest.raises(Aborted):
        await store.erase(user_id)
    assert await as_it_is(store, booking) == booking


async def test_others_are_not_forgotten(store: Store) -> None:
    user_id = SystemIds().new()
    others = await kept(store, State.CANCELLED, user_id=SystemIds().new())
    await published(store)
    assert await store.erase(user_id) == 0
    assert await as_it_is(store, others) == others


async def test_many_who_erase_one_user_at_once_erase_them_once(store: Store) -> None:
    user_id = SystemIds().new()
    for _ in range(3):
        await kept(store, State.EXPIRED, user_id=user_id)
    await published(store)
    erased = await asyncio.gather(*(store.erase(user_id) for _ in range(5)))
    assert sum(erased) == 3


async def test_only_the_user_service_may_erase(house: House) -> None:
    ada = await Trips.of_somebody_new(house)
    request = booking_pb2.EraseUserRequest(user_id=ada.user_id)
    for service in ("tests", "payment"):
        with pytest.raises(PermissionDenied):
            await house.client(BookingClient, service=service).erase_user(request)
    with pytest.raises(PermissionDenied):
        await ada.bookings.erase_user(request)
