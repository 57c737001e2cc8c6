# Written by `python -m edge.generate`; do not edit.
import abc
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from dreamscape.voyage.v1 import voyage_pb2

class VoyageServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    SearchFlights: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.SearchFlightsRequest, voyage_pb2.SearchFlightsResponse]
    PriceOffer: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.PriceOfferRequest, voyage_pb2.PriceOfferResponse]
    BatchGetOffers: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.BatchGetOffersRequest, voyage_pb2.BatchGetOffersResponse]
    CreateOrder: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.CreateOrderRequest, voyage_pb2.CreateOrderResponse]
    CancelOrder: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.CancelOrderRequest, voyage_pb2.CancelOrderResponse]

class VoyageServiceServicer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    async def SearchFlights(self, request: voyage_pb2.SearchFlightsRequest, context: Any) -> voyage_pb2.SearchFlightsResponse: ...
    @abc.abstractmethod
    async def PriceOffer(self, request: voyage_pb2.PriceOfferRequest, context: Any) -> voyage_pb2.PriceOfferResponse: ...
    @abc.abstractmethod
    async def BatchGetOffers(self, request: voyage_pb2.BatchGetOffersRequest, context: Any) -> voyage_pb2.BatchGetOffersResponse: ...
    @abc.abstractmethod
    async def CreateOrder(self, request: voyage_pb2.CreateOrderRequest, context: Any) -> voyage_pb2.CreateOrderResponse: ...
    @abc.abstractmethod
    async def CancelOrder(self, request: voyage_pb2.CancelOrderRequest, context: Any) -> voyage_pb2.CancelOrderResponse: ...

def add_VoyageServiceServicer_to_server(servicer: VoyageServiceServicer, server: Any) -> None: ...
