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
    UpdateAccount: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.UpdateAccountRequest, auth_pb2.UpdateAccountResponse]
    ChangePassword: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.ChangePasswordRequest, auth_pb2.ChangePasswordResponse]
    GetPasswordRules: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.GetPasswordRulesRequest, auth_pb2.GetPasswordRulesResponse]
    LogoutAll: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.LogoutAllRequest, auth_pb2.LogoutAllResponse]
    ForgotPassword: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.ForgotPasswordRequest, auth_pb2.ForgotPasswordResponse]
    ResetPassword: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.ResetPasswordRequest, auth_pb2.ResetPasswordResponse]
    VerifyEmail: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.VerifyEmailRequest, auth_pb2.VerifyEmailResponse]
    ListSessions: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.ListSessionsRequest, auth_pb2.ListSessionsResponse]
    RevokeSession: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.RevokeSessionRequest, auth_pb2.RevokeSessionResponse]
    StartOauth: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.StartOauthRequest, auth_pb2.StartOauthResponse]
    FinishOauth: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.FinishOauthRequest, auth_pb2.FinishOauthResponse]
    EraseUser: grpc.aio.UnaryUnaryMultiCallable[auth_pb2.EraseUserRequest, auth_pb2.EraseUserResponse]
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
    async def UpdateAccount(self, request: auth_pb2.UpdateAccountRequest, context: Any) -> auth_pb2.UpdateAccountResponse: ...
    @abc.abstractmethod
    async def ChangePassword(self, request: auth_pb2.ChangePasswordRequest, context: Any) -> auth_pb2.ChangePasswordResponse: ...
    @abc.abstractmethod
    async def GetPasswordRules(self, request: auth_pb2.GetPasswordRulesRequest, context: Any) -> auth_pb2.GetPasswordRulesResponse: ...
    @abc.abstractmethod
    async def LogoutAll(self, request: auth_pb2.LogoutAllRequest, context: Any) -> auth_pb2.LogoutAllResponse: ...
    @abc.abstractmethod
    async def ForgotPassword(self, request: auth_pb2.ForgotPasswordRequest, context: Any) -> auth_pb2.ForgotPasswordResponse: ...
    @abc.abstractmethod
    async def ResetPassword(self, request: auth_pb2.ResetPasswordRequest, context: Any) -> auth_pb2.ResetPasswordResponse: ...
    @abc.abstractmethod
    async def VerifyEmail(self, request: auth_pb2.VerifyEmailRequest, context: Any) -> auth_pb2.VerifyEmailResponse: ...
    @abc.abstractmethod
    async def ListSessions(self, request: auth_pb2.ListSessionsRequest, context: Any) -> auth_pb2.ListSessionsResponse: ...
    @abc.abstractmethod
    async def RevokeSession(self, request: auth_pb2.RevokeSessionRequest, context: Any) -> auth_pb2.RevokeSessionResponse: ...
    @abc.abstractmethod
    async def StartOauth(self, request: auth_pb2.StartOauthRequest, context: Any) -> auth_pb2.StartOauthResponse: ...
    @abc.abstractmethod
    async def FinishOauth(self, request: auth_pb2.FinishOauthRequest, context: Any) -> auth_pb2.FinishOauthResponse: ...
    @abc.abstractmethod
    async def EraseUser(self, request: auth_pb2.EraseUserRequest, context: Any) -> auth_pb2.EraseUserResponse: ...
    @abc.abstractmethod
    async def ListKeys(self, request: auth_pb2.ListKeysRequest, context: Any) -> auth_pb2.ListKeysResponse: ...

def add_AuthServiceServicer_to_server(servicer: AuthServiceServicer, server: Any) -> None: ...
