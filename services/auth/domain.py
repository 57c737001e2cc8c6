"""The rules of accounts and sessions: passwords, lifetimes, refresh tokens, the cookie."""

import base64
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mesh.faults import InvalidArgument, PermissionDenied, Unauthenticated, Violation

ACCESS_TTL = timedelta(minutes=15)
ABSOLUTE_TTL = timedelta(days=90)
GRACE = timedelta(seconds=10)
REUSED = "REFRESH_TOKEN_REUSED"
_IDLE_TTL = timedelta(days=7)
_REMEMBERED_IDLE_TTL = timedelta(days=30)
# A local part such as `al` is in too many good passwords to be forbidden there.
_SHORTEST_LOCAL_PART = 3
_TOKEN = re.compile(r"v1\.([0-9a-f-]{36})\.(0|[1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})")


def idle_period(*, remember_me: bool) -> timedelta:
    """How long a session lives without being refreshed."""
    return _REMEMBERED_IDLE_TTL if remember_me else _IDLE_TTL


def canonical(email: str) -> str:
    """An address as accounts are known by."""
    return email.lower()


def check_password(password: str, email: str, common: Collection[str]) -> None:
    """InvalidArgument when a password is one of the `common` ones or holds the address's name."""
    folded = password.casefold()
    local_part = email.partition("@")[0].casefold()
    if folded in common:
        raise _bad_password("PASSWORD_COMMON", "is one of the most common passwords")
    if len(local_part) >= _SHORTEST_LOCAL_PART and local_part in folded:
        raise _bad_password("PASSWORD_CONTAINS_EMAIL", "must not hold the name in the address")


def _bad_password(reason: str, description: str) -> InvalidArgument:
    return InvalidArgument(
        reason, f"password: {description}", violations=(Violation("password", description),)
    )


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a refresh token says: a session, and how often it had been refreshed before."""

    session_id: str
    counter: int


class RefreshTokens:
    """Writes and reads refresh tokens, `v1.<session>.<counter>.<signature>`.

    The successor of a token follows from the session's counter, so nothing is stored per refresh,
    and an answer that was lost can be given again.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def write(self, ticket: Ticket) -> str:
        """The token of a ticket."""
        text = f"v1.{ticket.session_id}.{ticket.counter}"
        return f"{text}.{self._signature(text)}"

    def read(self, token: str) -> Ticket:
        """The ticket of a token that was written here; Unauthenticated for anything else."""
        match = _TOKEN.fullmatch(token)
        signed = token.rpartition(".")[0]
        if match is None or not hmac.compare_digest(self._signature(signed), match[3]):
            raise unknown_refresh_token()
        return Ticket(session_id=match[1], counter=int(match[2]))

    def _signature(self, text: str) -> str:
        digest = hmac.digest(self._key, text.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class SessionState:
    """What decides whether a ticket is still good."""

    counter: int
    last_use_time: datetime
    expire_time: datetime
    revoked: bool


def judge_spent(ticket: Ticket, session: SessionState, now: datetime) -> Unauthenticated | None:
    """Why a ticket that could not be spent is refused; None when its answer is given again.

    Only the direct parent gets its answer again, and only within the grace: an answer may have
    been lost, or two tabs refresh at once. Anything else that was signed here and is not current
    was used by two, so nobody may go on.
    """
    if session.revoked:
        return Unauthenticated("REFRESH_TOKEN_REVOKED", "the session has ended; sign in again")
    if session.expire_time <= now:
        return Unauthenticated("REFRESH_TOKEN_EXPIRED", "the session has expired; sign in again")
    if ticket.counter == session.counter - 1 and now - session.last_use_time <= GRACE:
        return None
    return Unauthenticated(REUSED, "the refresh token was used before; sign in again")


def unknown_refresh_token() -> Unauthenticated:
    """The refusal of a token that this service does not know."""
    return Unauthenticated("REFRESH_TOKEN_INVALID", "the refresh token is not valid")


@dataclass(frozen=True, slots=True)
class RefreshCookie:
    """The cookie that carries a refresh token, and the pages that may have it used.

    `secure` is for HTTPS: the `__Host-` prefix then binds the cookie to this very host.
    `allowed_origins` are those of web clients, such as `https://www.example.com`.
    """

    secure: bool
    allowed_origins: frozenset[str]

    @property
    def name(self) -> str:
        """The cookie's name."""
        return "__Host-ds_rt" if self.secure else "ds_rt"

    def holding(self, token: str, seconds: int) -> tuple[str, str]:
        """The header that keeps `token` for `seconds`."""
        secure = " Secure;" if self.secure else ""
        attributes = f"HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}"
        return "set-cookie", f"{self.name}={token};{secure} {attributes}"

    def cleared(self) -> tuple[str, str]:
        """The header that makes a browser forget the cookie."""
        return self.holding("", 0)

    def require_own_page(self, headers: Mapping[str, str]) -> None:
        """PermissionDenied unless the browser vouches that no foreign page uses the cookie."""
        if headers.get("sec-fetch-site") in ("same-origin", "none"):
            return
        if headers.get("origin") in self.allowed_origins:
            return
        raise PermissionDenied(
            "CROSS_SITE_REQUEST", "the cookie is taken from this site's own pages only"
        )
