"""Which processes are ours: one record per started part, in `run/` of the state directory.

A record names a process by its id and the moment the kernel created it, so that an id that was
given to somebody else since is never taken for ours. It also holds all that stopping needs.
"""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import orjson

from pods.config import Config
from pods.part import Part


@dataclass(frozen=True, slots=True)
class Record:
    """A started part: `born` is the identity of process `pid`, `grace` counts seconds."""

    name: str
    pid: int
    born: str
    stop_signal: int
    grace: float
    needs: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()

    @classmethod
    def of(cls, part: Part, pid: int) -> Self:
        """The record of `part`, just started as `pid`."""
        return cls(
            name=part.name,
            pid=pid,
            born=born(pid) or "",
            stop_signal=int(part.stop_signal),
            grace=part.grace,
            needs=part.needs,
            leftovers=tuple(str(path) for path in part.leftovers),
        )

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return self.born != "" and born(self.pid) == self.born


class Ledger:
    """The records of one mesh, one small file each."""

    def __init__(self, config: Config) -> None:
        self._folder = config.state_dir / "run"

    def write(self, record: Record) -> None:
        """Remember a started part."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._path(record.name).with_suffix(".draft")
        draft.write_bytes(orjson.dumps(asdict(record)))
        draft.replace(self._path(record.name))

    def read(self, name: str) -> Record | None:
        """The record of a part, whether or not it still runs."""
        try:
            return Record(**orjson.loads(self._path(name).read_bytes()))
        except FileNotFoundError:
            return None

    def running(self, name: str) -> Record | None:
        """The record of a part, if its process still runs."""
        record = self.read(name)
        return record if record and record.alive() else None

    def forget(self, record: Record) -> None:
        """Drop the record of a part that was stopped on purpose, and what it left elsewhere."""
        for path in record.leftovers:
            Path(path).unlink(missing_ok=True)
        self._path(record.name).unlink(missing_ok=True)

    def records(self) -> list[Record]:
        """Every record, dead ones too."""
        read = [self.read(path.stem) for path in sorted(self._folder.glob("*.json"))]
        return [record for record in read if record]

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def born(pid: int) -> str | None:
    """When the kernel created process `pid`, as ticks of this boot; None when it has ended."""
    _reap(pid)
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, started = after_name[0], int(after_name[17]), after_name[19]
    # A killed process turns zombie before its last threads let go of its ports.
    ended = state in "ZX" and threads <= 1
    return None if ended else f"{boot}/{started}"


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
