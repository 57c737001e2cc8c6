"""What a session gives its device, and takes back: tokens, in the body and in the cookie."""

from dataclasses import dataclass

from dreamscape.auth.v1 import auth_pb2
from mesh.call import Call
from mesh.clock import Clock, Ids
from mesh.faults import Unauthenticated
from mesh.tokens import Signer
from services.auth import domain
from services.auth.store import Account, Session


@dataclass(frozen=True)
class Sessions:
    """Opens sessions, hands out their tokens and takes refresh tokens back."""

    signer: Signer
    refresh_tokens: domain.RefreshTokens
    cookie: domain.RefreshCookie
    clock: Clock
    ids: Ids

    def opened(self, user_id: str, visit: domain.Visit, *, remember_me: bool) -> Session:
        """A session that begins now, on the device of a visit."""
        now, idle = self.clock.now(), domain.idle_period(remember_me=remember_me)
        return Session(
            session_id=self.ids.new(),
            user_id=user_id,
            counter=0,
            idle_period=idle,
            create_time=now,
            last_use_time=now,
            expire_time=now + idle,
            absolute_expire_time=now + domain.ABSOLUTE_TTL,
            user_agent=visit.user_agent,
            address=visit.address,
        )

    def issue(self, context: Call, session: Session, account: Account) -> auth_pb2.Tokens:
        """The tokens of a session as it is; the refresh token also as a cookie."""
        ticket = domain.Ticket(session.session_id, session.counter)
        token = self.refresh_tokens.write(ticket)
        lifetime = session.expire_time - self.clock.now()
        context.headers.append(self.cookie.holding(token, int(lifetime.total_seconds())))
        claims = {"sid": session.session_id, "roles": sorted(account.roles)}
        return auth_pb2.Tokens(
            access_token=self.signer.sign(account.user_id, domain.ACCESS_TTL, claims),
            refresh_token=token,
            token_type="Bearer",  # noqa: S106 - the scheme, not a secret
            expires_in=int(domain.ACCESS_TTL.total_seconds()),
        )

    def take_back(self, token: str, context: Call) -> domain.Ticket:
        """The ticket that a call presents; a cookie counts only when one of our pages sent it."""
        if not token:
            token = context.cookie(self.cookie.name)
            if not token:
                raise Unauthenticated("REFRESH_TOKEN_MISSING", "a refresh token is needed")
            self.cookie.require_own_page(context.metadata)
        return self.refresh_tokens.read(token)
