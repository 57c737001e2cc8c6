"""Signing in through another provider: from the first redirect to the account it ends at."""

from datetime import timedelta

from dreamscape.auth.v1 import auth_pb2
from mesh.call import Call
from mesh.faults import FailedPrecondition, NotFound, PermissionDenied, Unauthenticated
from services.auth.domain import token_digest
from services.auth.identities import Flow, Identities, Identity
from services.auth.oidc import Attempt, Clients, Person, Provider, http_client
from services.auth.sessions import Sessions
from services.auth.store import Account

_TTL = timedelta(minutes=10)
_FOREIGN = ("cross-site", "same-site")
# What a provider may say of a refusal (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6).
_ERRORS = frozenset({
    *("access_denied", "invalid_request", "invalid_scope", "server_error"),
    *("temporarily_unavailable", "unauthorized_client", "unsupported_response_type"),
    *("interaction_required", "login_required", "account_selection_required", "consent_required"),
})  # fmt: skip


class Oauth:
    """The providers, and the sign-ins that are under way at them.

    A sign-in is a row that is good once, for ten minutes, in the browser that holds its cookie.
    """

    def __init__(self, clients: Clients, identities: Identities, sessions: Sessions) -> None:
        self._http = http_client()
        self._providers = {
            name: Provider(client, self._http, sessions.clock)
            for name, client in clients.at.items()
        }
        self._callback_url = clients.callback_url
        self._identities = identities
        self._sessions = sessions

    async def close(self) -> None:
        """Close the connections to the providers."""
        await self._http.aclose()

    async def begin(self, name: str, context: Call) -> str:
        """Where the browser goes to sign in; it gets the cookie that binds the sign-in to it.

        NotFound for a provider that is not configured, PermissionDenied for a foreign page.
        """
        provider = self._provider(name)
        if context.metadata.get("sec-fetch-site") in _FOREIGN:
            raise PermissionDenied(
                "CROSS_SITE_REQUEST", "signing in begins on this site's own pages only"
            )
        ids, now = self._sessions.ids, self._sessions.clock.now()
        browser = ids.secret()
        attempt = Attempt(self._callback(name), ids.secret(), ids.secret(), ids.secret())
        url = await provider.authorization_url(attempt)
        flow = Flow(
            state_digest=token_digest(attempt.state),
            browser_digest=token_digest(browser),
            provider=name,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
            expire_time=now + _TTL,
        )
        await self._identities.begin(flow, now)
        context.headers.append(self._cookie(browser, _TTL))
        return url

    async def finish(self, request: auth_pb2.FinishOauthRequest, context: Call) -> Person:
        """Who signed in, at the end of a sign-in that began in this browser; it ends here anyhow.

        Unauthenticated for anything that does not belong to it. The order matters: no code leaves
        before it is certain that this browser and that provider are those it began with.
        """
        provider = self._provider(request.provider)
        attempt = await self._ended(request.provider, request.state, context)
        context.headers.append(self._cookie("", timedelta()))
        await provider.require_sender(request.iss)
        if request.error or not request.code:
            error = request.error if request.error in _ERRORS else "unknown"
            raise Unauthenticated(
                "OAUTH_REFUSED", "the provider let nobody in", metadata={"error": error}
            )
        return await provider.person(request.code, attempt)

    async def account_of(self, person: Person) -> Account | None:
        """The account of somebody who has signed in before."""
        return await self._identities.account_of(person.issuer, person.subject)

    async def join(
        self, person: Person, account: Account, event: auth_pb2.AccountRegistered
    ) -> Account:
        """`account` kept as that of somebody new, or the one a twin of this call has kept.

        FailedPrecondition when the address is another account's: whoever owns that must say so.
        """
        identity = Identity(
            issuer=person.issuer,
            subject=person.subject,
            user_id=account.user_id,
            create_time=account.create_time,
        )
        if await self._identities.join(account, identity, event):
            return account
        twin = await self.account_of(person)
        if twin is None:
            raise FailedPrecondition(
                "ACCOUNT_EXISTS", "an account has this address: sign in to it with its password"
            )
        return twin

    async def _ended(self, name: str, state: str, context: Call) -> Attempt:
        """The sign-in of a state and this browser's cookie, which is spent now."""
        browser = context.cookie(self._cookie_name)
        flow = None
        if state and browser:
            flow = await self._identities.take(token_digest(state), token_digest(browser), name)
        if flow is None or flow.expire_time <= self._sessions.clock.now():
            raise Unauthenticated(
                "OAUTH_STATE_INVALID", "this sign-in is over, or began elsewhere; begin again"
            )
        return Attempt(self._callback(name), state, flow.nonce, flow.verifier)

    def _provider(self, name: str) -> Provider:
        provider = self._providers.get(name)
        if provider is None:
            raise NotFound("OAUTH_PROVIDER_UNKNOWN", f"nobody signs in through {name} here")
        return provider

    def _callback(self, name: str) -> str:
        return self._callback_url.replace("{provider}", name)

    @property
    def _cookie_name(self) -> str:
        return "__Host-ds_oauth" if self._sessions.cookie.secure else "ds_oauth"

    def _cookie(self, value: str, ttl: timedelta) -> tuple[str, str]:
        """The header that keeps the cookie: Lax, for it must come back from the provider's page."""
        secure = " Secure;" if self._sessions.cookie.secure else ""
        attributes = f"HttpOnly; SameSite=Lax; Path=/; Max-Age={int(ttl.total_seconds())}"
        return "set-cookie", f"{self._cookie_name}={value};{secure} {attributes}"
