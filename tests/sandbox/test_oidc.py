"""The OpenID providers: an honest code flow, strict where a provider must be, lies when asked."""

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from jose import jwt
from jose.exceptions import JWTError

from sandbox.main import SandboxConfig
from sandbox.oidc import lies
from tests.sandbox.conftest import Running, ShiftedClock, running

PROVIDERS = ("google", "facebook")
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
STATE = "a-state"
HTTP = httpx.Client(trust_env=False)


class Client:
    """A relying party written by hand, at one provider."""

    def __init__(self, sandbox: Running, provider: str = "google") -> None:
        self.sandbox = sandbox
        self.url = f"{sandbox.oidc_url}/{provider}"
        self.provider = provider
        self.redirect_uri = f"https://www.dreamscape.example/oauth/{provider}/callback"
        self.form = {
            "grant_type": "authorization_code",
            "redirect_uri": self.redirect_uri,
            "client_id": "dreamscape",
            "client_secret": "a-secret-of-the-client",
            "code_verifier": VERIFIER,
        }

    def metadata(self) -> Any:
        return HTTP.get(f"{self.url}/.well-known/openid-configuration").json()

    def authorize(self, **changes: str | None) -> httpx.Response:
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": "dreamscape",
            "redirect_uri": self.redirect_uri,
            "scope": "openid email",
            "state": STATE,
            "nonce": "a-nonce",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "login_hint": "ada.lovelace@example.org",
            **changes,
        }
        params = {name: value for name, value in asked.items() if value is not None}
        return HTTP.get(self.metadata()["authorization_endpoint"], params=params)

    def callback(self, **changes: str | None) -> dict[str, str]:
        """What the browser is sent back with."""
        answer = self.authorize(**changes)
        assert answer.status_code == 302
        sent = answer.headers["location"]
        assert sent.startswith(f"{self.redirect_uri}?")
        return {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}

    def redeem(self, code: str, auth: Any = None, **changes: str | None) -> httpx.Response:
        form = {**self.form, "code": code, **changes}
        data = {name: value for name, value in form.items() if value is not None}
        return HTTP.post(f"{self.url}/token", data=data, auth=auth)

    def signed_in(self, email: str = "ada.lovelace@example.org") -> Any:
        answer = self.redeem(self.callback(login_hint=email)["code"])
        assert answer.status_code == 200
        return answer.json()

    def claims(self, id_token: str, access_token: str) -> dict[str, Any]:
        """The claims, checked by an independent library with the published keys."""
        keys = HTTP.get(self.metadata()["jwks_uri"]).json()
        claims: dict[str, Any] = jwt.decode(
            id_token,
            keys,
            algorithms=self.metadata()["id_token_signing_alg_values_supported"],
            audience="dreamscape",
            issuer=self.url,
            access_token=access_token,
        )
        return claims

    def lie(self, operation: str, name: str) -> None:
        self.sandbox.fault(self.sandbox.oidc_url, f"{self.provider}.{operation}", f"lie:{name}")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_sign_in_ends_with_a_token_that_another_library_accepts(
    standing: Running, provider: str
) -> None:
    client = Client(standing, provider)
    back = client.callback()
    named = {"iss": client.url} if provider == "google" else {}
    assert back == {"code": back["code"], "state": STATE, **named}
    answer = client.redeem(back["code"])
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    claims = client.claims(tokens["id_token"], tokens["access_token"])
    assert {name: claims[name] for name in ("nonce", "email", "email_verified")} == {
        "nonce": "a-nonce",
        "email": "ada.lovelace@example.org",
        "email_verified": True,
    }
    assert (claims["given_name"], claims["family_name"]) == ("Ada", "Lovelace")
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    told = HTTP.get(f"{client.url}/userinfo", headers=bearer).json()
    assert (told["sub"], told["email"]) == (claims["sub"], claims["email"])
    assert HTTP.get(f"{client.url}/userinfo").status_code == 401


def test_a_subject_belongs_to_one_address_at_one_provider(standing: Running) -> None:
    subjects = []
    for provider, email in (
        ("google", "eve@example.org"),
        ("google", "EVE@example.org"),
        ("google", "max@example.org"),
        ("facebook", "eve@example.org"),
    ):
        token = Client(standing, provider).signed_in(email)["id_token"]
        subjects.append(jwt.get_unverified_claims(token)["sub"])
    assert subjects[0] == subjects[1]
    assert len(set(subjects)) == 3


def test_without_a_hint_a_form_asks_and_repeats_the_request(standing: Running) -> None:
    page = Client(standing).authorize(login_hint=None, state='"><script>')
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<script>" not in page.text
    assert 'name="state" value="&quot;&gt;&lt;script&gt;"' in page.text
    assert "not an e-mail address" in Client(standing).authorize(login_hint="nobody").text
    assert Client(standing).callback(login_hint=None, deny="1")["error"] == "access_denied"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "another"},
        {"client_id": None},
        {"redirect_uri": "https://www.dreamscape.example/oauth/google/callback/"},
        {"redirect_uri": "https://www.dreamscape.example/oauth/google/callback?x=1"},
        {"redirect_uri": "https://www.dreamscape.example/oauth/facebook/callback"},
        {"redirect_uri": None},
    ],
)
def test_what_is_not_registered_is_never_redirected_to(
    standing: Running, changes: dict[str, str | None]
) -> None:
    answer = Client(standing).authorize(**changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_sent_back_as_an_error(
    standing: Running, changes: dict[str, str | None], error: str
) -> None:
    client = Client(standing)
    assert client.callback(**changes) == {"error": error, "state": STATE, "iss": client.url}


def test_a_code_works_once_and_its_second_use_takes_the_token_back(sandbox: Running) -> None:
    client = Client(sandbox)
    code = client.callback()["code"]
    bearer = {"authorization": f"Bearer {client.redeem(code).json()['access_token']}"}
    assert HTTP.get(f"{client.url}/userinfo", headers=bearer).status_code == 200
    again = client.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert HTTP.get(f"{client.url}/userinfo", headers=bearer).status_code == 401
    told = HTTP.get(f"{sandbox.oidc_url}/_sandbox/exchanges").json()
    assert (told["codes"], told["count"]) == (1, 2)
    assert [each["outcome"] for each in told["exchanges"]] == ["replayed", "redeemed"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "another"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"redirect_uri": "https://www.dreamscape.example/"}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_secret": None}, "invalid_client"),
        ({"client_id": "another"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_needs_its_verifier_its_address_and_its_client(
    standing: Running, changes: dict[str, str | None], error: str
) -> None:
    client, changes = Client(standing), dict(changes)
    code = changes.pop("code", None) or client.callback()["code"]
    answer = client.redeem(code, **changes)
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


def test_a_failed_proof_spends_the_code(standing: Running) -> None:
    client = Client(standing)
    code = client.callback()["code"]
    client.redeem(code, code_verifier="another")
    assert client.redeem(code).status_code == 400


def test_a_client_may_authenticate_in_the_header_but_not_twice(standing: Running) -> None:
    client = Client(standing)
    basic = ("dreamscape", "a-secret-of-the-client")
    alone = client.redeem(client.callback()["code"], basic, client_secret=None, client_id=None)
    assert alone.status_code == 200
    both = client.redeem(client.callback()["code"], basic)
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    wrong = client.redeem(client.callback()["code"], ("dreamscape", "x"), client_secret=None)
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (
        401,
        'Basic error="invalid_client"',
    )


def test_a_code_of_one_provider_is_nothing_to_the_other(standing: Running) -> None:
    code = Client(standing, "facebook").callback()["code"]
    assert Client(standing, "google").redeem(code).json()["error"] == "invalid_grant"


def test_a_code_expires(config: SandboxConfig) -> None:
    clock = ShiftedClock()
    with running(config, clock) as sandbox:
        client = Client(sandbox)
        early, late = client.callback()["code"], client.callback()["code"]
        clock.ahead = timedelta(seconds=290)
        assert client.redeem(early).status_code == 200
        clock.ahead = timedelta(seconds=301)
        assert client.redeem(late).json()["error"] == "invalid_grant"


def test_keys_users_and_spent_codes_survive_a_restart(config: SandboxConfig) -> None:
    with running(config) as sandbox:
        client = Client(sandbox)
        keys = HTTP.get(f"{client.url}/jwks").json()
        spent, unspent = client.callback()["code"], client.callback()["code"]
        before = client.redeem(spent).json()
    with running(config):
        assert HTTP.get(f"{client.url}/jwks").json() == keys
        assert client.redeem(spent).status_code == 400
        after = client.redeem(unspent).json()
        subjects = {
            client.claims(each["id_token"], each["access_token"])["sub"] for each in (before, after)
        }
        assert len(subjects) == 1


def test_an_empty_secret_of_the_client_is_refused(config: SandboxConfig) -> None:
    with pytest.raises(ValueError, match="oidc_client_secret"):
        replace(config, oidc_client_secret="")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("lie", [*lies.CLAIMS, *lies.HEADERS, *lies.TOKENS])
def test_every_lie_changes_the_token_once_and_then_the_truth_is_back(
    standing: Running, provider: str, lie: str
) -> None:
    client = Client(standing, provider)
    client.lie("token", lie)
    token = client.signed_in()["id_token"]
    header, claims = jwt.get_unverified_header(token), jwt.get_unverified_claims(token)
    truth = client.signed_in()
    true_claims = client.claims(truth["id_token"], truth["access_token"])
    for name, change in lies.CLAIMS.get(lie, {}).items():
        assert (name in claims) == (change is not lies.GONE)
        assert claims.get(name) != true_claims.get(name) or name == "iat"
    for name, change in lies.HEADERS.get(lie, {}).items():
        assert header.get(name) == (None if change is lies.GONE else change)
    if lie in lies.TOKENS:
        with pytest.raises(JWTError):
            client.claims(token, truth["access_token"])


def test_a_new_key_is_published_beside_the_old(sandbox: Running) -> None:
    client = Client(sandbox)
    old = client.signed_in()
    client.lie("token", "new-key")
    new = client.signed_in()
    kids = [jwt.get_unverified_header(each["id_token"])["kid"] for each in (new, old)]
    published = HTTP.get(f"{client.url}/jwks").json()["keys"]
    assert [key["kid"] for key in published] == kids
    assert all(set(key) == {"kty", "kid", "use", "alg", "n", "e"} for key in published)
    for each in (old, new):
        client.claims(each["id_token"], each["access_token"])


def test_only_a_lie_of_the_operation_can_be_queued(standing: Running) -> None:
    url = f"{standing.oidc_url}/_sandbox/faults"
    for operation, fault in (
        ("google.token", "lie:denied"),
        ("google.jwks", "lie:expired"),
        ("google.token", "sold-out"),
        ("github.token", "lie:expired"),
    ):
        answer = HTTP.post(url, json={"operation": operation, "fault": fault})
        assert answer.status_code == 400


def test_a_provider_may_be_down_or_lose_its_reply(sandbox: Running) -> None:
    client = Client(sandbox)
    sandbox.fault(sandbox.oidc_url, "google.token", "status:500")
    code = client.callback()["code"]
    assert client.redeem(code).status_code == 500
    sandbox.fault(sandbox.oidc_url, "google.token", "reply-lost-after-commit")
    with pytest.raises(httpx.HTTPError):
        client.redeem(code)
    assert client.redeem(code).json()["error"] == "invalid_grant"
