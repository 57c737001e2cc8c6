"""What may be said only in one place, and what may not be said at all."""

import ast
import re

from tests.house.tree import ROOT, Module, modules

ENVIRONMENT = {"environ", "getenv"}
RANDOM_OR_NOW = {
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "uuid.uuid4",
    "uuid4",
    "time.time",
    "secrets.token_urlsafe",
    "secrets.token_bytes",
    "secrets.token_hex",
    "random.random",
    "random.choice",
    "random.randint",
}
NAKED_TODO = re.compile(r"\b(TODO|FIXME|XXX)\b")
STORIES_OF_ITS_MAKING = re.compile(r"/work/|/root/|\bissue #?\d|pypi\.org|pythonhosted", re.I)


def calls(module: Module) -> list[tuple[str, int]]:
    """Every dotted name that is called, with its line."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            found.append((ast.unparse(node.func), node.lineno))
    return found


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        module.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT
    }
    assert readers <= {"pods/config.py"}


def test_time_and_randomness_come_from_the_clock() -> None:
    wrong = [
        f"{module.name}:{line} {name}"
        for module in modules()
        for name, line in calls(module)
        if name in RANDOM_OR_NOW and module.name != "mesh/clock.py"
    ]
    assert wrong == []


def test_no_handler_aborts_its_own_call() -> None:
    wrong = [
        f"{module.name}:{line}"
        for module in modules("services")
        for name, line in calls(module)
        if name.endswith((".abort", ".abort_with_status"))
    ]
    assert wrong == []


def test_no_test_sleeps_to_hope() -> None:
    wrong = [
        f"{module.name}:{line}"
        for module in modules("tests")
        for name, line in calls(module)
        if name in {"time.sleep", "sleep"}
    ]
    assert wrong == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    wrong = [
        f"{module.name}:{number}"
        for module in modules()
        for number, line in enumerate(module.lines, 1)
        if NAKED_TODO.search(line)
    ]
    assert wrong == []


def test_no_file_tells_where_it_was_made() -> None:
    kinds = {".py", ".md", ".toml", ".yaml", ".yml", ".proto", ".lua", ".json", ".lock", ""}
    houses = ("mesh", "services", "edge", "sandbox", "pods", "proto", "docs", "envoy", "gen", ".ci")
    paths = [path for house in houses for path in (ROOT / house).rglob("*") if path.is_file()]
    paths += [path for path in ROOT.iterdir() if path.is_file()]
    wrong = [
        str(path.relative_to(ROOT))
        for path in paths
        if path.suffix in kinds and STORIES_OF_ITS_MAKING.search(path.read_text())
    ]
    assert wrong == []


def test_every_module_says_what_lives_in_it() -> None:
    silent = [m.name for m in modules() if m.tree.body and not ast.get_docstring(m.tree)]
    assert silent == []
