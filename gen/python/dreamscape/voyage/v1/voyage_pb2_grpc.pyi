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
    SearchLocations: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.SearchLocationsRequest, voyage_pb2.SearchLocationsResponse]
    SearchAirports: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.SearchAirportsRequest, voyage_pb2.SearchAirportsResponse]
    SearchNearestAirports: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.SearchNearestAirportsRequest, voyage_pb2.SearchNearestAirportsResponse]
    SearchAirportRoutes: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.SearchAirportRoutesRequest, voyage_pb2.SearchAirportRoutesResponse]
    LookupAirlines: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.LookupAirlinesRequest, voyage_pb2.LookupAirlinesResponse]
    SearchAirlineRoutes: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.SearchAirlineRoutesRequest, voyage_pb2.SearchAirlineRoutesResponse]
    GetCheckinLinks: grpc.aio.UnaryUnaryMultiCallable[voyage_pb2.GetCheckinLinksRequest, voyage_pb2.GetCheckinLinksResponse]

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
    @abc.abstractmethod
    async def SearchLocations(self, request: voyage_pb2.SearchLocationsRequest, context: Any) -> voyage_pb2.SearchLocationsResponse: ...
    @abc.abstractmethod
    async def SearchAirports(self, request: voyage_pb2.SearchAirportsRequest, context: Any) -> voyage_pb2.SearchAirportsResponse: ...
    @abc.abstractmethod
    async def SearchNearestAirports(self, request: voyage_pb2.SearchNearestAirportsRequest, context: Any) -> voyage_pb2.SearchNearestAirportsResponse: ...
    @abc.abstractmethod
    async def SearchAirportRoutes(self, request: voyage_pb2.SearchAirportRoutesRequest, context: Any) -> voyage_pb2.SearchAirportRoutesResponse: ...
    @abc.abstractmethod
    async def LookupAirlines(self, request: voyage_pb2.LookupAirlinesRequest, context: Any) -> voyage_pb2.LookupAirlinesResponse: ...
    @abc.abstractmethod
    async def SearchAirlineRoutes(self, request: voyage_pb2.SearchAirlineRoutesRequest, context: Any) -> voyage_pb2.SearchAirlineRoutesResponse: ...
    @abc.abstractmethod
    async def GetCheckinLinks(self, request: voyage_pb2.GetCheckinLinksRequest, context: Any) -> voyage_pb2.GetCheckinLinksResponse: ...

def add_VoyageServiceServicer_to_server(servicer: VoyageServiceServicer, server: Any) -> None: ...
