# Written by `python -m edge.generate`; do not edit.
"""The client of dreamscape.booking.v1.BookingService."""

from collections.abc import AsyncGenerator

from dreamscape.booking.v1 import booking_pb2
from dreamscape.calls import Channel, Metadata


class BookingClient:
    """Booked trips.

    Resource: a booking, with items (what was bought) and travellers (who goes). It is PENDING until
    the supplier has confirmed and the payment is captured, then CONFIRMED; CANCELLED at the end of
    every story that did not keep it.
    """

    def __init__(self, channel: Channel) -> None:
        self._create_booking = channel.unary_unary(
            "/dreamscape.booking.v1.BookingService/CreateBooking",
            booking_pb2.CreateBookingRequest.SerializeToString,
            booking_pb2.CreateBookingResponse.FromString,
        )
        self._list_bookings = channel.unary_unary(
            "/dreamscape.booking.v1.BookingService/ListBookings",
            booking_pb2.ListBookingsRequest.SerializeToString,
            booking_pb2.ListBookingsResponse.FromString,
        )
        self._get_booking = channel.unary_unary(
            "/dreamscape.booking.v1.BookingService/GetBooking",
            booking_pb2.GetBookingRequest.SerializeToString,
            booking_pb2.GetBookingResponse.FromString,
        )
        self._cancel_booking = channel.unary_unary(
            "/dreamscape.booking.v1.BookingService/CancelBooking",
            booking_pb2.CancelBookingRequest.SerializeToString,
            booking_pb2.CancelBookingResponse.FromString,
        )
        self._watch_booking = channel.unary_stream(
            "/dreamscape.booking.v1.BookingService/WatchBooking",
            booking_pb2.WatchBookingRequest.SerializeToString,
            booking_pb2.WatchBookingResponse.FromString,
        )
        self._erase_user = channel.unary_unary(
            "/dreamscape.booking.v1.BookingService/EraseUser",
            booking_pb2.EraseUserRequest.SerializeToString,
            booking_pb2.EraseUserResponse.FromString,
        )

    async def create_booking(
        self,
        request: booking_pb2.CreateBookingRequest,
        *,
        idempotency_key: str,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> booking_pb2.CreateBookingResponse:
        """Books offers for travellers. The price is asked again from the supplier first.
        Fails with NOT_FOUND for an unknown or expired offer, FAILED_PRECONDITION when the price rose
        or the seats are gone, INVALID_ARGUMENT when the travellers do not fit the offer.
        """
        response: booking_pb2.CreateBookingResponse = await self._create_booking(
            request,
            timeout=15.0 if timeout is None else timeout,
            metadata=(*metadata, ("idempotency-key", idempotency_key)),
        )
        return response

    async def list_bookings(
        self,
        request: booking_pb2.ListBookingsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> booking_pb2.ListBookingsResponse:
        """The caller's bookings, newest first."""
        response: booking_pb2.ListBookingsResponse = await self._list_bookings(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_booking(
        self,
        request: booking_pb2.GetBookingRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> booking_pb2.GetBookingResponse:
        """One booking. Fails with NOT_FOUND when it is not there or somebody else's."""
        response: booking_pb2.GetBookingResponse = await self._get_booking(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def cancel_booking(
        self,
        request: booking_pb2.CancelBookingRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> booking_pb2.CancelBookingResponse:
        """Cancels a booking and gives the money back; cancelling again answers the same.
        Fails with NOT_FOUND when it is not there or somebody else's.
        """
        response: booking_pb2.CancelBookingResponse = await self._cancel_booking(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def watch_booking(
        self,
        request: booking_pb2.WatchBookingRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> AsyncGenerator[booking_pb2.WatchBookingResponse, None]:
        """The booking as it is, then each change as it happens, until its last state or for 30 minutes.
        Fails with NOT_FOUND when it is not there or somebody else's; a later failure comes in band.
        """
        call = self._watch_booking(
            request,
            timeout=timeout,
            metadata=metadata,
        )
        try:
            async for message in call:
                yield message
        finally:
            call.cancel()

    async def erase_user(
        self,
        request: booking_pb2.EraseUserRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> booking_pb2.EraseUserResponse:
        """Makes the travellers of a user's bookings anonymous and forgets whose they were.
        Fails with FAILED_PRECONDITION while a booking is not at its end and not flown. Erasing again succeeds.

        Inside the mesh only, for user; the edge has no route to it.
        """
        response: booking_pb2.EraseUserResponse = await self._erase_user(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
