"""AuthService built from its settings and the parts of its process."""

from dataclasses import dataclass, field
from pathlib import Path

from dreamscape.auth.v1 import auth_pb2
from mesh.outbox import Outbox, Relay
from mesh.service import Parts, Service
from mesh.tokens import USERS, Signer
from services.auth.argon2 import Passwords
from services.auth.domain import RefreshCookie, RefreshTokens
from services.auth.service import Accounts
from services.auth.sessions import Sessions
from services.auth.store import Store

SCHEMA = "auth"
MIGRATIONS = Path(__file__).parent / "migrations"
_COMMON_PASSWORDS = Path(__file__).parent / "data" / "passwords.txt"
_SHORTEST_KEY = 16


@dataclass(frozen=True)
class Settings:
    """What AuthService needs from outside.

    `token_private_pem` is the P-256 key that signs access tokens under `token_kid`, `refresh_key`
    the secret behind refresh tokens: at least 16 characters, else ValueError. `secure_cookies` is
    for HTTPS. `allowed_origins` are web clients whose browsers do not tell `Sec-Fetch-Site`.
    """

    token_kid: str
    token_private_pem: str = field(repr=False)
    refresh_key: str = field(repr=False)
    secure_cookies: bool = True
    allowed_origins: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(self.refresh_key) < _SHORTEST_KEY:
            raise ValueError(f"refresh_key needs {_SHORTEST_KEY} characters or more")


def build(settings: Settings, parts: Parts) -> Service:
    """AuthService with its relay."""
    signer = Signer(USERS, settings.token_kid, settings.token_private_pem, parts.clock, parts.ids)
    sessions = Sessions(
        signer=signer,
        refresh_tokens=RefreshTokens(settings.refresh_key),
        cookie=RefreshCookie(settings.secure_cookies, settings.allowed_origins),
        clock=parts.clock,
        ids=parts.ids,
    )
    passwords = Passwords()
    servicer = Accounts(
        store=Store(parts.database, Outbox(parts.database, parts.clock, parts.ids)),
        passwords=passwords,
        sessions=sessions,
        common_passwords=frozenset(_COMMON_PASSWORDS.read_text().split()),
    )
    return Service(
        servicer=servicer,
        descriptor=auth_pb2.DESCRIPTOR.services_by_name["AuthService"],
        background=(Relay(parts.database, parts.bus, parts.signals, parts.clock).run,),
        close=(passwords.close,),
    )
