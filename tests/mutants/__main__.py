"""Breaks the project in known ways, one at a time, and shows which test notices.

    python -m tests.mutants [WORD]    only those whose name holds WORD

Works on a copy of the tree, so nothing here is changed. The servers are started once; their
database is as new for each mutant. First every named test must pass on the unchanged copy, else
its failure would prove nothing. The tests called `test_mutant_…` carry their mutants themselves.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from redis.asyncio import Redis

from mesh.clock import SystemClock
from tests.conftest import Running, a_mesh
from tests.mutants.table import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
LONGEST_TEST, LONGEST_RUN = 60, 150
PRISTINE = "pristine"
CAUGHT, SURVIVED, GONE, BROKEN = "caught", "SURVIVED", "NO LONGER APPLIES", "FAILS UNCHANGED"


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant."""

    name: str
    test: str
    verdict: str
    seconds: float = 0.0


class Laboratory:
    """A copy of the tree, and servers whose database is made anew for each run of tests."""

    def __init__(self, tree: Path, state: Path, mesh: Running) -> None:
        self._tree = tree
        self._state = state
        self._writes = 0
        self._log = state / "pytest.log"
        self._addresses = mesh.addresses

    def run(self, *tests: str, report: Path | None = None) -> int:
        """pytest's exit status for some tests of the copy."""
        asyncio.run(self._forget())
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
        # A mutant that hangs is caught too, as a test that failed.
        command += ["--servers", str(self._state), f"--timeout={LONGEST_TEST}"]
        if report:
            command.append(f"--junitxml={report}")
        with self._log.open("wb") as log:
            return subprocess.run(
                command,
                cwd=self._tree,
                stdout=log,
                stderr=log,
                timeout=LONGEST_RUN * max(len(tests), 1),
                check=False,
            ).returncode

    def last_words(self) -> str:
        """The end of what pytest last had to say."""
        return self._log.read_text(errors="replace")[-3000:]

    @contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[bool]:
        """The copy with the mutant in it; False when its text is not there exactly once."""
        file = self._tree / mutant.file
        before = file.read_text()
        try:
            if before.count(mutant.old) == 1:
                self._write(file, before.replace(mutant.old, mutant.new))
            yield before.count(mutant.old) == 1
        finally:
            self._write(file, before)

    def _write(self, file: Path, text: str) -> None:
        """Change a file so that nobody takes it for the one before, in the same second or not."""
        self._writes += 1
        file.write_text(text)
        os.utime(file, (self._writes, self._writes))

    async def keep_pristine(self) -> None:
        """Keep the database as it is now, to be the beginning of each run."""
        connection = await self._postgres()
        await connection.execute(f"CREATE DATABASE {PRISTINE} TEMPLATE dreamscape")
        await connection.close()

    async def _forget(self) -> None:
        connection = await self._postgres()
        kept = ["postgres", "template0", "template1", PRISTINE]
        query = "SELECT datname FROM pg_database WHERE datname <> ALL($1)"
        for row in await connection.fetch(query, kept):
            await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
        await connection.execute(f"CREATE DATABASE dreamscape TEMPLATE {PRISTINE}")
        await connection.close()
        redis = Redis.from_url(self._addresses.redis_url)
        await redis.flushall()
        await redis.aclose()

    async def _postgres(self) -> "asyncpg.Connection[asyncpg.Record]":
        url = self._addresses.database_url.rpartition("/")[0] + "/postgres"
        return await asyncpg.connect(url, timeout=5)


@contextmanager
def laboratory() -> Iterator[Laboratory]:
    """A laboratory for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="mutants.") as folder:
        tree, state = Path(folder) / "tree", Path(folder) / "state"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        state.mkdir()
        with a_mesh(state, "three", 0) as mesh:
            asyncio.run(mesh.supervisor.start(["servers", "sandbox"]))
            lab = Laboratory(tree, state, mesh)
            asyncio.run(lab.keep_pristine())
            yield lab


def failing_unchanged(lab: Laboratory, mutants: Sequence[Mutant], report: Path) -> set[str]:
    """Those named tests that do not pass on the copy as it is; SystemExit when one is not there."""
    tests = sorted({mutant.test for mutant in mutants})
    if lab.run(*tests, report=report) not in (0, 1):
        sys.exit(lab.last_words())
    passed = [test for test, fine in results(report) if fine]
    return {test for test in tests if not any(_is(each, test) for each in passed)}


def _is(case: str, test: str) -> bool:
    """Whether a case is the test, or one of its parameters."""
    return case == test or case.startswith(f"{test}[")


def results(report: Path) -> Iterator[tuple[str, bool]]:
    """Each test in a report of pytest, by its id, and whether it passed."""
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest's own
        file = case.attrib["classname"].replace(".", "/")
        yield (
            f"{file}.py::{case.attrib['name']}",
            len(case) == 0
            or all(child.tag not in ("failure", "error", "skipped") for child in case),
        )


def tried(lab: Laboratory, mutant: Mutant, broken: set[str]) -> Outcome:
    """What became of one mutant."""
    clock = SystemClock()
    if mutant.test in broken:
        return Outcome(mutant.name, mutant.test, BROKEN)
    began = clock.monotonic()
    with lab.mutated(mutant) as applied:
        if not applied:
            return Outcome(mutant.name, mutant.test, GONE)
        status = lab.run(mutant.test)
    seconds = clock.monotonic() - began
    return Outcome(mutant.name, mutant.test, CAUGHT if status == 1 else SURVIVED, seconds)


def carried(lab: Laboratory, report: Path) -> list[Outcome]:
    """The outcome of each mutant that a test carries itself."""
    lab.run("tests", "-k", "test_mutant", report=report)
    found = []
    for test, fine in results(report):
        name = test.rpartition("::")[2].removeprefix("test_mutant_").replace("_", " ")
        found.append(Outcome(name, test, CAUGHT if fine else SURVIVED))
    return found


def shown(outcome: Outcome) -> str:
    """A line of the table."""
    return (
        f"{outcome.verdict:<17}  {outcome.seconds:5.1f} s  {outcome.name}\n{'':<28}{outcome.test}"
    )


def main(words: Sequence[str]) -> int:
    """Try every mutant, or those whose name holds a word; 1 when one was not caught."""
    chosen = [m for m in MUTANTS if all(word in m.name for word in words)]
    with laboratory() as lab, tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        broken = failing_unchanged(lab, chosen, report)
        outcomes = []
        for mutant in chosen:
            outcomes.append(tried(lab, mutant, broken))
            print(shown(outcomes[-1]), flush=True)
        for outcome in [] if words else carried(lab, report):
            outcomes.append(outcome)
            print(shown(outcome), flush=True)
    caught = sum(outcome.verdict == CAUGHT for outcome in outcomes)
    print(f"{caught} of {len(outcomes)} mutants caught")
    return 0 if caught == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
