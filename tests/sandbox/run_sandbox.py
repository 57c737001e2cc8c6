"""A sandbox in a process of its own, to be killed: `python run_sandbox.py <config as JSON>`."""

import asyncio
import json
import sys
from pathlib import Path

from mesh.clock import SystemClock, SystemIds
from sandbox.main import SandboxConfig, serve

if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    config = SandboxConfig(**{**settings, "state_dir": Path(settings["state_dir"])})
    asyncio.run(serve(config, SystemClock(), SystemIds(), asyncio.Event()))
