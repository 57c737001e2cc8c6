"""One OpenID provider: the code flow with PKCE, exact redirect URIs and codes that work once."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mesh.clock import Clock, Ids
from sandbox.ledger import Ledger
from sandbox.oidc import lies, page, store
from sandbox.oidc.keys import Key, loaded, new_pem
from sandbox.oidc.refusals import FRESH, Refusal
from sandbox.wire import JsonResponse, read_body

CODE_SECONDS = 300
TOKEN_SECONDS = 3600
ALGORITHMS = {"google": "RS256", "facebook": "ES256"}
# Those whose callbacks name their issuer (RFC 9207); a client must do without at the others.
NAMED_IN_CALLBACKS = frozenset({"google"})
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
JSON = "application/json"


@dataclass(frozen=True)
class Client:
    """The one client that a provider knows."""

    client_id: str
    secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """A provider's endpoints. Each takes the lie that it shall tell; empty is the truth."""

    name: str
    url: str
    client: Client
    ledger: Ledger
    clock: Clock
    ids: Ids

    async def discovery(self, request: Request, lie: str) -> Response:
        """The provider's metadata."""
        document: dict[str, Any] = {
            "issuer": lies.STRANGER if lie == "wrong-issuer" else self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHMS[self.name]],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
        if self.name in NAMED_IN_CALLBACKS:
            document["authorization_response_iss_parameter_supported"] = True
        return Response(lies.reply(document, lie), media_type=JSON)

    async def jwks(self, request: Request, lie: str) -> Response:
        """The public keys, newest first."""
        await self._key()
        found = await self.ledger.read(lambda c: store.keys(c, self.name))
        return JsonResponse({"keys": [loaded(*each).jwk() for each in found]})

    async def authorize(self, request: Request, lie: str) -> Response:
        """Send the browser back with a code for `login_hint`, or ask who it is."""
        asked = request.query_params
        known = (self.client.client_id, self.client.redirect_uri)
        if (asked.get("client_id"), asked.get("redirect_uri")) != known or _repeated(
            asked.multi_items()
        ):
            # Never sent on: an address that was not registered may be anybody's.
            raise Refusal(400, "invalid_request", "client_id and redirect_uri must be registered")
        if problem := _problem(asked):
            return self._back(asked, {"error": problem}, lie)
        if lie == "denied" or asked.get("deny"):
            return self._back(asked, {"error": "access_denied"}, lie)
        hint = asked.get("login_hint", "")
        if not EMAIL.fullmatch(hint):
            rest = [pair for pair in asked.multi_items() if pair[0] != "login_hint"]
            said = "That is not an e-mail address." if hint else ""
            return HTMLResponse(page.sign_in(self.name, rest, said), headers=FRESH)
        return self._back(asked, {"code": await self._code(asked, hint, lie)}, lie)

    async def token(self, request: Request, lie: str) -> Response:
        """Exchange a code for an access token and an ID token."""
        fields = parse_qsl((await read_body(request)).decode("latin-1"), keep_blank_values=True)
        form = dict(fields)
        if _repeated(fields):
            raise Refusal(400, "invalid_request", "a parameter is there twice")
        self._authenticate(request.headers.get("authorization", ""), form)
        if form.get("grant_type") != "authorization_code":
            raise Refusal(400, "unsupported_grant_type", "only authorization_code is taken")
        brought = store.Redemption(
            provider=self.name,
            code=form.get("code", ""),
            redirect_uri=form.get("redirect_uri", ""),
            challenge=_challenge(form.get("code_verifier", "")),
        )
        now = self.clock.now().timestamp()
        grant = await self.ledger.write(
            lambda c: store.redeem(c, brought, now, replay=lie == "code-replay")
        )
        if grant is None:
            raise Refusal(400, "invalid_grant", "the code is not good, or not good any more")
        access = self.ids.secret()
        await self.ledger.write(
            lambda c: store.add_token(c, access, brought.code, now + TOKEN_SECONDS)
        )
        claims = self._claims(grant, access, int(now))
        body = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": "openid email profile",
            "id_token": lies.id_token(claims, await self._key(new=lie == "new-key"), lie),
        }
        return Response(lies.reply(body, lie), media_type=JSON, headers=FRESH)

    async def userinfo(self, request: Request, lie: str) -> Response:
        """Who an access token was given for."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        now = self.clock.now().timestamp()
        found = await self.ledger.read(lambda c: store.bearer(c, self.name, token, now))
        if scheme.lower() != "bearer" or found is None:
            raise Refusal(401, "invalid_token", "the access token is not good")
        return JsonResponse({"sub": found[0], **_person(found[1])}, headers=FRESH)

    async def _code(self, asked: Mapping[str, str], email: str, lie: str) -> str:
        code, new = self.ids.secret(), self.ids.secret(16)
        foreign = lie == "foreign-code"
        expires = self.clock.now().timestamp() + CODE_SECONDS

        def work(connection: Any) -> None:
            grant = store.Grant(
                provider=self.name,
                subject=store.subject_of(connection, self.name, email, new),
                email=email,
                redirect_uri=asked["redirect_uri"],
                challenge=_challenge("theirs") if foreign else asked["code_challenge"],
                nonce="theirs" if foreign else asked.get("nonce", ""),
                expires=expires,
            )
            store.add_code(connection, code, grant)

        await self.ledger.write(work)
        return self.ids.secret() if lie == "unknown-code" else code

    def _back(self, asked: Mapping[str, str], answer: dict[str, str], lie: str) -> Response:
        """The redirect to the client, as RFC 6749 4.1.2 and RFC 9207 have it."""
        if "state" in asked:
            answer["state"] = "another-state" if lie == "wrong-state" else asked["state"]
        if self.name in NAMED_IN_CALLBACKS:
            answer["iss"] = self.url
        if lie == "other-issuer":
            answer["iss"] = lies.other_issuer(self.url)
        for name in ("state", "issuer", "code"):
            if lie == f"missing-{name}":
                answer.pop("iss" if name == "issuer" else name, None)
        return RedirectResponse(f"{self.client.redirect_uri}?{urlencode(answer)}", 302, FRESH)

    def _authenticate(self, authorization: str, form: Mapping[str, str]) -> None:
        """The client by `client_secret_basic` or `client_secret_post`, never by both."""
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        scheme, _, encoded = authorization.partition(" ")
        if authorization:
            try:
                name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                name = secret = ""
            if scheme.lower() != "basic" or "client_secret" in form:
                raise Refusal(400, "invalid_request", "one way to authenticate, please")
            given = (unquote_plus(name), unquote_plus(secret))
        expected = f"{self.client.client_id}:{self.client.secret}"
        if not hmac.compare_digest(":".join(given).encode(), expected.encode()):
            raise Refusal(401, "invalid_client", "the client is not known by that secret")

    def _claims(self, grant: store.Grant, access: str, now: int) -> dict[str, Any]:
        half = hashlib.sha256(access.encode()).digest()[:16]
        return {
            "iss": self.url,
            "aud": self.client.client_id,
            "azp": self.client.client_id,
            "sub": grant.subject,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **({"nonce": grant.nonce} if grant.nonce else {}),
            **_person(grant.email),
        }

    async def _key(self, *, new: bool = False) -> Key:
        """The key that signs; the first is made when it is needed, a `new` one when asked for."""
        found = await self.ledger.read(lambda c: store.keys(c, self.name))
        if found and not new:
            return loaded(*found[0])
        made = (self.ids.new(), new_pem(ALGORITHMS[self.name]))
        await self.ledger.write(lambda c: store.add_key(c, self.name, made))
        return loaded(*made)


def _problem(asked: Mapping[str, str]) -> str:
    """OAuth's name for what is wrong with an authorization request; empty when nothing is."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    if "openid" not in asked.get("scope", "").split():
        return "invalid_scope"
    challenged = asked.get("code_challenge_method") == "S256" and CHALLENGE.fullmatch(
        asked.get("code_challenge", "")
    )
    return "" if challenged else "invalid_request"


def _repeated(pairs: list[tuple[str, str]]) -> bool:
    return len(dict(pairs)) < len(pairs)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _person(email: str) -> dict[str, Any]:
    """What is known of somebody, which here all comes from the address."""
    given, _, family = email.partition("@")[0].partition(".")
    names = {"given_name": given.capitalize(), "family_name": family.capitalize()}
    return {"email": email, "email_verified": True, **names}
