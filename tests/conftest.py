"""The real servers for every test that needs them: started once, on free ports, stopped at the end.

They live in a folder of their own, so `make up` may run beside the tests.
"""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from mesh.clock import SystemClock, SystemIds
from pods.addresses import Addresses, addresses
from pods.config import Config, Ports
from pods.roster import roster
from pods.secrets import Secrets, ensure
from pods.supervisor import Supervisor

LOWEST_BASE, BASES, STRIDE = 20_000, 180, 64
PORT_BASE = "port_base"
RATE_FACTOR = 10_000


@dataclass(frozen=True)
class Running:
    """A mesh, or its servers alone, that runs for this test session."""

    config: Config
    secrets: Secrets
    addresses: Addresses
    supervisor: Supervisor


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers",
        metavar="FOLDER",
        type=Path,
        help="use the servers that somebody runs in this folder, and leave them running",
    )


@contextmanager
def a_mesh(
    folder: Path, topology: str, nth: int, *, rate_factor: int = RATE_FACTOR
) -> Iterator[Running]:
    """A mesh of which nothing runs yet; whatever is started of it is stopped at the end.

    The suites call faster than anyone may; a test of the limits says so with `rate_factor`.
    """
    base = free_port_base(nth)
    (folder / PORT_BASE).write_text(str(base))
    mesh = mesh_in(folder, topology, base, rate_factor)
    try:
        yield mesh
    finally:
        asyncio.run(mesh.supervisor.stop())


def mesh_in(folder: Path, topology: str, base: int, rate_factor: int = RATE_FACTOR) -> Running:
    """The mesh whose state is in a folder and whose ports begin at `base`."""
    config = Config.from_environment(
        {
            "PATH": os.defpath + os.pathsep + "/usr/sbin:/sbin",
            "DREAMSCAPE_STATE": str(folder),
            "DREAMSCAPE_PORT_BASE": str(base),
            "DREAMSCAPE_TOPOLOGY": topology,
            "DREAMSCAPE_RATE_FACTOR": str(rate_factor),
        }
    )
    secrets = ensure(config, SystemIds())
    supervisor = Supervisor(config, roster(config, secrets), SystemClock(), print)
    return Running(config, secrets, addresses(config, secrets), supervisor)


@pytest.fixture(scope="session")
def session_mesh(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """This session's mesh in three pods, of which nothing runs yet."""
    given: Path | None = request.config.getoption("--servers")
    if given:
        yield mesh_in(given, "three", int((given / PORT_BASE).read_text()))
        return
    with a_mesh(tmp_path_factory.mktemp("mesh"), "three", 0) as mesh:
        yield mesh


@pytest.fixture(scope="session")
def servers(session_mesh: Running) -> Running:
    """PostgreSQL, Redis, S3 and the Kafka-protocol broker, running."""
    asyncio.run(session_mesh.supervisor.start(["servers"]))
    return session_mesh


@pytest.fixture(scope="session")
def whole_mesh(session_mesh: Running) -> Running:
    """Everything, up to the public edge, running."""
    asyncio.run(session_mesh.supervisor.start())
    return session_mesh


@pytest.fixture(scope="session")
def single_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Everything again, all services in one process, running."""
    with a_mesh(tmp_path_factory.mktemp("single"), "single", 1) as mesh:
        asyncio.run(mesh.supervisor.start())
        yield mesh


def free_port_base(nth: int) -> int:
    """A base below the ephemeral range whose every port is free; each mesh looks elsewhere."""
    first = os.getpid() + nth * BASES // 2
    for attempt in range(BASES):
        base = LOWEST_BASE + (first + attempt) % BASES * STRIDE
        if all(_free(base + offset) for offset in range(len(fields(Ports)) + 1)):
            return base
    pytest.exit("no free range of ports between 20000 and 32000")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
