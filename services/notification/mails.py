"""Mails about accounts as they are written, the worker that sends, and the one that forgets."""

import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from mesh.clock import Clock, Ids
from mesh.database import Signals
from services.notification.domain import (
    LEASE,
    MOST_ATTEMPTS,
    REMEMBERED,
    TOLD_TWICE,
    AccountNews,
    Templates,
    pause_after,
)
from services.notification.ports import Letter, LetterRefusedError, Mailer
from services.notification.store import Mail, Store, Told

_POLL_SECONDS = 1.0
_SWEEP_EVERY = timedelta(hours=1)

_log = logging.getLogger("notification.mails")


class AccountMails:
    """Writes what there is to tell about an account, once for each request."""

    def __init__(self, store: Store, templates: Templates, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._templates = templates
        self._clock = clock
        self._ids = ids

    async def write(self, news: AccountNews) -> None:
        """Queue the mail, and tell the user in the application what they must not miss."""
        news.check()
        now = self._clock.now()
        words = self._templates.write_account(news, now)
        twice = news.user_id and news.kind in TOLD_TWICE
        told = Told(
            user_id=news.user_id,
            kind=news.kind,
            words=words,
            time=now,
            notification_id=self._ids.new() if twice else "",
            mail_id=news.request_id,
            recipient=news.email,
            locale=news.locale,
        )
        await self._store.tell(told)


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
            _log.error("mail %s was refused: %s", mail.mail_id, refusal)
            await self._store.give_up(mail, str(refusal), self._clock.now())
        except ConnectionError as problem:
            await self._later(mail, str(problem))
        else:
            await self._store.mark_sent(mail, self._clock.now())
        return True

    async def _later(self, mail: Mail, problem: str) -> None:
        if mail.attempts >= MOST_ATTEMPTS:
            _log.error("mail %s is given up: %s", mail.mail_id, problem)
            await self._store.give_up(mail, problem, self._clock.now())
            return
        due = self._clock.now() + pause_after(mail.attempts)
        await self._store.put_back(mail, problem, due=due)


class Sweeper:
    """Forgets what ended long ago. Any number may run."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(self) -> None:
        """Sweep every hour until cancelled."""
        while True:
            try:
                await self.sweep()
            except (OSError, SQLAlchemyError) as problem:
                _log.warning("sweeping: %s", problem)
            await self._clock.sleep(_SWEEP_EVERY)

    async def sweep(self) -> None:
        """Delete all that ended before it is remembered, a bounded part at a time."""
        before = self._clock.now() - REMEMBERED
        while await self._store.sweep(before):
            pass


def _letter(mail: Mail) -> Letter:
    return Letter(
        letter_id=mail.mail_id,
        recipient=mail.recipient,
        locale=mail.locale,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        written=mail.create_time,
    )
