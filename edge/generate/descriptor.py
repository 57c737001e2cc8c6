"""The contract as Envoy's transcoder reads it: a binary FileDescriptorSet."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_BUF = Path(sys.executable).parent / "buf"


def write(out: Path) -> None:
    """Write the descriptor set of all of proto/ with its imports to `out`.

    protoc plugins answer with text only, so buf writes this one. Everything under proto/ is in,
    not only what services import: an error detail that the set does not know would reach a REST
    client as an empty body. CalledProcessError when proto/ does not compile.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    target = f"{out}#format=binpb"
    command = [str(_BUF), "build", "--as-file-descriptor-set", "--exclude-source-info"]
    subprocess.run([*command, "-o", target], cwd=_ROOT, check=True)  # noqa: S603
