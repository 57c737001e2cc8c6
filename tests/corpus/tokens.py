"""Forged access tokens, made from one that is good: none of them may ever be accepted.

Some are signed with our own key. Nobody outside has it, but a verifier that leans on what a signer
never does is one bug of the signer away from accepting anything.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

# The order of P-256.
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LONGER_THAN_TAKEN = 9_000


def text_of(data: bytes) -> str:
    """Bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def json_of(value: Any) -> str:
    """A value as compact JSON in base64url."""
    return text_of(json.dumps(value, separators=(",", ":")).encode())


@dataclass(frozen=True)
class Forge:
    """What a forger works with: a good token's key, header and claims. `kid` names the key."""

    pem: str
    kid: str
    type: str
    claims: Mapping[str, Any]

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        key = load_pem_private_key(self.pem.encode(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": "ES256", "typ": self.type, "kid": self.kid}

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as it is published."""
        point = self.key.public_key().public_numbers()
        x, y = (text_of(number.to_bytes(32)) for number in (point.x, point.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.kid}

    def good(self) -> str:
        """The token that nothing is wrong with."""
        return self.signed(self.body())

    def body(self, header: Any = None, claims: Any = None) -> str:
        """What is signed, with another header or other claims."""
        return f"{json_of(header or self.header)}.{json_of(claims or dict(self.claims))}"

    def signed(self, body: str, key: ec.EllipticCurvePrivateKey | None = None) -> str:
        """A body with its ES256 signature."""
        return f"{body}.{text_of(self.raw(body, key))}"

    def der(self, body: str, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
        """An ECDSA signature as ASN.1 has it."""
        return (key or self.key).sign(body.encode(), ec.ECDSA(SHA256()))

    def raw(self, body: str, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
        """An ECDSA signature as JOSE has it."""
        return b"".join(n.to_bytes(32) for n in decode_dss_signature(self.der(body, key)))

    def with_header(self, **changes: Any) -> str:
        """Rightly signed, with another header."""
        return self.signed(self.body(header=self.header | changes))

    def with_claims(self, **changes: Any) -> str:
        """Rightly signed, with other claims."""
        return self.signed(self.body(claims={**self.claims, **changes}))

    def with_texts(self, header: str, claims: str) -> str:
        """Rightly signed, with header and claims as they are spelled here."""
        return self.signed(f"{text_of(header.encode())}.{text_of(claims.encode())}")

    def mac(self, secret: bytes, **header: Any) -> str:
        """Signed by HMAC with something everybody knows."""
        body = self.body(header=self.header | {"alg": "HS256"} | header)
        return f"{body}.{text_of(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def forgeries(forge: Forge) -> dict[str, str]:
    """Every forged token, by what is wrong with it."""
    cases = _shapes(forge) | _spellings(forge) | _algorithms(forge) | _headers(forge)
    return cases | _signatures(forge) | _claims(forge) | _json(forge)


def _shapes(forge: Forge) -> dict[str, str]:
    head, payload, signature = forge.good().split(".")
    return {
        "empty": "",
        "a word": "token",
        "dots alone": "..",
        "words between dots": "a.b.c",
        "two parts": f"{head}.{payload}",
        "no signature": f"{head}.{payload}.",
        "no payload": f"{head}..{signature}",
        "no header": f".{payload}.{signature}",
        "four parts": f"{head}.{payload}.{signature}.{signature}",
        "five parts, as if encrypted": f"{head}.{payload}.{signature}.{signature}.{signature}",
        "a dot at the end": f"{forge.good()}.",
        "two tokens with a comma": f"{forge.good()},{forge.good()}",
        "JSON serialization": json.dumps(
            {"payload": payload, "signatures": [{"protected": head, "signature": signature}]}
        ),
        "detached payload": f"{json_of(forge.header | {'b64': False})}..{signature}",
        "too long": forge.with_claims(x="x" * LONGER_THAN_TAKEN),
    }


def _spellings(forge: Forge) -> dict[str, str]:
    """Other texts that a careless decoder takes for the same bytes."""
    head, payload, signature = forge.good().split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(signature[-1]) ^ 1]
    return {
        "padded signature": f"{head}.{payload}.{signature}==",
        "padded header": f"{head}=.{payload}.{signature}",
        "a space inside": f"{head}.{payload} .{signature}",
        "a tab inside": f"{head}.{payload}.{signature[:8]}\t{signature[8:]}",
        "a character of no alphabet": f"{head}.{payload}.{signature[:8]}!{signature[8:]}",
        "unused bits of the last character set": f"{head}.{payload}.{signature[:-1]}{last}",
        "percent encoded": forge.good().replace(".", "%2E"),
        "in quotes": f'"{forge.good()}"',
        "bearer twice": f"Bearer {forge.good()}",
        "letter case changed": forge.good().swapcase(),
        "a zero-width space inside": f"{head}.{payload}\u200b.{signature}",
        "full-width dots": forge.good().replace(".", "\uff0e"),
        "a semicolon after it": f"{forge.good()};",
    }


def _algorithms(forge: Forge) -> dict[str, str]:
    public = forge.key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    bare = forge.body(header=forge.header | {"alg": "none"})
    return {
        **{
            f"algorithm {name}": f"{forge.body(header=forge.header | {'alg': name})}."
            for name in ("none", "None", "NONE", "nOnE", "")
        },
        "algorithm none under a real signature": forge.signed(bare),
        **{
            f"algorithm {name!r} over a real signature": forge.with_header(alg=name)
            for name in ("es256", "ES256 ", "ES384", "ES256K", "EdDSA", None, 256, ["ES256"], True)
        },
        "no algorithm": forge.signed(
            forge.body(header={k: v for k, v in forge.header.items() if k != "alg"})
        ),
        "the public key's PEM as a secret": forge.mac(pem),
        "the public JWK as a secret": forge.mac(json.dumps(forge.jwk).encode()),
        "the public x as a secret": forge.mac(forge.jwk["x"].encode()),
        "the kid as a secret": forge.mac(forge.kid.encode()),
        "an empty secret": forge.mac(b""),
        "an empty secret from a file": forge.mac(b"", kid="../../../../dev/null"),
        "RS256 with a key of one's own": _rsa(forge),
        "EdDSA with a key of one's own": _edwards(forge),
        "ES384 with a key of one's own": _p384(forge),
    }


def _headers(forge: Forge) -> dict[str, str]:
    own = ec.generate_private_key(ec.SECP256R1())
    theirs = Forge(forge.pem, forge.kid, forge.type, forge.claims)
    mine = own.public_key().public_numbers()
    jwk = forge.jwk | {"x": text_of(mine.x.to_bytes(32)), "y": text_of(mine.y.to_bytes(32))}
    off_curve = jwk | {"y": text_of((mine.y ^ 1).to_bytes(32))}

    def by_own_key(**header: Any) -> str:
        return theirs.signed(theirs.body(header=theirs.header | header), own)

    return {
        "another key": by_own_key(),
        "a key of one's own in the header": by_own_key(jwk=jwk),
        "a key in the header that is no point of the curve": by_own_key(jwk=off_curve),
        "a key of one's own by URL": by_own_key(jku="http://127.0.0.1:1/jwks.json"),
        "a certificate of one's own": by_own_key(x5c=["MIIB"]),
        "a certificate by URL": by_own_key(x5u="http://127.0.0.1:1/cert.pem"),
        **{
            f"kid {name}": by_own_key(kid=kid)
            for name, kid in {
                "that is unknown": "nobody",
                "that is empty": "",
                "that is null": None,
                "that is a number": 1,
                "that is a list": [forge.kid],
                "that leads to a file": "../../../../../../dev/null",
                "that leads to our key": "../secrets/token_keys.json",
                "that is SQL": f"{forge.kid}' OR '1'='1",
                "that is a command": f"{forge.kid}; id",
                "with a NUL": f"{forge.kid}\x00",
                "with a new line": f"{forge.kid}\n",
                "with a letter that looks alike": forge.kid + "\u0430",
                "that is very long": "k" * 4000,
                "that is a wildcard": "*",
            }.items()
        },
        "no kid": forge.signed(
            forge.body(header={k: v for k, v in forge.header.items() if k != "kid"})
        ),
        **{
            f"type {name!r}": forge.with_header(typ=name)
            for name in ("JWT", "svc+jwt", "id_token", "", None, [forge.type], forge.type + "x")
        },
        "no type": forge.signed(
            forge.body(header={k: v for k, v in forge.header.items() if k != "typ"})
        ),
        "crit": forge.with_header(crit=["exp"]),
        "crit of nothing": forge.with_header(crit=[]),
        "crit that is unknown": forge.with_header(crit=["x"], x=True),
        "jku beside a right kid": forge.with_header(jku="http://127.0.0.1:1/jwks.json"),
        "jwk beside a right kid": forge.with_header(jwk=forge.jwk),
        "x5u beside a right kid": forge.with_header(x5u="http://127.0.0.1:1/cert.pem"),
        "x5c beside a right kid": forge.with_header(x5c=["MIIB"]),
    }


def _signatures(forge: Forge) -> dict[str, str]:
    body = forge.body()
    raw = forge.raw(body)
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    other = forge.body(claims={**forge.claims, "sub": "somebody else"})

    def spelled(*numbers: int) -> bytes:
        return b"".join(number.to_bytes(32) for number in numbers)

    signatures = {
        "all zeros": bytes(64),
        "all ones": b"\xff" * 64,
        "r zero": spelled(0, s),
        "s zero": spelled(r, 0),
        "r the order": spelled(N, s),
        "s the order": spelled(r, N),
        "r and s swapped": raw[32:] + raw[:32],
        "r negated": spelled(N - r, s),
        "DER": forge.der(body),
        "cut short": raw[:63],
        "cut in half": raw[:32],
        "one byte longer": raw + b"\x00",
        "one byte before it": b"\x00" + raw,
        "twice": raw + raw,
        "one bit off": raw[:-1] + bytes([raw[-1] ^ 1]),
        "of other claims": forge.raw(other),
        "of the payload alone": forge.raw(body.partition(".")[2]),
    }
    cases = {f"signature: {name}": f"{body}.{text_of(value)}" for name, value in signatures.items()}
    return cases | {"claims of somebody else": f"{other}.{text_of(raw)}"}


def _claims(forge: Forge) -> dict[str, str]:
    now, audience = int(forge.claims["iat"]), forge.claims["aud"]
    needed = ("iss", "aud", "sub", "iat", "nbf", "exp", "jti")
    wrong: dict[str, dict[str, Any]] = {
        "another audience": {"aud": "another-api"},
        "an audience in capitals": {"aud": str(audience).upper()},
        "two audiences": {"aud": [audience, "another-api"]},
        "a list of one audience": {"aud": [audience]},
        "an audience that is an object": {"aud": {audience: True}},
        "another issuer": {"iss": "https://evil.example"},
        "an issuer with a slash": {"iss": f"{forge.claims['iss']}/"},
        "an issuer that is a list": {"iss": [forge.claims["iss"]]},
        "an empty subject": {"sub": ""},
        "a subject that is a number": {"sub": 1},
        "a subject that is an object": {"sub": {"sub": forge.claims["sub"]}},
        "a subject that is a list": {"sub": [forge.claims["sub"]]},
        "an empty identifier": {"jti": ""},
        "expired": {"exp": now - 1},
        "expired in 1970": {"exp": 0},
        "expired before 1970": {"exp": -1},
        "an end that is text": {"exp": str(forge.claims["exp"])},
        "an end that is true": {"exp": True},
        "an end with a fraction": {"exp": forge.claims["exp"] + 0.5},
        "an end that is a list": {"exp": [forge.claims["exp"]]},
        "an end that is infinite": {"exp": float("inf")},
        "an end that is no number": {"exp": float("nan")},
        "an end of a thousand digits": {"exp": 10**1000},
        "not yet valid": {"nbf": now + 3600},
        "a beginning that is text": {"nbf": "0"},
        "from the future": {"iat": now + 3600},
        "issued at no time": {"iat": "now"},
    }
    cases = {name: forge.with_claims(**changes) for name, changes in wrong.items()}
    for name in needed:
        rest = {key: value for key, value in forge.claims.items() if key != name}
        cases[f"no {name}"] = forge.signed(forge.body(claims=rest))
        cases[f"{name} null"] = forge.with_claims(**{name: None})
    return cases


def _json(forge: Forge) -> dict[str, str]:
    """Texts that two parsers read in two ways, or that break one."""
    header, claims = json.dumps(forge.header), json.dumps(dict(forge.claims))
    payloads = {
        "a list": f"[{claims}]",
        "a text": json.dumps(claims),
        "a number": "5",
        "null": "null",
        "empty": "",
        "cut short": claims[:-1],
        "followed by more": claims + claims,
        "with a comment": claims + "/* */",
        "with a comma at the end": claims[:-1] + ",}",
        "nested a thousand deep": "[" * 3000,
        "with a subject twice": claims[:-1] + ',"sub":"somebody else"}',
        "with an end twice": claims[:-1] + ',"exp":99999999999}',
    }
    headers = {
        "with an algorithm twice": '{"alg":"none",' + header[1:],
        "with a type twice": '{"typ":"JWT",' + header[1:],
        "with a kid twice": '{"kid":"another",' + header[1:],
        "nested a thousand deep": "[" * 3000,
        "that is a list": f"[{header}]",
        "that is null": "null",
        "that is a text": json.dumps(header),
        "with a byte order mark": "\ufeff" + header,
    }
    cases = {f"payload {name}": forge.with_texts(header, text) for name, text in payloads.items()}
    cases |= {f"header {name}": forge.with_texts(text, claims) for name, text in headers.items()}
    raw = f"{json_of(forge.header)}.{text_of(claims.encode('utf-16'))}"
    latin = f"{json_of(forge.header)}.{text_of(claims.encode() + bytes([0xFF]))}"
    return cases | {
        "payload in UTF-16": forge.signed(raw),
        "payload with a byte that is no UTF-8": forge.signed(latin),
    }


def _rsa(forge: Forge) -> str:
    body = forge.body(header=forge.header | {"alg": "RS256"})
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return f"{body}.{text_of(key.sign(body.encode(), padding.PKCS1v15(), SHA256()))}"


def _edwards(forge: Forge) -> str:
    body = forge.body(header=forge.header | {"alg": "EdDSA"})
    return f"{body}.{text_of(ed25519.Ed25519PrivateKey.generate().sign(body.encode()))}"


def _p384(forge: Forge) -> str:
    body = forge.body(header=forge.header | {"alg": "ES384"})
    key = ec.generate_private_key(ec.SECP384R1())
    numbers = decode_dss_signature(key.sign(body.encode(), ec.ECDSA(SHA384())))
    return f"{body}.{text_of(b''.join(number.to_bytes(48) for number in numbers))}"
