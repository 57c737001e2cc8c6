"""AuthService built from its settings and the parts of its process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dreamscape.auth.v1 import auth_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from mesh.cache import Limiter
from mesh.outbox import Outbox, Relay
from mesh.service import Parts, Service
from mesh.tokens import Signer
from services.auth.argon2 import Passwords
from services.auth.credentials import Credentials
from services.auth.domain import ACCESS_TTL, MailTokens, RefreshCookie, RefreshTokens
from services.auth.identities import Identities
from services.auth.letters import Letters
from services.auth.mails import Postman, Writer
from services.auth.oauth import Oauth
from services.auth.oidc import Clients
from services.auth.passwords import common_passwords
from services.auth.service import Accounts
from services.auth.sessions import Sessions
from services.auth.store import Store
from services.auth.throttle import Throttle

SCHEMA = "auth"
MIGRATIONS = Path(__file__).parent / "migrations"
_SHORTEST_KEY = 16


@dataclass(frozen=True)
class Settings:
    """What AuthService needs from outside.

    `signer` signs access tokens, `published_keys` (RFC 7517) verify them; both follow rotation.
    `refresh_key` is the secret behind refresh tokens: at least 16 characters, else ValueError.
    `secure_cookies` is for HTTPS. `allowed_origins` are web clients whose browsers do not tell
    `Sec-Fetch-Site`. `rate_factor` multiplies what anybody may try. `oauth` are the providers.
    """

    signer: Signer
    published_keys: Callable[[], list[dict[str, str]]]
    refresh_key: str = field(repr=False)
    secure_cookies: bool = True
    allowed_origins: frozenset[str] = frozenset()
    rate_factor: int = 1
    oauth: Clients = field(default_factory=Clients)

    def __post_init__(self) -> None:
        if len(self.refresh_key) < _SHORTEST_KEY:
            raise ValueError(f"refresh_key needs {_SHORTEST_KEY} characters or more")


def build(settings: Settings, parts: Parts) -> Service:
    """AuthService with its relay, its postman and its part in the list of ended sessions."""
    database, clock, ids = parts.database, parts.clock, parts.ids
    letters, outbox = Letters(database, clock, ids), Outbox(database, clock, ids)
    store = Store(database, outbox, letters, parts.revocations)
    credentials = Credentials(database, store, letters, outbox)
    limiter = Limiter(parts.cache, clock)
    throttle = Throttle(limiter, store, clock, settings.rate_factor)
    cookie = RefreshCookie(settings.secure_cookies, settings.allowed_origins)
    sessions = Sessions(settings.signer, RefreshTokens(settings.refresh_key), cookie, clock, ids)
    oauth = Oauth(settings.oauth, Identities(database, outbox), sessions)
    passwords = Passwords()
    rooms = (store, credentials, letters, passwords, sessions, throttle)
    servicer = Accounts(*rooms, common_passwords(), oauth, settings.published_keys)
    channel = parts.channel("dreamscape.notification.v1.NotificationService")
    writer = Writer(credentials, throttle, MailTokens(settings.refresh_key), clock)
    return Service(
        servicer=servicer,
        descriptor=auth_pb2.DESCRIPTOR.services_by_name["AuthService"],
        background=(
            Relay(database, parts.bus, parts.signals, clock).run,
            Postman(letters, writer, NotificationClient(channel), parts.signals, clock).run,
            lambda: parts.revocations.keep(store.lately_ended, ACCESS_TTL),
        ),
        close=(passwords.close, limiter.close, oauth.close),
    )
