"""Starts the parts of a mesh in the background, in the order of their needs, and stops them.

Starting is idempotent: what runs is left alone, what is missing is started, independent parts side
by side. When one part fails, all that this call started is stopped again. A library for tests and
the command line alike: it prints through `say` only.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from mesh.clock import Clock
from pods.config import Config
from pods.ledger import Ledger, Record
from pods.obstacles import one_at_a_time, refuse_full_disk, refuse_taken_ports
from pods.part import Part
from pods.refusal import Refusal

POLL = timedelta(milliseconds=50)
LOG_LIMIT_BYTES = 20_000_000
LOG_TAIL_BYTES = 4_000
KILL_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Round:
    """One call of start: the parts it has to start, those it began, and an event for each."""

    missing: frozenset[str]
    finished: dict[str, asyncio.Event]
    begun: list[str] = field(default_factory=list)


class Supervisor:
    """The life of the given parts; records and logs live in the state directory."""

    def __init__(
        self, config: Config, parts: tuple[Part, ...], clock: Clock, say: Callable[[str], None]
    ) -> None:
        self._config = config
        self._parts = {part.name: part for part in parts}
        self._ledger = Ledger(config)
        self._clock = clock
        self._say = say

    async def start(self, names: Collection[str] | None = None) -> list[str]:
        """Start the parts or groups named (all by default) with what they need, and wait.

        Answers the names of those it had to start. Refusal says in one sentence what stands in
        the way; nothing of this call then remains.
        """
        with one_at_a_time(self._config):
            wanted = self._with_needs(names)
            round_ = Round(
                missing=frozenset(part.name for part in wanted if self._missing(part)),
                finished={part.name: asyncio.Event() for part in wanted},
            )
            refuse_full_disk(self._config)
            refuse_taken_ports(part for part in wanted if part.name in round_.missing)
            try:
                await self._start_all(wanted, round_)
            except BaseException:
                begun = [self._ledger.read(name) for name in round_.begun]
                await self._stop_all([record for record in begun if record])
                raise
            return round_.begun

    async def stop(self, names: Collection[str] | None = None) -> None:
        """Stop the parts named (all that were ever started by default), those in need first."""
        with one_at_a_time(self._config):
            records = self._ledger.records()
            chosen = [each for each in records if names is None or each.name in names]
            await self._stop_all(chosen)

    async def restart(self, name: str) -> None:
        """Stop one part and start it again, with whatever it needs that is missing."""
        self._known(name)
        await self.stop([name])
        await self.start([name])

    async def kill(self, name: str) -> None:
        """End one part with SIGKILL and leave its record, as a crash would."""
        record = self._ledger.running(name)
        if record is None:
            raise Refusal(f"{name} does not run")
        await self._kill(record)

    def log(self, name: str) -> Path:
        """Where a part writes what it has to say."""
        return self._config.state_dir / "logs" / f"{name}.log"

    def _known(self, name: str) -> Part:
        if name not in self._parts:
            raise Refusal(f"There is no part {name!r}; there are {', '.join(self._parts)}")
        return self._parts[name]

    def _with_needs(self, names: Collection[str] | None) -> list[Part]:
        if names is None:
            return list(self._parts.values())
        groups = {part.group for part in self._parts.values()}
        queue = [self._known(name).name for name in names if name not in groups]
        queue += [part.name for part in self._parts.values() if part.group in names]
        chosen: set[str] = set()
        while queue:
            name = queue.pop()
            if name in self._parts and name not in chosen:
                chosen.add(name)
                queue.extend(self._parts[name].needs)
        return [part for part in self._parts.values() if part.name in chosen]

    def _missing(self, part: Part) -> bool:
        """A part that stays is missing when it does not run; a command, when one in need is."""
        if not part.once:
            return self._ledger.running(part.name) is None
        in_need = [other for other in self._parts.values() if part.name in other.needs]
        return not in_need or any(self._missing(other) for other in in_need)

    async def _start_all(self, wanted: list[Part], round_: Round) -> None:
        refused: Refusal | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in wanted:
                    tasks.create_task(self._start_one(part, round_))
        except* Refusal as several:
            refused = next(each for each in several.exceptions if isinstance(each, Refusal))
        if refused:
            raise refused

    async def _start_one(self, part: Part, round_: Round) -> None:
        for need in part.needs:
            if need in round_.finished:
                await round_.finished[need].wait()
        if part.name in round_.missing:
            self._say(f"{part.name:<16} starting")
            began = self._clock.monotonic()
            await self._bring_up(part, round_)
            self._say(f"{part.name:<16} ready in {self._clock.monotonic() - began:.1f} s")
        elif not part.once:
            await self._still_answers(part)
        round_.finished[part.name].set()

    async def _bring_up(self, part: Part, round_: Round) -> None:
        await part.prepare()
        process = self._launch(part)
        record = Record.of(part, process.pid)
        self._ledger.write(record)
        round_.begun.append(part.name)
        if part.once:
            await self._until_ended(part, process)
            self._ledger.forget(record)
            return
        # From here on the ledger watches over it, in this process or in the next one.
        process.returncode = 0
        await self._until_ready(part, record)
        await part.settle()

    def _launch(self, part: Part) -> subprocess.Popen[bytes]:
        log = self.log(part.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        full = log.exists() and log.stat().st_size > LOG_LIMIT_BYTES
        with log.open("wb" if full else "ab") as output:
            return subprocess.Popen(  # noqa: S603 (the command lines are ours)
                part.argv,
                cwd=self._config.root,
                env={**self._config.environment(), **part.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    async def _still_answers(self, part: Part) -> None:
        if not await part.ready():
            raise Refusal(
                f"{part.name} runs but does not answer: see {self.log(part.name)}, "
                f"or start it anew with 'python -m pods restart {part.name}'"
            )

    async def _until_ready(self, part: Part, record: Record) -> None:
        deadline = self._clock.monotonic() + part.patience
        while self._clock.monotonic() < deadline:
            if not record.alive():
                raise Refusal(f"{part.name} ended while starting{self._last_words(part.name)}")
            if await part.ready():
                return
            await self._clock.sleep(POLL)
        raise Refusal(
            f"{part.name} is not ready after {part.patience:.0f} s{self._last_words(part.name)}"
        )

    async def _until_ended(self, part: Part, process: subprocess.Popen[bytes]) -> None:
        deadline = self._clock.monotonic() + part.patience
        while process.poll() is None:
            if self._clock.monotonic() >= deadline:
                raise Refusal(f"{part.name} has not ended{self._last_words(part.name)}")
            await self._clock.sleep(POLL)
        if process.returncode:
            raise Refusal(f"{part.name} failed{self._last_words(part.name)}")

    def _last_words(self, name: str) -> str:
        text = self.log(name).read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
        last = text.splitlines()[-1] if text else "nothing"
        return f"; its last words: {last} (all of them in {self.log(name)})"

    async def _stop_all(self, records: list[Record]) -> None:
        stopped = {record.name: asyncio.Event() for record in records}
        async with asyncio.TaskGroup() as tasks:
            for record in records:
                in_need = [stopped[each.name] for each in records if record.name in each.needs]
                tasks.create_task(self._stop_one(record, in_need, stopped[record.name]))

    async def _stop_one(
        self, record: Record, in_need: list[asyncio.Event], stopped: asyncio.Event
    ) -> None:
        for event in in_need:
            await event.wait()
        if record.alive():
            began = self._clock.monotonic()
            await self._end(record)
            self._say(f"{record.name:<16} stopped in {self._clock.monotonic() - began:.1f} s")
        self._ledger.forget(record)
        stopped.set()

    async def _end(self, record: Record) -> None:
        _signal(record, record.stop_signal)
        if await self._ends_within(record, record.grace):
            return
        await self._kill(record)

    async def _kill(self, record: Record) -> None:
        _signal(record, signal.SIGKILL)
        if not await self._ends_within(record, KILL_PATIENCE):
            raise Refusal(f"{record.name} (process {record.pid}) does not end even when killed")

    async def _ends_within(self, record: Record, seconds: float) -> bool:
        deadline = self._clock.monotonic() + seconds
        while record.alive():
            if self._clock.monotonic() >= deadline:
                return False
            await self._clock.sleep(POLL)
        return True


def _signal(record: Record, number: int) -> None:
    try:
        os.kill(record.pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise Refusal(
            f"{record.name} (process {record.pid}) belongs to another user: "
            "stop it as the user who started it"
        ) from error
