"""AuthService on the wire: decode, delegate, encode."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.auth.v1 import auth_pb2, auth_pb2_grpc
from mesh.call import Call
from mesh.faults import Unauthenticated
from services.auth import domain
from services.auth.argon2 import Passwords, Turn
from services.auth.credentials import Credentials
from services.auth.domain import Visit
from services.auth.letters import RESET_PASSWORD, Letter, Letters
from services.auth.oauth import Oauth
from services.auth.oidc import Person
from services.auth.sessions import Sessions
from services.auth.store import Account, Session, Store
from services.auth.throttle import Throttle


@dataclass(frozen=True, eq=False)
class Accounts(auth_pb2_grpc.AuthServiceServicer):
    """Accounts, their sessions and the keys of their tokens."""

    store: Store
    credentials: Credentials
    letters: Letters
    passwords: Passwords
    sessions: Sessions
    throttle: Throttle
    common_passwords: frozenset[str]
    oauth: Oauth
    published_keys: Callable[[], list[dict[str, str]]]

    async def Register(
        self, request: auth_pb2.RegisterRequest, context: Call
    ) -> auth_pb2.RegisterResponse:
        """Create an account; the same answer after the same work when the address is taken."""
        await self.throttle.admit(context)
        email = domain.canonical(request.email)
        encoded = await self._new_hash(request.password, email)
        account = self._new_account(request, email, encoded)
        event = auth_pb2.AccountRegistered(account=_account(account), locale=context.language)
        await self.store.register(account, event, context.language)
        return auth_pb2.RegisterResponse(email=email)

    async def Login(self, request: auth_pb2.LoginRequest, context: Call) -> auth_pb2.LoginResponse:
        """Start a session for the right pair; a wrong one takes as long whatever is wrong."""
        email = domain.canonical(request.email)
        async with self.throttle.guess(email, context.address):
            with self.passwords.turn() as turn:
                account = await self._recognised(email, request.password, turn)
            tokens = await self._sign_in(account, context, remember_me=request.remember_me)
        return auth_pb2.LoginResponse(tokens=tokens, account=_account(account))

    async def Refresh(
        self, request: auth_pb2.RefreshRequest, context: Call
    ) -> auth_pb2.RefreshResponse:
        """Exchange a refresh token for the next pair."""
        await self.throttle.admit(context)
        ticket = self.sessions.take_back(request.refresh_token, context)
        session, account = await self.store.rotate(ticket, self.sessions.clock.now())
        return auth_pb2.RefreshResponse(tokens=self.sessions.issue(context, session, account))

    async def Logout(
        self, request: auth_pb2.LogoutRequest, context: Call
    ) -> auth_pb2.LogoutResponse:
        """End the session of a refresh token, or else of the access token; clear the cookie."""
        await self.throttle.admit(context)
        try:
            ticket = self.sessions.take_back(request.refresh_token, context)
        except Unauthenticated:
            ticket = None
        # Who shows an access token alone means its session.
        session_id = ticket.session_id if ticket else context.identity.session_id
        if session_id:
            await self.store.revoke(session_id, self.sessions.clock.now())
        # A page elsewhere gets here without the cookie, and must not have it cleared either.
        if context.cookie(self.sessions.cookie.name):
            context.headers.append(self.sessions.cookie.cleared())
        return auth_pb2.LogoutResponse()

    async def VerifyToken(
        self, request: auth_pb2.VerifyTokenRequest, context: Call
    ) -> auth_pb2.VerifyTokenResponse:
        """Whose token it is; Unauthenticated when its session has ended."""
        caller = context.identity
        await self._require_session(context)
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
        return auth_pb2.GetAccountResponse(account=_account(account))

    async def UpdateAccount(
        self, request: auth_pb2.UpdateAccountRequest, context: Call
    ) -> auth_pb2.UpdateAccountResponse:
        """Change the caller's names at once, the address once it is confirmed."""
        await self.throttle.admit(context)
        account = await self._own(context)
        if request.HasField("email"):
            with self.passwords.turn() as turn:
                await self._require_password(account, request.current_password, turn)
        fields = ("first_name", "last_name", "username")
        names = {name: getattr(request, name) for name in fields if request.HasField(name)}
        email, language = domain.canonical(request.email), context.language
        changed = await self.credentials.change_account(account, names, email, language)
        return auth_pb2.UpdateAccountResponse(account=_account(changed))

    async def ChangePassword(
        self, request: auth_pb2.ChangePasswordRequest, context: Call
    ) -> auth_pb2.ChangePasswordResponse:
        """Change the caller's password and end every session but this one."""
        await self.throttle.admit(context)
        account = await self._own(context)
        domain.check_password(request.new_password, account.email, self.common_passwords)
        with self.passwords.turn() as turn:
            await self._require_password(account, request.current_password, turn)
            encoded = await turn.hash(request.new_password)
        now, keep = self.sessions.clock.now(), context.identity.session_id
        ended = await self.credentials.change_password(
            account, encoded, Visit.of(context), keep=keep, now=now
        )
        return auth_pb2.ChangePasswordResponse(ended_sessions=ended)

    async def GetPasswordRules(
        self, request: auth_pb2.GetPasswordRulesRequest, context: Call
    ) -> auth_pb2.GetPasswordRulesResponse:
        """What a password must be, in the caller's language."""
        context.headers += [("content-language", context.language), ("vary", "accept-language")]
        return auth_pb2.GetPasswordRulesResponse(
            min_length=domain.SHORTEST_PASSWORD,
            max_length=domain.LONGEST_PASSWORD,
            rules=domain.password_rules(context.language),
        )

    async def LogoutAll(
        self, request: auth_pb2.LogoutAllRequest, context: Call
    ) -> auth_pb2.LogoutAllResponse:
        """End every session of the caller and clear the cookie."""
        await self.throttle.admit(context)
        now = self.sessions.clock.now()
        ended = await self.store.revoke_all(context.identity.user_id, now)
        context.headers.append(self.sessions.cookie.cleared())
        return auth_pb2.LogoutAllResponse(ended_sessions=ended)

    async def ForgotPassword(
        self, request: auth_pb2.ForgotPasswordRequest, context: Call
    ) -> auth_pb2.ForgotPasswordResponse:
        """Owe a mail to the address. Whether it is anybody's is seen when the mail is written."""
        await self.throttle.admit(context)
        email = domain.canonical(request.email)
        await self.letters.post(Letter(RESET_PASSWORD, email, context.language))
        return auth_pb2.ForgotPasswordResponse()

    async def ResetPassword(
        self, request: auth_pb2.ResetPasswordRequest, context: Call
    ) -> auth_pb2.ResetPasswordResponse:
        """Set a new password with the token of a mail; nobody stays signed in."""
        await self.throttle.admit(context)
        digest, now = domain.token_digest(request.token), self.sessions.clock.now()
        # Looked at first, so that an invented token costs no hash.
        email = await self.credentials.resettable(digest, now)
        encoded = await self._new_hash(request.new_password, email)
        await self.credentials.reset_password(digest, encoded, Visit.of(context), now)
        await self.throttle.unlock(email)
        context.headers.append(self.sessions.cookie.cleared())
        return auth_pb2.ResetPasswordResponse()

    async def VerifyEmail(
        self, request: auth_pb2.VerifyEmailRequest, context: Call
    ) -> auth_pb2.VerifyEmailResponse:
        """Confirm an address with the token of a mail."""
        await self.throttle.admit(context)
        digest, now = domain.token_digest(request.token), self.sessions.clock.now()
        account = await self.credentials.confirm_email(digest, now)
        return auth_pb2.VerifyEmailResponse(email=account.email)

    async def ListSessions(
        self, request: auth_pb2.ListSessionsRequest, context: Call
    ) -> auth_pb2.ListSessionsResponse:
        """A page of the caller's live sessions, newest first."""
        size = request.page_size or domain.USUAL_PAGE
        after, now = domain.read_page_token(request.page_token), self.sessions.clock.now()
        # One more than is shown tells whether there is a next page.
        found = await self.store.page(context.identity.user_id, after=after, size=size + 1, now=now)
        more = domain.page_token(found[size - 1].session_id) if len(found) > size else ""
        current = context.identity.session_id
        sessions = [_session(row, current=row.session_id == current) for row in found[:size]]
        return auth_pb2.ListSessionsResponse(sessions=sessions, next_page_token=more)

    async def RevokeSession(
        self, request: auth_pb2.RevokeSessionRequest, context: Call
    ) -> auth_pb2.RevokeSessionResponse:
        """End one of the caller's sessions."""
        user_id, now = context.identity.user_id, self.sessions.clock.now()
        await self.store.revoke_own(user_id, request.session_id, now)
        return auth_pb2.RevokeSessionResponse()

    async def EraseUser(
        self, request: auth_pb2.EraseUserRequest, context: Call
    ) -> auth_pb2.EraseUserResponse:
        """Erase an account and all that is its own."""
        erased = await self.store.erase(request.user_id, self.sessions.clock.now())
        return auth_pb2.EraseUserResponse(erased=erased)

    async def StartOauth(
        self, request: auth_pb2.StartOauthRequest, context: Call
    ) -> auth_pb2.StartOauthResponse:
        """Begin to sign in at another provider: its address, and the cookie to come back with."""
        await self.throttle.admit(context)
        url = await self.oauth.begin(request.provider, context)
        context.headers += [("location", url), ("cache-control", "no-store")]
        return auth_pb2.StartOauthResponse(authorization_url=url)

    async def FinishOauth(
        self, request: auth_pb2.FinishOauthRequest, context: Call
    ) -> auth_pb2.FinishOauthResponse:
        """Start a session for whom the provider names, with a new account the first time."""
        await self.throttle.admit(context)
        person = await self.oauth.finish(request, context)
        # It is a GET, and its answer holds tokens.
        context.headers.append(("cache-control", "no-store"))
        account = await self.oauth.account_of(person) or await self._joined(person, context)
        tokens = await self._sign_in(account, context)
        return auth_pb2.FinishOauthResponse(tokens=tokens, account=_account(account))

    async def ListKeys(
        self, request: auth_pb2.ListKeysRequest, context: Call
    ) -> auth_pb2.ListKeysResponse:
        """The public keys that verify access tokens."""
        return auth_pb2.ListKeysResponse(keys=[auth_pb2.Key(**k) for k in self.published_keys()])

    def _new_account(self, request: auth_pb2.RegisterRequest, email: str, encoded: str) -> Account:
        return Account(
            user_id=self.sessions.ids.new(),
            email=email,
            pending_email=email,
            password_hash=encoded,
            first_name=request.first_name,
            last_name=request.last_name,
            username=request.username,
            create_time=self.sessions.clock.now(),
        )

    async def _joined(self, person: Person, context: Call) -> Account:
        """The new account of somebody who signs in at a provider for the first time."""
        if not person.email:
            raise Unauthenticated(
                "OAUTH_EMAIL_UNVERIFIED", "the provider has not confirmed the e-mail address"
            )
        account = Account(
            user_id=self.sessions.ids.new(),
            email=person.email,
            email_verified=True,
            # Empty is no password: none matches it.
            password_hash="",
            first_name=person.first_name,
            last_name=person.last_name,
            username="",
            create_time=self.sessions.clock.now(),
        )
        event = auth_pb2.AccountRegistered(account=_account(account), locale=context.language)
        return await self.oauth.join(person, account, event)

    async def _new_hash(self, password: str, email: str) -> str:
        """The hash of a new password; InvalidArgument when it is a bad one."""
        domain.check_password(password, email, self.common_passwords)
        with self.passwords.turn() as turn:
            return await turn.hash(password)

    async def _recognised(self, email: str, password: str, turn: Turn) -> Account:
        """The account of an address and its password."""
        account = await self.store.account_of(email)
        encoded = account.password_hash if account else ""
        right = await turn.matches(password, encoded)
        if account is None or not right:
            raise _wrong_pair()
        if turn.outdated(account.password_hash):
            await self.store.replace_hash(account, await turn.hash(password))
        return account

    async def _sign_in(
        self, account: Account, context: Call, *, remember_me: bool = False
    ) -> auth_pb2.Tokens:
        """The tokens of a new session; Unauthenticated when the password has just changed."""
        visit = Visit.of(context)
        session = self.sessions.opened(account.user_id, visit, remember_me=remember_me)
        if not await self.store.open_session(session, account, visit):
            raise _wrong_pair()
        return self.sessions.issue(context, session, account)

    async def _own(self, context: Call) -> Account:
        """The caller's account, if the session is still there by the database itself."""
        account = await self.store.account(context.identity.user_id)
        await self._require_session(context)
        return account

    async def _require_session(self, context: Call) -> None:
        now = self.sessions.clock.now()
        if not await self.store.is_live(context.identity.session_id, now):
            raise Unauthenticated("SESSION_ENDED", "the session of this token has ended")

    async def _require_password(self, account: Account, password: str, turn: Turn) -> None:
        await self.throttle.guess_own(account.user_id)
        if not await turn.matches(password, account.password_hash):
            raise domain.wrong_password()


def _wrong_pair() -> Unauthenticated:
    return Unauthenticated("CREDENTIALS_INVALID", "the e-mail or the password is wrong")


def _account(account: Account) -> auth_pb2.Account:
    return auth_pb2.Account(
        user_id=account.user_id,
        email=account.email,
        first_name=account.first_name,
        last_name=account.last_name,
        username=account.username,
        roles=account.roles,
        create_time=_timestamp(account.create_time),
        email_verified=account.email_verified,
    )


def _session(session: Session, *, current: bool) -> auth_pb2.Session:
    return auth_pb2.Session(
        session_id=session.session_id,
        user_agent=session.user_agent,
        address=session.address,
        create_time=_timestamp(session.create_time),
        last_use_time=_timestamp(session.last_use_time),
        expire_time=_timestamp(session.expire_time),
        current=current,
    )


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
