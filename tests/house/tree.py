"""The project's own Python files, parsed once, for the tests of the house."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HOUSES = ("mesh", "services", "edge", "sandbox", "pods")


@dataclass(frozen=True)
class Module:
    """A source file with its lines and its syntax tree."""

    path: Path
    name: str
    lines: list[str]
    tree: ast.Module

    @property
    def house(self) -> str:
        return self.name.split("/")[0]

    def imports(self) -> set[str]:
        """Everything the module imports, as dotted names, relative ones refused."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name} imports relatively"
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found

    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]


@cache
def modules(*houses: str) -> tuple[Module, ...]:
    """The modules of some top-level folders, of all that are ours by default."""
    found = []
    for house in houses or HOUSES:
        for path in sorted((ROOT / house).rglob("*.py")):
            text = path.read_text()
            name = str(path.relative_to(ROOT))
            found.append(Module(path, name, text.splitlines(), ast.parse(text)))
    return tuple(found)
