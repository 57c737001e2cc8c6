"""Everything a provider may lie about, by name: what a relying party must see through.

A lie about claims or the header is a table of changes: a value, something computed from the truth,
or GONE. Queue one as the fault `lie:<name>` of an operation such as `google.token`.
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from sandbox.oidc.keys import Key, loaded, new_pem, segment

Changes = Mapping[str, Any]
Truth = Mapping[str, Any]

GONE = object()
STRANGER = "https://issuer.example"
OTHER = {"google": "facebook", "facebook": "google"}
HOUR = 3600


def other_issuer(issuer: str) -> str:
    """The neighbour's issuer: an honest one, but not the one that was asked."""
    base, _, name = issuer.rpartition("/")
    return f"{base}/{OTHER[name]}"


CLAIMS: dict[str, Changes] = {
    "wrong-issuer": {"iss": STRANGER},
    "other-issuer": {"iss": lambda truth: other_issuer(truth["iss"])},
    "issuer-with-slash": {"iss": lambda truth: truth["iss"] + "/"},
    "missing-issuer": {"iss": GONE},
    "wrong-audience": {"aud": "another-client"},
    "more-audiences": {"aud": lambda truth: [truth["aud"], "another-client"]},
    "missing-audience": {"aud": GONE},
    "wrong-azp": {"azp": "another-client"},
    "wrong-nonce": {"nonce": "another-nonce"},
    "missing-nonce": {"nonce": GONE},
    "expired": {
        "iat": lambda truth: truth["iat"] - 2 * HOUR,
        "exp": lambda truth: truth["iat"] - HOUR,
    },
    "missing-expiry": {"exp": GONE},
    "expiry-as-text": {"exp": lambda truth: str(truth["exp"])},
    "from-the-future": {"iat": lambda truth: truth["iat"] + HOUR},
    "missing-issue-time": {"iat": GONE},
    "not-yet-valid": {"nbf": lambda truth: truth["iat"] + HOUR},
    "empty-subject": {"sub": ""},
    "missing-subject": {"sub": GONE},
    "number-as-subject": {"sub": 7},
    "unverified-email": {"email_verified": False},
    "verified-as-text": {"email_verified": "true"},
    "verified-unsaid": {"email_verified": GONE},
    "missing-email": {"email": GONE},
    "malformed-email": {"email": "nobody"},
    "changed-email": {"email": lambda truth: f"changed.{truth['email']}"},
}
HEADERS: dict[str, Changes] = {
    "key-url-in-header": {"jku": f"{STRANGER}/jwks"},
    "critical-header": {"crit": ["b64"], "b64": True},
    "missing-kid": {"kid": GONE},
    "access-token-type": {"typ": "at+jwt"},
}
TOKENS = (
    "alg-none",
    "public-key-as-secret",
    "unknown-key",
    "stolen-kid",
    "key-in-header",
    "edited",
)
# `code-replay` takes a spent code again, `new-key` begins to sign with a key made just now.
REPLIES = ("missing-id-token", "not-json", "too-long", "code-replay", "new-key")

TOKEN = (*CLAIMS, *HEADERS, *TOKENS, *REPLIES)
# `foreign-code` is one made for somebody else's sign-in: another challenge, another nonce.
AUTHORIZE = (
    *("denied", "other-issuer", "missing-issuer", "wrong-state", "missing-state"),
    *("unknown-code", "missing-code", "foreign-code"),
)
DISCOVERY = ("wrong-issuer", "missing-endpoint", "not-json", "too-long")


def changed(truth: Truth, changes: Changes) -> dict[str, Any]:
    """`truth` with `changes`."""
    made = {
        name: change(truth) if isinstance(change, Callable) else change  # type: ignore[arg-type]
        for name, change in changes.items()
    }
    return {name: value for name, value in {**truth, **made}.items() if value is not GONE}


def id_token(claims: Truth, key: Key, lie: str) -> str:
    """The ID token: true, unless `lie` says how it is false."""
    header = {"alg": key.algorithm, "typ": "JWT", "kid": key.kid}
    claims = changed(claims, CLAIMS.get(lie, {}))
    header = changed(header, HEADERS.get(lie, {}))
    match lie:
        case "alg-none":
            return _compact({**header, "alg": "none"}, claims, lambda _: b"")
        case "public-key-as-secret":
            secret = key.public_pem()
            return _compact(
                {**header, "alg": "HS256"}, claims, lambda data: hmac.digest(secret, data, "sha256")
            )
        case "unknown-key" | "stolen-kid" | "key-in-header":
            rogue = loaded("rogue", new_pem(key.algorithm))
            header["kid"] = rogue.kid if lie == "unknown-key" else key.kid
            own = {"jwk": rogue.jwk()} if lie == "key-in-header" else {}
            return _compact({**header, **own}, claims, rogue.signature)
        case "edited":
            honest = _compact(header, claims, key.signature).split(".")
            return ".".join((honest[0], segment({**claims, "sub": "somebody-else"}), honest[2]))
    return _compact(header, claims, key.signature)


def reply(body: Mapping[str, Any], lie: str) -> bytes:
    """A JSON answer as bytes: true, unless `lie` spoils it as a whole."""
    match lie:
        case "missing-id-token":
            return orjson.dumps(changed(body, {"id_token": GONE}))
        case "missing-endpoint":
            return orjson.dumps(changed(body, {"token_endpoint": GONE}))
        case "not-json":
            return b"<!doctype html><p>Sign in again"
        case "too-long":
            return orjson.dumps({**body, "padding": "x" * 1_000_000})
    return orjson.dumps(body)


def _compact(header: Truth, claims: Truth, sign: Callable[[bytes], bytes]) -> str:
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{segment(sign(signed.encode()))}"
