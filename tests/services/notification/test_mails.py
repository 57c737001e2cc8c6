"""Mails are sent at least once and recognisably so, tried again within bounds, then given up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from services.notification.ports import Letter, LetterRefusedError, Mailer
from services.notification.smtp import SmtpMailer
from tests.services.notification.conftest import (
    SENDER,
    START,
    PostOffice,
    a_booking,
    an_event,
    trip_mails_to,
)
from tests.services.notification.test_consumers import known

STATE = "SELECT state, attempts FROM mail"


class DyingMailer:
    """Hands the letter over, then the process is gone before it can write that down."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    async def send(self, letter: Letter) -> None:
        await self._mailer.send(letter)
        raise asyncio.CancelledError


class Answering:
    """A mail server's handler that answers every recipient alike."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked = 0

    async def handle_RCPT(self, *facts: Any) -> str:
        self.asked += 1
        facts[2].rcpt_tos.append(facts[3])
        return self.answer


@contextlib.asynccontextmanager
async def a_mail_server(answer: str) -> AsyncIterator[tuple[Answering, Mailer]]:
    handler, loop = Answering(answer), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield handler, SmtpMailer("127.0.0.1", port, SENDER)
    server.close()
    await server.wait_closed()


async def queued_mail(office: PostOffice) -> str:
    """Have one mail written; the address it goes to."""
    ada = await known(office.house)
    await office.events.handle(an_event(office.house, a_booking(office.house, ada)))
    return ada.email


async def test_a_mail_is_sent_once_and_then_there_is_none(office: PostOffice) -> None:
    address, postman = await queued_mail(office), office.postman()
    assert [await postman.send_next() for _ in range(2)] == [True, False]
    assert await office.rows(STATE) == [("SENT", 1)]
    assert len(await trip_mails_to(office.house, address)) == 1


async def test_a_crash_after_sending_sends_the_same_message_id_again(office: PostOffice) -> None:
    address = await queued_mail(office)
    with pytest.raises(asyncio.CancelledError):
        await office.postman(DyingMailer(office.mailer)).send_next()
    assert not await office.postman().send_next(), "the dead worker's lease still holds"
    office.clock.advance(timedelta(minutes=1))
    assert await office.postman().send_next()
    [(mail_id,)] = await office.rows("SELECT mail_id FROM mail")
    mails = await trip_mails_to(office.house, address)
    expected = f"<{mail_id}@dreamscape.example>"
    assert [mail["headers"]["Message-ID"] for mail in mails] == [expected, expected]
    assert mails[0]["text"] == mails[1]["text"]
    assert mails[0]["headers"]["Date"] == mails[1]["headers"]["Date"]
    assert await office.rows(STATE) == [("SENT", 2)]


async def test_many_postmen_send_each_mail_once(office: PostOffice) -> None:
    addresses = [await queued_mail(office) for _ in range(4)]
    sent = await asyncio.gather(*(office.postman().send_next() for _ in range(12)))
    assert sent.count(True) == 4
    assert await office.rows(STATE) == [("SENT", 1)] * 4
    for address in addresses:
        assert len(await trip_mails_to(office.house, address)) == 1


async def test_a_mail_server_that_is_busy_is_asked_again_later(office: PostOffice) -> None:
    address = await queued_mail(office)
    async with a_mail_server("451 4.3.0 Try again later") as (server, mailer):
        postman = office.postman(mailer)
        assert await postman.send_next()
        assert not await postman.send_next()
        office.clock.advance(timedelta(seconds=2))
        assert await postman.send_next()
        assert server.asked == 2
    assert await office.rows(STATE) == [("QUEUED", 2)]
    office.clock.advance(timedelta(seconds=4))
    assert await office.postman().send_next()
    assert await office.rows("SELECT state, attempts, problem FROM mail") == [("SENT", 3, "")]
    assert len(await trip_mails_to(office.house, address)) == 1


async def test_a_mail_is_given_up_after_ten_attempts(office: PostOffice) -> None:
    await queued_mail(office)
    async with a_mail_server("451 4.3.0 Try again later") as (server, mailer):
        postman = office.postman(mailer)
        for _ in range(12):
            await postman.send_next()
            office.clock.advance(timedelta(minutes=5))
        assert server.asked == 10
    assert await office.rows(STATE) == [("FAILED", 10)]


async def test_a_mail_that_is_refused_for_good_is_not_tried_again(office: PostOffice) -> None:
    await queued_mail(office)
    async with a_mail_server("550 5.1.1 No such user") as (server, mailer):
        postman = office.postman(mailer)
        assert await postman.send_next()
        office.clock.advance(timedelta(days=1))
        assert not await postman.send_next()
        assert server.asked == 1
    [(state, problem)] = await office.rows("SELECT state, problem FROM mail")
    assert state == "FAILED"
    assert "No such user" in problem


async def test_a_mail_server_that_is_not_there_is_no_refusal(office: PostOffice) -> None:
    await queued_mail(office)
    async with a_mail_server("250 OK") as (_, gone):
        pass
    assert await office.postman(gone).send_next()
    assert await office.rows(STATE) == [("QUEUED", 1)]


async def test_an_overtaken_worker_cannot_undo_what_the_next_one_did(office: PostOffice) -> None:
    await queued_mail(office)
    late = await office.store.take_mail(START, until=START + timedelta(minutes=1))
    assert late is not None
    office.clock.advance(timedelta(minutes=1))
    assert await office.postman().send_next()
    await office.store.put_back(late, "too late", due=START)
    await office.store.give_up(late, "too late", START)
    assert await office.rows(STATE) == [("SENT", 2)]


@pytest.mark.parametrize("address", ["zoé@example.com", "o'hara+trips@example.com"])
async def test_an_unusual_address_is_reached(office: PostOffice, address: str) -> None:
    await office.mailer.send(a_letter(office, address))
    [mail] = await trip_mails_to(office.house, address.replace("+", "%2B"))
    assert mail["to"] == [address]
    assert mail["subject"] == "Réservé"


async def test_a_letter_that_cannot_be_a_mail_is_refused(office: PostOffice) -> None:
    with pytest.raises(LetterRefusedError):
        await office.mailer.send(a_letter(office, "ada@example.com\r\nBcc: eve@example.com"))


def a_letter(office: PostOffice, address: str) -> Letter:
    return Letter(
        letter_id=office.house.process.ids.new(),
        recipient=address,
        locale="fr",
        subject="Réservé",
        text="Bonjour",
        html="<p>Bonjour</p>",
        written=START,
    )
