"""JSON Web Tokens, ES256 only. The one module that knows python-jose.

python-jose accepts more than it should: it takes the header's algorithm when none is given, tries
every key whatever the `kid`, lets a missing `exp` or `aud` pass and ignores `crit`. So the header
is checked here before it sees the token, one key is chosen by `kid`, and every claim is required.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jose import jwk, jwt
from jose.backends import ECKey
from jose.exceptions import JOSEError

from mesh.clock import Clock, Ids
from mesh.faults import Unauthenticated

_ALGORITHM = "ES256"
_MAX_LENGTH = 8192
_LEEWAY = 10
_REMEMBERED = 10_000
_FORBIDDEN_HEADERS = {"crit", "jku", "jwk", "x5u", "x5c"}

if "cryptography" not in ECKey.__module__:
    # The pure-Python backend leaks the key by timing.
    raise ImportError("python-jose must run on the cryptography backend")


@dataclass(frozen=True, slots=True)
class Realm:
    """What a family of tokens has in common: who issues them, for whom, of which type."""

    issuer: str
    audience: str
    type: str


USERS = Realm("https://auth.dreamscape", "dreamscape-api", "at+jwt")
SERVICES = Realm("https://mesh.dreamscape", "dreamscape-mesh", "svc+jwt")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. Times are seconds since the epoch."""

    subject: str
    token_id: str
    issued_at: int
    expires_at: int
    extra: Mapping[str, Any]


class Signer:
    """Signs tokens of one realm with one key."""

    def __init__(self, realm: Realm, kid: str, private_pem: str, clock: Clock, ids: Ids) -> None:
        self._realm = realm
        self._key = load_pem_private_key(private_pem.encode(), password=None)
        if not isinstance(self._key, EllipticCurvePrivateKey) or not isinstance(
            self._key.curve, SECP256R1
        ):
            raise ValueError("the signing key must be a P-256 key")
        self._pem = private_pem
        self._kid = kid
        self._clock = clock
        self._ids = ids

    def sign(self, subject: str, ttl: timedelta, extra: Mapping[str, Any] | None = None) -> str:
        """A token for `subject` that lives for `ttl`."""
        now = int(self._clock.now().timestamp())
        claims = {
            **(extra or {}),
            "iss": self._realm.issuer,
            "aud": self._realm.audience,
            "sub": subject,
            "iat": now,
            "nbf": now,
            "exp": now + int(ttl.total_seconds()),
            "jti": self._ids.new(),
        }
        headers = {"typ": self._realm.type, "kid": self._kid}
        return str(jwt.encode(claims, self._pem, algorithm=_ALGORITHM, headers=headers))

    def public_jwk(self) -> dict[str, str]:
        """The public half, as RFC 7517 has it."""
        return public_jwk(self._kid, self._pem)


def public_jwk(kid: str, private_pem: str) -> dict[str, str]:
    """The public half of a P-256 key in PEM, as RFC 7517 has it."""
    key = jwk.construct(private_pem, algorithm=_ALGORITHM).public_key().to_dict()
    fields = {name: _text(value) for name, value in key.items()}
    return {**fields, "kid": kid, "use": "sig", "alg": _ALGORITHM}


class Verifier:
    """Verifies tokens of one realm; a good one is remembered by digest until it expires."""

    def __init__(self, realm: Realm, keys: Mapping[str, Mapping[str, str]], clock: Clock) -> None:
        self._realm = realm
        self._keys = dict(keys)
        self._clock = clock
        self._known: OrderedDict[bytes, Claims] = OrderedDict()

    def verify(self, token: str) -> Claims:
        """The claims of a valid token; Unauthenticated with TOKEN_EXPIRED or TOKEN_INVALID."""
        if len(token) > _MAX_LENGTH:
            raise _invalid()
        digest = hashlib.sha256(token.encode()).digest()
        claims = self._known.get(digest)
        if claims is None:
            claims = self._check(token)
            self._known[digest] = claims
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        if claims.expires_at <= self._clock.now().timestamp():
            self._known.pop(digest, None)
            raise Unauthenticated("TOKEN_EXPIRED", "the token has expired")
        return claims

    def _check(self, token: str) -> Claims:
        try:
            key = self._key(jwt.get_unverified_header(token))
            # Times are judged below with the injected clock; jose would use the machine's, and
            # its own `require_exp` would switch its check on again.
            values = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=self._realm.audience,
                issuer=self._realm.issuer,
                options={
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
            return self._claims(values)
        except (JOSEError, ValueError, TypeError, KeyError) as problem:
            raise _invalid() from problem

    def _key(self, header: Mapping[str, Any]) -> Mapping[str, str]:
        if header.get("alg") != _ALGORITHM or header.get("typ") != self._realm.type:
            raise _invalid()
        if _FORBIDDEN_HEADERS & header.keys():
            raise _invalid()
        key = self._keys.get(str(header.get("kid")))
        if key is None:
            raise _invalid()
        return key

    def _claims(self, values: Mapping[str, Any]) -> Claims:
        """The claims, typed; KeyError when one is missing."""
        times = [values["iat"], values["nbf"], values["exp"]]
        texts = [values["sub"], values["jti"], values["aud"]]
        if not all(type(time) is int for time in times) or not all(
            isinstance(text, str) and text for text in texts
        ):
            raise _invalid()
        now = self._clock.now().timestamp()
        if values["nbf"] > now + _LEEWAY or values["iat"] > now + _LEEWAY:
            raise _invalid()
        return Claims(
            subject=values["sub"],
            token_id=values["jti"],
            issued_at=values["iat"],
            expires_at=values["exp"],
            extra=values,
        )


def _invalid() -> Unauthenticated:
    return Unauthenticated("TOKEN_INVALID", "the token is not valid")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
