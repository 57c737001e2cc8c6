"""The rules of telling: who wants to know, in which words, when a mail is tried again, paging."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from mesh.faults import InvalidArgument
from mesh.money import Money

CONFIRMED = "BOOKING_CONFIRMED"
CANCELLED = "BOOKING_CANCELLED"
# The pages that a token is carried to.
PAGES = {"VERIFY_EMAIL": "verify-email", "RESET_PASSWORD": "reset-password"}
# What is told in the application too: whoever took the mailbox over can hide a mail.
TOLD_TWICE = frozenset({"NEW_LOGIN", "PASSWORD_CHANGED"})
ACCOUNT_KINDS = (*PAGES, *TOLD_TWICE, "ALREADY_REGISTERED", "EMAIL_CHANGING")
KINDS = (CONFIRMED, CANCELLED, *ACCOUNT_KINDS)
LOCALES = ("en", "fr")

USUAL_PAGE = 20
# Longer than sending may take, so that a mail is taken over only from a worker that died.
LEASE = timedelta(minutes=1)
MOST_ATTEMPTS = 10
# How long it is remembered that something was mailed, taken in or erased.
REMEMBERED = timedelta(days=30)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: twice as long each time, five minutes."""
    return min(_FIRST_PAUSE * (1 << (attempts - 1)), _LONGEST_PAUSE)


def digest_of(user_id: str) -> bytes:
    """What tells a user from all others without naming them."""
    return hashlib.sha256(user_id.encode()).digest()


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


class Returned(Enum):
    """What became of the money of a booking that ended."""

    NOTHING = "nothing was taken or set aside"
    RELEASED = "it was set aside, and is released"
    UNDER_WAY = "it was taken, and is being given back"
    REFUNDED = "it was taken, and has been given back"


@dataclass(frozen=True, slots=True)
class News:
    """What a traveller is told about a booking. `reason` is its own, empty while nothing ended it.

    `refund` is how much is given back, where something is.
    """

    kind: str
    booking_id: str
    first_name: str
    travellers: tuple[str, ...]
    total: Money
    returned: Returned
    refund: Money
    record_locators: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class AccountNews:
    """What is mailed about an account: `request_id` tells it from every other mail.

    `user_id` is empty when there is no account, `token` where no link carries one.
    """

    request_id: str
    user_id: str
    email: str
    kind: str
    locale: str
    token: str
    device: str

    def check(self) -> None:
        """InvalidArgument unless it can be told."""
        if self.kind not in ACCOUNT_KINDS:
            raise InvalidArgument("MAIL_KIND_UNKNOWN", "there is no such kind of mail")
        if self.kind in PAGES and not self.token:
            raise InvalidArgument("MAIL_TOKEN_MISSING", "the link of this mail carries a token")


@dataclass(frozen=True, slots=True)
class Words:
    """The news in a language: headline and sentence for the page, text and HTML for the mail."""

    title: str
    summary: str
    text: str
    html: str


_TRAVELLER = {"en": "traveller", "fr": "voyageur"}
_UNKNOWN = {"en": "unknown", "fr": "inconnu"}
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
_MONEY = {
    "en": {
        Returned.NOTHING: "You were not charged.",
        Returned.RELEASED: "You were not charged; what was set aside on your card is released.",
        Returned.UNDER_WAY: "We are giving {refund} back to the card it was paid with.",
        Returned.REFUNDED: "We have given {refund} back to the card it was paid with.",
    },
    "fr": {
        Returned.NOTHING: "Rien ne vous a été débité.",
        Returned.RELEASED: "Rien ne vous a été débité ; la somme réservée sur votre carte "
        "est libérée.",
        Returned.UNDER_WAY: "Nous vous rendons {refund} sur la carte qui a servi au paiement.",
        Returned.REFUNDED: "Nous vous avons rendu {refund} sur la carte qui a servi au paiement.",
    },
}


class Templates:
    """The words of each kind of news in each language, read once from `folder`.

    A text has its title, greeting and summary in its first three paragraphs. The same text, in the
    frame of `mail.html`, is the page.
    """

    def __init__(self, folder: Path, public_url: str) -> None:
        self._public_url = public_url.rstrip("/")
        frame = Template((folder / "mail.html").read_text())
        self._texts = {
            (kind, locale): (folder / f"{kind.lower()}.{locale}.txt").read_text()
            for kind in KINDS
            for locale in LOCALES
        }
        self._pages = {key: _page(frame, key[1], text) for key, text in self._texts.items()}

    def write(self, news: News, locale: str) -> Words:
        """The news of a booking in a language; English for one that nobody has written."""
        locale = locale if locale in LOCALES else LOCALES[0]
        return self._write(news.kind, locale, {**_facts(news, locale), "url": self._public_url})

    def write_account(self, news: AccountNews, now: datetime) -> Words:
        """The news of an account in its language. A token is in the link only.

        It is in the link's fragment, which no browser sends to a server or to another site.
        """
        url = self._public_url
        if news.kind in PAGES:
            url += f"/{PAGES[news.kind]}#token={quote(news.token, safe='')}"
        device = news.device or _UNKNOWN[news.locale]
        facts = {"url": url, "device": device, "time": f"{now:%Y-%m-%d %H:%M} UTC"}
        return self._write(news.kind, news.locale, facts)

    def _write(self, kind: str, locale: str, facts: Mapping[str, str]) -> Words:
        # On one line each, so that no name can end a header or a paragraph.
        facts = {name: " ".join(value.split()) for name, value in facts.items()}
        safe = {name: escape(value) for name, value in facts.items()}
        title, *paragraphs = Template(self._texts[kind, locale]).substitute(facts).split("\n\n")
        return Words(
            title=title,
            summary=paragraphs[1],
            text="\n\n".join(paragraphs),
            html=self._pages[kind, locale].substitute(safe),
        )


def _page(frame: Template, locale: str, text: str) -> Template:
    """A text as a page whose facts are still to be filled in: they cannot change its structure."""
    title, *paragraphs = escape(text.strip(), quote=False).split("\n\n")
    body = "\n".join(map(_block, paragraphs)).replace("$url", '<a href="$url">$url</a>')
    return Template(frame.substitute(locale=locale, title=title, body=body))


def _block(paragraph: str) -> str:
    """A paragraph, or a table when its lines are indented: a label, two spaces or more, a fact."""
    lines = paragraph.split("\n")
    if not paragraph.startswith("  "):
        return f"<p>{'<br>'.join(lines)}</p>"
    rows = (re.split(r"  +", line.strip(), maxsplit=1) for line in lines)
    cells = (f'<tr><th align="left">{label}</th><td>{fact}</td></tr>' for label, fact in rows)
    return "\n".join(['<table cellpadding="6">', *cells, "</table>"])


def _facts(news: News, locale: str) -> dict[str, str]:
    refund = _amount(news.refund, locale)
    return {
        "name": news.first_name or _TRAVELLER[locale],
        "booking": news.booking_id,
        "travellers": ", ".join(news.travellers),
        "total": _amount(news.total, locale),
        "locators": ", ".join(news.record_locators),
        "reason": _REASONS[locale].get(news.reason, _ANY_REASON[locale]),
        "money": _MONEY[locale][news.returned].format(refund=refund),
    }


def _amount(money: Money, locale: str) -> str:
    return str(money).replace(".", ",") if locale == "fr" else str(money)
