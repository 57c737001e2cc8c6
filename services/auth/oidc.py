"""OpenID Connect as a client sees it: where a provider is, the exchange of a code, who it names.

Endpoints and keys come from the configured issuer over its own connection, never from a token or
a browser. Every request has three seconds and every answer 64 KiB; redirects are not followed.
"""

import asyncio
import base64
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import orjson

from mesh.clock import Clock
from mesh.faults import Unauthenticated, Unavailable
from mesh.policy import is_email
from mesh.tokens import Claims, SignIn, verify_id_token
from services.auth.domain import canonical

_SCOPE = "openid email profile"
_REQUEST_SECONDS = 3.0
_LONGEST_ANSWER = 64 * 1024
_CONNECTIONS = 20
_FRESH = timedelta(hours=1)
# A token that names an unknown key has the keys read again, but no more often than this.
_LEAST_PAUSE = timedelta(minutes=1)
_LONGEST_EMAIL, _LONGEST_NAME = 254, 80

_log = logging.getLogger("auth.oidc")


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to a provider: `issuer` is its name for itself, the rest ours at it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.issuer and self.client_id and self.client_secret):
            raise ValueError("a provider needs an issuer, a client and its secret")


@dataclass(frozen=True)
class Clients:
    """What we are to every provider, by its name in our own paths.

    `callback_url` is where they send browsers back to; `{provider}` in it stands for that name.
    """

    callback_url: str = ""
    at: Mapping[str, Client] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one sign-in, and where it ends."""

    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in. `email` is empty unless the provider has confirmed it; names may be empty."""

    issuer: str
    subject: str
    email: str
    first_name: str
    last_name: str


def http_client() -> httpx.AsyncClient:
    """What providers are asked with. The caller closes it."""
    return httpx.AsyncClient(
        # An encoded answer could be a bomb: none is asked for, and none would be decoded.
        headers={"accept": "application/json", "accept-encoding": "identity"},
        timeout=_REQUEST_SECONDS,
        limits=httpx.Limits(max_connections=_CONNECTIONS),
        follow_redirects=False,
        trust_env=False,
    )


class Provider:
    """One OpenID provider."""

    def __init__(self, client: Client, http: httpx.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._http = http
        self._clock = clock
        url = f"{client.issuer.rstrip('/')}/.well-known/openid-configuration"
        self._discovered = _Document(url, http, clock)
        self._keys: _Document | None = None

    async def authorization_url(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in. Unavailable when the provider does not answer."""
        metadata = await self._metadata()
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": _SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = metadata["authorization_endpoint"]
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def require_sender(self, issuer: str) -> None:
        """Unauthenticated unless a callback that names `issuer`, or none, is this provider's.

        This is what keeps a code from being taken to another provider (RFC 9207).
        """
        metadata = await self._metadata()
        named = metadata.get("authorization_response_iss_parameter_supported") is True
        if (issuer or named) and issuer != self._client.issuer:
            raise Unauthenticated("OAUTH_ISSUER_INVALID", "another provider has answered")

    async def person(self, code: str, attempt: Attempt) -> Person:
        """Who a code stands for.

        Unauthenticated when the code or what comes for it is not right, Unavailable when the
        provider does not answer as it should.
        """
        metadata = await self._metadata()
        token = await self._exchange(metadata["token_endpoint"], code, attempt)
        sign_in = SignIn(self._client.issuer, self._client.client_id, attempt.nonce)
        return _person(self._client.issuer, await self._verified(metadata, token, sign_in))

    async def _metadata(self) -> Mapping[str, Any]:
        metadata = await self._discovered.read()
        secure = self._client.issuer.startswith("https://")
        wanted = [
            metadata.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        ]
        schemes = ("https://",) if secure else ("https://", "http://")
        fit = all(isinstance(url, str) and url.startswith(schemes) for url in wanted)
        if metadata.get("issuer") != self._client.issuer or not fit:
            _log.warning("the metadata of %s is not its own or not whole", self._client.issuer)
            self._discovered.forget()
            raise _unavailable()
        return metadata

    async def _exchange(self, endpoint: str, code: str, attempt: Attempt) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret,
        }
        status, answer = await _ask(self._http, endpoint, form)
        if status == httpx.codes.BAD_REQUEST and answer.get("error") == "invalid_grant":
            raise Unauthenticated("OAUTH_CODE_INVALID", "the code is not valid; sign in again")
        if status != httpx.codes.OK:
            _log.warning("%s answered %d: %r", endpoint, status, answer.get("error"))
            raise _unavailable()
        token = answer.get("id_token")
        return token if isinstance(token, str) else ""

    async def _verified(self, metadata: Mapping[str, Any], token: str, sign_in: SignIn) -> Claims:
        if self._keys is None or self._keys.url != metadata["jwks_uri"]:
            self._keys = _Document(metadata["jwks_uri"], self._http, self._clock)
        try:
            return verify_id_token(token, _listed(await self._keys.read()), sign_in, self._clock)
        except Unauthenticated as refusal:
            # The provider may have begun to sign with a key that we have not seen.
            if refusal.metadata["check"] != "key":
                raise
        keys = _listed(await self._keys.read(_LEAST_PAUSE))
        return verify_id_token(token, keys, sign_in, self._clock)


class _Document:
    """A provider's JSON document, read anew when it has grown old."""

    def __init__(self, url: str, http: httpx.AsyncClient, clock: Clock) -> None:
        self.url = url
        self._http = http
        self._clock = clock
        self._reading = asyncio.Lock()
        self._document: Mapping[str, Any] | None = None
        self._read_time: datetime = clock.now()

    async def read(self, oldest: timedelta = _FRESH) -> Mapping[str, Any]:
        """The document as it was no longer than `oldest` ago; Unavailable when it cannot be had."""
        async with self._reading:
            now = self._clock.now()
            if self._document is None or now - self._read_time >= oldest:
                status, document = await _ask(self._http, self.url)
                if status != httpx.codes.OK:
                    _log.warning("%s answered %d", self.url, status)
                    raise _unavailable()
                self._document, self._read_time = document, now
            return self._document

    def forget(self) -> None:
        """Let the next `read` ask again."""
        self._document = None


async def _ask(
    http: httpx.AsyncClient, url: str, form: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object that a URL answers, to a POST where there is a form."""
    try:
        async with (
            asyncio.timeout(_REQUEST_SECONDS),
            http.stream("POST" if form else "GET", url, data=form) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _LONGEST_ANSWER:
                    raise ValueError(f"the answer is longer than {_LONGEST_ANSWER} bytes")
        document = orjson.loads(body)
        if not isinstance(document, dict):
            raise ValueError("the answer is no JSON object")
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as problem:
        _log.warning("%s: %r", url, problem)
        raise _unavailable() from problem
    return response.status_code, document


def _listed(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The keys of a JSON Web Key Set, whatever else is in it."""
    keys = document.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def _person(issuer: str, claims: Claims) -> Person:
    email, said = claims.extra.get("email"), claims.extra
    usable = isinstance(email, str) and len(email) <= _LONGEST_EMAIL and is_email(email)
    confirmed = usable and said.get("email_verified") is True
    return Person(
        issuer=issuer,
        subject=claims.subject,
        email=canonical(str(email)) if confirmed else "",
        first_name=_name(said.get("given_name")),
        last_name=_name(said.get("family_name")),
    )


def _name(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(filter(str.isprintable, text)).strip()[:_LONGEST_NAME]


def _unavailable() -> Unavailable:
    return Unavailable(
        "OAUTH_PROVIDER_UNAVAILABLE", "the provider does not answer as it should; begin again later"
    )
