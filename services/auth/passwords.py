"""The passwords that are tried first, which nobody may have.

About twelve thousand of eight characters and more: a list of ours, and the most frequent ones that
were ever leaked, which come with zxcvbn.
"""

import runpy
from importlib.util import find_spec
from pathlib import Path

from services.auth.domain import SHORTEST_PASSWORD

_OURS = Path(__file__).parent / "data" / "passwords.txt"


def common_passwords() -> frozenset[str]:
    """Every one of them, case-folded; those that are too short anyway are left out."""
    passwords = [*_OURS.read_text().split(), *_leaked()]
    return frozenset(each.casefold() for each in passwords if len(each) >= SHORTEST_PASSWORD)


def _leaked() -> list[str]:
    found = find_spec("zxcvbn")
    if found is None or found.origin is None:
        raise ImportError("zxcvbn, which has the list of passwords, is not installed")
    # Run, not imported: the package would keep all its dictionaries, some 30 MB, for good.
    lists = runpy.run_path(str(Path(found.origin).with_name("frequency_lists.py")))
    leaked: list[str] = lists["FREQUENCY_LISTS"]["passwords"]
    return leaked
