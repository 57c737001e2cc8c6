# Written by `python -m edge.generate`; do not edit.
"""The client of dreamscape.auth.v1.AuthService."""

from dreamscape.auth.v1 import auth_pb2
from dreamscape.calls import Channel, Metadata


class AuthClient:
    """Who someone is, and for how long.

    Resources: an account (one e-mail, one password) and its sessions (one per device).
    Access tokens are ES256 JWTs that live 15 minutes; refresh tokens rotate at each use.
    """

    def __init__(self, channel: Channel) -> None:
        self._register = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/Register",
            auth_pb2.RegisterRequest.SerializeToString,
            auth_pb2.RegisterResponse.FromString,
        )
        self._login = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/Login",
            auth_pb2.LoginRequest.SerializeToString,
            auth_pb2.LoginResponse.FromString,
        )
        self._refresh = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/Refresh",
            auth_pb2.RefreshRequest.SerializeToString,
            auth_pb2.RefreshResponse.FromString,
        )
        self._logout = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/Logout",
            auth_pb2.LogoutRequest.SerializeToString,
            auth_pb2.LogoutResponse.FromString,
        )
        self._verify_token = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/VerifyToken",
            auth_pb2.VerifyTokenRequest.SerializeToString,
            auth_pb2.VerifyTokenResponse.FromString,
        )
        self._get_account = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/GetAccount",
            auth_pb2.GetAccountRequest.SerializeToString,
            auth_pb2.GetAccountResponse.FromString,
        )
        self._list_keys = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/ListKeys",
            auth_pb2.ListKeysRequest.SerializeToString,
            auth_pb2.ListKeysResponse.FromString,
        )

    async def register(
        self,
        request: auth_pb2.RegisterRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.RegisterResponse:
        """Creates an account. The answer is the same whether or not the e-mail was already taken.
        Fails with INVALID_ARGUMENT for a malformed e-mail or a password that is too short or common.
        """
        response: auth_pb2.RegisterResponse = await self._register(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def login(
        self,
        request: auth_pb2.LoginRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.LoginResponse:
        """Signs in with e-mail and password and starts a session. The refresh token also comes as an
        HttpOnly cookie. Fails with UNAUTHENTICATED for a wrong pair, RESOURCE_EXHAUSTED when busy.
        """
        response: auth_pb2.LoginResponse = await self._login(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def refresh(
        self,
        request: auth_pb2.RefreshRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.RefreshResponse:
        """Exchanges a refresh token, from the body or the cookie, for new tokens. One that was used less
        than 10 seconds ago gets the same successor again, for the answer may have been lost.
        Fails with UNAUTHENTICATED when it is unknown, expired or revoked; one that was used earlier
        ends its session.
        """
        response: auth_pb2.RefreshResponse = await self._refresh(
            request,
            timeout=3.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def logout(
        self,
        request: auth_pb2.LogoutRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.LogoutResponse:
        """Ends the session of a refresh token, from the body or the cookie. Succeeds when there is none."""
        response: auth_pb2.LogoutResponse = await self._logout(
            request,
            timeout=3.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def verify_token(
        self,
        request: auth_pb2.VerifyTokenRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.VerifyTokenResponse:
        """Tells whose access token this is and when it ends."""
        response: auth_pb2.VerifyTokenResponse = await self._verify_token(
            request,
            timeout=1.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_account(
        self,
        request: auth_pb2.GetAccountRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.GetAccountResponse:
        """The account of the caller. Fails with NOT_FOUND when it has been erased."""
        response: auth_pb2.GetAccountResponse = await self._get_account(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def list_keys(
        self,
        request: auth_pb2.ListKeysRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.ListKeysResponse:
        """The public keys that verify access tokens, as RFC 7517 has them."""
        response: auth_pb2.ListKeysResponse = await self._list_keys(
            request,
            timeout=1.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
