"""Which OpenID providers a mesh signs in through: the sandbox's, or the real ones."""

from pathlib import Path

import pytest

from mesh.clock import SystemClock, SystemIds
from mesh.tokens import USERS
from pods.addresses import addresses, environment_lines
from pods.catalogue import CATALOGUE, Surroundings
from pods.config import Config
from pods.keys import KeyRing
from pods.refusal import Refusal
from pods.secrets import ensure, secrets_dir
from services.auth.oidc import Client, Clients

CALLBACK = "http://localhost:20000/api/v1/auth/oauth/{provider}/callback"


def configured(folder: Path, **given: str) -> Config:
    return Config.from_environment(
        {"DREAMSCAPE_STATE": str(folder), "DREAMSCAPE_PORT_BASE": "20000", **given}
    )


def clients(config: Config) -> Clients:
    """What AuthService is told of the providers."""
    ids = SystemIds()
    secrets = ensure(config, ids)
    keys = KeyRing(secrets_dir(config), USERS, SystemClock(), ids)
    around = Surroundings(config, secrets, addresses(config, secrets), keys)
    found: Clients = CATALOGUE["auth"].settings(around).oauth
    return found


def test_without_settings_the_sandbox_is_both_providers(tmp_path: Path) -> None:
    config = configured(tmp_path)
    secret, url = ensure(config, SystemIds()).oidc_client_secret, f"127.0.0.1:{config.ports.oidc}"
    assert clients(config) == Clients(
        CALLBACK,
        {
            "google": Client(f"http://{url}/google", "dreamscape", secret),
            "facebook": Client(f"http://{url}/facebook", "dreamscape", secret),
        },
    )
    lines = environment_lines(config, ensure(config, SystemIds()))
    assert {line for line in lines if line.startswith("OIDC")} == {
        f"OIDC_URL=http://{url}",
        "OIDC_CLIENT_ID=dreamscape",
        f"OIDC_CLIENT_SECRET={secret}",
    }


def test_one_real_client_shuts_the_sandbox_out(tmp_path: Path) -> None:
    given = {"GOOGLE_CLIENT_ID": "ours.apps.example", "GOOGLE_CLIENT_SECRET": "a-real-secret"}
    client = Client("https://accounts.google.com", "ours.apps.example", "a-real-secret")
    assert clients(configured(tmp_path, **given)) == Clients(CALLBACK, {"google": client})


@pytest.mark.parametrize("half", ["FACEBOOK_CLIENT_ID", "FACEBOOK_CLIENT_SECRET"])
def test_half_a_client_is_refused_by_name(tmp_path: Path, half: str) -> None:
    with pytest.raises(Refusal, match="FACEBOOK_CLIENT_ID and FACEBOOK_CLIENT_SECRET"):
        configured(tmp_path, **{half: "given"})


def test_no_client_appears_when_it_is_printed(tmp_path: Path) -> None:
    given = {"GOOGLE_CLIENT_ID": "ours.apps.example", "GOOGLE_CLIENT_SECRET": "a-real-secret"}
    config = configured(tmp_path, **given)
    assert "a-real-secret" not in repr(config) + repr(clients(config))
