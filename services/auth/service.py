"""AuthService on the wire: decode, delegate, encode."""

from dataclasses import dataclass
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.auth.v1 import auth_pb2, auth_pb2_grpc
from mesh.call import Call
from mesh.faults import NotFound, Unauthenticated
from services.auth import domain
from services.auth.argon2 import Passwords, Turn
from services.auth.sessions import Sessions
from services.auth.store import Account, Store


@dataclass(frozen=True, eq=False)
class Accounts(auth_pb2_grpc.AuthServiceServicer):
    """Accounts, their sessions and the keys of their tokens."""

    store: Store
    passwords: Passwords
    sessions: Sessions
    common_passwords: frozenset[str]

    async def Register(
        self, request: auth_pb2.RegisterRequest, context: Call
    ) -> auth_pb2.RegisterResponse:
        """Create an account; the same answer after the same work when the address is taken."""
        email = domain.canonical(request.email)
        domain.check_password(request.password, email, self.common_passwords)
        with self.passwords.turn() as turn:
            encoded = await turn.hash(request.password)
        account = self._new_account(request, email, encoded)
        await self.store.register(account, auth_pb2.AccountRegistered(account=_account(account)))
        return auth_pb2.RegisterResponse(email=email)

    async def Login(self, request: auth_pb2.LoginRequest, context: Call) -> auth_pb2.LoginResponse:
        """Start a session for the right pair; a wrong one takes as long whatever is wrong."""
        with self.passwords.turn() as turn:
            account = await self._recognised(request, turn)
        session = self.sessions.opened(account.user_id, remember_me=request.remember_me)
        await self.store.open_session(session)
        return auth_pb2.LoginResponse(
            tokens=self.sessions.issue(context, session, account), account=_account(account)
        )

    async def Refresh(
        self, request: auth_pb2.RefreshRequest, context: Call
    ) -> auth_pb2.RefreshResponse:
        """Exchange a refresh token for the next pair."""
        ticket = self.sessions.take_back(request.refresh_token, context)
        session, account = await self.store.rotate(ticket, self.sessions.clock.now())
        return auth_pb2.RefreshResponse(tokens=self.sessions.issue(context, session, account))

    async def Logout(
        self, request: auth_pb2.LogoutRequest, context: Call
    ) -> auth_pb2.LogoutResponse:
        """End the session of a refresh token and clear the cookie."""
        try:
            ticket = self.sessions.take_back(request.refresh_token, context)
        except Unauthenticated:
            ticket = None
        if ticket is not None:
            await self.store.revoke(ticket.session_id, self.sessions.clock.now())
        context.headers.append(self.sessions.cookie.cleared())
        return auth_pb2.LogoutResponse()

    async def VerifyToken(
        self, request: auth_pb2.VerifyTokenRequest, context: Call
    ) -> auth_pb2.VerifyTokenResponse:
        """Whose token it is; Unauthenticated when its session has ended."""
        caller = context.identity
        if not await self.store.is_live(caller.session_id, self.sessions.clock.now()):
            raise Unauthenticated("SESSION_ENDED", "the session of this token has ended")
        return auth_pb2.VerifyTokenResponse(
            user_id=caller.user_id,
            session_id=caller.session_id,
            roles=sorted(caller.roles),
            expire_time=Timestamp(seconds=caller.expires_at),
        )

    async def GetAccount(
        self, request: auth_pb2.GetAccountRequest, context: Call
    ) -> auth_pb2.GetAccountResponse:
        """The caller's account; NotFound when it has been erased."""
        account = await self.store.account(context.identity.user_id)
        if account is None:
            raise NotFound("ACCOUNT_NOT_FOUND", "the account does not exist")
        return auth_pb2.GetAccountResponse(account=_account(account))

    async def ListKeys(
        self, request: auth_pb2.ListKeysRequest, context: Call
    ) -> auth_pb2.ListKeysResponse:
        """The public key that verifies access tokens."""
        return auth_pb2.ListKeysResponse(keys=[auth_pb2.Key(**self.sessions.signer.public_jwk())])

    def _new_account(self, request: auth_pb2.RegisterRequest, email: str, encoded: str) -> Account:
        return Account(
            user_id=self.sessions.ids.new(),
            email=email,
            password_hash=encoded,
            first_name=request.first_name,
            last_name=request.last_name,
            username=request.username,
            create_time=self.sessions.clock.now(),
        )

    async def _recognised(self, request: auth_pb2.LoginRequest, turn: Turn) -> Account:
        """The account of an address and its password."""
        account = await self.store.account_of(domain.canonical(request.email))
        encoded = account.password_hash if account else None
        right = await turn.matches(request.password, encoded)
        if account is None or not right:
            raise Unauthenticated("CREDENTIALS_INVALID", "the e-mail or the password is wrong")
        if turn.outdated(account.password_hash):
            await self.store.replace_hash(account, await turn.hash(request.password))
        return account


def _account(account: Account) -> auth_pb2.Account:
    return auth_pb2.Account(
        user_id=account.user_id,
        email=account.email,
        first_name=account.first_name,
        last_name=account.last_name,
        username=account.username,
        roles=account.roles,
        create_time=_timestamp(account.create_time),
    )


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
