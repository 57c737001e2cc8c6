# Written by `python -m edge.generate`; do not edit.
import abc
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from dreamscape.auth.v1 import auth_pb2

class AuthServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    Register: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.RegisterRequest, auth_pb2.RegisterResponse]
    Login: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.LoginRequest, auth_pb2.LoginResponse]
    Refresh: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.RefreshRequest, auth_pb2.RefreshResponse]
    Logout: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.LogoutRequest, auth_pb2.LogoutResponse]
    VerifyToken: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.VerifyTokenRequest, auth_pb2.VerifyTokenResponse]
    GetAccount: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.GetAccountRequest, auth_pb2.GetAccountResponse]
    ListKeys: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.ListKeysRequest, auth_pb2.ListKeysResponse]

class AuthServiceServicer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    async def Register(self, request: auth_pb2.RegisterRequest, context: Any) -> auth_pb2.RegisterResponse: ...
    @abc.abstractmethod
    async def Login(self, request: auth_pb2.LoginRequest, context: Any) -> auth_pb2.LoginResponse: ...
    @abc.abstractmethod
    async def Refresh(self, request: auth_pb2.RefreshRequest, context: Any) -> auth_pb2.RefreshResponse: ...
    @abc.abstractmethod
    async def Logout(self, request: auth_pb2.LogoutRequest, context: Any) -> auth_pb2.LogoutResponse: ...
    @abc.abstractmethod
    async def VerifyToken(self, request: auth_pb2.VerifyTokenRequest, context: Any) -> auth_pb2.VerifyTokenResponse: ...
    @abc.abstractmethod
    async def GetAccount(self, request: auth_pb2.GetAccountRequest, context: Any) -> auth_pb2.GetAccountResponse: ...
    @abc.abstractmethod
    async def ListKeys(self, request: auth_pb2.ListKeysRequest, context: Any) -> auth_pb2.ListKeysResponse: ...

def add_AuthServiceServicer_to_server(servicer: AuthServiceServicer, server: Any) -> None: ...
