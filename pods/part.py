"""A part: one process of the mesh as data, from its command line to the proof that it is ready."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOCAL = "127.0.0.1"

Step = Callable[[], Awaitable[None]]
Probe = Callable[[], Awaitable[bool]]


async def nothing() -> None:
    """The step of a part that needs no step."""


async def always() -> bool:
    """The probe of a part that is ready as soon as it has ended."""
    return True


@dataclass(frozen=True, slots=True)
class Part:
    """One process. `prepare` runs before it starts, `settle` once `ready` answers True.

    `group` is servers, sandbox, pods or envoys; `pod` is the pod it belongs to, for people.
    `once` marks a command that runs to its end instead of staying. `stop_signal` asks it to end;
    `grace` seconds later SIGKILL ends it, and a part whose state is safe at any instant needs few.
    `leftovers` are files outside the state directory, to be removed when it has stopped.
    """

    name: str
    group: str
    pod: str
    argv: tuple[str, ...]
    address: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    ports: tuple[int, ...] = ()
    needs: tuple[str, ...] = ()
    prepare: Step = nothing
    ready: Probe = always
    settle: Step = nothing
    once: bool = False
    patience: float = 60.0
    stop_signal: int = signal.SIGTERM
    grace: float = 10.0
    leftovers: tuple[Path, ...] = ()
