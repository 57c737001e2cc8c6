"""The rules of telling: what is written in which words, when a mail is tried again, paging."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from pathlib import Path
from string import Template

from mesh.faults import InvalidArgument
from mesh.money import Money

CONFIRMED = "BOOKING_CONFIRMED"
CANCELLED = "BOOKING_CANCELLED"
KINDS = (CONFIRMED, CANCELLED)
LOCALES = ("en", "fr")

USUAL_PAGE = 20
# Longer than sending may take, so that a mail is taken over only from a worker that died.
LEASE = timedelta(minutes=1)
MOST_ATTEMPTS = 10
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: twice as long each time, five minutes."""
    return min(_FIRST_PAUSE * (1 << (attempts - 1)), _LONGEST_PAUSE)


def page_token(notification_id: str) -> str:
    """The token of the page that begins after a notification."""
    return base64.urlsafe_b64encode(notification_id.encode()).decode().rstrip("=")


def read_page_token(token: str) -> str:
    """The notification that a page begins after, empty for the first page."""
    try:
        notification_id = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError):
        notification_id = "?"
    if token and not _UUID.fullmatch(notification_id):
        raise InvalidArgument("PAGE_TOKEN_INVALID", "the page token is not one of ours")
    return notification_id


@dataclass(frozen=True, slots=True)
class News:
    """What a traveller is told about. `reason` is the booking's, empty while nothing ended it."""

    kind: str
    booking_id: str
    first_name: str
    travellers: tuple[str, ...]
    total: Money
    given_back: bool
    record_locators: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Words:
    """The news in a language: headline and sentence for the page, text and HTML for the mail."""

    title: str
    summary: str
    text: str
    html: str


_TRAVELLER = {"en": "traveller", "fr": "voyageur"}
_REASONS = {
    "en": {
        "CANCELLED_BY_TRAVELLER": "you cancelled it",
        "NOT_PAID_IN_TIME": "it was not paid in time",
        "SOLD_OUT": "the seats were sold out",
        "PRICE_CHANGED": "the price had changed",
        "OFFER_EXPIRED": "the offer had expired",
        "SUPPLIER_UNAVAILABLE": "the airline did not answer",
    },
    "fr": {
        "CANCELLED_BY_TRAVELLER": "vous l'avez annulée",
        "NOT_PAID_IN_TIME": "elle n'a pas été payée à temps",
        "SOLD_OUT": "il n'y avait plus de places",
        "PRICE_CHANGED": "le prix avait changé",
        "OFFER_EXPIRED": "l'offre avait expiré",
        "SUPPLIER_UNAVAILABLE": "la compagnie n'a pas répondu",
    },
}
_ANY_REASON = {"en": "it could not be completed", "fr": "elle n'a pas pu aboutir"}
_GIVEN_BACK = {
    "en": "We are giving {total} back to the card it was paid with.",
    "fr": "Nous vous rendons {total} sur la carte qui a servi au paiement.",
}
_NOT_CHARGED = {"en": "You were not charged.", "fr": "Rien ne vous a été débité."}


class Templates:
    """The words of each kind of news in each language, read once from `folder`.

    A text has its title, greeting and summary in its first three paragraphs.
    """

    def __init__(self, folder: Path, public_url: str) -> None:
        self._public_url = public_url
        self._texts = _read(folder, "txt")
        self._pages = _read(folder, "html")

    def write(self, news: News, locale: str) -> Words:
        """The news in a language; English for one that nobody has written."""
        locale = locale if locale in LOCALES else LOCALES[0]
        facts = {**_facts(news, locale), "url": self._public_url}
        safe = {name: escape(value) for name, value in facts.items()}
        paragraphs = _fill(self._texts[news.kind, locale], facts).split("\n\n")
        title, _, summary, *_ = paragraphs
        return Words(
            title=title,
            summary=" ".join(summary.split()),
            text="\n\n".join(paragraphs[1:]),
            html=_fill(self._pages[news.kind, locale], safe),
        )


def _read(folder: Path, ending: str) -> dict[tuple[str, str], Template]:
    return {
        (kind, locale): Template((folder / f"{kind.lower()}.{locale}.{ending}").read_text())
        for kind in KINDS
        for locale in LOCALES
    }


def _fill(template: Template, facts: Mapping[str, str]) -> str:
    # On one line each, so that no name can end a header or a paragraph.
    return template.substitute({name: " ".join(value.split()) for name, value in facts.items()})


def _facts(news: News, locale: str) -> dict[str, str]:
    total = _amount(news.total, locale)
    money = _GIVEN_BACK if news.given_back else _NOT_CHARGED
    return {
        "name": news.first_name or _TRAVELLER[locale],
        "booking": news.booking_id,
        "travellers": ", ".join(news.travellers),
        "total": total,
        "locators": ", ".join(news.record_locators),
        "reason": _REASONS[locale].get(news.reason, _ANY_REASON[locale]),
        "money": money[locale].format(total=total),
    }


def _amount(money: Money, locale: str) -> str:
    return str(money).replace(".", ",") if locale == "fr" else str(money)
