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
        self._update_account = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/UpdateAccount",
            auth_pb2.UpdateAccountRequest.SerializeToString,
            auth_pb2.UpdateAccountResponse.FromString,
        )
        self._change_password = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/ChangePassword",
            auth_pb2.ChangePasswordRequest.SerializeToString,
            auth_pb2.ChangePasswordResponse.FromString,
        )
        self._get_password_rules = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/GetPasswordRules",
            auth_pb2.GetPasswordRulesRequest.SerializeToString,
            auth_pb2.GetPasswordRulesResponse.FromString,
        )
        self._logout_all = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/LogoutAll",
            auth_pb2.LogoutAllRequest.SerializeToString,
            auth_pb2.LogoutAllResponse.FromString,
        )
        self._forgot_password = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/ForgotPassword",
            auth_pb2.ForgotPasswordRequest.SerializeToString,
            auth_pb2.ForgotPasswordResponse.FromString,
        )
        self._reset_password = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/ResetPassword",
            auth_pb2.ResetPasswordRequest.SerializeToString,
            auth_pb2.ResetPasswordResponse.FromString,
        )
        self._verify_email = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/VerifyEmail",
            auth_pb2.VerifyEmailRequest.SerializeToString,
            auth_pb2.VerifyEmailResponse.FromString,
        )
        self._list_sessions = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/ListSessions",
            auth_pb2.ListSessionsRequest.SerializeToString,
            auth_pb2.ListSessionsResponse.FromString,
        )
        self._revoke_session = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/RevokeSession",
            auth_pb2.RevokeSessionRequest.SerializeToString,
            auth_pb2.RevokeSessionResponse.FromString,
        )
        self._start_oauth = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/StartOauth",
            auth_pb2.StartOauthRequest.SerializeToString,
            auth_pb2.StartOauthResponse.FromString,
        )
        self._finish_oauth = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/FinishOauth",
            auth_pb2.FinishOauthRequest.SerializeToString,
            auth_pb2.FinishOauthResponse.FromString,
        )
        self._erase_user = channel.unary_unary(
            "/dreamscape.auth.v1.AuthService/EraseUser",
            auth_pb2.EraseUserRequest.SerializeToString,
            auth_pb2.EraseUserResponse.FromString,
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
        """Ends the session of a refresh token, from the body or the cookie; without one, that of the
        access token. Succeeds when there is none.
        """
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

    async def update_account(
        self,
        request: auth_pb2.UpdateAccountRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.UpdateAccountResponse:
        """Changes the caller's account; a field that is not sent stays as it is. A new e-mail needs the
        current password and counts once it is confirmed from a mail sent there.
        Fails with PERMISSION_DENIED for a wrong current password, INVALID_ARGUMENT for a bad value.
        """
        response: auth_pb2.UpdateAccountResponse = await self._update_account(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def change_password(
        self,
        request: auth_pb2.ChangePasswordRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.ChangePasswordResponse:
        """Changes the password and ends every other session.
        Fails with PERMISSION_DENIED for a wrong current password, INVALID_ARGUMENT for a weak new one.
        """
        response: auth_pb2.ChangePasswordResponse = await self._change_password(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_password_rules(
        self,
        request: auth_pb2.GetPasswordRulesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.GetPasswordRulesResponse:
        """What a password must be, for a form to say before it is sent."""
        response: auth_pb2.GetPasswordRulesResponse = await self._get_password_rules(
            request,
            timeout=1.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def logout_all(
        self,
        request: auth_pb2.LogoutAllRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.LogoutAllResponse:
        """Ends every session of the caller."""
        response: auth_pb2.LogoutAllResponse = await self._logout_all(
            request,
            timeout=3.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def forgot_password(
        self,
        request: auth_pb2.ForgotPasswordRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.ForgotPasswordResponse:
        """Mails a link to choose a new password. The answer is the same for unknown addresses."""
        response: auth_pb2.ForgotPasswordResponse = await self._forgot_password(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def reset_password(
        self,
        request: auth_pb2.ResetPasswordRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.ResetPasswordResponse:
        """Sets a new password with the token of a mail, once, and ends every session.
        Fails with UNAUTHENTICATED for a token that is unknown, used or too old.
        """
        response: auth_pb2.ResetPasswordResponse = await self._reset_password(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def verify_email(
        self,
        request: auth_pb2.VerifyEmailRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.VerifyEmailResponse:
        """Confirms an e-mail address with the token of a mail, once.
        Fails with UNAUTHENTICATED for a token that is unknown, used or too old.
        """
        response: auth_pb2.VerifyEmailResponse = await self._verify_email(
            request,
            timeout=3.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def list_sessions(
        self,
        request: auth_pb2.ListSessionsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.ListSessionsResponse:
        """The caller's sessions, one for each device, newest first."""
        response: auth_pb2.ListSessionsResponse = await self._list_sessions(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def revoke_session(
        self,
        request: auth_pb2.RevokeSessionRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.RevokeSessionResponse:
        """Ends one session. Fails with NOT_FOUND when it is not there or somebody else's."""
        response: auth_pb2.RevokeSessionResponse = await self._revoke_session(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def start_oauth(
        self,
        request: auth_pb2.StartOauthRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.StartOauthResponse:
        """Begins to sign in with another provider: a browser is sent there, and comes back with a code.
        Fails with NOT_FOUND for a provider that is not configured.
        """
        response: auth_pb2.StartOauthResponse = await self._start_oauth(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def finish_oauth(
        self,
        request: auth_pb2.FinishOauthRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.FinishOauthResponse:
        """Ends it: takes the code that the provider sent the browser back with, and starts a session.
        Fails with UNAUTHENTICATED for a state, code or token that is not right, FAILED_PRECONDITION
        when the address belongs to an account that was not made with this provider.
        """
        response: auth_pb2.FinishOauthResponse = await self._finish_oauth(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def erase_user(
        self,
        request: auth_pb2.EraseUserRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> auth_pb2.EraseUserResponse:
        """Erases a user's account with its sessions. Erasing what is erased succeeds.

        Inside the mesh only, for user; the edge has no route to it.
        """
        response: auth_pb2.EraseUserResponse = await self._erase_user(
            request,
            timeout=5.0 if timeout is None else timeout,
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
