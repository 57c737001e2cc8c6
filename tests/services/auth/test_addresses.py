"""Addresses of accounts: confirmed, changed, and never told whether they are taken."""

from datetime import timedelta

import pytest

from dreamscape.auth.v1 import auth_pb2
from mesh.faults import InvalidArgument, PermissionDenied, Unauthenticated
from tests.services.auth.conftest import PASSWORD, AuthHouse, Device


def verify(token: str) -> auth_pb2.VerifyEmailRequest:
    return auth_pb2.VerifyEmailRequest(token=token)


def to(email: str, password: str = PASSWORD) -> auth_pb2.UpdateAccountRequest:
    return auth_pb2.UpdateAccountRequest(email=email, current_password=password)


async def somebody(auth: AuthHouse) -> tuple[str, Device]:
    """The confirmed address of somebody who is signed in."""
    email, device = await auth.an_account(), auth.device()
    await device.client.verify_email(verify(await auth.token_to(email)))
    await device.signed_in(email)
    return email, device


def an_email(auth: AuthHouse) -> str:
    return f"{auth.ids.new()}@example.com"


async def test_an_address_is_confirmed_once_from_its_mail(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    await device.signed_in(email)
    account = (await device.client.get_account(auth_pb2.GetAccountRequest())).account
    assert not account.email_verified
    token = await auth.token_to(email)
    assert (await device.client.verify_email(verify(token))).email == email
    account = (await device.client.get_account(auth_pb2.GetAccountRequest())).account
    assert account.email_verified
    with pytest.raises(Unauthenticated) as refused:
        await device.client.verify_email(verify(token))
    assert refused.value.reason == "TOKEN_INVALID"


async def test_a_confirmation_is_too_late_after_a_day_and_can_be_asked_for_again(
    auth: AuthHouse,
) -> None:
    email, device = await auth.an_account(), auth.device()
    token = await auth.token_to(email)
    auth.clock.advance(timedelta(hours=24))
    with pytest.raises(Unauthenticated):
        await device.client.verify_email(verify(token))
    await device.signed_in(email)
    await device.client.update_account(to(email))
    assert (await device.client.verify_email(verify(await auth.token_to(email)))).email == email
    assert (await auth.mails()).to(email) == [("VERIFY_EMAIL", "en")] * 2


async def test_names_change_at_once_and_what_is_not_sent_stays(auth: AuthHouse) -> None:
    email, device = await somebody(auth)
    request = auth_pb2.UpdateAccountRequest(last_name="Lovelace", username="ada")
    changed = (await device.client.update_account(request)).account
    assert (changed.first_name, changed.last_name, changed.username) == ("Ada", "Lovelace", "ada")
    request = auth_pb2.UpdateAccountRequest(first_name="", username="countess")
    changed = (await device.client.update_account(request)).account
    assert (changed.first_name, changed.last_name) == ("", "Lovelace")
    assert (changed.username, changed.email) == ("countess", email)


async def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(
    auth: AuthHouse,
) -> None:
    old, device = await somebody(auth)
    new = an_email(auth)
    device.sends["accept-language"] = "fr"
    changed = (await device.client.update_account(to(new.upper()))).account
    assert (changed.email, changed.email_verified) == (old, True)
    letterbox = await auth.mails()
    assert letterbox.to(old)[-1] == ("EMAIL_CHANGING", "fr")
    assert letterbox.to(new) == [("VERIFY_EMAIL", "fr")]
    assert (await auth.device().login(old)).expires_in == 900
    token = await auth.token_to(new)
    assert (await auth.device().client.verify_email(verify(token))).email == new
    assert (await auth.device().login(new)).expires_in == 900
    with pytest.raises(Unauthenticated):
        await auth.device().login(old)


async def test_a_new_address_needs_the_current_password(auth: AuthHouse) -> None:
    email, device = await somebody(auth)
    for password in ("", "not the password"):
        with pytest.raises(PermissionDenied) as refused:
            await device.client.update_account(to(an_email(auth), password))
        assert refused.value.reason == "PASSWORD_WRONG"
    assert (await auth.row(email)).pending_email is None
    with pytest.raises(InvalidArgument):
        await device.client.update_account(to("not an address"))


async def test_nobody_learns_that_a_new_address_is_somebody_elses(auth: AuthHouse) -> None:
    (email, device), (taken, _) = await somebody(auth), await somebody(auth)
    free = (await device.client.update_account(to(an_email(auth)))).account
    assert (await device.client.update_account(to(taken))).account == free
    letterbox = await auth.mails()
    assert letterbox.to(taken)[-1] == ("ALREADY_REGISTERED", "en")
    assert letterbox.to(email)[-1] == ("EMAIL_CHANGING", "en")


async def test_an_address_that_is_taken_before_it_is_confirmed_stays_with_its_owner(
    auth: AuthHouse,
) -> None:
    _, device = await somebody(auth)
    wanted = an_email(auth)
    await device.client.update_account(to(wanted))
    token = await auth.token_to(wanted)
    request = auth_pb2.RegisterRequest(email=wanted, password=PASSWORD)
    await auth.device().client.register(request)
    with pytest.raises(Unauthenticated):
        await device.client.verify_email(verify(token))


async def test_only_the_last_address_that_was_asked_for_can_be_confirmed(auth: AuthHouse) -> None:
    _, device = await somebody(auth)
    first, second = an_email(auth), an_email(auth)
    await device.client.update_account(to(first))
    token = await auth.token_to(first)
    await device.client.update_account(to(second))
    with pytest.raises(Unauthenticated):
        await device.client.verify_email(verify(token))
    assert (await device.client.verify_email(verify(await auth.token_to(second)))).email == second


async def test_another_password_stops_a_change_of_address_under_way(auth: AuthHouse) -> None:
    email, device = await somebody(auth)
    intruders = an_email(auth)
    await device.client.update_account(to(intruders))
    token = await auth.token_to(intruders)
    await auth.device().client.forgot_password(auth_pb2.ForgotPasswordRequest(email=email))
    reset = auth_pb2.ResetPasswordRequest(
        token=await auth.token_to(email), new_password="another sentence"
    )
    await auth.device().client.reset_password(reset)
    with pytest.raises(Unauthenticated):
        await device.client.verify_email(verify(token))
    assert (await auth.row(email)).email == email


async def test_a_reset_that_was_mailed_to_an_old_address_is_void(auth: AuthHouse) -> None:
    old, device = await somebody(auth)
    await device.client.forgot_password(auth_pb2.ForgotPasswordRequest(email=old))
    reset = auth_pb2.ResetPasswordRequest(
        token=await auth.token_to(old), new_password="another sentence"
    )
    new = an_email(auth)
    await device.client.update_account(to(new))
    await device.client.verify_email(verify(await auth.token_to(new)))
    with pytest.raises(Unauthenticated):
        await device.client.reset_password(reset)


async def test_registering_a_taken_address_tells_its_owner_by_mail(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    device.sends["accept-language"] = "fr"
    await device.client.register(auth_pb2.RegisterRequest(email=email, password="another one"))
    told = (await auth.mails()).to(email)
    assert told == [("VERIFY_EMAIL", "en"), ("ALREADY_REGISTERED", "fr")]
