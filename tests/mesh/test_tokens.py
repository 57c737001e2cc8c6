"""Only a token of the right family, key, type and time is accepted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mesh.clock import ManualClock, SystemIds
from mesh.faults import Unauthenticated
from mesh.tokens import USERS, Signer, Verifier
from tests.corpus.tokens import Forge, N, forgeries, text_of
from tests.mesh.conftest import a_private_key

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEM = a_private_key()
CLAIMS: dict[str, Any] = {
    "iss": USERS.issuer,
    "aud": USERS.audience,
    "sub": "ada",
    "iat": int(NOW.timestamp()),
    "nbf": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 900,
    "jti": "1",
}
FORGE = Forge(PEM, "k1", USERS.type, CLAIMS)
BAD = forgeries(FORGE) | {
    "a space before it": f" {FORGE.good()}",
    "a space after it": f"{FORGE.good()} ",
    "a new line after it": f"{FORGE.good()}\n",
    "a NUL after it": f"{FORGE.good()}\x00",
    "half a character": f"{FORGE.good()}\ud800",
}


def a_signer(clock: ManualClock, kid: str = "k1") -> Signer:
    return Signer(USERS, kid, PEM, clock, SystemIds())


def a_verifier(clock: ManualClock) -> Verifier:
    return Verifier(USERS, {"k1": a_signer(clock).public_jwk()}, clock)


@pytest.mark.parametrize("case", BAD)
def test_a_forged_token_is_refused(case: str) -> None:
    with pytest.raises(Unauthenticated):
        a_verifier(ManualClock(NOW)).verify(BAD[case])


def test_the_corpus_is_made_from_a_token_that_is_good() -> None:
    assert a_verifier(ManualClock(NOW)).verify(FORGE.good()).subject == "ada"
    assert len(set(BAD.values())) == len(BAD) >= 60


def test_a_good_token_does_not_make_its_forgeries_known() -> None:
    verifier = a_verifier(ManualClock(NOW))
    verifier.verify(FORGE.good())
    accepted = []
    for case, token in BAD.items():
        try:
            verifier.verify(token)
        except Unauthenticated:
            continue
        accepted.append(case)
    assert accepted == []


def test_the_other_spelling_of_a_signature_is_the_same_token() -> None:
    """ECDSA has two for each message; both need the key, and what counts is what they sign."""
    body = FORGE.body()
    raw = FORGE.raw(body)
    other = raw[:32] + (N - int.from_bytes(raw[32:])).to_bytes(32)
    verifier = a_verifier(ManualClock(NOW))
    one, two = (verifier.verify(f"{body}.{text_of(each)}") for each in (raw, other))
    assert one == two


def test_a_good_token_is_accepted_with_its_claims() -> None:
    clock = ManualClock(NOW)
    token = a_signer(clock).sign("ada", timedelta(minutes=15), {"roles": ["admin"]})
    claims = a_verifier(clock).verify(token)
    assert (claims.subject, claims.extra["roles"]) == ("ada", ["admin"])
    assert claims.expires_at - claims.issued_at == 900


def test_a_remembered_token_still_expires() -> None:
    clock = ManualClock(NOW)
    verifier = a_verifier(clock)
    token = a_signer(clock).sign("ada", timedelta(minutes=15))
    verifier.verify(token)
    clock.advance(timedelta(minutes=15))
    with pytest.raises(Unauthenticated) as refusal:
        verifier.verify(token)
    assert refusal.value.reason == "TOKEN_EXPIRED"


def test_the_public_key_holds_no_private_part() -> None:
    key = a_signer(ManualClock(NOW)).public_jwk()
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
