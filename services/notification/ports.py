"""What lives outside: whoever carries the mail away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one address. `letter_id` stays the same however often it is sent."""

    letter_id: str
    recipient: str
    locale: str
    subject: str
    text: str
    html: str
    written: datetime


class LetterRefusedError(Exception):
    """The letter will never be taken, however often it is tried."""


class Mailer(Protocol):
    """Sends letters."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter over for good, within half a minute.

        LetterRefusedError when it never will be taken, ConnectionError when it may be later.
        """
        ...
