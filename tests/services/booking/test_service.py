"""BookingService through its interceptors."""

import asyncio
from datetime import timedelta

import pytest

from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from mesh.call import Identity
from mesh.clock import ManualClock
from mesh.database import Signals
from mesh.faults import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unauthenticated,
)
from services.booking.domain import Booking, Move, State
from services.booking.service import Watch
from services.booking.store import Store
from tests.services.booking.builders import HOLD, NOW, kept
from tests.services.booking.trips import Trips, state_number
from tests.services.conftest import House

HOUR = timedelta(hours=1)


@pytest.fixture
async def ada(house: House) -> Trips:
    return await Trips.of_somebody_new(house)


def ada_until(moment: timedelta = HOUR) -> Identity:
    return Identity(user_id="ada", expires_at=int((NOW + moment).timestamp()))


async def test_a_new_booking_waits_for_its_payment_at_the_price_of_now(ada: Trips) -> None:
    offer = await ada.an_offer()
    booking = await ada.book(offer.offer_id)
    assert booking.state == state_number(State.AWAITING_PAYMENT)
    assert booking.status == booking_pb2.BOOKING_STATUS_PENDING
    assert (booking.user_id, booking.version) == (ada.user_id, 1)
    assert booking.total == offer.total
    assert booking.items[0].price == offer.total
    assert booking.items[0].flight_offer_id != offer.offer_id
    waits = booking.expire_time.ToDatetime() - booking.create_time.ToDatetime()
    assert timedelta(minutes=14) < waits <= timedelta(minutes=15)
    assert await ada.look(booking) == booking


async def test_fifty_creates_with_one_key_make_one_booking_and_get_one_answer(ada: Trips) -> None:
    offer = await ada.an_offer()
    answers = await asyncio.gather(*(ada.book(offer.offer_id, key="once") for _ in range(50)))
    assert all(answer == answers[0] for answer in answers)
    listed = await ada.bookings.list_bookings(booking_pb2.ListBookingsRequest())
    assert list(listed.bookings) == [answers[0]]


async def test_a_replay_asks_no_supplier(ada: Trips) -> None:
    offer = await ada.an_offer()
    first = await ada.book(offer.offer_id, key="replayed")
    await ada.house.fault("amadeus", "pricing", "status:500")
    assert await ada.book(offer.offer_id, key="replayed") == first
    await ada.forget_faults()


async def test_a_key_is_good_for_one_request_only(ada: Trips) -> None:
    await ada.book((await ada.an_offer()).offer_id, key="taken")
    with pytest.raises(FailedPrecondition) as told:
        await ada.book((await ada.an_offer()).offer_id, key="taken")
    assert told.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_a_price_that_rose_is_not_booked_until_the_traveller_agrees(ada: Trips) -> None:
    offer = await ada.an_offer()
    await ada.house.fault("amadeus", "pricing", "price:+12%")
    with pytest.raises(FailedPrecondition) as told:
        await ada.book(offer.offer_id)
    assert told.value.reason == "PRICE_CHANGED"
    booking = await ada.book(told.value.metadata["newOfferId"])
    assert booking.total.units > offer.total.units
    listed = await ada.bookings.list_bookings(booking_pb2.ListBookingsRequest())
    assert list(listed.bookings) == [booking]


async def test_what_is_sold_out_is_not_booked(ada: Trips) -> None:
    offer = await ada.an_offer()
    await ada.house.fault("amadeus", "pricing", "sold-out")
    with pytest.raises(FailedPrecondition):
        await ada.book(offer.offer_id)


async def test_an_unknown_offer_is_not_found(ada: Trips) -> None:
    with pytest.raises(NotFound):
        await ada.book(ada.house.process.ids.new())


async def test_travellers_must_be_as_many_as_the_offer_is_priced_for(ada: Trips) -> None:
    offer = await ada.an_offer()
    with pytest.raises(InvalidArgument) as told:
        await ada.book(offer.offer_id, many=2)
    assert told.value.reason == "TRAVELLERS_MISMATCH"


async def test_a_booking_needs_a_key_something_to_book_and_somebody_who_goes(ada: Trips) -> None:
    empty = booking_pb2.CreateBookingRequest()
    for key, reason in (("", "IDEMPOTENCY_KEY_MISSING"), ("key", "INVALID_FIELDS")):
        with pytest.raises(InvalidArgument) as told:
            await ada.bookings.create_booking(empty, idempotency_key=key)
        assert told.value.reason == reason
    assert {violation.field for violation in told.value.violations} == {"items", "travellers"}


async def test_somebody_elses_booking_is_not_there(ada: Trips) -> None:
    booking = await ada.a_booking()
    eve = await Trips.of_somebody_new(ada.house)
    one = {"booking_id": booking.booking_id}
    for attempt in (
        eve.bookings.get_booking(booking_pb2.GetBookingRequest(**one)),
        eve.bookings.cancel_booking(booking_pb2.CancelBookingRequest(**one)),
        anext(eve.bookings.watch_booking(booking_pb2.WatchBookingRequest(**one))),
    ):
        with pytest.raises(NotFound) as told:
            await attempt
        assert told.value.reason == "BOOKING_NOT_FOUND"
    listed = await eve.bookings.list_bookings(booking_pb2.ListBookingsRequest())
    assert list(listed.bookings) == []
    assert await ada.look(booking) == booking


async def test_nobody_sees_a_booking_without_a_token(house: House) -> None:
    with pytest.raises(Unauthenticated):
        await house.client(BookingClient).list_bookings(booking_pb2.ListBookingsRequest())


async def test_pages_hold_every_booking_once_newest_first(ada: Trips) -> None:
    offer = await ada.an_offer()
    made = [await ada.book(offer.offer_id) for _ in range(5)]
    seen, token = [], ""
    for _ in range(3):
        request = booking_pb2.ListBookingsRequest(page_size=2, page_token=token)
        page = await ada.bookings.list_bookings(request)
        seen += [booking.booking_id for booking in page.bookings]
        token = page.next_page_token
    assert token == ""
    assert seen == [booking.booking_id for booking in reversed(made)]


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "ä", "=", "a" * 200])
async def test_a_page_token_that_is_not_ours_is_refused(ada: Trips, token: str) -> None:
    with pytest.raises(InvalidArgument) as told:
        await ada.bookings.list_bookings(booking_pb2.ListBookingsRequest(page_token=token))
    assert told.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_watcher_sees_the_booking_and_then_each_change_until_its_end(ada: Trips) -> None:
    booking = await ada.a_booking()
    request = booking_pb2.WatchBookingRequest(booking_id=booking.booking_id)
    seen: list[booking_pb2.Booking] = []
    async with asyncio.timeout(30):
        async for message in ada.bookings.watch_booking(request):
            if message.HasField("heartbeat"):
                continue
            seen.append(message.item)
            if len(seen) == 1:
                await ada.pay(booking)
            if message.item.state == state_number(State.CONFIRMED):
                await ada.cancel(booking)
    versions = [item.version for item in seen]
    assert versions == sorted(set(versions))
    assert seen[0] == booking
    assert state_number(State.CONFIRMED) in [item.state for item in seen]
    assert seen[-1].state == state_number(State.CANCELLED)


async def test_a_watch_of_what_is_over_shows_it_and_ends(
    store: Store, signals: Signals, clock: ManualClock
) -> None:
    booking = await kept(store)
    clock.advance(HOLD)
    watch = Watch(store, signals, clock)
    seen = [item async for item in watch.follow(booking.booking_id, ada_until())]
    assert seen == [booking.seen_at(clock.now())]


async def test_only_so_many_watch_at_once_and_a_place_is_given_back(
    store: Store, signals: Signals, clock: ManualClock
) -> None:
    booking = await kept(store)
    watch = Watch(store, signals, clock, most=1)
    first = watch.follow(booking.booking_id, ada_until())
    await anext(first)
    with pytest.raises(ResourceExhausted) as told:
        await anext(watch.follow(booking.booking_id, ada_until()))
    assert told.value.reason == "TOO_MANY_WATCHERS"
    await first.aclose()
    assert await anext(watch.follow(booking.booking_id, ada_until())) == booking


async def test_a_watch_ends_with_the_token(
    store: Store, signals: Signals, clock: ManualClock
) -> None:
    booking = await kept(store)
    watch = Watch(store, signals, clock)
    watched = watch.follow(booking.booking_id, ada_until(timedelta(minutes=5)))
    await anext(watched)
    clock.advance(timedelta(minutes=5))
    await moved(store, booking)
    with pytest.raises(Unauthenticated) as told:
        await anext(watched)
    assert told.value.reason == "TOKEN_EXPIRED"


async def test_a_watch_ends_after_half_an_hour(
    store: Store, signals: Signals, clock: ManualClock
) -> None:
    booking = await kept(store)
    watched = Watch(store, signals, clock).follow(booking.booking_id, ada_until())
    await anext(watched)
    clock.advance(timedelta(minutes=30))
    await moved(store, booking)
    assert [item async for item in watched] == []


async def moved(store: Store, booking: Booking) -> None:
    async with store.transaction() as session:
        await store.interrupt(session, booking, Move(State.CANCELLING))
