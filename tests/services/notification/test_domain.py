"""The words in both languages, page tokens and pauses, as rules."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mesh.faults import InvalidArgument
from mesh.money import Money
from services.notification.domain import (
    CANCELLED,
    CONFIRMED,
    News,
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
    given_back=False,
    record_locators=("QXK4PT",),
    reason="",
)
ENDED = replace(BOOKED, kind=CANCELLED, given_back=True, reason="CANCELLED_BY_TRAVELLER")


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
            ENDED,
            "en",
            "Your booking for Ada Lovelace, Charles Babbage is cancelled: you cancelled it. "
            "We are giving 1234.50 EUR back to the card it was paid with.",
        ),
        (
            replace(ENDED, given_back=False, reason="NOT_PAID_IN_TIME"),
            "fr",
            "Votre réservation pour Ada Lovelace, Charles Babbage est annulée : "
            "elle n'a pas été payée à temps. Rien ne vous a été débité.",
        ),
        (
            replace(ENDED, given_back=False, reason="SOMETHING_NEW"),
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
    assert words.text.startswith("Hello <script>alert(1)</script> Bcc: x,\n\n")
    assert words.summary.startswith("Your trip is confirmed for $url & ${name}: ")


def test_a_language_that_nobody_wrote_is_english_and_nobody_is_a_traveller() -> None:
    words = TEMPLATES.write(replace(BOOKED, first_name=""), "de")
    assert words.text.startswith("Hello traveller,\n\n")


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
