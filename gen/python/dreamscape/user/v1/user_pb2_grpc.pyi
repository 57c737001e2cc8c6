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
    CreateProfile: grpc.aio.UnaryUnaryMultiCallable[user_pb2.CreateProfileRequest, user_pb2.CreateProfileResponse]
    UploadAvatar: grpc.aio.UnaryUnaryMultiCallable[user_pb2.UploadAvatarRequest, user_pb2.UploadAvatarResponse]
    DeleteProfile: grpc.aio.UnaryUnaryMultiCallable[user_pb2.DeleteProfileRequest, user_pb2.DeleteProfileResponse]
    GetErasure: grpc.aio.UnaryUnaryMultiCallable[user_pb2.GetErasureRequest, user_pb2.GetErasureResponse]
    GetPreferences: grpc.aio.UnaryUnaryMultiCallable[user_pb2.GetPreferencesRequest, user_pb2.GetPreferencesResponse]
    UpdatePreferences: grpc.aio.UnaryUnaryMultiCallable[user_pb2.UpdatePreferencesRequest, user_pb2.UpdatePreferencesResponse]
    ListHistory: grpc.aio.UnaryUnaryMultiCallable[user_pb2.ListHistoryRequest, user_pb2.ListHistoryResponse]
    ListWishlist: grpc.aio.UnaryUnaryMultiCallable[user_pb2.ListWishlistRequest, user_pb2.ListWishlistResponse]
    AddToWishlist: grpc.aio.UnaryUnaryMultiCallable[user_pb2.AddToWishlistRequest, user_pb2.AddToWishlistResponse]
    RemoveFromWishlist: grpc.aio.UnaryUnaryMultiCallable[user_pb2.RemoveFromWishlistRequest, user_pb2.RemoveFromWishlistResponse]
    GetNotificationPreferences: grpc.aio.UnaryUnaryMultiCallable[user_pb2.GetNotificationPreferencesRequest, user_pb2.GetNotificationPreferencesResponse]
    UpdateNotificationPreferences: grpc.aio.UnaryUnaryMultiCallable[user_pb2.UpdateNotificationPreferencesRequest, user_pb2.UpdateNotificationPreferencesResponse]
    ExportData: grpc.aio.UnaryUnaryMultiCallable[user_pb2.ExportDataRequest, user_pb2.ExportDataResponse]

class UserServiceServicer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    async def GetProfile(self, request: user_pb2.GetProfileRequest, context: Any) -> user_pb2.GetProfileResponse: ...
    @abc.abstractmethod
    async def UpdateProfile(self, request: user_pb2.UpdateProfileRequest, context: Any) -> user_pb2.UpdateProfileResponse: ...
    @abc.abstractmethod
    async def BatchGetProfiles(self, request: user_pb2.BatchGetProfilesRequest, context: Any) -> user_pb2.BatchGetProfilesResponse: ...
    @abc.abstractmethod
    async def CreateProfile(self, request: user_pb2.CreateProfileRequest, context: Any) -> user_pb2.CreateProfileResponse: ...
    @abc.abstractmethod
    async def UploadAvatar(self, request: user_pb2.UploadAvatarRequest, context: Any) -> user_pb2.UploadAvatarResponse: ...
    @abc.abstractmethod
    async def DeleteProfile(self, request: user_pb2.DeleteProfileRequest, context: Any) -> user_pb2.DeleteProfileResponse: ...
    @abc.abstractmethod
    async def GetErasure(self, request: user_pb2.GetErasureRequest, context: Any) -> user_pb2.GetErasureResponse: ...
    @abc.abstractmethod
    async def GetPreferences(self, request: user_pb2.GetPreferencesRequest, context: Any) -> user_pb2.GetPreferencesResponse: ...
    @abc.abstractmethod
    async def UpdatePreferences(self, request: user_pb2.UpdatePreferencesRequest, context: Any) -> user_pb2.UpdatePreferencesResponse: ...
    @abc.abstractmethod
    async def ListHistory(self, request: user_pb2.ListHistoryRequest, context: Any) -> user_pb2.ListHistoryResponse: ...
    @abc.abstractmethod
    async def ListWishlist(self, request: user_pb2.ListWishlistRequest, context: Any) -> user_pb2.ListWishlistResponse: ...
    @abc.abstractmethod
    async def AddToWishlist(self, request: user_pb2.AddToWishlistRequest, context: Any) -> user_pb2.AddToWishlistResponse: ...
    @abc.abstractmethod
    async def RemoveFromWishlist(self, request: user_pb2.RemoveFromWishlistRequest, context: Any) -> user_pb2.RemoveFromWishlistResponse: ...
    @abc.abstractmethod
    async def GetNotificationPreferences(self, request: user_pb2.GetNotificationPreferencesRequest, context: Any) -> user_pb2.GetNotificationPreferencesResponse: ...
    @abc.abstractmethod
    async def UpdateNotificationPreferences(self, request: user_pb2.UpdateNotificationPreferencesRequest, context: Any) -> user_pb2.UpdateNotificationPreferencesResponse: ...
    @abc.abstractmethod
    async def ExportData(self, request: user_pb2.ExportDataRequest, context: Any) -> user_pb2.ExportDataResponse: ...

def add_UserServiceServicer_to_server(servicer: UserServiceServicer, server: Any) -> None: ...
