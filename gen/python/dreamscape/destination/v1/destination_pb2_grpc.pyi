# Written by `python -m edge.generate`; do not edit.
import abc
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from dreamscape.destination.v1 import destination_pb2

class DestinationServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    ListDestinations: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.ListDestinationsRequest, destination_pb2.ListDestinationsResponse]
    GetDestination: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.GetDestinationRequest, destination_pb2.GetDestinationResponse]
    BatchGetDestinations: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.BatchGetDestinationsRequest, destination_pb2.BatchGetDestinationsResponse]
    CreateDestination: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.CreateDestinationRequest, destination_pb2.CreateDestinationResponse]
    UpdateDestination: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.UpdateDestinationRequest, destination_pb2.UpdateDestinationResponse]
    DeleteDestination: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.DeleteDestinationRequest, destination_pb2.DeleteDestinationResponse]
    ListReviews: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.ListReviewsRequest, destination_pb2.ListReviewsResponse]
    CreateReview: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.CreateReviewRequest, destination_pb2.CreateReviewResponse]
    EraseUser: grpc.aio.UnaryUnaryMultiCallable[destination_pb2.EraseUserRequest, destination_pb2.EraseUserResponse]

class DestinationServiceServicer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    async def ListDestinations(self, request: destination_pb2.ListDestinationsRequest, context: Any) -> destination_pb2.ListDestinationsResponse: ...
    @abc.abstractmethod
    async def GetDestination(self, request: destination_pb2.GetDestinationRequest, context: Any) -> destination_pb2.GetDestinationResponse: ...
    @abc.abstractmethod
    async def BatchGetDestinations(self, request: destination_pb2.BatchGetDestinationsRequest, context: Any) -> destination_pb2.BatchGetDestinationsResponse: ...
    @abc.abstractmethod
    async def CreateDestination(self, request: destination_pb2.CreateDestinationRequest, context: Any) -> destination_pb2.CreateDestinationResponse: ...
    @abc.abstractmethod
    async def UpdateDestination(self, request: destination_pb2.UpdateDestinationRequest, context: Any) -> destination_pb2.UpdateDestinationResponse: ...
    @abc.abstractmethod
    async def DeleteDestination(self, request: destination_pb2.DeleteDestinationRequest, context: Any) -> destination_pb2.DeleteDestinationResponse: ...
    @abc.abstractmethod
    async def ListReviews(self, request: destination_pb2.ListReviewsRequest, context: Any) -> destination_pb2.ListReviewsResponse: ...
    @abc.abstractmethod
    async def CreateReview(self, request: destination_pb2.CreateReviewRequest, context: Any) -> destination_pb2.CreateReviewResponse: ...
    @abc.abstractmethod
    async def EraseUser(self, request: destination_pb2.EraseUserRequest, context: Any) -> destination_pb2.EraseUserResponse: ...

def add_DestinationServiceServicer_to_server(servicer: DestinationServiceServicer, server: Any) -> None: ...
