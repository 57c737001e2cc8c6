"""`python -m edge.generate` writes gen/ from the contract; `--check` says whether it is stale."""

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from edge.generate import descriptor

_ROOT = Path(__file__).resolve().parents[2]
_BUF = Path(sys.executable).parent / "buf"
_TEMPLATE = "buf.gen.yaml"
_OUT = "gen"


def main() -> int:
    """Exit status: 0 done or fresh; else stale or refused by a plugin, with gen/ untouched."""
    parser = argparse.ArgumentParser(prog="python -m edge.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare with gen/")
    checking = parser.parse_args().check
    with tempfile.TemporaryDirectory() as directory:
        command = [str(_BUF), "generate", "--template", _TEMPLATE, "--output", directory]
        status = subprocess.run(command, cwd=_ROOT, check=False).returncode  # noqa: S603
        if status:
            return status
        fresh, kept = Path(directory, _OUT), _ROOT / _OUT
        descriptor.write(fresh / "envoy" / "descriptor.binpb")
        states = differences(fresh, kept)
        if not checking:
            _bring(states, fresh, kept)
            return 0
    for name, state in states.items():
        print(f"{state}: {_OUT}/{name}", file=sys.stderr)
    if states:
        print("gen/ is stale: run `make generate`", file=sys.stderr)
    return 1 if states else 0


def differences(fresh: Path, kept: Path) -> dict[str, str]:
    """Each file that is not the same, by path: it is `missing`, `extra` or `differs` in `kept`."""
    new, old = _files(fresh), _files(kept)
    states = dict.fromkeys(new - old, "missing") | dict.fromkeys(old - new, "extra")
    for name in new & old:
        if not filecmp.cmp(fresh / name, kept / name, shallow=False):
            states[name] = "differs"
    return dict(sorted(states.items()))


def _bring(states: dict[str, str], fresh: Path, kept: Path) -> None:
    for name, state in states.items():
        if state == "extra":
            (kept / name).unlink()
        else:
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fresh / name, kept / name)


def _files(root: Path) -> set[str]:
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {str(path) for path in found if "__pycache__" not in path.parts}


if __name__ == "__main__":
    sys.exit(main())
