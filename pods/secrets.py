"""Secrets of one mesh: generated on first start into `secrets/`, readable by their owner alone.

What production supplies by environment (keys of Stripe, Amadeus, S3) takes the place of what would
have been generated. Nothing here ever logs or prints a value.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mesh.clock import Ids
from mesh.tokens import SERVICES, USERS
from pods.config import Config
from pods.refusal import Refusal

SHORTEST = 16
FAMILIES = {USERS: "token", SERVICES: "mesh"}
PREFIXES = {
    "refresh_key": "",
    "postgres_password": "",
    "database_password": "",
    "redis_password": "",
    "s3_access_key": "",
    "s3_secret_key": "",
    "stripe_secret_key": "sk_test_",
    "stripe_publishable_key": "pk_test_",
    "stripe_webhook_secret": "whsec_",
    "amadeus_client_id": "",
    "amadeus_client_secret": "",
    "oidc_client_secret": "",
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """Every secret of one mesh.

    `token_keys` sign what users carry, `mesh_keys` what services carry: ES256 private keys in PEM
    by their key id.
    """

    token_keys: Mapping[str, str] = field(repr=False)
    mesh_keys: Mapping[str, str] = field(repr=False)
    refresh_key: str = field(repr=False)
    postgres_password: str = field(repr=False)
    database_password: str = field(repr=False)
    redis_password: str = field(repr=False)
    s3_access_key: str = field(repr=False)
    s3_secret_key: str = field(repr=False)
    stripe_secret_key: str = field(repr=False)
    stripe_publishable_key: str = field(repr=False)
    stripe_webhook_secret: str = field(repr=False)
    amadeus_client_id: str = field(repr=False)
    amadeus_client_secret: str = field(repr=False)
    oidc_client_secret: str = field(repr=False)

    @property
    def token_kid(self) -> str:
        """The newest key of users' tokens, for ids are ordered by creation."""
        return max(self.token_keys)

    @property
    def token_key_pem(self) -> str:
        """The newest private key of users' tokens, in PEM."""
        return self.token_keys[self.token_kid]

    @property
    def mesh_kid(self) -> str:
        """The newest key of the services' tokens."""
        return max(self.mesh_keys)

    @property
    def mesh_key_pem(self) -> str:
        """The newest private key of the services' tokens, in PEM."""
        return self.mesh_keys[self.mesh_kid]


def secrets_dir(config: Config) -> Path:
    """Where the secrets of this mesh lie."""
    return config.state_dir / "secrets"


def ensure(config: Config, ids: Ids) -> Secrets:
    """Generate what is missing, then load; Refusal when a secret is empty, short or exposed."""
    folder = secrets_dir(config)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, prefix in PREFIXES.items():
        if not (folder / name).exists() and name.upper() not in config.supplied_secrets:
            write_private(folder / name, prefix + ids.secret(24))
    for family in FAMILIES.values():
        if not any(folder.glob(f"{family}-*.pem")):
            write_private(folder / f"{family}-{ids.new()}.pem", a_key())
    return load(config)


def load(config: Config) -> Secrets:
    """Read the secrets; Refusal names the one that is missing, empty, short or exposed."""
    folder = secrets_dir(config)
    if not folder.is_dir():
        raise Refusal(f"There are no secrets in {folder} yet: run 'make up' first")
    _refuse_exposed(folder)
    return Secrets(
        token_keys=keys_of(folder, FAMILIES[USERS]),
        mesh_keys=keys_of(folder, FAMILIES[SERVICES]),
        **{name: _value(config, name) for name in PREFIXES},
    )


def write_private(path: Path, text: str) -> None:
    """Write `text` so that no other user can read it at any moment, and never half of it."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def keys_of(folder: Path, family: str) -> dict[str, str]:
    """The private keys of a family in PEM by their id; Refusal when there is none."""
    keys = {
        path.stem.removeprefix(f"{family}-"): _read(path)
        for path in sorted(folder.glob(f"{family}-*.pem"))
    }
    if not keys:
        raise Refusal(f"No {family} key in {folder}: run 'make up' to generate one")
    return keys


def _value(config: Config, name: str) -> str:
    supplied = config.supplied_secrets.get(name.upper())
    if supplied is None:
        return _read(secrets_dir(config) / name)
    if len(supplied) < SHORTEST:
        raise Refusal(f"{name.upper()} has fewer than {SHORTEST} characters: supply a real secret")
    return supplied


def _read(path: Path) -> str:
    if not path.exists():
        raise Refusal(f"The secret {path} is missing: run 'make up' to generate it")
    _refuse_exposed(path)
    text = path.read_text().strip()
    if len(text) < SHORTEST:
        raise Refusal(
            f"The secret {path} has fewer than {SHORTEST} characters: "
            "remove the file to have a new one generated"
        )
    return text


def _refuse_exposed(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise Refusal(f"Other users may read {path}: run 'chmod -R go= {path}'")


def a_key() -> str:
    """A new P-256 private key in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
