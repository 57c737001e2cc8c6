"""Mails about accounts: once for each request, without a trace of their tokens afterwards."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.notification.v1.notification_pb2 import SendAccountMailRequest
from mesh.faults import InvalidArgument, PermissionDenied
from services.notification.domain import AccountNews
from services.notification.mails import AccountMails
from tests.services.conftest import House, eventually
from tests.services.notification.conftest import PostOffice, mails_to
from tests.services.notification.test_consumers import known
from tests.services.notification.test_mails import a_mail_server

TOKEN = "canary-8Zt0kpXwQ1"
ROWS = "SELECT state, kind, recipient, text, html, subject FROM mail"


def news(office: PostOffice, **changes: str) -> AccountNews:
    ids = office.house.process.ids
    facts = AccountNews(
        request_id=ids.new(),
        user_id=ids.new(),
        email=f"{ids.new()}@example.com",
        kind="RESET_PASSWORD",
        locale="en",
        token=TOKEN,
        device="",
    )
    return replace(facts, **changes)


async def asked(house: House, email: str, **changes: Any) -> SendAccountMailRequest:
    """Have auth ask for a mail; what it asked for."""
    facts: dict[str, Any] = {
        "request_id": house.process.ids.new(),
        "email": email,
        "kind": notification_pb2.ACCOUNT_MAIL_KIND_VERIFY_EMAIL,
        "locale": "fr",
        "token": TOKEN,
    }
    request = SendAccountMailRequest(**(facts | changes))
    await house.client(NotificationClient, service="auth").send_account_mail(request)
    return request


async def first_mail(house: House, address: str) -> dict[str, Any]:
    async def look() -> list[dict[str, Any]]:
        return await mails_to(house, address)

    found: list[dict[str, Any]] = await eventually(look, within=20)
    return found[0]


async def test_a_request_becomes_one_mail_in_its_language_however_often_it_comes(
    house: House,
) -> None:
    address = f"{house.process.ids.new()}@example.com"
    request = await asked(house, address)
    auth = house.client(NotificationClient, service="auth")
    await asyncio.gather(*(auth.send_account_mail(request) for _ in range(4)))
    await asked(house, address, kind=notification_pb2.ACCOUNT_MAIL_KIND_ALREADY_REGISTERED)

    async def both() -> bool:
        return len(await mails_to(house, address)) >= 2

    await eventually(both, within=20)
    mails = await mails_to(house, address)
    assert [mail["subject"] for mail in mails] == [
        "Confirmez votre adresse e-mail",
        "Vous avez déjà un compte",
    ]
    link = f"{house.running.addresses.edge_url}/verify-email#token={TOKEN}"
    assert link in mails[0]["text"]
    assert f'href="{link}"' in mails[0]["html"]
    assert mails[0]["headers"]["Message-ID"] == f"<{request.request_id}@dreamscape.example>"


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (notification_pb2.ACCOUNT_MAIL_KIND_NEW_LOGIN, "A new device has signed in"),
        (notification_pb2.ACCOUNT_MAIL_KIND_PASSWORD_CHANGED, "Your password was changed"),
    ],
)
async def test_a_new_device_and_a_new_password_are_told_in_the_application_too(
    house: House, kind: notification_pb2.AccountMailKind, title: str
) -> None:
    ada = await known(house)
    about = {"kind": kind, "user_id": ada.user_id, "locale": "en", "device": "curl, ::1"}
    request = await asked(house, f"{ada.user_id}@elsewhere.example", **about)
    await house.client(NotificationClient, service="auth").send_account_mail(request)
    told = await house.client(NotificationClient, token=ada.token).list_notifications(
        notification_pb2.ListNotificationsRequest()
    )
    name = notification_pb2.AccountMailKind.Name(kind).removeprefix("ACCOUNT_MAIL_KIND_")
    mine = [each for each in told.notifications if each.kind == name]
    assert [(each.title, each.booking_id) for each in mine] == [(title, "")]
    assert (await first_mail(house, request.email))["subject"] == title


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": 0},
        {"kind": 99},
        {"kind": notification_pb2.ACCOUNT_MAIL_KIND_RESET_PASSWORD, "token": ""},
        {"token": ""},
        {"locale": "de"},
        {"email": "nobody"},
        {"request_id": "again"},
    ],
)
async def test_a_mail_that_cannot_be_is_refused(house: House, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        await asked(house, wrong.pop("email", "ada@example.com"), **wrong)


@pytest.mark.parametrize("service", ["booking", "user", "tests"])
async def test_only_auth_has_accounts_mailed(house: House, service: str) -> None:
    with pytest.raises(PermissionDenied):
        await house.client(NotificationClient, service=service).send_account_mail(
            SendAccountMailRequest()
        )


async def test_the_words_of_a_mail_are_forgotten_once_it_is_sent(office: PostOffice) -> None:
    reset = news(office)
    await office.accounts.write(reset)
    [(_, _, recipient, text, _, _)] = await office.rows(ROWS)
    assert recipient == reset.email
    assert TOKEN in text
    assert await office.postman().send_next()
    title = "Choose a new password"
    assert await office.rows(ROWS) == [("SENT", "RESET_PASSWORD", "", "", "", title)]
    assert await office.rows("SELECT end_time, problem FROM mail") == [(office.clock.now(), "")]
    assert TOKEN in (await first_mail(office.house, reset.email))["text"]


async def test_a_refused_mail_is_forgotten_and_logs_name_neither_token_nor_recipient(
    office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reset = news(office)
    await office.accounts.write(reset)
    async with a_mail_server(f"550 5.1.1 <{reset.email}> is unknown here") as (_, mailer):
        assert await office.postman(mailer).send_next()
    [(state, _, recipient, text, html, _)] = await office.rows(ROWS)
    assert (state, recipient, text, html) == ("FAILED", "", "", "")
    [(problem,)] = await office.rows("SELECT problem FROM mail")
    assert "is unknown here" in problem
    ours = [each for each in caplog.records if each.name.startswith(("notification", "mesh"))]
    assert any("was refused" in each.getMessage() for each in ours)
    said = problem + "".join(logging.Formatter().format(each) for each in ours)
    assert reset.email not in said
    assert TOKEN not in said


async def told_at_once(office: PostOffice, accounts: AccountMails) -> list[tuple[Any, ...]]:
    """Ask for one and the same mail eight times at once; how many of everything there are then."""
    changed = news(office, kind="PASSWORD_CHANGED", token="")
    await asyncio.gather(*(accounts.write(changed) for _ in range(8)))
    counts = "SELECT (SELECT count(*) FROM mail), (SELECT count(*) FROM notification)"
    return await office.rows(counts)


async def test_a_request_eight_times_at_once_is_told_once(office: PostOffice) -> None:
    assert await told_at_once(office, office.accounts) == [(1, 1)]


async def test_mutant_a_mail_without_its_requests_identifier_is_told_eight_times(
    office: PostOffice,
) -> None:
    ids = office.house.process.ids

    class Forgetful(AccountMails):
        async def write(self, news: AccountNews) -> None:
            await super().write(replace(news, request_id=ids.new()))

    accounts = office.accounts
    parts = (accounts._store, accounts._templates, accounts._clock, accounts._ids)
    assert await told_at_once(office, Forgetful(*parts)) == [(8, 8)]
