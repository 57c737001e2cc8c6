"""Signing in through Google and Facebook, at providers that tell the truth."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from dreamscape.auth.v1 import auth_pb2
from mesh.clock import SystemClock
from mesh.faults import (
    FailedPrecondition,
    Fault,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)
from services.auth.domain import token_digest
from services.auth.identities import Identities, Identity
from services.auth.oauth import Oauth
from services.auth.oidc import Clients
from services.auth.store import Account
from tests.conftest import Running
from tests.services.auth.browsers import Browser, Providers, providers_of, query_of, reason
from tests.services.auth.conftest import PASSWORD, AuthHouse, at_the_sandbox

PROVIDERS = ("google", "facebook")


@pytest.fixture
def began() -> datetime:
    """The providers' time is the machine's."""
    return SystemClock().now()


@pytest.fixture
async def providers(auth: AuthHouse, outside: Running) -> AsyncIterator[Providers]:
    async with providers_of(auth, outside.addresses.oidc_url) as found:
        yield found


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_first_sign_in_makes_an_account_and_a_session(
    providers: Providers, outside: Running, provider: str
) -> None:
    browser, email = providers.browser(), providers.an_email()
    url = await browser.begin(provider)
    assert ("location", url) in browser.headers
    asked = query_of(url)
    callback = f"{outside.addresses.edge_url}/api/v1/auth/oauth/{provider}/callback"
    assert (asked["redirect_uri"], asked["response_type"]) == (callback, "code")
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    answer = await browser.back(await browser.visit(url, email), provider)
    account = answer.account
    assert (account.email, account.first_name, account.email_verified) == (email, "Ada", True)
    assert await providers.events(account.user_id) == 1
    assert (await providers.exchanges())[0] == "redeemed"
    browser.sends["authorization"] = f"Bearer {answer.tokens.access_token}"
    verified = await browser.client.verify_token(auth_pb2.VerifyTokenRequest())
    assert verified.user_id == account.user_id
    browser.sends["sec-fetch-site"] = "same-origin"
    assert (await browser.refresh()).refresh_token != answer.tokens.refresh_token


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_the_next_sign_in_finds_the_account_whatever_the_address_is_by_then(
    providers: Providers, provider: str
) -> None:
    email = providers.an_email()
    first = await providers.browser().sign_in(email, provider)
    again = await providers.browser().sign_in(email, provider)
    for lie in ("changed-email", "unverified-email", "missing-email"):
        await providers.fault(f"{provider}.token", f"lie:{lie}")
        later = await providers.browser().sign_in(email, provider)
        assert later.account == first.account
    assert again.account == first.account
    assert again.tokens.access_token != first.tokens.access_token
    assert await providers.events(first.account.user_id) == 1


async def test_the_cookie_is_bound_to_the_host_where_there_is_tls(providers: Providers) -> None:
    browser = providers.browser(secure=True)
    url = await browser.begin()
    [(_, cookie)] = [pair for pair in browser.headers if pair[0] == "set-cookie"]
    value = browser.cookies["__Host-ds_oauth"]
    assert cookie == (
        f"__Host-ds_oauth={value}; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=600"
    )
    await browser.back(await browser.visit(url, providers.an_email()))
    set_now = dict(v.partition("=")[::2] for name, v in browser.headers if name == "set-cookie")
    assert set_now["__Host-ds_oauth"] == "; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
    assert "HttpOnly; SameSite=Strict" in set_now["__Host-ds_rt"]


async def test_the_database_holds_neither_the_state_nor_the_cookie(providers: Providers) -> None:
    browser = providers.browser()
    state = query_of(await browser.begin())["state"]
    row = await providers.auth.value(
        "SELECT oauth_flow::text FROM oauth_flow WHERE state_digest = :digest",
        digest=token_digest(state),
    )
    assert row
    assert state not in row
    assert browser.cookies["ds_oauth"] not in row


async def test_an_address_that_has_an_account_is_never_merged(providers: Providers) -> None:
    email = await providers.auth.an_account()
    before = await providers.rows()
    with pytest.raises(FailedPrecondition) as refused:
        await providers.browser().sign_in(email.upper())
    assert reason(refused) == ("ACCOUNT_EXISTS", {})
    assert await providers.rows() == before
    assert (await providers.auth.device().login(email)).access_token


async def test_two_providers_with_one_address_are_two_people(providers: Providers) -> None:
    email = providers.an_email()
    await providers.browser().sign_in(email, "google")
    with pytest.raises(FailedPrecondition):
        await providers.browser().sign_in(email, "facebook")


async def test_an_account_without_a_password_lets_none_in(providers: Providers) -> None:
    email = providers.an_email()
    await providers.browser().sign_in(email)
    for password in ("nobody's password", PASSWORD, " ", "null"):
        request = auth_pb2.LoginRequest(email=email, password=password)
        with pytest.raises(Unauthenticated):
            await providers.auth.device().client.login(request)


async def test_an_erased_account_leaves_no_identity(providers: Providers) -> None:
    email = providers.an_email()
    first = await providers.browser().sign_in(email)
    await providers.auth.servicer.store.erase(first.account.user_id, providers.auth.clock.now())
    second = await providers.browser().sign_in(email)
    assert second.account.user_id != first.account.user_id


class _Together(Identities):
    """Lets nobody go on before ten have seen that there is no account."""

    together: asyncio.Barrier | None = None

    async def account_of(self, issuer: str, subject: str) -> Account | None:
        found = await super().account_of(issuer, subject)
        if found is None and self.together:
            await self.together.wait()
        return found


class _NoSecondLook(Oauth):
    """Takes a twin of the call for somebody else."""

    async def join(self, person: Any, account: Account, event: Any) -> Account:
        identity = Identity(
            issuer=person.issuer,
            subject=person.subject,
            user_id=account.user_id,
            create_time=account.create_time,
        )
        if await self._identities.join(account, identity, event):
            return account
        raise FailedPrecondition("ACCOUNT_EXISTS", "an account has this address")


async def ten_at_once(
    providers: Providers, outside: Running, kind: type[Oauth]
) -> tuple[list[Any], list[Any]]:
    """Ten first sign-ins of one person: who got in, and what the others were told."""
    auth = providers.auth
    honest = auth.servicer.oauth._identities
    identities = _Together(honest._database, honest._outbox)
    clients = at_the_sandbox(outside.addresses, outside.secrets)
    oauth = kind(clients, identities, auth.servicer.sessions)
    table = auth.changed(oauth=oauth)._table
    browsers = [Browser(table, auth.clock, providers.http) for _ in range(10)]
    email = providers.an_email()
    queries = [await each.visit(await each.begin(), email) for each in browsers]
    identities.together = asyncio.Barrier(10)
    calls = [each.back(query) for each, query in zip(browsers, queries, strict=True)]
    answers: list[Any] = await asyncio.gather(*calls, return_exceptions=True)
    await oauth.close()
    told = [answer.reason for answer in answers if isinstance(answer, Fault)]
    return [each for each in answers if not isinstance(each, BaseException)], told


async def test_ten_first_sign_ins_at_once_make_one_account(
    providers: Providers, outside: Running
) -> None:
    answers, told = await ten_at_once(providers, outside, Oauth)
    assert told == []
    [user_id] = {answer.account.user_id for answer in answers}
    assert len({answer.tokens.access_token for answer in answers}) == 10
    assert await providers.events(user_id) == 1


async def test_mutant_no_second_look_refuses_nine_of_ten_first_sign_ins(
    providers: Providers, outside: Running
) -> None:
    answers, told = await ten_at_once(providers, outside, _NoSecondLook)
    assert (len(answers), told) == (1, ["ACCOUNT_EXISTS"] * 9)


async def test_a_sign_in_is_good_for_ten_minutes(providers: Providers) -> None:
    early, late = providers.browser(), providers.browser()
    queries = [await each.visit(await each.begin(), providers.an_email()) for each in (early, late)]
    providers.auth.clock.advance(timedelta(minutes=10) - timedelta(seconds=30))
    assert (await early.back(queries[0])).tokens.access_token
    providers.auth.clock.advance(timedelta(seconds=31))
    with pytest.raises(Unauthenticated) as refused:
        await late.back(queries[1])
    assert reason(refused) == ("OAUTH_STATE_INVALID", {})


async def test_what_has_expired_is_forgotten_at_the_next_start(providers: Providers) -> None:
    await providers.browser().begin()
    providers.auth.clock.advance(timedelta(minutes=11))
    await providers.browser().begin()
    assert await providers.auth.value("SELECT count(*) FROM oauth_flow") == 1


async def test_a_provider_that_is_not_configured_is_not_found(providers: Providers) -> None:
    auth = providers.auth
    oauth = Oauth(Clients(), auth.servicer.oauth._identities, auth.servicer.sessions)
    device = auth.changed(oauth=oauth)
    with pytest.raises(NotFound) as refused:
        await device.client.start_oauth(auth_pb2.StartOauthRequest(provider="google"))
    assert reason(refused) == ("OAUTH_PROVIDER_UNKNOWN", {})
    with pytest.raises(NotFound) as refused:
        await device.client.finish_oauth(auth_pb2.FinishOauthRequest(provider="google", state="x"))
    assert reason(refused) == ("OAUTH_PROVIDER_UNKNOWN", {})
    await oauth.close()
    with pytest.raises(InvalidArgument):
        await device.client.start_oauth(auth_pb2.StartOauthRequest(provider="github"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_foreign_page_cannot_begin_a_sign_in(providers: Providers, site: str) -> None:
    browser = providers.browser()
    browser.sends["sec-fetch-site"] = site
    with pytest.raises(PermissionDenied) as refused:
        await browser.begin()
    assert reason(refused) == ("CROSS_SITE_REQUEST", {})
    browser.sends["sec-fetch-site"] = "same-origin"
    assert urlsplit(await browser.begin()).path == "/google/authorize"


async def test_coming_back_from_the_provider_is_cross_site_and_fine(providers: Providers) -> None:
    browser = providers.browser()
    query = await browser.visit(await browser.begin(), providers.an_email())
    browser.sends["sec-fetch-site"] = "cross-site"
    assert (await browser.back(query)).tokens.access_token


async def test_a_key_that_is_new_is_read_after_a_minute_at_the_latest(providers: Providers) -> None:
    await providers.browser().sign_in(providers.an_email())
    await providers.fault("google.token", "lie:new-key")
    with pytest.raises(Unauthenticated) as refused:
        await providers.browser().sign_in(providers.an_email())
    assert reason(refused) == ("ID_TOKEN_INVALID", {"check": "key"})
    providers.auth.clock.advance(timedelta(minutes=1))
    assert (await providers.browser().sign_in(providers.an_email())).tokens.access_token


async def test_what_a_provider_says_of_itself_is_read_once_an_hour(providers: Providers) -> None:
    await providers.browser().begin()
    await providers.fault("google.discovery", "status:500")
    await providers.browser().begin()
    providers.auth.clock.advance(timedelta(hours=1))
    with pytest.raises(Unavailable) as refused:
        await providers.browser().begin()
    assert reason(refused) == ("OAUTH_PROVIDER_UNAVAILABLE", {})
    await providers.browser().begin()
