"""Passwords, refresh tokens and the cookie, as rules."""

from datetime import UTC, datetime, timedelta

import pytest

from mesh.faults import InvalidArgument, PermissionDenied, Unauthenticated
from services.auth.domain import (
    RefreshCookie,
    RefreshTokens,
    SessionState,
    Ticket,
    check_password,
    judge_spent,
)

NOW = datetime(2027, 1, 1, tzinfo=UTC)
SESSION = "01890a5d-ac96-774b-bcce-b302099a8057"
TOKENS = RefreshTokens("a key that nobody else has")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password1", "PASSWORD_COMMON"),
        ("PassWord1", "PASSWORD_COMMON"),
        ("lovelace-1815", "PASSWORD_CONTAINS_EMAIL"),
        ("my LoveLace!", "PASSWORD_CONTAINS_EMAIL"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_password(password, "lovelace@example.com", {"password1"})
    assert refused.value.reason == reason
    assert [violation.field for violation in refused.value.violations] == ["password"]


def test_a_two_letter_address_forbids_no_password() -> None:
    check_password("alpine meadows", "al@example.com", frozenset())


def test_a_refresh_token_says_what_was_written() -> None:
    assert TOKENS.read(TOKENS.write(Ticket(SESSION, 7))) == Ticket(SESSION, 7)


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token.replace(".7.", ".8."),
        lambda token: token.replace(".7.", ".07."),
        lambda token: token.replace("01890a5d", "01890a5e"),
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: token.replace("v1", "v2"),
        lambda token: "",
        lambda token: "....",
        lambda token: "v1.é.7.é",
        lambda token: RefreshTokens("another key, as long").write(Ticket(SESSION, 7)),
    ],
)
def test_a_refresh_token_that_was_tampered_with_is_unknown(forge: object) -> None:
    assert callable(forge)
    with pytest.raises(Unauthenticated) as refused:
        TOKENS.read(forge(TOKENS.write(Ticket(SESSION, 7))))
    assert refused.value.reason == "REFRESH_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("spent", "seconds_ago", "revoked", "expires_in", "reason"),
    [
        (4, 0, False, 1, None),
        (4, 10, False, 1, None),
        (4, 10.001, False, 1, "REFRESH_TOKEN_REUSED"),
        (3, 0, False, 1, "REFRESH_TOKEN_REUSED"),
        (6, 0, False, 1, "REFRESH_TOKEN_REUSED"),
        (4, 0, True, 1, "REFRESH_TOKEN_REVOKED"),
        (4, 0, False, 0, "REFRESH_TOKEN_EXPIRED"),
    ],
)
def test_only_the_direct_parent_is_answered_again_and_only_for_ten_seconds(
    spent: int, seconds_ago: float, revoked: bool, expires_in: int, reason: str | None
) -> None:
    session = SessionState(
        counter=5,
        last_use_time=NOW - timedelta(seconds=seconds_ago),
        expire_time=NOW + timedelta(seconds=expires_in),
        revoked=revoked,
    )
    refusal = judge_spent(Ticket(SESSION, spent), session, NOW)
    assert (refusal.reason if refusal else None) == reason


def test_the_cookie_is_bound_to_the_host_over_https() -> None:
    cookie = RefreshCookie(secure=True, allowed_origins=frozenset())
    assert cookie.holding("x", 60) == (
        "set-cookie",
        "__Host-ds_rt=x; Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age=60",
    )


def test_the_cookie_over_plain_http_has_no_prefix_that_needs_https() -> None:
    cookie = RefreshCookie(secure=False, allowed_origins=frozenset())
    assert cookie.cleared() == (
        "set-cookie",
        "ds_rt=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0",
    )


ORIGIN = "https://www.dreamscape.example"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": ORIGIN}, True),
        ({"sec-fetch-site": "same-site", "origin": ORIGIN}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": ORIGIN + ".evil.example"}, False),
        ({}, False),
    ],
)
def test_the_cookie_is_taken_from_own_pages_only(headers: dict[str, str], allowed: bool) -> None:
    cookie = RefreshCookie(secure=True, allowed_origins=frozenset({ORIGIN}))
    if allowed:
        cookie.require_own_page(headers)
        return
    with pytest.raises(PermissionDenied) as refused:
        cookie.require_own_page(headers)
    assert refused.value.reason == "CROSS_SITE_REQUEST"
