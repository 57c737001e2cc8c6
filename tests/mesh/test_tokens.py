"""Only a token of the right family, key, type and time is accepted."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jose import jwt

from mesh.clock import ManualClock, SystemIds
from mesh.faults import Unauthenticated
from mesh.tokens import SERVICES, USERS, Signer, Verifier
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
HEADER = {"typ": "at+jwt", "kid": "k1"}


def a_signer(clock: ManualClock, kid: str = "k1") -> Signer:
    return Signer(USERS, kid, PEM, clock, SystemIds())


def a_verifier(clock: ManualClock) -> Verifier:
    return Verifier(USERS, {"k1": a_signer(clock).public_jwk()}, clock)


def forged(claims: dict[str, Any], header: dict[str, Any], pem: str = PEM) -> str:
    return str(jwt.encode(claims, pem, algorithm="ES256", headers=header))


def text(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed_with_the_public_key() -> str:
    key = json.dumps(a_signer(ManualClock(NOW)).public_jwk()).encode()
    body = f"{text({'alg': 'HS256', **HEADER})}.{text(CLAIMS)}"
    mac = hmac.new(key, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


BAD = {
    "empty": "",
    "not a token": "a.b.c",
    "no algorithm": f"{text({'alg': 'none', **HEADER})}.{text(CLAIMS)}.",
    "public key as a secret": signed_with_the_public_key(),
    "another key": forged(CLAIMS, HEADER, a_private_key()),
    "unknown kid": forged(CLAIMS, HEADER | {"kid": "k2"}),
    "no kid": forged(CLAIMS, {"typ": "at+jwt"}),
    "type JWT": forged(CLAIMS, {"kid": "k1"}),
    "type of a service": forged(CLAIMS, HEADER | {"typ": SERVICES.type}),
    "crit": forged(CLAIMS, HEADER | {"crit": ["exp"]}),
    "jku": forged(CLAIMS, HEADER | {"jku": "https://evil.example"}),
    "jwk": forged(CLAIMS, HEADER | {"jwk": {}}),
    **{f"no {name}": forged(without(name), HEADER) for name in CLAIMS},
    "another audience": forged(CLAIMS | {"aud": "other"}, HEADER),
    "two audiences": forged(CLAIMS | {"aud": [USERS.audience, "other"]}, HEADER),
    "another issuer": forged(CLAIMS | {"iss": "https://evil.example"}, HEADER),
    "empty subject": forged(CLAIMS | {"sub": ""}, HEADER),
    "expired": forged(CLAIMS | {"exp": CLAIMS["iat"] - 1}, HEADER),
    "not yet valid": forged(CLAIMS | {"nbf": CLAIMS["iat"] + 60}, HEADER),
    "from the future": forged(CLAIMS | {"iat": CLAIMS["iat"] + 60}, HEADER),
    "an end that is text": forged(CLAIMS | {"exp": str(CLAIMS["exp"])}, HEADER),
    "an end that is true": forged(CLAIMS | {"exp": True}, HEADER),
    "too long": forged(CLAIMS | {"x": "x" * 9000}, HEADER),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_token_is_refused(case: str) -> None:
    with pytest.raises(Unauthenticated):
        a_verifier(ManualClock(NOW)).verify(BAD[case])


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
