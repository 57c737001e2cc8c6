"""The only reader of the environment: it becomes frozen values here, once, and travels by argument.

Every setting has a working default on one machine. An address given by its URL (DATABASE_URL and
its like) replaces the server that would have been started here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, Self

from pods.refusal import Refusal

Topology = Literal["three", "single"]
GrpcEngine = Literal["native", "grpcio"]

DEFAULT_EDGE_PORT = 3000
DEFAULT_INTERNAL_BASE = 13000
HIGHEST_PORT = 65535
HIGHEST_RATE_FACTOR = 100_000

OVERRIDABLE_URLS = (
    "DATABASE_URL",
    "REDIS_URL",
    "KAFKA_BOOTSTRAP",
    "S3_URL",
    "S3_PUBLIC_URL",
    "AMADEUS_URL",
    "STRIPE_URL",
    "MAILBOX_URL",
    "SMTP_URL",
    "OIDC_URL",
)
SUPPLIABLE_SECRETS = (
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "AMADEUS_CLIENT_ID",
    "AMADEUS_CLIENT_SECRET",
    "OIDC_CLIENT_SECRET",
)
OAUTH_PROVIDERS = ("google", "facebook")


@dataclass(frozen=True, slots=True)
class Ports:
    """Every TCP port of one mesh, all on 127.0.0.1 except the edge, which is the public one."""

    edge: int
    edge_admin: int
    core_envoy: int
    core_admin: int
    core_grpc: int
    business_envoy: int
    business_admin: int
    business_grpc: int
    experience_http: int
    experience_grpc: int
    postgres: int
    redis: int
    kafka: int
    s3: int
    s3_grpc: int
    s3_master: int
    s3_master_grpc: int
    s3_volume: int
    s3_volume_grpc: int
    s3_filer: int
    s3_filer_grpc: int
    amadeus: int
    stripe: int
    mailbox: int
    smtp: int
    oidc: int

    @classmethod
    def numbered(cls, *, edge: int, internal_base: int) -> Self:
        """The edge at `edge`, the others at `internal_base` + 1, + 2, … in field order."""
        internal = [each.name for each in fields(cls) if each.name != "edge"]
        numbers = {name: internal_base + offset for offset, name in enumerate(internal, start=1)}
        return cls(edge=edge, **numbers)


@dataclass(frozen=True, slots=True)
class Config:
    """All that a process of ours may know about its surroundings, secrets excepted.

    `oauth_clients` are the (id, secret) of those who sign in with the real Google or Facebook.
    """

    root: Path
    state_dir: Path
    ports: Ports
    port_base: int | None = None
    topology: Topology = "three"
    grpc_engine: GrpcEngine = "native"
    rate_factor: int = 1
    urls: Mapping[str, str] = field(default_factory=dict)
    supplied_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    oauth_clients: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    inherited: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read `environment` (the process's own by default); Refusal names a setting it rejects."""
        given = dict(os.environ if environment is None else environment)
        root = Path(__file__).resolve().parent.parent
        port_base = _port_base(given.get("DREAMSCAPE_PORT_BASE", ""))
        return cls(
            root=root,
            state_dir=Path(given.get("DREAMSCAPE_STATE") or root / ".state").absolute(),
            ports=_ports(port_base),
            port_base=port_base,
            topology=_topology(given.get("DREAMSCAPE_TOPOLOGY", "")),
            grpc_engine=_grpc_engine(given.get("DREAMSCAPE_GRPC_ENGINE", "")),
            rate_factor=_rate_factor(given.get("DREAMSCAPE_RATE_FACTOR", "")),
            urls={name: given[name] for name in OVERRIDABLE_URLS if given.get(name)},
            supplied_secrets={name: given[name] for name in SUPPLIABLE_SECRETS if given.get(name)},
            oauth_clients=_oauth_clients(given),
            inherited=given,
        )

    def environment(self) -> dict[str, str]:
        """The environment from which a child process reads this same configuration."""
        mine = {
            "DREAMSCAPE_STATE": str(self.state_dir),
            "DREAMSCAPE_PORT_BASE": "" if self.port_base is None else str(self.port_base),
            "DREAMSCAPE_TOPOLOGY": self.topology,
            "DREAMSCAPE_GRPC_ENGINE": self.grpc_engine,
            "DREAMSCAPE_RATE_FACTOR": str(self.rate_factor),
        }
        return {**self.inherited, **mine, **self.urls, **self.supplied_secrets}

    def data_dir(self, name: str) -> Path:
        """Where the server `name` keeps its data."""
        return self.state_dir / "data" / name

    def embeds(self, url_name: str) -> bool:
        """Whether the server behind `url_name` (such as DATABASE_URL) is ours to start."""
        return url_name not in self.urls


def _ports(port_base: int | None) -> Ports:
    if port_base is None:
        return Ports.numbered(edge=DEFAULT_EDGE_PORT, internal_base=DEFAULT_INTERNAL_BASE)
    return Ports.numbered(edge=port_base, internal_base=port_base)


def _oauth_clients(given: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Per provider, its `GOOGLE_CLIENT_ID` and `GOOGLE_CLIENT_SECRET` where both are given."""
    clients = {}
    for provider in OAUTH_PROVIDERS:
        names = [f"{provider.upper()}_CLIENT_{part}" for part in ("ID", "SECRET")]
        identifier, secret = (given.get(name, "") for name in names)
        if bool(identifier) != bool(secret):
            raise Refusal(f"{names[0]} and {names[1]} are given together or not at all")
        if secret:
            clients[provider] = (identifier, secret)
    return clients


def _port_base(text: str) -> int | None:
    if not text:
        return None
    highest = HIGHEST_PORT - len(fields(Ports))
    if not text.isdecimal() or not 1024 <= int(text) <= highest:
        raise Refusal(f"DREAMSCAPE_PORT_BASE must be a number from 1024 to {highest}, not {text!r}")
    return int(text)


def _topology(text: str) -> Topology:
    match text:
        case "" | "three":
            return "three"
        case "single":
            return "single"
    raise Refusal(f"DREAMSCAPE_TOPOLOGY must be three or single, not {text!r}")


def _grpc_engine(text: str) -> GrpcEngine:
    match text:
        case "" | "native":
            return "native"
        case "grpcio":
            return "grpcio"
    raise Refusal(f"DREAMSCAPE_GRPC_ENGINE must be native or grpcio, not {text!r}")


def _rate_factor(text: str) -> int:
    """How many times the contract's rate limits are allowed; load tests raise it."""
    if not text:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= HIGHEST_RATE_FACTOR:
        highest = HIGHEST_RATE_FACTOR
        raise Refusal(f"DREAMSCAPE_RATE_FACTOR must be a number from 1 to {highest}, not {text!r}")
    return int(text)
