"""Mail: what SMTP accepts can be read back, and shown without running any of it."""

import smtplib
from email.message import EmailMessage

import httpx
import pytest

from tests.sandbox.conftest import Running


def send(sandbox: Running, to: str = "zoe@example.org", **parts: str) -> None:
    message = EmailMessage()
    message["From"] = "DreamScape <trips@example.org>"
    message["To"] = to
    message["Subject"] = parts.get("subject", "Your trip is confirmed")
    message.set_content(parts.get("text", "Bon voyage, Zoé!"))
    message.add_alternative(parts.get("html", "<p>Bon voyage</p>"), subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.config.smtp_port) as server:
        server.send_message(message)


def test_a_message_is_read_back_whole(sandbox: Running):
    send(sandbox)

    listing = httpx.get(f"{sandbox.mailbox_url}/messages").json()
    assert listing["count"] == 1
    [summary] = listing["messages"]
    assert (summary["from"], summary["to"], summary["subject"]) == (
        "trips@example.org",
        ["zoe@example.org"],
        "Your trip is confirmed",
    )
    message = httpx.get(f"{sandbox.mailbox_url}/messages/{summary['id']}").json()
    assert message["text"].strip() == "Bon voyage, Zoé!"
    assert message["html"].strip() == "<p>Bon voyage</p>"
    assert message["headers"]["To"] == "zoe@example.org"


def test_messages_are_filtered_by_recipient_newest_first(sandbox: Running):
    for number in range(3):
        send(sandbox, subject=f"To Zoé {number}")
    send(sandbox, to="max@example.org, eva@example.org")
    url = f"{sandbox.mailbox_url}/messages"

    to_zoe = httpx.get(url, params={"to": "ZOE@example.org"}).json()
    assert [m["subject"] for m in to_zoe["messages"]] == ["To Zoé 2", "To Zoé 1", "To Zoé 0"]
    assert httpx.get(url, params={"to": "eva@example.org"}).json()["count"] == 1
    assert httpx.get(url, params={"to": "nobody@example.org"}).json()["messages"] == []
    assert len(httpx.get(url, params={"limit": 2}).json()["messages"]) == 2
    assert httpx.get(url, params={"limit": "-1"}).status_code == 400


def test_the_page_escapes_what_a_message_says(sandbox: Running):
    send(sandbox, subject="<script>alert(1)</script>", html="<img src=x onerror=alert(2)>")
    [message] = httpx.get(f"{sandbox.mailbox_url}/messages").json()["messages"]

    for path in ("/", "/?to=<script>", f"/read/{message['id']}"):
        page = httpx.get(sandbox.mailbox_url + path)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "<img" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    assert httpx.get(f"{sandbox.mailbox_url}/read/nothing").status_code == 404


def test_the_mailbox_is_emptied(sandbox: Running):
    send(sandbox)
    assert httpx.delete(f"{sandbox.mailbox_url}/messages").status_code == 204
    assert httpx.get(f"{sandbox.mailbox_url}/messages").json() == {"count": 0, "messages": []}


def test_a_strange_message_is_still_readable(sandbox: Running):
    raw = (
        b"Subject: =?x-unknown?q?=FF?=\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\n"
        b"caf\xe9 <b>\r\n"
    )
    with smtplib.SMTP("127.0.0.1", sandbox.config.smtp_port) as server:
        server.sendmail("", ["zoe@example.org"], raw)

    [message] = httpx.get(f"{sandbox.mailbox_url}/messages").json()["messages"]
    whole = httpx.get(f"{sandbox.mailbox_url}/messages/{message['id']}").json()
    assert whole["text"].startswith("caf")
    assert httpx.get(f"{sandbox.mailbox_url}/read/{message['id']}").status_code == 200


def test_an_oversized_message_is_refused(sandbox: Running):
    with (
        smtplib.SMTP("127.0.0.1", sandbox.config.smtp_port) as server,
        pytest.raises(smtplib.SMTPException),
    ):
        server.sendmail("a@example.org", ["b@example.org"], b"x" * 6_000_000)
    assert httpx.get(f"{sandbox.mailbox_url}/messages").json()["count"] == 0
