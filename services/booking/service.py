"""BookingService: decode, delegate, encode."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from uuid import UUID

from dreamscape.booking.v1 import booking_pb2, booking_pb2_grpc
from dreamscape.voyage.v1 import voyage_pb2
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.call import Call, Identity
from mesh.clock import Clock, Ids
from mesh.database import Signals
from mesh.faults import InvalidArgument, NotFound, ResourceExhausted, Unauthenticated
from mesh.idempotency import Claim, earlier_answer, find_answer, keep_answer
from mesh.money import Money
from services.booking.domain import (
    CANCELLED_BY_TRAVELLER,
    FINAL,
    Booking,
    Item,
    Move,
    Offer,
    State,
    Traveller,
    check_births,
    check_price,
    check_travellers,
    expire_time,
)
from services.booking.store import SCHEMA, Store, as_message, topic_of

_PAGE_SIZE = 20
_MOST_WATCHERS = 1_000
_LONGEST_WATCH = timedelta(minutes=30)
_HEARTBEAT_SECONDS = 15.0


class Quotes:
    """Asks voyage for prices."""

    def __init__(self, voyages: VoyageClient) -> None:
        self._voyages = voyages

    async def agreed(self, offer_id: str, travellers: int) -> Offer:
        """The offer as the supplier sells it now, at a price the traveller has seen.

        NotFound when the offer is unknown or expired, FailedPrecondition when it is sold out or
        costs more now, InvalidArgument when it is priced for another number of travellers.
        """
        seen = await self._seen(offer_id)
        check_travellers(seen, travellers)
        request = voyage_pb2.PriceOfferRequest(flight_offer_id=offer_id)
        current = _offer((await self._voyages.price_offer(request)).offer)
        check_price(seen, current)
        return current

    async def _seen(self, offer_id: str) -> Offer:
        request = voyage_pb2.BatchGetOffersRequest(offer_ids=[offer_id])
        for offer in (await self._voyages.batch_get_offers(request)).offers:
            return _offer(offer)
        raise NotFound("OFFER_NOT_FOUND", "there is no such offer, or it has expired")


@dataclass(frozen=True)
class Desk:
    """Takes bookings and gives them up."""

    store: Store
    clock: Clock
    ids: Ids
    hold: timedelta

    async def answered(self, claim: Claim) -> booking_pb2.CreateBookingResponse | None:
        """What this claim was answered before, found without asking anybody else."""
        async with self.store.transaction() as session:
            return await find_answer(session, claim, booking_pb2.CreateBookingResponse)

    async def book(
        self, claim: Claim, offer: Offer, travellers: tuple[Traveller, ...]
    ) -> booking_pb2.CreateBookingResponse:
        """Keep a booking with the answer to its claim, or find that it was made meanwhile."""
        async with self.store.transaction() as session:
            earlier = await earlier_answer(session, claim, booking_pb2.CreateBookingResponse)
            if earlier is not None:
                return earlier
            booking = self._draft(claim.user_id, offer, travellers)
            await self.store.add(session, booking)
            answer = booking_pb2.CreateBookingResponse(booking=as_message(booking))
            await keep_answer(session, claim, answer)
            return answer

    async def cancel(self, booking_id: str, user_id: str) -> Booking:
        """Give a booking up at once, or as soon as the step under way has settled."""
        async with self.store.transaction() as session:
            booking = await self.store.lock(session, booking_id)
            if booking is None or booking.user_id != user_id:
                raise NotFound("BOOKING_NOT_FOUND", "there is no such booking")
            if booking.cancels_at_once(self.clock.now()):
                move = Move(State.CANCELLING, CANCELLED_BY_TRAVELLER)
                return await self.store.interrupt(session, booking, move)
            if booking.cancels_later:
                await self.store.request_cancel(session, booking)
        return booking.seen_at(self.clock.now())

    def _draft(self, user_id: str, offer: Offer, travellers: tuple[Traveller, ...]) -> Booking:
        now = self.clock.now()
        return Booking(
            booking_id=self.ids.new(),
            user_id=user_id,
            total=offer.total,
            items=(Item(self.ids.new(), offer.offer_id, offer.total),),
            travellers=travellers,
            create_time=now,
            update_time=now,
            expire_time=expire_time(offer, now, self.hold),
        )


class Watch:
    """Follows bookings for those who watch them; so many at once, and no longer than so long."""

    def __init__(
        self, store: Store, signals: Signals, clock: Clock, *, most: int = _MOST_WATCHERS
    ) -> None:
        self._store = store
        self._signals = signals
        self._clock = clock
        self._most = most
        self._watchers = 0

    async def follow(self, booking_id: str, identity: Identity) -> AsyncGenerator[Booking | None]:
        """The booking as it is, then every new version; None when nothing happened for a while.

        Ends with a final state or after half an hour. ResourceExhausted when too many watch,
        Unauthenticated once the caller's token has expired.
        """
        ends = self._clock.monotonic() + _LONGEST_WATCH.total_seconds()
        with self._place(), self._signals.subscribe(SCHEMA, topic_of(booking_id)) as woken:
            version = 0
            while (left := ends - self._clock.monotonic()) > 0:
                valid = self._seconds_valid(identity)
                stored = await self._store.find(booking_id, identity.user_id)
                booking = stored.seen_at(self._clock.now())
                yield booking if booking.version > version else None
                if booking.state in FINAL:
                    return
                version = booking.version
                await woken.wait(min(_HEARTBEAT_SECONDS, left, valid))

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._watchers >= self._most:
            raise ResourceExhausted(
                "TOO_MANY_WATCHERS",
                "too many bookings are being watched",
                retry_after=timedelta(seconds=_HEARTBEAT_SECONDS),
            )
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1

    def _seconds_valid(self, identity: Identity) -> float:
        left = identity.expires_at - self._clock.now().timestamp()
        if left <= 0:
            raise Unauthenticated("TOKEN_EXPIRED", "the token has expired")
        return left


class Bookings(booking_pb2_grpc.BookingServiceServicer):
    """The servicer."""

    def __init__(self, quotes: Quotes, desk: Desk, watch: Watch) -> None:
        self._quotes = quotes
        self._desk = desk
        self._watch = watch
        self._store = desk.store
        self._clock = desk.clock

    async def CreateBooking(
        self, request: booking_pb2.CreateBookingRequest, context: Call
    ) -> booking_pb2.CreateBookingResponse:
        """Re-price an offer and keep a booking of it."""
        claim = Claim.of(context, request)
        answer = await self._desk.answered(claim)
        if answer is not None:
            return answer
        travellers = tuple(_traveller(traveller) for traveller in request.travellers)
        check_births(travellers, self._clock.now().date())
        offer = await self._quotes.agreed(request.items[0].flight_offer_id, len(travellers))
        return await self._desk.book(claim, offer, travellers)

    async def ListBookings(
        self, request: booking_pb2.ListBookingsRequest, context: Call
    ) -> booking_pb2.ListBookingsResponse:
        """The caller's bookings by page."""
        size, after = request.page_size or _PAGE_SIZE, _read_token(request.page_token)
        user_id, now = context.identity.user_id, self._clock.now()
        found = await self._store.page(user_id, size=size + 1, after=after)
        page = [as_message(booking.seen_at(now)) for booking in found[:size]]
        token = _page_token(page[-1].booking_id) if len(found) > size else ""
        return booking_pb2.ListBookingsResponse(bookings=page, next_page_token=token)

    async def GetBooking(
        self, request: booking_pb2.GetBookingRequest, context: Call
    ) -> booking_pb2.GetBookingResponse:
        """One booking of the caller."""
        booking = await self._store.find(request.booking_id, context.identity.user_id)
        seen = booking.seen_at(self._clock.now())
        return booking_pb2.GetBookingResponse(booking=as_message(seen))

    async def CancelBooking(
        self, request: booking_pb2.CancelBookingRequest, context: Call
    ) -> booking_pb2.CancelBookingResponse:
        """Cancel a booking of the caller."""
        booking = await self._desk.cancel(request.booking_id, context.identity.user_id)
        return booking_pb2.CancelBookingResponse(booking=as_message(booking))

    async def WatchBooking(
        self, request: booking_pb2.WatchBookingRequest, context: Call
    ) -> AsyncIterator[booking_pb2.WatchBookingResponse]:
        """A booking of the caller, and what happens to it."""
        async for booking in self._watch.follow(request.booking_id, context.identity):
            if booking is None:
                yield booking_pb2.WatchBookingResponse(heartbeat=booking_pb2.Heartbeat())
            else:
                yield booking_pb2.WatchBookingResponse(item=as_message(booking))

    async def EraseUser(
        self, request: booking_pb2.EraseUserRequest, context: Call
    ) -> booking_pb2.EraseUserResponse:
        """Forget who travelled."""
        return booking_pb2.EraseUserResponse(erased=await self._store.erase(request.user_id))


def _offer(offer: voyage_pb2.FlightOffer) -> Offer:
    return Offer(
        offer_id=offer.offer_id,
        total=Money.from_wire(offer.total),
        traveller_count=offer.traveller_count,
        expire_time=offer.expire_time.ToDatetime(tzinfo=UTC),
    )


def _traveller(traveller: voyage_pb2.Traveller) -> Traveller:
    return Traveller(
        first_name=traveller.first_name,
        last_name=traveller.last_name,
        date_of_birth=traveller.date_of_birth,
        gender=traveller.gender,
        email=traveller.email,
        phone=traveller.phone,
    )


def _page_token(last: str) -> str:
    return urlsafe_b64encode(UUID(last).bytes).decode().rstrip("=")


def _read_token(token: str) -> str:
    """The identifier to go on after; empty for the first page."""
    if not token:
        return ""
    try:
        return str(UUID(bytes=urlsafe_b64decode(token + "==")))
    except (binascii.Error, ValueError) as problem:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "the page token is not one of ours"
        ) from problem
