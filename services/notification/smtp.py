"""Mail by SMTP, encrypted whenever the server offers it."""

import asyncio
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import aiosmtplib

from services.notification.ports import Letter, LetterRefusedError

_TIMEOUT = 20.0


class SmtpMailer:
    """A `Mailer`. `sender` is an address, with or without a name before it."""

    def __init__(self, host: str, port: int, sender: str) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]

    async def send(self, letter: Letter) -> None:
        """Send a letter over a connection of its own."""
        try:
            message = self._message(letter)
            async with asyncio.timeout(_TIMEOUT):
                await aiosmtplib.send(
                    message, hostname=self._host, port=self._port, timeout=_TIMEOUT
                )
        except (aiosmtplib.SMTPException, OSError) as problem:
            # Without its cause: that names the recipient, and is written to logs.
            if _is_final(problem):
                raise LetterRefusedError(_said(problem, letter)) from None
            raise ConnectionError(_said(problem, letter)) from None
        except ValueError as problem:
            raise LetterRefusedError(_said(problem, letter)) from None

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = letter.recipient
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.written)
        # A letter that is sent again after a crash can be recognised by whoever receives it.
        message["Message-ID"] = f"<{letter.letter_id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        message["Content-Language"] = letter.locale  # set_content would have dropped it
        return message


def _said(problem: Exception, letter: Letter) -> str:
    """What went wrong, without whom it was for."""
    return f"{type(problem).__name__}: {problem}".replace(letter.recipient, "<recipient>")


def _is_final(problem: Exception) -> bool:
    """Whether the server said no for good (5xx), or cannot take such an address at all."""
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        return all(_is_final(refused) for refused in problem.recipients)
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        return 500 <= problem.code < 600
    return isinstance(problem, aiosmtplib.SMTPNotSupported)
