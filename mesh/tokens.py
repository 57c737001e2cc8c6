"""JSON Web Tokens, ES256 only. The one module that knows python-jose.

python-jose accepts more than it should: it takes the header's algorithm when none is given, tries
every key whatever the `kid`, lets a missing `exp` or `aud` pass, ignores `crit`, and reads several
spellings of the same bytes. So a token's text and header are checked here before it sees them, one
key is chosen by `kid`, and every claim is required.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jose import jwk, jws, jwt
from jose.backends import ECKey, RSAKey
from jose.backends.base import Key
from jose.exceptions import JOSEError

from mesh.clock import Clock, Ids
from mesh.faults import Unauthenticated

_ALGORITHM = "ES256"
_MAX_LENGTH = 8192
_LEEWAY = 10
_REMEMBERED = 10_000
_END_OF_TIME = 253_402_300_799  # the year 9999, beyond which no datetime goes
_FORBIDDEN_HEADERS = {"crit", "jku", "jwk", "x5u", "x5c"}

_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_LONGEST_SUBJECT = 255
_SHORTEST_MODULUS = 2048
# What a provider may sign ID tokens with: the type of key that each algorithm takes, and all that
# is read of such a key.
_ID_TOKEN_KEYS = {
    "ES256": ("EC", ("kty", "crv", "x", "y")),
    "RS256": ("RSA", ("kty", "n", "e")),
}

if not all("cryptography" in kind.__module__ for kind in (ECKey, RSAKey)):
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
    """Signs tokens of one realm with one key at a time."""

    def __init__(self, realm: Realm, kid: str, private_pem: str, clock: Clock, ids: Ids) -> None:
        self._realm = realm
        self._clock = clock
        self._ids = ids
        self.replace(kid, private_pem)

    def replace(self, kid: str, private_pem: str) -> None:
        """Sign with this key from now on; ValueError when it is no P-256 key."""
        key = load_pem_private_key(private_pem.encode(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise ValueError("the signing key must be a P-256 key")
        self._kid, self._pem = kid, private_pem
        self._key = jwk.construct(private_pem, _ALGORITHM)

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
        return str(jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers=headers))

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
        self._keys = {kid: jwk.construct(dict(key), _ALGORITHM) for kid, key in keys.items()}
        self._clock = clock
        self._known: OrderedDict[bytes, Claims] = OrderedDict()

    def replace(self, keys: Mapping[str, Mapping[str, str]]) -> None:
        """Accept what these keys signed, and nothing else, from now on."""
        self._keys = {kid: jwk.construct(dict(key), _ALGORITHM) for kid, key in keys.items()}
        # A token that was remembered may be one of a key that is gone.
        self._known.clear()

    def verify(self, token: str) -> Claims:
        """The claims of a valid token; Unauthenticated with TOKEN_EXPIRED or TOKEN_INVALID."""
        if len(token) > _MAX_LENGTH or not _COMPACT.fullmatch(token):
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
            key = self._key(_read(token)[0])
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
        except (JOSEError, ValueError, TypeError, KeyError, RecursionError) as problem:
            raise _invalid() from problem

    def _key(self, header: Mapping[str, Any]) -> Key:
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
        if not all(type(time) is int and 0 <= time <= _END_OF_TIME for time in times) or not all(
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


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of a compact token; ValueError when it could be read in two ways."""
    header, payload, signature = token.split(".")
    _bytes(signature)
    return _object(header), _object(payload)


def _object(part: str) -> dict[str, Any]:
    values = json.loads(_bytes(part).decode(), object_pairs_hook=_each_once)
    if not isinstance(values, dict):
        raise ValueError("not an object")
    return values


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name stands there twice")
    return values


def _bytes(part: str) -> bytes:
    """What base64url without padding stands for, in the one way there is to spell it."""
    value = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if urlsafe_b64encode(value).rstrip(b"=") != part.encode():
        raise ValueError("not canonical base64url")
    return value


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sign-in an ID token must be about: who vouches, to which client, in answer to what."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.issuer and self.client_id and self.nonce):
            raise ValueError("an ID token is checked against an issuer, a client and a nonce")


def verify_id_token(
    token: str, keys: Iterable[Mapping[str, Any]], sign_in: SignIn, clock: Clock
) -> Claims:
    """What an OpenID provider says in an ID token, checked as OpenID Connect Core 3.1.3.7 has it.

    `keys` are those the provider publishes, as RFC 7517 has them; keys and addresses inside the
    token are never followed. Unauthenticated with ID_TOKEN_INVALID, its metadata `check` naming
    what was wrong: `form`, `header`, `key`, `signature`, or a claim.
    """
    if len(token) > _MAX_LENGTH or not _COMPACT.fullmatch(token):
        raise _bad_id_token("form")
    try:
        values = _signed_by(keys, token)
    except (JOSEError, ValueError, TypeError, KeyError, RecursionError) as problem:
        raise _bad_id_token("signature") from problem
    now, subject = clock.now().timestamp(), values.get("sub")
    issued, expires, begins = (values.get(name) for name in ("iat", "exp", "nbf"))
    checks = {
        "iss": values.get("iss") == sign_in.issuer,
        "aud": values.get("aud") in (sign_in.client_id, [sign_in.client_id]),
        "azp": values.get("azp", sign_in.client_id) == sign_in.client_id,
        "sub": isinstance(subject, str)
        and 0 < len(subject) <= _LONGEST_SUBJECT
        and subject.isascii()
        and subject.isprintable(),
        "iat": type(issued) is int and issued <= now + _LEEWAY,
        "exp": type(expires) is int and expires > now,
        "nbf": begins is None or (type(begins) is int and begins <= now + _LEEWAY),
        "nonce": values.get("nonce") == sign_in.nonce,
    }
    wrong = [name for name, right in checks.items() if not right]
    if wrong:
        raise _bad_id_token(wrong[0])
    return Claims(
        subject=values["sub"],
        token_id=str(values.get("jti", "")),
        issued_at=values["iat"],
        expires_at=values["exp"],
        extra=values,
    )


def _signed_by(keys: Iterable[Mapping[str, Any]], token: str) -> dict[str, Any]:
    """The payload of a token that one of `keys` signed."""
    header, values = _read(token)
    algorithm, kind = header.get("alg"), str(header.get("typ", "JWT")).upper()
    if algorithm not in _ID_TOKEN_KEYS or kind != "JWT" or _FORBIDDEN_HEADERS & header.keys():
        raise _bad_id_token("header")
    key = _named(header.get("kid"), algorithm, keys)
    # The claims are judged by the caller: jose would use the machine's clock, and would insist on
    # an access token to compare `at_hash` with, which a code flow has no need of.
    jws.verify(token, key, algorithms=[algorithm])
    return values


def _named(kid: object, algorithm: str, keys: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The one published key of that name, fit for that algorithm, with its public fields only."""
    found = [key for key in keys if key.get("kid") == kid]
    if not isinstance(kid, str) or not kid or len(found) != 1:
        raise _bad_id_token("key")
    key_type, fields = _ID_TOKEN_KEYS[algorithm]
    key = {"use": "sig", "alg": algorithm, **found[0]}
    fits = (key.get("kty"), key["use"], key["alg"]) == (key_type, "sig", algorithm)
    if not fits or (key_type == "EC" and key.get("crv") != "P-256"):
        raise _bad_id_token("key")
    if key_type == "RSA" and _bits(key["n"]) < _SHORTEST_MODULUS:
        raise _bad_id_token("key")
    return {name: key[name] for name in fields}


def _bits(number: str) -> int:
    """The length of an integer in base64url without padding."""
    return int.from_bytes(urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()


def _bad_id_token(check: str) -> Unauthenticated:
    return Unauthenticated(
        "ID_TOKEN_INVALID", "the provider's answer is not valid", metadata={"check": check}
    )
