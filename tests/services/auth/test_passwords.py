"""Passwords: changed, forgotten, reset, and what is told of it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement

from dreamscape.auth.v1 import auth_pb2
from mesh.faults import InvalidArgument, PermissionDenied, ResourceExhausted, Unauthenticated
from services.auth.credentials import Credentials
from services.auth.domain import Visit, token_digest
from services.auth.passwords import common_passwords
from tests.services.auth.conftest import PASSWORD, AuthHouse, Device, hashes

ANOTHER = "another sentence, as long"
VISIT = Visit("tests", "", "en")


def change(old: str, new: str) -> auth_pb2.ChangePasswordRequest:
    return auth_pb2.ChangePasswordRequest(current_password=old, new_password=new)


def reset(token: str, new: str = ANOTHER) -> auth_pb2.ResetPasswordRequest:
    return auth_pb2.ResetPasswordRequest(token=token, new_password=new)


async def forgotten(auth: AuthHouse, email: str) -> str:
    """The token of a mail to somebody who has forgotten their password."""
    await auth.device().client.forgot_password(auth_pb2.ForgotPasswordRequest(email=email))
    return await auth.token_to(email)


async def enters(device: Device, email: str, password: str) -> bool:
    """Whether a password lets its owner in."""
    try:
        await device.client.login(auth_pb2.LoginRequest(email=email, password=password))
    except Unauthenticated:
        return False
    return True


def test_the_passwords_that_are_tried_first_are_known() -> None:
    known = common_passwords()
    assert len(known) > 3_000
    assert {"password", "12345678", "iloveyou", "qwertyuiop", "trustno1", "00000000"} <= known
    assert min(map(len, known)) == 8
    assert PASSWORD not in known


@pytest.mark.parametrize(
    ("accepts", "language", "words"),
    [("fr-CA, en;q=0.5", "fr", "caractères"), ("", "en", "characters"), ("de", "en", "characters")],
)
async def test_the_rules_of_passwords_come_in_the_language_that_is_accepted(
    auth: AuthHouse, accepts: str, language: str, words: str
) -> None:
    device = auth.device()
    device.sends["accept-language"] = accepts
    rules = await device.client.get_password_rules(auth_pb2.GetPasswordRulesRequest())
    assert (rules.min_length, rules.max_length, len(rules.rules)) == (8, 128, 3)
    assert words in rules.rules[0]
    assert device.received == {"content-language": language, "vary": "accept-language"}


async def test_changing_the_password_ends_every_other_session(auth: AuthHouse) -> None:
    email, here = await auth.an_account(), auth.device()
    others = [await auth.device().login(email) for _ in range(2)]
    own = await here.signed_in(email)
    answer = await here.client.change_password(change(PASSWORD, ANOTHER))
    assert answer.ended_sessions == 2
    for tokens in others:
        with pytest.raises(Unauthenticated, match="ended"):
            await auth.device().refresh(tokens.refresh_token)
    await here.refresh(own.refresh_token)
    assert not await enters(here, email, PASSWORD)
    assert await enters(here, email, ANOTHER)
    assert ("PASSWORD_CHANGED", "en") in (await auth.mails()).to(email)


async def test_a_wrong_current_password_changes_nothing_and_is_limited(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    await device.signed_in(email)
    for _ in range(10):
        with pytest.raises(PermissionDenied) as refused:
            await device.client.change_password(change("a guess", ANOTHER))
        assert refused.value.reason == "PASSWORD_WRONG"
    before = hashes()
    with pytest.raises(ResourceExhausted) as too_many:
        await device.client.change_password(change(PASSWORD, ANOTHER))
    assert too_many.value.retry_after == timedelta(minutes=1)
    assert hashes() == before
    assert await enters(device, email, PASSWORD)


async def test_a_weak_new_password_is_refused(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    await device.signed_in(email)
    for weak in ("password1", f"my {email.partition('@')[0]}"):
        with pytest.raises(InvalidArgument) as refused:
            await device.client.change_password(change(PASSWORD, weak))
        assert refused.value.violations[0].field == "password"


async def test_the_token_of_a_session_that_has_ended_changes_no_password(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    tokens = await device.signed_in(email)
    await device.client.logout(auth_pb2.LogoutRequest(refresh_token=tokens.refresh_token))
    with pytest.raises(Unauthenticated) as refused:
        await device.client.change_password(change(PASSWORD, ANOTHER))
    assert refused.value.reason == "SESSION_ENDED"


async def test_a_login_that_races_a_change_of_the_password_opens_no_session(
    auth: AuthHouse,
) -> None:
    account = await auth.row(await auth.an_account())
    now, credentials = auth.clock.now(), auth.servicer.credentials
    await credentials.change_password(account, "changed", VISIT, keep="", now=now)
    session = auth.servicer.sessions.opened(account.user_id, VISIT, remember_me=False)
    # The account was read, and its old password found right, before the change.
    assert not await auth.servicer.store.open_session(session, account, VISIT)


async def test_a_forgotten_password_is_reset_once_and_nobody_stays_signed_in(
    auth: AuthHouse,
) -> None:
    email, device = await auth.an_account(), auth.device()
    tokens = await device.signed_in(email)
    token = await forgotten(auth, email)
    assert len(token) == 43  # 256 bits
    await device.client.reset_password(reset(token))
    assert "Max-Age=0" in device.received["set-cookie"]
    with pytest.raises(Unauthenticated):
        await device.refresh(tokens.refresh_token)
    with pytest.raises(Unauthenticated) as again:
        await device.client.reset_password(reset(token))
    assert again.value.reason == "TOKEN_INVALID"
    assert not await enters(device, email, PASSWORD)
    assert await enters(device, email, ANOTHER)
    assert (await auth.mails()).to(email)[1:3] == [
        ("RESET_PASSWORD", "en"),
        ("PASSWORD_CHANGED", "en"),
    ]
    assert (await auth.row(email)).email_verified


async def test_no_table_holds_the_token_of_a_mail(auth: AuthHouse) -> None:
    email = await auth.an_account()
    token = await forgotten(auth, email)
    for table in ("account", "account_token", "account_mail", "outbox"):
        everything = f"SELECT string_agg(t::text, ' ') FROM {table} t"  # noqa: S608 - as above
        rows = await auth.value(everything)
        assert token not in (rows or "")
    stored = "SELECT count(*) FROM account_token WHERE digest = :digest"
    assert await auth.value(stored, digest=token_digest(token)) == 1


@pytest.mark.parametrize(("minutes", "good"), [(29, True), (30, False)])
async def test_a_reset_token_lives_half_an_hour(auth: AuthHouse, minutes: int, good: bool) -> None:
    email, device = await auth.an_account(), auth.device()
    token = await forgotten(auth, email)
    auth.clock.advance(timedelta(minutes=minutes))
    if good:
        await device.client.reset_password(reset(token))
        return
    before = hashes()
    with pytest.raises(Unauthenticated):
        await device.client.reset_password(reset(token))
    assert hashes() == before


async def test_a_reset_token_is_void_once_the_password_is_another(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    first, second = await forgotten(auth, email), await forgotten(auth, email)
    await device.client.reset_password(reset(first))
    third = await forgotten(auth, email)
    for void in (second, "x" * 43, third[:-1]):
        with pytest.raises(Unauthenticated):
            await device.client.reset_password(reset(void))
    login = auth_pb2.LoginRequest(email=email, password=ANOTHER)
    tokens = (await device.client.login(login)).tokens
    device.sends["authorization"] = f"Bearer {tokens.access_token}"
    await device.client.change_password(change(ANOTHER, PASSWORD))
    with pytest.raises(Unauthenticated):
        await device.client.reset_password(reset(third))


async def test_a_token_that_confirms_an_address_resets_no_password(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    token = await auth.token_to(email)
    with pytest.raises(Unauthenticated):
        await device.client.reset_password(reset(token))
    with pytest.raises(Unauthenticated):
        reset_token = await forgotten(auth, email)
        await device.client.verify_email(auth_pb2.VerifyEmailRequest(token=reset_token))


async def redeemed(auth: AuthHouse, credentials: Credentials) -> int:
    """How many of fifty that redeem one token at once succeed."""
    digest = token_digest(await forgotten(auth, await auth.an_account()))
    now = auth.clock.now()
    results = await asyncio.gather(
        *(credentials.reset_password(digest, f"hash {n}", VISIT, now) for n in range(50)),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, Unauthenticated)]
    assert len(refused) + results.count(None) == 50
    return results.count(None)


async def test_a_token_redeemed_fifty_times_at_once_works_once(auth: AuthHouse) -> None:
    assert await redeemed(auth, auth.servicer.credentials) == 1


async def test_fifty_calls_with_one_token_set_one_password(auth: AuthHouse) -> None:
    email = await auth.an_account()
    token = await forgotten(auth, email)
    passwords = [f"{ANOTHER}, number {number}" for number in range(50)]
    calls = [auth.device().client.reset_password(reset(token, each)) for each in passwords]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    done = [isinstance(each, auth_pb2.ResetPasswordResponse) for each in answers]
    assert done.count(True) == 1, answers
    assert await enters(auth.device(), email, passwords[done.index(True)])


class Unconditional(Credentials):
    """Spends a token without asking whether the password is still the one it was for."""

    def _unspent(self) -> list[ColumnElement[bool]]:
        return []


async def test_mutant_reset_without_the_condition_redeems_a_token_again(auth: AuthHouse) -> None:
    right = auth.servicer.credentials
    mutant = Unconditional(right.database, right.store, right.letters, right.outbox)
    assert await redeemed(auth, mutant) > 1
