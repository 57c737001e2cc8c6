"""What a query may be before any parser sees it, found in one pass over its text.

The parser and the validator behind it recurse and repeat themselves, so a small hostile text can
keep them busy for minutes. Here each character is read once, and fragments are weighed, not
expanded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mesh.faults import InvalidArgument

MOST_BYTES = 16 * 1024
MOST_TOKENS = 1000
MOST_DEPTH = 12
MOST_ALIASES = 30
MOST_DIRECTIVES = 50
# With every fragment put in its place.
MOST_EXPANDED_TOKENS = 4000
MOST_EXPANDED_DEPTH = 24

_LEXEME = re.compile(
    r'"""(?:[^"\\]|\\"""|\\(?!""")|"(?!""))*"""'
    r'|"""'
    r'|"(?:[^"\\\n\r]|\\[^\n\r])*"'
    r"|\#[^\n\r]*"
    r"|\.\.\."
    r"|[_A-Za-z][_0-9A-Za-z]*"
    r"|-?[0-9][0-9.eE+-]*"
    r"|[\s,\ufeff]+"
    r"|.",
)
_IGNORED = frozenset("#, \t\n\r\ufeff")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|.)")
_OPENERS = {"}": "{", "]": "[", ")": "("}


@dataclass(frozen=True)
class Scan:
    """A query that passed: the text that the parser gets, and its size in tokens."""

    text: str
    tokens: int


@dataclass
class _Definition:
    """An operation or a fragment by itself. `spreads` are names with the depth they stand at."""

    tokens: int = 0
    depth: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)


def scan(query: str) -> Scan:
    """The query with its `\\uXXXX` escapes written out; InvalidArgument when it is too much."""
    if len(query) > MOST_BYTES or len(query.encode("utf-8", "replace")) > MOST_BYTES:
        raise InvalidArgument("QUERY_TOO_LARGE", f"a query has at most {MOST_BYTES} bytes")
    written = list(_lexemes(query))
    words = [word for word in written if word[0] not in _IGNORED]
    _limit("TOO_MANY_DIRECTIVES", words.count("@"), MOST_DIRECTIVES, "directives")
    _weigh(_definitions(words))
    return Scan("".join(map(_decoded, written)), len(words))


def _lexemes(query: str) -> Iterator[str]:
    """Every piece of the text; the first wrong one ends it, so that nothing is read twice."""
    words = 0
    for match in _LEXEME.finditer(query):
        piece = match[0]
        if piece in {'"', '"""', "\\", "\0"}:
            raise _malformed("the query has an unfinished string or a stray character")
        words += piece[0] not in _IGNORED
        _limit("QUERY_TOO_LONG", words, MOST_TOKENS, "tokens")
        yield piece


def _definitions(words: list[str]) -> dict[str, _Definition]:
    """Every definition by name; an operation by the index of its first word."""
    found: dict[str, _Definition] = {}
    open_: list[str] = []
    current: _Definition | None = None
    aliases = 0
    for index, word in enumerate(words):
        after = words[index + 1] if index + 1 < len(words) else ""
        if current is None:
            name = after if word == "fragment" else str(index)
            current = found[name] = _Definition()
        current.tokens += 1
        if word in _OPENERS.values():
            open_.append(word)
            current.depth = max(current.depth, len(open_))
            _limit("QUERY_TOO_DEEP", current.depth, MOST_DEPTH, "levels")
        elif word in _OPENERS:
            if not open_ or open_.pop() != _OPENERS[word]:
                raise _malformed(f"the query has a {word} that closes nothing")
            if word == "}" and not open_:
                current = None
        elif word == "..." and after not in {"on", "@", "{"}:
            current.spreads.append((after, len(open_)))
        elif after == ":" and "(" not in open_:
            aliases += 1
    _limit("TOO_MANY_ALIASES", aliases, MOST_ALIASES, "aliases")
    return found


def _weigh(definitions: dict[str, _Definition]) -> None:
    """Each definition with its fragments in place: memoised, so that a bomb costs nothing."""
    weighed: dict[str, _Definition] = {}
    under_way: set[str] = set()

    def weigh(name: str) -> _Definition:
        if name in weighed:
            return weighed[name]
        if name in under_way:
            raise InvalidArgument("FRAGMENT_CYCLE", f"the fragment {name} contains itself")
        under_way.add(name)
        own = definitions.get(name, _Definition())
        total = _Definition(own.tokens, own.depth)
        for spread, depth in own.spreads:
            inner = weigh(spread)
            total.tokens += inner.tokens
            # The fragment's outermost braces are those that it is spread in.
            total.depth = max(total.depth, depth + inner.depth - 1)
            _limit("QUERY_TOO_DEEP", total.depth, MOST_EXPANDED_DEPTH, "levels with fragments")
            _limit("QUERY_TOO_LONG", total.tokens, MOST_EXPANDED_TOKENS, "tokens with fragments")
        under_way.discard(name)
        weighed[name] = total
        return total

    for name in definitions:
        weigh(name)


def _decoded(piece: str) -> str:
    """A string without `\\uXXXX`, which the parser behind would refuse."""
    if "\\u" not in piece or piece[0] != '"' or piece.startswith('"""'):
        return piece
    text = _ESCAPE.sub(_character, piece)
    try:
        # Two surrogates, one after the other, are one character.
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _malformed("a string has half a character") from None


def _character(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[0]
    character = chr(int(escape[1], 16))
    if character in '"\\':
        return "\\" + character
    if character < " ":
        simple = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
        if character not in simple:
            raise _malformed("a string has a control character")
        return simple[character]
    return character


def _malformed(message: str) -> InvalidArgument:
    return InvalidArgument("QUERY_MALFORMED", message)


def _limit(reason: str, found: int, most: int, what: str) -> None:
    if found > most:
        raise InvalidArgument(reason, f"a query has at most {most} {what}")
