"""The guard reads each query once and lets nothing costly reach the engine."""

import time

import pytest

from edge.graphql import guard
from mesh.faults import InvalidArgument


def refused(query: str) -> str:
    with pytest.raises(InvalidArgument) as caught:
        guard.scan(query)
    return caught.value.reason


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("{" * 20_000, "QUERY_TOO_LARGE"),
        ("{a" * 5_000, "QUERY_TOO_LONG"),
        ("{a" * 13 + "}" * 13, "QUERY_TOO_DEEP"),
        ("query($a: [[[[[[[[[[[[[Int]]]]]]]]]]]]]) {a}", "QUERY_TOO_DEEP"),
        ("{" + " ".join(f"a{n}: a" for n in range(31)) + "}", "TOO_MANY_ALIASES"),
        ("{a " + "@include(if: true) " * 51 + "}", "TOO_MANY_DIRECTIVES"),
        ('{a(b: "', "QUERY_MALFORMED"),
        ('{a(b: "' + '\\"' * 8_000, "QUERY_MALFORMED"),
        ('{a(b: """' + '\\"""' * 4_000, "QUERY_MALFORMED"),
        ("{a}}", "QUERY_MALFORMED"),
        ("{a(b: [1)}", "QUERY_MALFORMED"),
        ("{a\0}", "QUERY_MALFORMED"),
        ("{...A} fragment A on T {...B} fragment B on T {b {...A}}", "FRAGMENT_CYCLE"),
    ],
)
def test_what_would_keep_the_engine_busy_is_refused(query: str, reason: str) -> None:
    assert refused(query) == reason


def test_a_fragment_bomb_is_weighed_without_being_expanded() -> None:
    bomb = "{...F0}" + "".join(
        f"fragment F{n} on T {{a{{...F{n + 1} ...F{n + 1}}}}}" for n in range(60)
    )
    started = time.process_time()
    assert refused(bomb + "fragment F60 on T {a}") == "QUERY_TOO_LONG"
    deep = "{...F0}" + "".join(f"fragment F{n} on T {{a{{...F{n + 1}}}}}" for n in range(60))
    assert refused(deep + "fragment F60 on T {a}") == "QUERY_TOO_DEEP"
    flat = "{...F0}" + "".join(f"fragment F{n} on T {{...F{n + 1} ...F{n + 1}}}" for n in range(60))
    assert refused(flat + "fragment F60 on T {a}") == "QUERY_TOO_LONG"
    assert time.process_time() - started < 1


def test_what_stands_in_strings_and_comments_does_not_count() -> None:
    braces = "{" * 50
    query = f'{{a(b: "{braces}", c: """{braces} \\""" " {braces}""") # {braces}\n}}'
    assert guard.scan(query).text == query
    assert guard.scan(query).tokens == 11


def test_arguments_and_object_fields_are_no_aliases() -> None:
    arguments = ", ".join(f"a{n}: {{b: {n}}}" for n in range(40))
    assert guard.scan(f"query($v: T = {{x: 1}}) {{a({arguments})}}").tokens > 200


@pytest.mark.parametrize(
    ("written", "decoded"),
    [
        (r'"\u00e9"', '"é"'),
        (r'"\uD83D\uDE00 \n"', r'"😀 \n"'),
        (r'"\u0022\u005c\u000a\u0041"', r'"\"\\\nA"'),
        (r'"\\u00e9"', r'"\\u00e9"'),
        (r'"""\u00e9"""', r'"""\u00e9"""'),
    ],
)
def test_unicode_escapes_are_written_out(written: str, decoded: str) -> None:
    assert guard.scan(f"{{a(b: {written})}}").text == f"{{a(b: {decoded})}}"


@pytest.mark.parametrize("half", [r'"\ud83d"', r'"\u0000"'])
def test_an_escape_that_is_no_character_is_refused(half: str) -> None:
    assert refused(f"{{a(b: {half})}}") == "QUERY_MALFORMED"


def test_the_usual_introspection_passes() -> None:
    from graphql import get_introspection_query  # noqa: PLC0415

    assert guard.scan(get_introspection_query()).tokens < guard.MOST_TOKENS
