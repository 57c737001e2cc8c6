# Written by `python -m edge.generate`; do not edit.
import abc
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from dreamscape.booking.v1 import booking_pb2

class BookingServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    CreateBooking: grpc.aio.UnaryUnaryMultiCallable[booking_pb2.CreateBookingRequest, booking_pb2.CreateBookingResponse]
    ListBookings: grpc.aio.UnaryUnaryMultiCallable[booking_pb2.ListBookingsRequest, booking_pb2.ListBookingsResponse]
    GetBooking: grpc.aio.UnaryUnaryMultiCallable[booking_pb2.GetBookingRequest, booking_pb2.GetBookingResponse]
    CancelBooking: grpc.aio.UnaryUnaryMultiCallable[booking_pb2.CancelBookingRequest, booking_pb2.CancelBookingResponse]
    WatchBooking: grpc.aio.UnaryStreamMultiCallable[booking_pb2.WatchBookingRequest, booking_pb2.WatchBookingResponse]
    EraseUser: grpc.aio.UnaryUnaryMultiCallable[booking_pb2.EraseUserRequest, booking_pb2.EraseUserResponse]

class BookingServiceServicer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    async def CreateBooking(self, request: booking_pb2.CreateBookingRequest, context: Any) -> booking_pb2.CreateBookingResponse: ...
    @abc.abstractmethod
    async def ListBookings(self, request: booking_pb2.ListBookingsRequest, context: Any) -> booking_pb2.ListBookingsResponse: ...
    @abc.abstractmethod
    async def GetBooking(self, request: booking_pb2.GetBookingRequest, context: Any) -> booking_pb2.GetBookingResponse: ...
    @abc.abstractmethod
    async def CancelBooking(self, request: booking_pb2.CancelBookingRequest, context: Any) -> booking_pb2.CancelBookingResponse: ...
    @abc.abstractmethod
    def WatchBooking(self, request: booking_pb2.WatchBookingRequest, context: Any) -> AsyncIterator[booking_pb2.WatchBookingResponse]: ...
    @abc.abstractmethod
    async def EraseUser(self, request: booking_pb2.EraseUserRequest, context: Any) -> booking_pb2.EraseUserResponse: ...

def add_BookingServiceServicer_to_server(servicer: BookingServiceServicer, server: Any) -> None: ...
