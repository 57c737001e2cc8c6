"""What the documentation names is there: test files, single tests, and other pages."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.house.tree import ROOT

# `tests/a/test_b.py`, `tests/a/test_{b,c}.py`, `tests/a/test_b.py::test_c` or a folder `tests/a/`.
TEST = re.compile(r"`(tests/[\w/.{},-]+)(?:::(\w+))?`")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)")
BRACES = re.compile(r"\{([^}]*)\}")


def pages() -> list[str]:
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [str(path.relative_to(ROOT)) for path in found]


def spelled_out(path: str) -> Iterator[str]:
    """A path with braces as the paths it stands for."""
    braces = BRACES.search(path)
    if braces is None:
        yield path
        return
    for choice in braces[1].split(","):
        yield from spelled_out(path[: braces.start()] + choice + path[braces.end() :])


def named_tests() -> list[tuple[str, str, str]]:
    """Every test that a page names: the page, the file or folder, the test or nothing."""
    return [
        (page, path, match[2] or "")
        for page in pages()
        for match in TEST.finditer((ROOT / page).read_text())
        for path in spelled_out(match[1])
    ]


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_every_test_that_a_page_names_exists() -> None:
    named = named_tests()
    missing = []
    for page, path, test in named:
        there = (ROOT / path).exists() and (not test or test in names_in(path))
        if not there:
            missing.append(f"{page}: {path}::{test}")
    assert named, "no page names a test"
    assert missing == []


def test_every_page_that_a_page_links_exists() -> None:
    missing = [
        f"{page}: {target}"
        for page in pages()
        for target in LINK.findall((ROOT / page).read_text())
        if not (ROOT / page).parent.joinpath(target).exists()
    ]
    assert missing == []
