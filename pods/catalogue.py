"""Every service on one page: how it is built from the surroundings of a process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from google.protobuf.descriptor import ServiceDescriptor

from dreamscape.auth.v1 import auth_pb2
from dreamscape.booking.v1 import booking_pb2
from dreamscape.destination.v1 import destination_pb2
from dreamscape.notification.v1 import notification_pb2
from dreamscape.payment.v1 import payment_pb2
from dreamscape.user.v1 import user_pb2
from dreamscape.voyage.v1 import voyage_pb2
from mesh.service import Parts, Service
from pods.addresses import OIDC_CLIENT_ID, Addresses
from pods.config import Config
from pods.keys import KeyRing
from pods.secrets import Secrets
from services.auth import wiring as auth
from services.auth.oidc import Client, Clients
from services.booking import wiring as booking
from services.destination import wiring as destination
from services.notification import wiring as notification
from services.payment import wiring as payment
from services.user import wiring as user
from services.voyage import wiring as voyage

REAL_ISSUERS = {"google": "https://accounts.google.com", "facebook": "https://www.facebook.com"}


@dataclass(frozen=True)
class Surroundings:
    """What a process knows of the outside."""

    config: Config
    secrets: Secrets
    addresses: Addresses
    keys: KeyRing


@dataclass(frozen=True)
class Entry:
    """A service: its descriptor, its wiring, and how its settings are made."""

    descriptor: ServiceDescriptor
    wiring: ModuleType
    settings: Callable[[Surroundings], Any]

    @property
    def schema(self) -> str:
        """The service's schema in PostgreSQL."""
        return str(self.wiring.SCHEMA)

    @property
    def migrations(self) -> Path:
        """Where its migrations lie."""
        return Path(self.wiring.MIGRATIONS)

    def build(self, around: Surroundings, parts: Parts) -> Service:
        """The service, built."""
        service: Service = self.wiring.build(self.settings(around), parts)
        return service


def _auth(around: Surroundings) -> auth.Settings:
    return auth.Settings(
        signer=around.keys.signer,
        published_keys=around.keys.published,
        refresh_key=around.secrets.refresh_key,
        secure_cookies=around.addresses.edge_url.startswith("https://"),
        allowed_origins=frozenset({around.addresses.edge_url}),
        rate_factor=around.config.rate_factor,
        oauth=_oauth(around),
    )


def _oauth(around: Surroundings) -> Clients:
    """The real providers where their clients are given, all of the sandbox's where none is."""
    found = around.addresses
    real = {
        name: Client(REAL_ISSUERS[name], *client)
        for name, client in around.config.oauth_clients.items()
    }
    ours = {
        name: Client(f"{found.oidc_url}/{name}", OIDC_CLIENT_ID, around.secrets.oidc_client_secret)
        for name in REAL_ISSUERS
    }
    return Clients(found.oauth_callback_url, real or ours)


def _user(around: Surroundings) -> user.Settings:
    return user.Settings(
        s3_url=around.addresses.s3_url,
        s3_access_key=around.secrets.s3_access_key,
        s3_secret_key=around.secrets.s3_secret_key,
        s3_public_url=around.config.urls.get("S3_PUBLIC_URL", ""),
    )


def _voyage(around: Surroundings) -> voyage.Settings:
    return voyage.Settings(
        amadeus_url=around.addresses.amadeus_url,
        amadeus_client_id=around.secrets.amadeus_client_id,
        amadeus_client_secret=around.secrets.amadeus_client_secret,
    )


def _booking(_: Surroundings) -> booking.Settings:
    return booking.Settings()


def _payment(around: Surroundings) -> payment.Settings:
    return payment.Settings(
        stripe_url=around.addresses.stripe_url,
        stripe_secret_key=around.secrets.stripe_secret_key,
        stripe_webhook_secret=around.secrets.stripe_webhook_secret,
    )


def _notification(around: Surroundings) -> notification.Settings:
    smtp = urlsplit(around.addresses.smtp_url)
    return notification.Settings(
        smtp_host=smtp.hostname or "",
        smtp_port=smtp.port or 25,
        sender="DreamScape <trips@dreamscape.example>",
        public_url=around.addresses.edge_url,
    )


def _destination(_: Surroundings) -> destination.Settings:
    return destination.Settings()


def _service(module: Any, name: str) -> ServiceDescriptor:
    descriptor: ServiceDescriptor = module.DESCRIPTOR.services_by_name[name]
    return descriptor


CATALOGUE: dict[str, Entry] = {
    "auth": Entry(_service(auth_pb2, "AuthService"), auth, _auth),
    "user": Entry(_service(user_pb2, "UserService"), user, _user),
    "voyage": Entry(_service(voyage_pb2, "VoyageService"), voyage, _voyage),
    "booking": Entry(_service(booking_pb2, "BookingService"), booking, _booking),
    "payment": Entry(_service(payment_pb2, "PaymentService"), payment, _payment),
    "notification": Entry(
        _service(notification_pb2, "NotificationService"), notification, _notification
    ),
    "destination": Entry(
        _service(destination_pb2, "DestinationService"), destination, _destination
    ),
}
