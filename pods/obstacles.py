"""What can stand in the way before anything starts: taken ports, a full disk, a second run."""

import errno
import fcntl
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psutil

from pods.config import Config
from pods.part import LOCAL, Part
from pods.refusal import Refusal

LEAST_FREE_BYTES = 1_000_000_000


def refuse_full_disk(config: Config) -> None:
    """Refusal when less than 1 GB is free where the state is kept."""
    config.state_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(config.state_dir).free
    if free < LEAST_FREE_BYTES:
        raise Refusal(
            f"Only {free // 1_000_000} MB are free below {config.state_dir}: make room for 1 GB, "
            "or set DREAMSCAPE_STATE to a folder on another disk"
        )


def refuse_taken_ports(parts: Iterable[Part]) -> None:
    """Refusal naming the first port that another process holds, and that process."""
    for part in parts:
        for port in part.ports:
            if _taken(port):
                raise Refusal(
                    f"Port {port}, wanted by {part.name}, is taken by {_holder(port)}: "
                    "stop that process, or choose other ports with DREAMSCAPE_PORT_BASE=20000"
                )


@contextmanager
def one_at_a_time(config: Config) -> Iterator[None]:
    """Hold the mesh for the length of one command; Refusal when another command holds it."""
    config.state_dir.mkdir(parents=True, exist_ok=True)
    with (config.state_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refusal(
                f"Another command is starting or stopping {config.state_dir}: wait for it to end"
            ) from error
        yield


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCAL, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _holder(port: int) -> str:
    try:
        for each in psutil.net_connections(kind="tcp"):
            if (
                each.status == psutil.CONN_LISTEN
                and each.laddr
                and each.laddr.port == port
                and each.pid
            ):
                return f"{psutil.Process(each.pid).name()} (process {each.pid})"
    except psutil.Error:
        pass
    return "another process"
