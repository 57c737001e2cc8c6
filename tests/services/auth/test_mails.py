"""The postman: every mail once, again after a failure, and not more than an address may get."""

import asyncio
from datetime import timedelta

import pytest

from dreamscape.auth.v1 import auth_pb2
from mesh.faults import Unavailable
from services.auth.letters import PASSWORD_CHANGED, RESET_PASSWORD, Letter
from tests.services.auth.conftest import AuthHouse

GONE = Unavailable("UNAVAILABLE", "not now")


async def owed(auth: AuthHouse, email: str) -> list[tuple[str, int, bool]]:
    """Kind, attempts and whether it is given up, of the mails that an address is owed."""
    statement = """
        SELECT array_agg(kind || ' ' || attempts || ' ' || given_up) FROM account_mail
        WHERE email = :email
    """
    rows = [row.split(" ") for row in await auth.value(statement, email=email) or ()]
    return [(kind, int(attempts), given_up == "true") for kind, attempts, given_up in rows]


async def test_a_mail_is_owed_with_the_change_and_forgotten_once_it_was_taken(
    auth: AuthHouse,
) -> None:
    email = await auth.an_account()
    assert await owed(auth, email) == [("VERIFY_EMAIL", 0, False)]
    assert (await auth.mails()).to(email) == [("VERIFY_EMAIL", "en")]
    assert await owed(auth, email) == []


async def test_a_mail_that_is_not_taken_is_tried_again_with_the_same_token(
    auth: AuthHouse,
) -> None:
    email = await auth.an_account()
    auth.letterbox.problem = GONE
    await auth.mails()
    assert await owed(auth, email) == [("VERIFY_EMAIL", 1, False)]
    auth.letterbox.problem = None
    assert (await auth.mails()).to(email) == []
    auth.clock.advance(timedelta(seconds=2))
    token = await auth.token_to(email)
    request = auth_pb2.VerifyEmailRequest(token=token)
    assert (await auth.device().client.verify_email(request)).email == email


async def test_a_mail_is_given_up_after_ten_attempts(auth: AuthHouse) -> None:
    email = await auth.an_account()
    auth.letterbox.problem = GONE
    for _ in range(12):
        await auth.mails()
        auth.clock.advance(timedelta(minutes=5))
    assert await owed(auth, email) == [("VERIFY_EMAIL", 10, True)]


async def test_a_worker_that_dies_loses_no_mail(auth: AuthHouse) -> None:
    email, now = await auth.an_account(), auth.clock.now()
    taken = [await auth.servicer.letters.take(now, until=now + timedelta(minutes=1))]
    while taken[-1] is not None and taken[-1].email != email:
        taken.append(await auth.servicer.letters.take(now, until=now + timedelta(minutes=1)))
    assert (await auth.mails()).to(email) == []
    auth.clock.advance(timedelta(minutes=1))
    assert (await auth.mails()).to(email) == [("VERIFY_EMAIL", "en")]


async def test_a_worker_that_was_overtaken_gives_nothing_up(auth: AuthHouse) -> None:
    email = f"{auth.ids.new()}@example.com"
    letters, now = auth.servicer.letters, auth.clock.now()
    await letters.post(Letter(PASSWORD_CHANGED, email, "en"))
    slow = await letters.take(now, until=now)
    while slow is not None and slow.email != email:
        slow = await letters.take(now, until=now + timedelta(minutes=1))
    assert slow is not None
    auth.clock.advance(timedelta(seconds=1))
    await letters.take(auth.clock.now(), until=now + timedelta(hours=1))
    await letters.put_back(slow, "LATE", due=now, given_up=True)
    assert (await owed(auth, email))[0][2] is False


async def test_many_workers_at_once_send_each_mail_once(auth: AuthHouse) -> None:
    emails = [f"{auth.ids.new()}@example.com" for _ in range(20)]
    for email in emails:
        await auth.servicer.letters.post(Letter(PASSWORD_CHANGED, email, "en"))
    await asyncio.gather(*(auth.mails() for _ in range(5)))
    assert [len(auth.letterbox.to(email)) for email in emails] == [1] * 20


async def test_an_address_that_nobody_has_gets_no_mail(auth: AuthHouse) -> None:
    email = f"{auth.ids.new()}@example.com"
    request = auth_pb2.ForgotPasswordRequest(email=email)
    await auth.device().client.forgot_password(request)
    assert await owed(auth, email) == [("RESET_PASSWORD", 0, False)]
    assert (await auth.mails()).to(email) == []
    assert await owed(auth, email) == []


@pytest.mark.parametrize("minutes", [30])
async def test_a_stranger_can_have_five_mails_sent_in_half_an_hour(
    auth: AuthHouse, minutes: int
) -> None:
    email = await auth.an_account()
    for _ in range(9):
        await auth.servicer.letters.post(Letter(RESET_PASSWORD, email, "en"))
    assert (await auth.mails()).to(email).count(("RESET_PASSWORD", "en")) == 5
    auth.clock.advance(timedelta(minutes=minutes))
    await auth.servicer.letters.post(Letter(RESET_PASSWORD, email, "en"))
    assert (await auth.mails()).to(email).count(("RESET_PASSWORD", "en")) == 6


async def test_erasing_an_account_leaves_nothing_of_it(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    tokens = await device.signed_in(email)
    await auth.mails()
    await device.client.forgot_password(auth_pb2.ForgotPasswordRequest(email=email))
    account = await auth.row(email)
    neighbour = await auth.an_account()
    erase = auth_pb2.EraseUserRequest(user_id=account.user_id)
    erased = await auth.neighbour.client.erase_user(erase)
    # Announcement, mail owed, token, device, session, account.
    assert erased.erased == 6
    assert (await auth.neighbour.client.erase_user(erase)).erased == 0
    for table in ("account", "session", "device", "account_token", "account_mail", "outbox"):
        everything = f"SELECT string_agg(t::text, ' ') FROM {table} t"  # noqa: S608 - as above
        rows = await auth.value(everything) or ""
        assert account.user_id not in rows
        assert email not in rows
    assert tokens.refresh_token.split(".")[1] in auth.revocations
    assert await auth.row(neighbour)
    request = auth_pb2.RegisterRequest(email=email, password="another sentence")
    await device.client.register(request)
    assert (await auth.row(email)).user_id != account.user_id
