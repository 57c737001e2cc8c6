"""The worker that hands the mails of accounts to NotificationService: once each, as they are due.

Tokens are made here, not where a mail is asked for, so that asking is the same work for an
address that nobody has.
"""

import logging

from sqlalchemy.exc import SQLAlchemyError

from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.notification.v1.notification_pb2 import SendAccountMailRequest
from mesh.clock import Clock
from mesh.database import Signals
from mesh.faults import Fault
from services.auth import domain
from services.auth.credentials import Credentials, Token
from services.auth.letters import (
    ALREADY_REGISTERED,
    RESET_PASSWORD,
    VERIFY_EMAIL,
    AccountMail,
    Letters,
)
from services.auth.throttle import Throttle

_POLL_SECONDS = 1.0
_SEND_SECONDS = 5.0
_TOKEN_TTL = {RESET_PASSWORD: domain.RESET_TTL, VERIFY_EMAIL: domain.VERIFY_TTL}
# What a stranger can have sent to any address.
_LIMITED = {RESET_PASSWORD, VERIFY_EMAIL, ALREADY_REGISTERED}

_log = logging.getLogger("auth.mails")


class Writer:
    """Writes a mail down as it is handed over, with the token that its link carries."""

    def __init__(
        self,
        credentials: Credentials,
        throttle: Throttle,
        tokens: domain.MailTokens,
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._throttle = throttle
        self._tokens = tokens
        self._clock = clock

    async def write(self, mail: AccountMail) -> SendAccountMailRequest | None:
        """The mail; None when it is not to be sent: nobody's address, or one too many."""
        first = mail.attempts == 1
        limited = first and mail.kind in _LIMITED
        if limited and not await self._throttle.may_mail(mail.kind, mail.email):
            _log.warning("mail %s is one too many for its address", mail.mail_id)
            return None
        token = ""
        user_id = mail.user_id
        if mail.kind in _TOKEN_TTL:
            token = self._tokens.write(mail.mail_id)
            user_id = await self._issue(mail, token)
            if user_id is None:
                return None
        return SendAccountMailRequest(
            request_id=mail.mail_id,
            user_id=user_id or "",
            email=mail.email,
            kind=f"ACCOUNT_MAIL_KIND_{mail.kind}",
            locale=mail.locale,
            token=token,
            device=mail.device,
        )

    async def _issue(self, mail: AccountMail, token: str) -> str | None:
        now = self._clock.now()
        issued = Token(
            digest=domain.token_digest(token),
            kind=mail.kind,
            user_id=mail.user_id or "",
            email=mail.email,
            password_version=0,
            expire_time=now + _TOKEN_TTL[mail.kind],
        )
        return await self._credentials.issue(issued, now)


class Postman:
    """Hands mails over, one at a time. Any number may run: each mail is leased to one of them."""

    def __init__(
        self,
        letters: Letters,
        writer: Writer,
        notifications: NotificationClient,
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._letters = letters
        self._writer = writer
        self._notifications = notifications
        self._signals = signals
        self._clock = clock

    async def run(self) -> None:
        """Hand over until cancelled."""
        with self._letters.waiting(self._signals) as woken:
            while True:
                try:
                    busy = await self.send_next()
                except (OSError, SQLAlchemyError) as problem:
                    _log.warning("mails: %s", problem)
                    busy = False
                if not busy:
                    await woken.wait(_POLL_SECONDS)

    async def send_next(self) -> bool:
        """Hand over the mail that has been due longest; whether there was one."""
        now = self._clock.now()
        mail = await self._letters.take(now, until=now + domain.MAIL_LEASE)
        if mail is None:
            return False
        request = await self._writer.write(mail)
        try:
            if request is not None:
                await self._notifications.send_account_mail(request, timeout=_SEND_SECONDS)
        except Fault as fault:
            await self._later(mail, fault)
        else:
            await self._letters.done(mail)
        return True

    async def _later(self, mail: AccountMail, fault: Fault) -> None:
        given_up = mail.attempts >= domain.MOST_ATTEMPTS
        _log.log(
            logging.ERROR if given_up else logging.WARNING,
            "mail %s was not taken%s: %s",
            mail.mail_id,
            " and is given up" if given_up else "",
            fault,
        )
        due = self._clock.now() + domain.pause_after(mail.attempts)
        await self._letters.put_back(mail, fault.reason, due=due, given_up=given_up)
