"""The mailbox as a page to read: a list, and one message. Everything shown is escaped."""

from html import escape
from typing import Any

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #ddd}pre{white-space:pre-wrap;background:#f6f6f6;padding:1rem}"
)


def inbox(listing: dict[str, Any], to: str | None) -> str:
    """The list of messages, newest first."""
    rows = "".join(
        f"<tr><td>{escape(message['receivedAt'][:19])}</td><td>{escape(message['from'])}</td>"
        f"<td>{escape(', '.join(message['to']))}</td>"
        f'<td><a href="/read/{escape(message["id"])}">'
        f"{escape(message['subject'] or '(no subject)')}</a></td></tr>"
        for message in listing["messages"]
    )
    about = f" to {escape(to)}" if to else ""
    return _document(
        "Mailbox",
        f"<h1>Mailbox</h1><p>{listing['count']} messages{about}</p>"
        '<form><label>To <input name="to" type="email"></label> <button>Filter</button></form>'
        f"<table><tr><th>Received</th><th>From</th><th>To</th><th>Subject</th></tr>{rows}</table>",
    )


def letter(message: dict[str, Any]) -> str:
    """One message: its headers, its text, and the source of its HTML."""
    headers = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in message["headers"].items()
    )
    parts = "".join(
        f"<h2>{title}</h2><pre>{escape(message[part])}</pre>"
        for part, title in (("text", "Text"), ("html", "HTML source"))
        if message[part]
    )
    subject = message["subject"] or "(no subject)"
    return _document(
        subject,
        f'<p><a href="/">Mailbox</a></p><h1>{escape(subject)}</h1><table>{headers}</table>{parts}',
    )


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )
