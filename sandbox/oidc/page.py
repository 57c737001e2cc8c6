"""The page on which somebody tells who they are. Everything shown is escaped."""

from collections.abc import Iterable
from html import escape

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem}"
    "input,button{font:inherit;padding:.4rem .6rem;margin:.2rem 0}label{display:block}"
)


def sign_in(provider: str, asked: Iterable[tuple[str, str]], problem: str) -> str:
    """A form that repeats what was asked and adds an address, or a refusal."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked
    )
    name = escape(provider.capitalize())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{name} (sandbox)</title><style>{STYLE}</style></head><body>"
        f"<h1>{name} (sandbox)</h1><p>Anybody may be anybody here.</p>"
        f'<p role="alert">{escape(problem)}</p><form>{hidden}'
        '<label>E-mail <input name="login_hint" type="email" required autofocus></label>'
        "<button>Sign in</button> "
        '<button name="deny" value="1" formnovalidate>Refuse</button>'
        "</form></body></html>"
    )
