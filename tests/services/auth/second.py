"""A second process of the same mesh, for races over two of them.

    python -m tests.services.auth.second STATE BASE

Reads refresh tokens, one on a line; exchanges each a hundred times at once, and writes the tokens
that this brought as a JSON list on a line.
"""

import asyncio
import json
import sys
from functools import partial
from pathlib import Path

from pods.pods import topology
from pods.process import Process
from tests.conftest import mesh_in
from tests.services.auth.test_races import client, persistently, refresh

AT_ONCE = 100


async def main(state: Path, base: int) -> None:
    """Serve standard input until it ends."""
    mesh = mesh_in(state, "single", base)
    process = Process(mesh.config, mesh.secrets, topology("single")["single"])
    auth = client(process)
    while token := (await asyncio.to_thread(sys.stdin.readline)).strip():
        asked = [persistently(partial(auth.refresh, refresh(token))) for _ in range(AT_ONCE)]
        answers = await asyncio.gather(*asked)
        brought = sorted({answer.tokens.refresh_token for answer in answers})
        print(json.dumps(brought), flush=True)
    await process.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
