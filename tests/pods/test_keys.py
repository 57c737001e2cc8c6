"""Keys come, sign and go by their age alone; nothing that was signed in time is ever refused."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from dreamscape.auth.v1 import auth_pb2
from dreamscape.policy.v1 import policy_pb2
from mesh.clock import ManualClock, SystemIds
from mesh.faults import Unauthenticated
from mesh.tokens import USERS
from pods.config import Config
from pods.keys import LAST_TOKEN, LEAD, KeyRing, live, rotate, signing
from pods.refusal import Refusal
from pods.secrets import a_key, ensure, secrets_dir, write_private
from services.auth.domain import ACCESS_TTL

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
INSTANT = timedelta(milliseconds=1)


COUNT = count()


def uuid7(moment: datetime) -> str:
    """A UUIDv7 of that moment."""
    return str(UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | next(COUNT)))


def kid(age: timedelta) -> str:
    """The id of a key that is so old."""
    return uuid7(NOW - age)


class DatedIds(SystemIds):
    """Identifiers of the moment that a clock shows."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def new(self) -> str:
        return uuid7(self._clock.now())


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.from_environment({"DREAMSCAPE_STATE": str(tmp_path / "state")})


def ring(config: Config, clock: ManualClock) -> KeyRing:
    return KeyRing(secrets_dir(config), USERS, clock, DatedIds(clock))


def test_a_lone_key_signs_at_once() -> None:
    only = kid(timedelta(0))
    assert signing({only}, NOW) == only
    assert live({only}, NOW) == [only]


def test_a_new_key_signs_once_nobody_keeps_an_older_list() -> None:
    old, new = kid(timedelta(days=1)), kid(LEAD)
    assert signing({old, new}, NOW) == new
    assert signing({old, new}, NOW - INSTANT) == old


def test_an_old_key_is_good_until_its_last_token_has_expired() -> None:
    old, new = kid(timedelta(days=1)), kid(LEAD + LAST_TOKEN)
    assert live({old, new}, NOW - INSTANT) == [old, new]
    assert live({old, new}, NOW) == [new]


def test_the_lead_is_longer_than_the_contract_lets_keys_be_kept() -> None:
    method = auth_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["ListKeys"]
    kept = method.GetOptions().Extensions[policy_pb2.method].cache_ttl_s
    assert timedelta(seconds=kept) < LEAD
    assert ACCESS_TTL < LAST_TOKEN


def test_a_token_is_good_for_its_whole_life_however_often_keys_rotate(config: Config) -> None:
    clock = ManualClock(NOW)
    ensure(config, DatedIds(clock))
    keys, tokens = ring(config, clock), []
    for minute in range(60):
        if minute % 7 == 0:
            list(rotate(config, clock, DatedIds(clock)))
        keys.look()
        tokens.append((clock.now(), keys.signer.sign("ada", ACCESS_TTL)))
        tokens = tokens[-15:]
        for signed, token in tokens:
            assert keys.verifier.verify(token).issued_at == int(signed.timestamp())
        clock.advance(timedelta(minutes=1))
    assert 3 <= len(list(secrets_dir(config).glob("token-*.pem"))) <= 6
    assert len(keys.published()) <= 6


def test_rotating_tells_what_is_new_and_what_is_removed(config: Config) -> None:
    clock = ManualClock(NOW)
    ensure(config, DatedIds(clock))
    assert [line.split()[0] for line in rotate(config, clock, DatedIds(clock))] == ["token", "mesh"]
    clock.advance(LEAD + LAST_TOKEN)
    lines = list(rotate(config, clock, DatedIds(clock)))
    assert [line.partition(" key ")[0] for line in lines] == ["token", "token", "mesh", "mesh"]
    assert ["is removed" in line for line in lines] == [True, False, True, False]


def test_a_key_that_is_taken_away_is_refused_even_for_a_token_that_was_seen(
    config: Config,
) -> None:
    clock = ManualClock(NOW)
    ensure(config, DatedIds(clock))
    keys = ring(config, clock)
    token = keys.signer.sign("ada", ACCESS_TTL)
    keys.verifier.verify(token)
    (old,) = secrets_dir(config).glob("token-*.pem")
    write_private(secrets_dir(config) / f"token-{kid(timedelta(0))}.pem", a_key())
    old.unlink()
    keys.look()
    with pytest.raises(Unauthenticated) as refusal:
        keys.verifier.verify(token)
    assert refusal.value.reason == "TOKEN_INVALID"
    assert keys.verifier.verify(keys.signer.sign("ada", ACCESS_TTL)).subject == "ada"


def test_what_is_published_holds_nothing_private(config: Config) -> None:
    ensure(config, SystemIds())
    (key,) = ring(config, ManualClock(NOW)).published()
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_a_key_whose_name_does_not_tell_its_age_is_refused(config: Config) -> None:
    ensure(config, SystemIds())
    write_private(secrets_dir(config) / "token-mine.pem", a_key())
    with pytest.raises(Refusal, match="mine is no UUIDv7"):
        ring(config, ManualClock(NOW))
