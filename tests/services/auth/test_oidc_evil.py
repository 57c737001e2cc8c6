"""Providers that lie, browsers that are not the one, codes and states that were used: refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import col, select

from dreamscape.auth.v1 import auth_pb2
from mesh.clock import SystemClock
from mesh.faults import Fault, Unauthenticated, Unavailable
from sandbox.oidc import lies
from services.auth.identities import Flow, Identities
from services.auth.oauth import Oauth
from tests.conftest import Running
from tests.services.auth.browsers import Browser, Providers, providers_of, query_of, reason
from tests.services.auth.conftest import AuthHouse, at_the_sandbox

# What each lie in an ID token is caught by.
CHECKS = {
    "iss": ("wrong-issuer", "other-issuer", "issuer-with-slash", "missing-issuer"),
    "aud": ("wrong-audience", "more-audiences", "missing-audience"),
    "azp": ("wrong-azp",),
    "sub": ("empty-subject", "missing-subject", "number-as-subject"),
    "iat": ("from-the-future", "missing-issue-time"),
    "exp": ("expired", "missing-expiry", "expiry-as-text"),
    "nbf": ("not-yet-valid",),
    "nonce": ("wrong-nonce", "missing-nonce"),
    "form": ("alg-none", "missing-id-token"),
    "header": ("public-key-as-secret", "key-in-header", *lies.HEADERS.keys() - {"missing-kid"}),
    "key": ("unknown-key", "missing-kid"),
    "signature": ("stolen-kid", "edited"),
}
IN_TOKENS = [(lie, check) for check, told in CHECKS.items() for lie in sorted(told)]
NO_ADDRESS = (
    *("unverified-email", "verified-as-text", "verified-unsaid", "missing-email"),
    "malformed-email",
)
HARMLESS = {"changed-email", "code-replay", "new-key"}
SPOILED = ("lie:not-json", "lie:too-long", "status:500", "status:429", "status:401", "slow:30")
IN_CALLBACKS = {
    "denied": ("OAUTH_REFUSED", {"error": "access_denied"}),
    "missing-code": ("OAUTH_REFUSED", {"error": "unknown"}),
    "other-issuer": ("OAUTH_ISSUER_INVALID", {}),
    "missing-issuer": ("OAUTH_ISSUER_INVALID", {}),
    "wrong-state": ("OAUTH_STATE_INVALID", {}),
    "missing-state": ("OAUTH_STATE_INVALID", {}),
    "unknown-code": ("OAUTH_CODE_INVALID", {}),
    "foreign-code": ("OAUTH_CODE_INVALID", {}),
}
BROUGHT = ("unknown-code", "foreign-code")


@pytest.fixture
def began() -> datetime:
    """The providers' time is the machine's."""
    return SystemClock().now()


@pytest.fixture
async def providers(auth: AuthHouse, outside: Running) -> AsyncIterator[Providers]:
    async with providers_of(auth, outside.addresses.oidc_url) as found:
        yield found


async def refused_without_a_trace(
    providers: Providers, query: dict[str, str], kind: type[Fault], browser: Browser
) -> tuple[str, dict[str, str]]:
    """Why a callback is refused, having changed nothing; and the same callback is refused again."""
    before = await providers.rows()
    with pytest.raises(kind) as refused:
        await browser.back(query)
    assert await providers.rows() == before
    with pytest.raises(Unauthenticated) as again:
        await browser.back(query)
    assert reason(again) == ("OAUTH_STATE_INVALID", {})
    assert await providers.rows() == before
    return reason(refused)


def test_every_lie_of_the_sandbox_is_tried_here() -> None:
    tried = {lie for told in CHECKS.values() for lie in told} | set(NO_ADDRESS) | HARMLESS
    assert tried | {"not-json", "too-long"} == set(lies.TOKEN)
    assert set(IN_CALLBACKS) == set(lies.AUTHORIZE)


@pytest.mark.parametrize(("lie", "check"), IN_TOKENS)
async def test_a_token_that_lies_lets_nobody_in(providers: Providers, lie: str, check: str) -> None:
    browser, email = providers.browser(), providers.an_email()
    query = await browser.visit(await browser.begin(), email)
    await providers.fault("google.token", f"lie:{lie}")
    why = await refused_without_a_trace(providers, query, Unauthenticated, browser)
    assert why == ("ID_TOKEN_INVALID", {"check": check})
    assert (await browser.sign_in(email)).account.email == email


@pytest.mark.parametrize("lie", [*sorted(CHECKS["signature"] + CHECKS["iss"]), "alg-none"])
async def test_a_token_of_the_other_algorithm_that_lies_lets_nobody_in(
    providers: Providers, lie: str
) -> None:
    browser = providers.browser()
    query = await browser.visit(await browser.begin("facebook"), providers.an_email())
    await providers.fault("facebook.token", f"lie:{lie}")
    before = await providers.rows()
    with pytest.raises(Unauthenticated, match="not valid"):
        await browser.back(query, "facebook")
    assert await providers.rows() == before


@pytest.mark.parametrize("lie", NO_ADDRESS)
async def test_an_address_that_is_not_confirmed_makes_no_account(
    providers: Providers, lie: str
) -> None:
    browser = providers.browser()
    query = await browser.visit(await browser.begin(), providers.an_email())
    await providers.fault("google.token", f"lie:{lie}")
    why = await refused_without_a_trace(providers, query, Unauthenticated, browser)
    assert why == ("OAUTH_EMAIL_UNVERIFIED", {})


@pytest.mark.parametrize("lie", IN_CALLBACKS)
async def test_a_callback_that_lies_lets_nobody_in(providers: Providers, lie: str) -> None:
    browser, email = providers.browser(), providers.an_email()
    url = await browser.begin()
    await providers.fault("google.authorize", f"lie:{lie}")
    query, attempts = await browser.visit(url, email), await providers.attempts()
    why = await refused_without_a_trace(providers, query, Unauthenticated, browser)
    assert why == IN_CALLBACKS[lie]
    # A code goes nowhere before browser, state and provider are known to be the right ones.
    assert await providers.attempts() - attempts == (1 if lie in BROUGHT else 0)


async def test_a_provider_that_never_names_itself_may_not_be_named_wrong(
    providers: Providers,
) -> None:
    browser = providers.browser()
    url = await browser.begin("facebook")
    await providers.fault("facebook.authorize", "lie:other-issuer")
    query, attempts = await browser.visit(url, providers.an_email()), await providers.attempts()
    with pytest.raises(Unauthenticated) as refused:
        await browser.back(query, "facebook")
    assert reason(refused) == ("OAUTH_ISSUER_INVALID", {})
    assert await providers.attempts() == attempts


async def test_an_error_in_strange_words_is_not_repeated(providers: Providers) -> None:
    browser = providers.browser()
    state = query_of(await browser.begin())["state"]
    query = {"state": state, "error": "<script>", "error_description": "x"}
    query["iss"] = query_of(await browser.begin())["redirect_uri"]
    with pytest.raises(Unauthenticated) as refused:
        await browser.back(query)
    assert reason(refused)[0] == "OAUTH_STATE_INVALID"
    answer = await browser.visit(await browser.begin(), providers.an_email())
    with pytest.raises(Unauthenticated) as refused:
        await browser.back({"state": answer["state"], "iss": answer["iss"], "error": "<script>"})
    assert reason(refused) == ("OAUTH_REFUSED", {"error": "unknown"})


@pytest.mark.parametrize("fault", [*SPOILED, "reply-lost-after-commit"])
async def test_a_provider_that_does_not_answer_lets_nobody_in(
    providers: Providers, fault: str
) -> None:
    browser = providers.browser()
    query = await browser.visit(await browser.begin(), providers.an_email())
    await providers.fault("google.token", fault)
    why = await refused_without_a_trace(providers, query, Unavailable, browser)
    assert why == ("OAUTH_PROVIDER_UNAVAILABLE", {})


@pytest.mark.parametrize("lie", lies.DISCOVERY)
async def test_a_provider_that_lies_about_itself_is_not_gone_to(
    providers: Providers, lie: str
) -> None:
    browser = providers.browser()
    await providers.fault("google.discovery", f"lie:{lie}")
    with pytest.raises(Unavailable) as refused:
        await browser.begin()
    assert reason(refused) == ("OAUTH_PROVIDER_UNAVAILABLE", {})
    assert browser.cookies == {}
    assert await browser.begin()


async def test_the_keys_being_away_lets_nobody_in(providers: Providers) -> None:
    browser = providers.browser()
    query = await browser.visit(await browser.begin(), providers.an_email())
    await providers.fault("google.jwks", "status:503")
    why = await refused_without_a_trace(providers, query, Unavailable, browser)
    assert why == ("OAUTH_PROVIDER_UNAVAILABLE", {})


async def test_another_browser_cannot_finish_and_does_not_spoil(providers: Providers) -> None:
    mine, theirs = providers.browser(), providers.browser()
    query = await mine.visit(await mine.begin(), providers.an_email())
    attempts = await providers.attempts()
    with pytest.raises(Unauthenticated) as refused:
        await theirs.back(query)
    assert reason(refused) == ("OAUTH_STATE_INVALID", {})
    await theirs.begin()
    with pytest.raises(Unauthenticated) as refused:
        await theirs.back(query)
    assert reason(refused) == ("OAUTH_STATE_INVALID", {})
    assert await providers.attempts() == attempts
    assert (await mine.back(query)).tokens.access_token


async def test_a_state_is_nothing_at_the_other_provider(providers: Providers) -> None:
    browser = providers.browser()
    query = await browser.visit(await browser.begin("facebook"), providers.an_email())
    attempts = await providers.attempts()
    with pytest.raises(Unauthenticated) as refused:
        await browser.back(query, "google")
    assert reason(refused) == ("OAUTH_STATE_INVALID", {})
    assert await providers.attempts() == attempts


async def test_a_callback_works_once(providers: Providers) -> None:
    browser = providers.browser()
    query = await browser.visit(await browser.begin(), providers.an_email())
    cookie = dict(browser.cookies)
    await browser.back(query)
    browser.cookies = cookie
    before = await providers.rows()
    await providers.fault("google.token", "lie:code-replay")
    with pytest.raises(Unauthenticated) as refused:
        await browser.back(query)
    assert reason(refused) == ("OAUTH_STATE_INVALID", {})
    assert await providers.rows() == before


@pytest.mark.parametrize("lie", ["", "lie:code-replay"])
async def test_a_code_in_another_sign_in_is_refused_whether_or_not_the_provider_minds(
    providers: Providers, lie: str
) -> None:
    browser = providers.browser()
    used = await browser.visit(await browser.begin(), providers.an_email())
    await browser.back(used)
    fresh = await browser.visit(await browser.begin(), providers.an_email())
    if lie:
        await providers.fault("google.token", lie)
    query = {**fresh, "code": used["code"]}
    why = await refused_without_a_trace(providers, query, Unauthenticated, browser)
    assert why == ("OAUTH_CODE_INVALID", {})


async def raced(providers: Providers, browser: Browser) -> int:
    """How many of ten callbacks at once, with one state and one code, get a session."""
    query = await browser.visit(await browser.begin(), providers.an_email())
    for _ in range(10):
        await providers.fault("google.token", "lie:code-replay")
    cookie = browser.cookies["ds_oauth"]
    browser.sends["cookie"] = f"ds_oauth={cookie}"
    outcomes: list[Any] = await asyncio.gather(
        *(browser.back(query) for _ in range(10)), return_exceptions=True
    )
    assert {each.reason for each in outcomes if isinstance(each, Fault)} <= {"OAUTH_STATE_INVALID"}
    return len([each for each in outcomes if isinstance(each, auth_pb2.FinishOauthResponse)])


async def test_of_ten_callbacks_at_once_one_gets_a_session(providers: Providers) -> None:
    assert await raced(providers, providers.browser()) == 1


class _Looking(Identities):
    """Looks at a flow and leaves it there."""

    async def take(self, state: bytes, browser: bytes, provider: str) -> Flow | None:
        wanted = select(Flow).where(
            col(Flow.state_digest) == state, col(Flow.browser_digest) == browser
        )
        async with self._database.transaction() as session:
            return (await session.exec(wanted)).first()


async def test_mutant_state_looked_at_instead_of_taken_lets_one_callback_in_ten_times(
    providers: Providers, outside: Running
) -> None:
    auth = providers.auth
    honest = auth.servicer.oauth._identities
    oauth = Oauth(
        at_the_sandbox(outside.addresses, outside.secrets),
        _Looking(honest._database, honest._outbox),
        auth.servicer.sessions,
    )
    table = auth.changed(oauth=oauth)._table
    assert await raced(providers, Browser(table, auth.clock, providers.http)) == 10
    await oauth.close()
