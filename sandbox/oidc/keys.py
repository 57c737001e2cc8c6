"""What a provider signs with: RS256 or ES256 keys, written by hand so that they can also forge."""

import base64
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

RSA_BITS = 2048
COORDINATE_BYTES = 32


@dataclass(frozen=True)
class Key:
    """A private key with the name under which its public half is published."""

    kid: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def algorithm(self) -> str:
        """RS256 or ES256."""
        return "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"

    def jwk(self) -> dict[str, str]:
        """The public half, as RFC 7517 has it."""
        about = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if isinstance(self.private, rsa.RSAPrivateKey):
            numbers = self.private.public_key().public_numbers()
            return {"kty": "RSA", **about, "n": _number(numbers.n), "e": _number(numbers.e)}
        point = self.private.public_key().public_numbers()
        x, y = (_number(value, COORDINATE_BYTES) for value in (point.x, point.y))
        return {"kty": "EC", **about, "crv": "P-256", "x": x, "y": y}

    def public_pem(self) -> bytes:
        """The public half in PEM."""
        return self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    def signature(self, data: bytes) -> bytes:
        """The signature over `data`, as RFC 7518 has it."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), SHA256())
        pair = decode_dss_signature(self.private.sign(data, ec.ECDSA(SHA256())))
        return b"".join(number.to_bytes(COORDINATE_BYTES) for number in pair)


def new_pem(algorithm: str) -> str:
    """A fresh private key for RS256 or ES256, in PEM."""
    private = (
        rsa.generate_private_key(65537, RSA_BITS)
        if algorithm == "RS256"
        else ec.generate_private_key(ec.SECP256R1())
    )
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@lru_cache(maxsize=16)
def loaded(kid: str, pem: str) -> Key:
    """The key of a PEM text."""
    private = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("a key of this sandbox is RSA or EC")
    return Key(kid, private)


def segment(value: Any) -> str:
    """A JSON value, or bytes as they are, as one part of a token."""
    data = value if isinstance(value, bytes) else orjson.dumps(value)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int, size: int = 0) -> str:
    """An integer in base64url: in `size` bytes, or in as few as hold it."""
    return segment(value.to_bytes(size or (value.bit_length() + 7) // 8))
