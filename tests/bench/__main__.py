"""Measures the project beside its peers, in one run on one machine, and prints the ratios.

    python -m tests.bench [WORD]    only the sections whose name holds WORD

Nothing else should run meanwhile. Ratios can be compared between machines; the other figures are
of this one.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench import accounts
from tests.bench.report import Report
from tests.conftest import a_mesh

SECTIONS = {"accounts": accounts.measure}


def main(word: str) -> int:
    """Run the sections; 1 when a figure misses what is promised of it."""
    report = Report()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        a_mesh(Path(folder), "three", 0) as mesh,
    ):
        asyncio.run(mesh.supervisor.start())
        for name, measure in SECTIONS.items():
            if word in name:
                asyncio.run(measure(mesh, report))
    print(report)
    return 1 if report.misses else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
