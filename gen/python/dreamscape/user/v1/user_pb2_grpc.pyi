# Written by `python -m edge.generate`; do not edit.
import abc
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from dreamscape.user.v1 import user_pb2

class UserServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    GetProfile: grpc.aio.UnaryUnaryMultiCallable[user_pb2.GetProfileRequest, user_pb2.GetProfileResponse]
    UpdateProfile: grpc.aio.UnaryUnaryMultiCallable[user_pb2.UpdateProfileRequest, user_pb2.UpdateProfileResponse]
    BatchGetProfiles: grpc.aio.UnaryUnaryMultiCallable[user_pb2.BatchGetProfilesRequest, user_pb2.BatchGetProfilesResponse]

class UserServiceServicer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    async def GetProfile(self, request: user_pb2.GetProfileRequest, context: Any) -> user_pb2.GetProfileResponse: ...
    @abc.abstractmethod
    async def UpdateProfile(self, request: user_pb2.UpdateProfileRequest, context: Any) -> user_pb2.UpdateProfileResponse: ...
    @abc.abstractmethod
    async def BatchGetProfiles(self, request: user_pb2.BatchGetProfilesRequest, context: Any) -> user_pb2.BatchGetProfilesResponse: ...

def add_UserServiceServicer_to_server(servicer: UserServiceServicer, server: Any) -> None: ...
