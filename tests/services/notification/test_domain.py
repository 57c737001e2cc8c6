"""The words in both languages, page tokens and pauses, as rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mesh.faults import InvalidArgument
from mesh.money import Money
from services.notification.domain import (
    ACCOUNT_KINDS,
    CANCELLED,
    CONFIRMED,
    LOCALES,
    PAGES,
    AccountNews,
    News,
    Returned,
    Templates,
    page_token,
    pause_after,
    read_page_token,
)
from services.notification.wiring import MIGRATIONS

TEMPLATES = Templates(Path(MIGRATIONS).parent / "templates", "https://www.dreamscape.example")
BOOKED = News(
    kind=CONFIRMED,
    booking_id="01890a5d-ac96-774b-bcce-b302099a8057",
    first_name="Ada",
    travellers=("Ada Lovelace", "Charles Babbage"),
    total=Money.of("1234.50", "EUR"),
    returned=Returned.NOTHING,
    refund=Money.of("0.00", "EUR"),
    record_locators=("QXK4PT",),
    reason="",
)
ENDED = replace(BOOKED, kind=CANCELLED, reason="CANCELLED_BY_TRAVELLER")


def test_a_confirmation_in_english_names_locator_travellers_and_total() -> None:
    words = TEMPLATES.write(BOOKED, "en")
    assert words.title == "Your trip is booked: QXK4PT"
    assert words.summary == (
        "Your trip is confirmed for Ada Lovelace, Charles Babbage: 1234.50 EUR, "
        "record locator QXK4PT."
    )
    assert words.text.startswith("Hello Ada,\n\n")
    for fact in (BOOKED.booking_id, "https://www.dreamscape.example", "QXK4PT", "1234.50 EUR"):
        assert fact in words.text
        assert fact in words.html


def test_a_confirmation_in_french_is_french() -> None:
    words = TEMPLATES.write(BOOKED, "fr")
    assert words.title == "Votre voyage est réservé : QXK4PT"
    assert words.text.startswith("Bonjour Ada,\n\n")
    assert "1234,50 EUR" in words.html
    assert '<html lang="fr">' in words.html


@pytest.mark.parametrize(
    ("news", "locale", "summary"),
    [
        (
            replace(ENDED, returned=Returned.REFUNDED, refund=Money.of("1200.00", "EUR")),
            "en",
            "Your booking for Ada Lovelace, Charles Babbage is cancelled: you cancelled it. "
            "We have given 1200.00 EUR back to the card it was paid with.",
        ),
        (
            replace(ENDED, returned=Returned.UNDER_WAY, refund=Money.of("1234.50", "EUR")),
            "fr",
            "Votre réservation pour Ada Lovelace, Charles Babbage est annulée : vous l'avez "
            "annulée. Nous vous rendons 1234,50 EUR sur la carte qui a servi au paiement.",
        ),
        (
            replace(ENDED, returned=Returned.RELEASED),
            "en",
            "Your booking for Ada Lovelace, Charles Babbage is cancelled: you cancelled it. "
            "You were not charged; what was set aside on your card is released.",
        ),
        (
            replace(ENDED, reason="NOT_PAID_IN_TIME"),
            "fr",
            "Votre réservation pour Ada Lovelace, Charles Babbage est annulée : "
            "elle n'a pas été payée à temps. Rien ne vous a été débité.",
        ),
        (
            replace(ENDED, reason="SOMETHING_NEW"),
            "en",
            "Your booking for Ada Lovelace, Charles Babbage is cancelled: "
            "it could not be completed. You were not charged.",
        ),
    ],
)
def test_a_cancellation_says_why_and_what_is_given_back(
    news: News, locale: str, summary: str
) -> None:
    assert TEMPLATES.write(news, locale).summary == summary


def test_a_name_cannot_become_markup_or_another_paragraph() -> None:
    hostile = replace(
        BOOKED, first_name="<script>alert(1)</script>\n\nBcc: x", travellers=("$url & ${name}",)
    )
    words = TEMPLATES.write(hostile, "en")
    assert "<script>" not in words.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Bcc: x" in words.html
    assert "$url &amp; ${name}" in words.html
    assert '<tr><th align="left">Travellers</th><td>$url &amp; ${name}</td></tr>' in words.html
    assert words.text.startswith("Hello <script>alert(1)</script> Bcc: x,\n\n")
    assert words.summary.startswith("Your trip is confirmed for $url & ${name}: ")


def test_a_language_that_nobody_wrote_is_english_and_nobody_is_a_traveller() -> None:
    words = TEMPLATES.write(replace(BOOKED, first_name=""), "de")
    assert words.text.startswith("Hello traveller,\n\n")


ASKED = AccountNews(
    request_id="01890a5d-ac96-774b-bcce-b302099a8057",
    user_id="01890a5d-ac96-774b-bcce-b302099a8058",
    email="ada@example.com",
    kind="RESET_PASSWORD",
    locale="en",
    token="t0ken/+&",
    device="Firefox on Linux, 192.0.2.7",
)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", sorted(PAGES))
def test_a_token_is_in_the_links_fragment_and_nowhere_else(kind: str, locale: str) -> None:
    words = TEMPLATES.write_account(replace(ASKED, kind=kind, locale=locale), NOON)
    link = f"https://www.dreamscape.example/{PAGES[kind]}#token=t0ken%2F%2B%26"
    assert words.text.count(f"\n\n{link}\n\n") == 1
    assert words.html.count(f'<p><a href="{link}">{link}</a></p>') == 1
    rest = words.text.replace(link, "") + words.html.replace(link, "")
    assert "t0ken" not in words.title + words.summary + rest


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", sorted(set(ACCOUNT_KINDS) - PAGES.keys()))
def test_a_mail_without_such_a_link_never_tells_a_token(kind: str, locale: str) -> None:
    words = TEMPLATES.write_account(replace(ASKED, kind=kind, locale=locale), NOON)
    everything = words.title + words.summary + words.text + words.html
    assert "t0ken" not in everything
    assert "$" not in everything
    assert f'<html lang="{locale}">' in words.html
    assert words.text.startswith({"en": "Hello,\n\n", "fr": "Bonjour,\n\n"}[locale])
    assert '<a href="https://www.dreamscape.example">' in words.html


def test_a_new_device_is_named_with_its_moment() -> None:
    words = TEMPLATES.write_account(replace(ASKED, kind="NEW_LOGIN"), NOON)
    assert words.title == "A new device has signed in"
    assert words.summary == (
        "Somebody has signed in to your account from a device that we had not seen before: "
        "Firefox on Linux, 192.0.2.7."
    )
    assert "\n  When            2027-01-01 12:00 UTC\n" in words.text
    assert '<th align="left">Device</th><td>Firefox on Linux, 192.0.2.7</td>' in words.html


def test_what_a_device_calls_itself_cannot_become_markup_or_a_paragraph() -> None:
    hostile = "<a href=//evil.example>\n\nBcc: eve"
    words = TEMPLATES.write_account(replace(ASKED, kind="NEW_LOGIN", device=hostile), NOON)
    assert "<a href=//evil" not in words.html
    assert "&lt;a href=//evil.example&gt; Bcc: eve" in words.html
    assert "\n\nBcc" not in words.text


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"kind": ""}, "MAIL_KIND_UNKNOWN"), ({"token": ""}, "MAIL_TOKEN_MISSING")],
)
def test_a_mail_that_cannot_be_written_is_refused(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        replace(ASKED, **changes).check()
    assert refused.value.reason == reason


def test_a_page_token_leads_back_to_where_it_was_given() -> None:
    assert read_page_token(page_token(BOOKED.booking_id)) == BOOKED.booking_id
    assert read_page_token("") == ""


@pytest.mark.parametrize("token", ["x", "!!!!", "AAAA", "é", page_token("' OR 1=1"), "=", "_w"])
def test_a_page_token_of_somebody_elses_making_is_refused(token: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read_page_token(token)
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


def test_the_pause_doubles_up_to_five_minutes() -> None:
    pauses = [pause_after(attempts) / timedelta(seconds=1) for attempts in range(1, 11)]
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
