"""The worker that sends the queued mails: at least once, and recognisably so."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from mesh.clock import Clock
from mesh.database import Signals
from services.notification.domain import LEASE, MOST_ATTEMPTS, pause_after
from services.notification.ports import Letter, LetterRefusedError, Mailer
from services.notification.store import Mail, Store

_POLL_SECONDS = 1.0

_log = logging.getLogger("notification.mails")


class Postman:
    """Sends mails, one at a time. Any number may run: each mail is leased to one of them."""

    def __init__(self, store: Store, mailer: Mailer, signals: Signals, clock: Clock) -> None:
        self._store = store
        self._mailer = mailer
        self._signals = signals
        self._clock = clock

    async def run(self) -> None:
        """Send until cancelled."""
        with self._store.mail_queued(self._signals) as woken:
            while True:
                try:
                    busy = await self.send_next()
                except (OSError, SQLAlchemyError) as problem:
                    _log.warning("mails: %s", problem)
                    busy = False
                if not busy:
                    await woken.wait(_POLL_SECONDS)

    async def send_next(self) -> bool:
        """Try the mail that has been due longest; whether there was one."""
        now = self._clock.now()
        mail = await self._store.take_mail(now, until=now + LEASE)
        if mail is None:
            return False
        try:
            await self._mailer.send(_letter(mail))
        except LetterRefusedError as refusal:
            _log.error("mail %s was refused: %s", mail.notification_id, refusal)
            await self._store.give_up(mail, str(refusal))
        except ConnectionError as problem:
            await self._later(mail, str(problem))
        else:
            await self._store.mark_sent(mail)
        return True

    async def _later(self, mail: Mail, problem: str) -> None:
        if mail.attempts >= MOST_ATTEMPTS:
            _log.error("mail %s is given up: %s", mail.notification_id, problem)
            await self._store.give_up(mail, problem)
            return
        due = self._clock.now() + pause_after(mail.attempts)
        await self._store.put_back(mail, problem, due=due)


def _letter(mail: Mail) -> Letter:
    return Letter(
        letter_id=mail.notification_id,
        recipient=mail.recipient,
        locale=mail.locale,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        written=mail.create_time,
    )
