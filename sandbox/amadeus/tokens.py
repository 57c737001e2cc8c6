"""OAuth2 client credentials: signed tokens that outlive a restart and expire after 30 minutes."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs

from mesh.clock import Clock, Ids
from sandbox.amadeus.pace import Pace
from sandbox.amadeus.refusals import Refusal

LIFETIME_SECONDS = 1799


class Tokens:
    """Issues and checks access tokens. A token is `expiry.nonce.signature`.

    `paced` holds the client to the pace of Amadeus' test environment (see pace).
    """

    def __init__(
        self, clock: Clock, ids: Ids, *, client_id: str, client_secret: str, paced: bool = False
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._ids = ids
        self._pace = Pace(clock) if paced else None

    def issue(self, form: bytes) -> tuple[int, dict[str, Any]]:
        """Answer a token request: (status, body). OAuth errors have a shape of their own."""
        fields = {name: values[0] for name, values in parse_qs(form.decode("latin-1")).items()}
        if fields.get("grant_type") != "client_credentials":
            return 400, _oauth_error("unsupported_grant_type", "Only client_credentials is allowed")
        known = hmac.compare_digest(
            f"{fields.get('client_id')}:{fields.get('client_secret')}".encode(),
            f"{self._client_id}:{self._client_secret}".encode(),
        )
        if not known:
            return 401, _oauth_error("invalid_client", "Client credentials are invalid")
        return 200, {
            "type": "amadeusOAuth2Token",
            "username": "sandbox@dreamscape.example",
            "application_name": "dreamscape",
            "client_id": self._client_id,
            "token_type": "Bearer",
            "access_token": self._signed(),
            "expires_in": LIFETIME_SECONDS,
            "state": "approved",
            "scope": "",
        }

    def check(self, authorization: str | None) -> None:
        """Let a call with a valid `Bearer` header pass; raises Refusal (38190 to 38192, 38194)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(38191)
        payload, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(payload).encode(), signature.encode()):
            raise Refusal(38190)
        if int(payload.partition(".")[0]) <= self._clock.now().timestamp():
            raise Refusal(38192)
        if self._pace is not None:
            self._pace.take()

    def _signed(self) -> str:
        expiry = int(self._clock.now().timestamp()) + LIFETIME_SECONDS
        payload = f"{expiry}.{self._ids.secret(9)}"
        return f"{payload}.{self._signature(payload)}"

    def _signature(self, payload: str) -> str:
        key = self._client_secret.encode()
        return hmac.new(key, payload.encode(), hashlib.sha256).hexdigest()[:28]


def _oauth_error(error: str, description: str) -> dict[str, Any]:
    return {
        "error": error,
        "error_description": description,
        "code": 38187,
        "title": "Invalid parameters",
    }
