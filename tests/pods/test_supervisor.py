"""Parts start in the order of their needs, stop completely, and never cost a stranger its life."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mesh.clock import SystemClock
from pods.config import Config
from pods.ledger import Ledger, Record, born
from pods.obstacles import one_at_a_time
from pods.part import Part
from pods.refusal import Refusal
from pods.status import table
from pods.supervisor import Supervisor

STAY = "import signal; print('here', flush=True); signal.pause()"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.from_environment(
        {"DREAMSCAPE_STATE": str(tmp_path / "state"), "PATH": os.defpath}
    )


@pytest.fixture
def said() -> list[str]:
    return []


class Stage:
    """A supervisor over small processes of this test, all of which end with it."""

    def __init__(self, config: Config, said: list[str]) -> None:
        self.config, self.said, self.ledger = config, said, Ledger(config)

    def of(self, *parts: Part) -> Supervisor:
        return Supervisor(self.config, parts, SystemClock(), self.said.append)

    def part(self, name: str, code: str = STAY, needs: tuple[str, ...] = ()) -> Part:
        async def here() -> bool:
            return "here" in (self.config.state_dir / "logs" / f"{name}.log").read_text()

        argv = (sys.executable, "-c", code)
        return Part(name=name, group="tests", pod="-", argv=argv, needs=needs, ready=here)


@pytest.fixture
def stage(config: Config, said: list[str]) -> Iterator[Stage]:
    stage = Stage(config, said)
    yield stage
    asyncio.run(stage.of().stop())


async def test_a_part_starts_after_its_needs_and_stops_before_them(stage: Stage) -> None:
    supervisor = stage.of(stage.part("house", needs=("ground",)), stage.part("ground"))
    await supervisor.start()
    await supervisor.stop()
    order = [(line.split()[0], line.split()[1]) for line in stage.said]
    assert order == [
        *(("ground", "starting"), ("ground", "ready"), ("house", "starting"), ("house", "ready")),
        *(("house", "stopped"), ("ground", "stopped")),
    ]
    assert stage.ledger.records() == []


async def test_a_second_start_starts_only_what_is_missing(stage: Stage) -> None:
    supervisor = stage.of(stage.part("one"), stage.part("two"))
    await supervisor.start()
    before = {record.name: record.pid for record in stage.ledger.records()}
    await supervisor.kill("two")
    await supervisor.start()
    after = {record.name: record.pid for record in stage.ledger.records()}
    assert after["one"] == before["one"]
    assert after["two"] != before["two"]


async def test_a_crash_is_visible_in_the_status(stage: Stage) -> None:
    part = stage.part("one")
    supervisor = stage.of(part)
    assert "stopped" in (await table((part,), stage.ledger))[1]
    await supervisor.start()
    assert "ready" in (await table((part,), stage.ledger))[1]
    await supervisor.kill("one")
    assert "crashed" in (await table((part,), stage.ledger))[1]


async def test_when_one_part_dies_all_that_this_start_began_is_stopped(stage: Stage) -> None:
    dying = stage.part("dying", "raise SystemExit('no such comet')", needs=("ground",))
    with pytest.raises(Refusal, match=r"dying ended while starting.*no such comet.*dying\.log"):
        await stage.of(stage.part("ground"), dying).start()
    assert stage.ledger.records() == []


async def test_a_failing_start_leaves_alone_what_ran_before_it(stage: Stage) -> None:
    ground = stage.part("ground")
    await stage.of(ground).start()
    with pytest.raises(Refusal, match="dying ended"):
        await stage.of(ground, stage.part("dying", "1/0", needs=("ground",))).start()
    assert [record.name for record in stage.ledger.records() if record.alive()] == ["ground"]


async def test_a_command_runs_to_its_end_and_only_when_one_in_need_is_missing(
    stage: Stage,
) -> None:
    command = replace(stage.part("migrate", "print('migrated')"), once=True)
    supervisor = stage.of(command, stage.part("pod", needs=("migrate",)))
    await supervisor.start()
    await supervisor.start()
    assert supervisor.log("migrate").read_text() == "migrated\n"


async def test_a_failing_command_is_refused_with_its_last_words(stage: Stage) -> None:
    command = replace(stage.part("migrate", "raise SystemExit('bad table')"), once=True)
    with pytest.raises(Refusal, match="migrate failed; its last words: bad table"):
        await stage.of(command).start()
    assert stage.ledger.records() == []


async def test_a_taken_port_is_refused_with_its_holder_before_anything_starts(
    stage: Stage,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(Refusal) as refused:
            await stage.of(stage.part("ground"), replace(stage.part("b"), ports=(port,))).start()
    sentence = str(refused.value)
    assert sentence.startswith(f"Port {port}, wanted by b, is taken by ")
    assert f"(process {os.getpid()})" in sentence
    assert sentence.endswith("or choose other ports with DREAMSCAPE_PORT_BASE=20000")
    assert stage.said == []


@pytest.fixture
def stranger() -> Iterator[int]:
    """The id of a process that is none of ours."""
    with subprocess.Popen([sys.executable, "-c", STAY], stdout=subprocess.DEVNULL) as process:
        yield process.pid
        process.terminate()


async def test_a_process_that_was_given_our_old_id_is_never_stopped(
    stage: Stage, stranger: int
) -> None:
    record = Record("one", stranger, "boot/1", stop_signal=15, grace=1.0)
    stage.ledger.write(record)
    assert not record.alive()
    await stage.of(stage.part("one")).stop()
    assert stage.ledger.records() == []
    assert born(stranger) is not None


async def test_a_part_that_ignores_the_request_to_stop_is_killed(stage: Stage) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + STAY
    await stage.of(replace(stage.part("stubborn", stubborn), grace=0.1)).start()
    pid = stage.ledger.records()[0].pid
    await stage.of().stop()
    assert born(pid) is None


async def test_a_full_disk_is_refused_before_anything_starts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pods.obstacles.LEAST_FREE_BYTES", 10**18)
    with pytest.raises(Refusal, match=r"MB are free below .*: make room for 1 GB, or set"):
        await stage.of(stage.part("one")).start()
    assert stage.said == []


async def test_two_commands_at_once_are_refused(stage: Stage) -> None:
    with one_at_a_time(stage.config), pytest.raises(Refusal, match="wait for it to end"):
        await stage.of(stage.part("one")).start()


async def test_an_unknown_part_is_refused_with_the_known_ones(stage: Stage) -> None:
    with pytest.raises(Refusal, match="no part 'ghost'; there are one"):
        await stage.of(stage.part("one")).start(["ghost"])
