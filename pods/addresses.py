"""Where each part of a mesh answers: our own server's address, or the URL that replaces it."""

from dataclasses import asdict, dataclass, field

from pods.config import Config
from pods.part import LOCAL
from pods.secrets import Secrets

OIDC_CLIENT_ID = "dreamscape"


@dataclass(frozen=True, slots=True)
class Addresses:
    """URLs as `make env` prints them. Database and Redis URLs carry their password."""

    edge_url: str
    amadeus_url: str
    stripe_url: str
    mailbox_url: str
    smtp_url: str
    oidc_url: str
    s3_url: str
    kafka_bootstrap: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)

    @property
    def stripe_webhook_url(self) -> str:
        """Where Stripe reports what happened to a payment."""
        return f"{self.edge_url}/api/v1/payments/webhook"

    @property
    def oauth_callback_url(self) -> str:
        """Where an OpenID provider sends a browser back to; `{provider}` stands for its name."""
        return f"{self.edge_url}/api/v1/auth/oauth/{{provider}}/callback"


def addresses(config: Config, secrets: Secrets) -> Addresses:
    """The addresses of this mesh, with every URL given by the environment in its place."""
    ports = config.ports
    database = f"dreamscape:{secrets.database_password}@{LOCAL}:{ports.postgres}/dreamscape"
    own = {
        "AMADEUS_URL": f"http://{LOCAL}:{ports.amadeus}",
        "STRIPE_URL": f"http://{LOCAL}:{ports.stripe}",
        "MAILBOX_URL": f"http://{LOCAL}:{ports.mailbox}",
        "SMTP_URL": f"smtp://{LOCAL}:{ports.smtp}",
        "OIDC_URL": f"http://{LOCAL}:{ports.oidc}",
        "S3_URL": f"http://{LOCAL}:{ports.s3}",
        "KAFKA_BOOTSTRAP": f"{LOCAL}:{ports.kafka}",
        "DATABASE_URL": f"postgresql://{database}",
        "REDIS_URL": f"redis://:{secrets.redis_password}@{LOCAL}:{ports.redis}/0",
    }
    chosen = {name.lower(): config.urls.get(name, url) for name, url in own.items()}
    return Addresses(edge_url=f"http://localhost:{ports.edge}", **chosen)


def environment_lines(config: Config, secrets: Secrets) -> list[str]:
    """`KEY=VALUE` for every address, and the keys of those servers that are ours."""
    lines = [f"{name.upper()}={url}" for name, url in asdict(addresses(config, secrets)).items()]
    if config.embeds("S3_URL"):
        lines.append(f"S3_ACCESS_KEY={secrets.s3_access_key}")
        lines.append(f"S3_SECRET_KEY={secrets.s3_secret_key}")
    if config.embeds("STRIPE_URL"):
        lines.append(f"STRIPE_SECRET_KEY={secrets.stripe_secret_key}")
        lines.append(f"STRIPE_PUBLISHABLE_KEY={secrets.stripe_publishable_key}")
    if config.embeds("AMADEUS_URL"):
        lines.append(f"AMADEUS_CLIENT_ID={secrets.amadeus_client_id}")
        lines.append(f"AMADEUS_CLIENT_SECRET={secrets.amadeus_client_secret}")
    if config.embeds("OIDC_URL"):
        lines.append(f"OIDC_CLIENT_ID={OIDC_CLIENT_ID}")
        lines.append(f"OIDC_CLIENT_SECRET={secrets.oidc_client_secret}")
    return lines
