"""The rules of accounts and sessions: passwords, lifetimes, tokens, the cookie, who is where."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from mesh.call import Call
from mesh.faults import InvalidArgument, PermissionDenied, Unauthenticated, Violation

ACCESS_TTL = timedelta(minutes=15)
ABSOLUTE_TTL = timedelta(days=90)
GRACE = timedelta(seconds=10)
REUSED = "REFRESH_TOKEN_REUSED"
RESET_TTL = timedelta(minutes=30)
VERIFY_TTL = timedelta(hours=24)
USUAL_PAGE = 20
# What the contract says of a password.
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
# How long a network in which somebody signed in counts as known.
KNOWN_FOR = timedelta(days=90)
# Longer than handing over a mail may take, so that it is taken over only from a dead worker.
MAIL_LEASE = timedelta(minutes=1)
MOST_ATTEMPTS = 10
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
_LONGEST_USER_AGENT, _LONGEST_ADDRESS = 200, 64
_IDLE_TTL = timedelta(days=7)
_REMEMBERED_IDLE_TTL = timedelta(days=30)
# A local part such as `al` is in too many good passwords to be forbidden there.
_SHORTEST_LOCAL_PART = 3
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile(r"v1\.([0-9a-f-]{36})\.(0|[1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})")

_RULES = {
    "en": (
        "It has {least} to {most} characters; any character will do, and a sentence is best.",
        "It is not one of the passwords that are tried first.",
        "It does not hold the part of your address before the @.",
    ),
    "fr": (
        "Il compte de {least} à {most} caractères, quels qu'ils soient ; une phrase est idéale.",
        "Il ne fait pas partie des mots de passe que l'on essaie en premier.",
        "Il ne contient pas ce qui précède le @ de votre adresse.",
    ),
}


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
        return _text(hmac.digest(self._key, text.encode(), "sha256"))


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


class MailTokens:
    """What the links in mails carry: 256 bits that follow from a mail's identifier and our key.

    So a mail that is sent again carries the same, and no table holds more than its digest.
    """

    def __init__(self, key: str) -> None:
        self._key = hmac.digest(key.encode(), b"dreamscape.auth.mails", "sha256")

    def write(self, mail_id: str) -> str:
        """The token of a mail."""
        return _text(hmac.digest(self._key, mail_id.encode(), "sha256"))


def token_digest(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Visit:
    """From where somebody signs in: what the device calls itself, its address, the language."""

    user_agent: str
    address: str
    language: str

    @classmethod
    def of(cls, call: Call) -> "Visit":
        """What a call tells of it, cut to what is kept."""
        agent = "".join(filter(str.isprintable, call.user_agent))[:_LONGEST_USER_AGENT]
        return cls(agent, call.address[:_LONGEST_ADDRESS], call.language)

    @property
    def network(self) -> str:
        """The network that the address is in; see `network_of`."""
        return network_of(self.address)

    @property
    def device(self) -> str:
        """The device and its address, for its owner to read."""
        return ", ".join(filter(None, (self.user_agent, self.address)))


def network_of(address: str) -> str:
    """The /24 or /64 of an address: what one subscriber may change at will counts as one.

    Empty for an empty one, `unknown` for what is no address.
    """
    if not address:
        return ""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    bits = 64 if isinstance(found, IPv6Address) else 24
    return str(ip_network(f"{found.compressed.partition('%')[0]}/{bits}", strict=False))


def password_rules(language: str) -> tuple[str, ...]:
    """What a password must be, in `en` or `fr`."""
    return tuple(
        rule.format(least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD) for rule in _RULES[language]
    )


def page_token(session_id: str) -> str:
    """The token of the page that begins after a session."""
    return _text(session_id.encode())


def read_page_token(token: str) -> str:
    """The session that a page begins after, empty for the first page."""
    try:
        session_id = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        session_id = "?"
    if token and not _UUID.fullmatch(session_id):
        raise InvalidArgument("PAGE_TOKEN_INVALID", "the page token is not one of ours")
    return session_id


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: twice as long each time, five minutes."""
    return min(_FIRST_PAUSE * (1 << (attempts - 1)), _LONGEST_PAUSE)


def wrong_password() -> PermissionDenied:
    """The refusal of a change that needs the current password."""
    return PermissionDenied("PASSWORD_WRONG", "the current password is wrong")


def bad_mail_token() -> Unauthenticated:
    """The refusal of a token that is unknown, used, too old, or void since."""
    return Unauthenticated("TOKEN_INVALID", "the link is not valid any more; ask for a new one")


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
