"""Secrets are generated once, kept private, and refused when they are weak or exposed."""

import stat
from pathlib import Path

import pytest

from mesh.clock import SystemIds
from pods.config import Config
from pods.refusal import Refusal
from pods.secrets import ensure, load, secrets_dir


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.from_environment({"DREAMSCAPE_STATE": str(tmp_path / "state")})


def test_generated_secrets_are_readable_by_their_owner_alone(config: Config) -> None:
    ensure(config, SystemIds())
    folder = secrets_dir(config)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_second_start_keeps_the_secrets_of_the_first(config: Config) -> None:
    assert ensure(config, SystemIds()) == ensure(config, SystemIds()) == load(config)


@pytest.mark.parametrize("weak", ["", "   \n", "password"])
def test_an_empty_or_short_secret_is_refused_by_name(config: Config, weak: str) -> None:
    ensure(config, SystemIds())
    (secrets_dir(config) / "redis_password").write_text(weak)
    with pytest.raises(Refusal, match="redis_password has fewer than 16 characters"):
        load(config)


@pytest.mark.parametrize("exposed", ["redis_password", "."])
def test_a_secret_that_others_may_read_is_refused(config: Config, exposed: str) -> None:
    ensure(config, SystemIds())
    path = secrets_dir(config) / exposed
    path.chmod(path.stat().st_mode | 0o044)
    with pytest.raises(Refusal, match="Other users may read"):
        load(config)


def test_without_a_first_start_the_refusal_says_to_run_it(config: Config) -> None:
    with pytest.raises(Refusal, match="run 'make up' first"):
        load(config)


def test_a_supplied_secret_replaces_the_generated_one_and_is_refused_when_short(
    tmp_path: Path,
) -> None:
    given = {"DREAMSCAPE_STATE": str(tmp_path), "STRIPE_SECRET_KEY": "sk_live_0123456789"}
    assert ensure(Config.from_environment(given), SystemIds()).stripe_secret_key == (
        "sk_live_0123456789"
    )
    assert not (tmp_path / "secrets" / "stripe_secret_key").exists()
    with pytest.raises(Refusal, match="STRIPE_SECRET_KEY has fewer than 16"):
        load(Config.from_environment({**given, "STRIPE_SECRET_KEY": "sk_live"}))


def test_no_secret_appears_when_they_are_printed(config: Config) -> None:
    assert repr(ensure(config, SystemIds())) == "Secrets()"
