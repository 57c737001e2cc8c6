"""An ID token is believed only when one published key signed it for this very sign-in."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwk, jwt

from mesh.clock import ManualClock
from mesh.faults import Unauthenticated
from mesh.tokens import SignIn, verify_id_token

NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
SIGN_IN = SignIn("https://issuer.example", "dreamscape", "a-nonce")
CLAIMS: dict[str, Any] = {
    "iss": SIGN_IN.issuer,
    "aud": "dreamscape",
    "sub": "ada",
    "iat": NOW,
    "exp": NOW + 3600,
    "nonce": "a-nonce",
}


def a_pem(private: Any) -> str:
    pem: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


EC = a_pem(ec.generate_private_key(ec.SECP256R1()))
RSA = a_pem(rsa.generate_private_key(65537, 2048))
WEAK = a_pem(rsa.generate_private_key(65537, 1024))  # noqa: S505 - weak on purpose
NAMES = {"ec": (EC, "ES256"), "rsa": (RSA, "RS256"), "weak": (WEAK, "RS256")}


def public(name: str, /, **changes: Any) -> dict[str, Any]:
    """A published key, with changes."""
    pem, algorithm = NAMES[name]
    fields = jwk.construct(pem, algorithm=algorithm).public_key().to_dict()
    texts = {
        field: value.decode() if isinstance(value, bytes) else value
        for field, value in fields.items()
    }
    return {**texts, "kid": name, "use": "sig", "alg": algorithm, **changes}


KEYS = [public("ec"), public("rsa"), public("weak")]


def token(claims: Mapping[str, Any] = CLAIMS, kid: str = "ec", **header: Any) -> str:
    pem, algorithm = NAMES[kid]
    return str(jwt.encode(dict(claims), pem, algorithm=algorithm, headers={"kid": kid, **header}))


def segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: Any, sign: Callable[[bytes], bytes] = lambda _: b"x") -> str:
    signed = f"{segment(header)}.{segment(CLAIMS)}"
    return f"{signed}.{segment(sign(signed.encode()))}"


def with_secret(secret: bytes) -> str:
    """Signed with a public key taken as a secret."""
    header = {"alg": "HS256", "kid": "rsa"}
    return by_hand(header, lambda data: hmac.digest(secret, data, "sha256"))


def verified(text: str, keys: list[dict[str, Any]] = KEYS) -> Mapping[str, Any]:
    clock = ManualClock(datetime.fromtimestamp(NOW, UTC))
    return verify_id_token(text, keys, SIGN_IN, clock).extra


@pytest.mark.parametrize("kid", ["ec", "rsa"])
def test_a_good_token_is_believed(kid: str) -> None:
    extra = {"azp": "dreamscape", "nbf": NOW, "at_hash": "not-looked-at", "jti": "1"}
    assert verified(token(CLAIMS | extra, kid)) == CLAIMS | extra
    assert verified(token(CLAIMS | {"aud": ["dreamscape"]}, kid))["sub"] == "ada"


def test_a_key_without_use_or_algorithm_is_taken_for_its_type() -> None:
    bare = {name: value for name, value in public("ec").items() if name not in {"use", "alg"}}
    assert verified(token(), [bare])["sub"] == "ada"


def test_an_unknown_type_of_key_beside_it_does_no_harm() -> None:
    assert verified(token(), [{"kty": "OKP", "kid": "other"}, {}, *KEYS])["sub"] == "ada"


FORMS = {
    "empty": "",
    "too long": token(CLAIMS | {"x": "x" * 9000}),
    "two segments": token().rpartition(".")[0],
    "four segments": f"{token()}.x",
    "a line break": f"{token()}\n",
    "padding": f"{token()}=",
    "no signature": token().rpartition(".")[0] + ".",
}
HEADERS = {
    "none": by_hand({"alg": "none", "kid": "ec"}),
    "None": by_hand({"alg": "None", "kid": "ec"}),
    "HS256 with the modulus": with_secret(public("rsa")["n"].encode()),
    "HS256 with the key as JSON": with_secret(json.dumps(public("rsa")).encode()),
    "PS256": by_hand({"alg": "PS256", "kid": "rsa"}),
    "no algorithm": by_hand({"kid": "ec"}),
    "access token": token(typ="at+jwt"),
    "logout token": token(typ="logout+jwt"),
    "crit": token(crit=["exp"]),
    "jku": token(jku="https://evil.example"),
    "jwk": token(jwk=public("ec")),
    "x5u": token(x5u="https://evil.example"),
    "x5c": token(x5c=["MII"]),
}
NAMED = {
    "no name": by_hand({"alg": "ES256"}),
    "an empty name": by_hand({"alg": "ES256", "kid": ""}),
    "an unknown name": by_hand({"alg": "ES256", "kid": "other"}),
    "a name that is a number": by_hand({"alg": "ES256", "kid": 1}),
    "the name of a key of another type": by_hand({"alg": "ES256", "kid": "rsa"}),
    "a modulus of 1024 bits": token(kid="weak"),
}
SIGNED = {
    "no JSON": f"{segment(b'{')}.{segment(CLAIMS)}.x",
    "a list as header": f"{segment([])}.{segment(CLAIMS)}.x",
    "a header nested without end": f"{segment(b'[' * 5000)}.{segment(CLAIMS)}.x",
    "an algorithm that is a list": by_hand({"alg": ["ES256"], "kid": "ec"}),
    "another signature": by_hand({"alg": "ES256", "kid": "ec"}),
    "another payload": ".".join(
        (token().split(".")[0], segment(CLAIMS | {"sub": "eve"}), token().split(".")[2])
    ),
}
CLAIMED: dict[str, tuple[str, Any]] = {
    "another issuer": ("iss", "https://evil.example"),
    "the issuer with a slash": ("iss", f"{SIGN_IN.issuer}/"),
    "the issuer in capitals": ("iss", SIGN_IN.issuer.upper()),
    "issuers": ("iss", [SIGN_IN.issuer]),
    "another audience": ("aud", "other"),
    "two audiences": ("aud", ["dreamscape", "other"]),
    "the audience twice": ("aud", ["dreamscape", "dreamscape"]),
    "no audience at all": ("aud", []),
    "another party": ("azp", "other"),
    "no party": ("azp", None),
    "an empty subject": ("sub", ""),
    "a number as subject": ("sub", 7),
    "a subject of 256": ("sub", "x" * 256),
    "a subject with NUL": ("sub", "ada\x00"),
    "a subject beyond ASCII": ("sub", "adá"),
    "issued in the future": ("iat", NOW + 11),
    "issued at a text": ("iat", str(NOW)),
    "issued truly": ("iat", True),
    "expired": ("exp", NOW),
    "expires at a text": ("exp", str(NOW + 60)),
    "expires never": ("exp", None),
    "expires at a fraction": ("exp", NOW + 60.5),
    "not yet": ("nbf", NOW + 11),
    "not before a text": ("nbf", str(NOW)),
    "another nonce": ("nonce", "another"),
    "an empty nonce": ("nonce", ""),
}


def cases() -> list[Any]:
    told = [("form", FORMS), ("header", HEADERS), ("key", NAMED), ("signature", SIGNED)]
    found = [(check, name, text) for check, texts in told for name, text in texts.items()]
    for name, (claim, value) in CLAIMED.items():
        found.append((claim, name, token(CLAIMS | {claim: value})))
    for claim in CLAIMS:
        rest = {name: value for name, value in CLAIMS.items() if name != claim}
        found.append((claim, f"no {claim}", token(rest)))
    return [pytest.param(check, text, id=f"{check}: {name}") for check, name, text in found]


@pytest.mark.parametrize(("check", "text"), cases())
def test_a_bad_token_is_refused_for_what_is_wrong(check: str, text: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        verified(text)
    assert (refusal.value.reason, refusal.value.metadata) == ("ID_TOKEN_INVALID", {"check": check})


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [public("ec"), public("ec")],
        [public("ec", use="enc")],
        [public("ec", alg="RS256")],
        [public("ec", kty="oct", k="AA")],
        [public("ec", crv="P-384")],
        [public("rsa", kid="ec")],
    ],
)
def test_a_key_that_does_not_fit_is_not_tried(keys: list[dict[str, Any]]) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        verified(token(), keys)
    assert refusal.value.metadata == {"check": "key"}


@pytest.mark.parametrize("broken", [{"x": 7}, {"x": "AA"}, {"y": "!"}, {"x": None}])
def test_a_published_key_that_is_broken_is_a_refusal(broken: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        verified(token(), [public("ec", **broken)])


def test_what_is_expected_is_never_empty() -> None:
    for expected in (("", "c", "n"), ("i", "", "n"), ("i", "c", "")):
        with pytest.raises(ValueError, match="an issuer, a client and a nonce"):
            SignIn(*expected)
