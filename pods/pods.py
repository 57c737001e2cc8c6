"""Which services share a process, read from `pods.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

MAP = Path(__file__).with_name("pods.toml")


@dataclass(frozen=True, slots=True)
class Pod:
    """A process: the nouns of its services, and whether it holds the public edge."""

    name: str
    services: tuple[str, ...]
    edge: bool


def topology(name: str) -> dict[str, Pod]:
    """The pods of a topology by name; KeyError when there is no such topology."""
    data = tomllib.loads(MAP.read_text())
    return {
        pod: Pod(pod, tuple(facts["services"]), bool(facts.get("edge", False)))
        for pod, facts in data["pods"].items()
        if pod in data["topologies"][name]
    }


def home_of(noun: str, pods: dict[str, Pod]) -> Pod:
    """The pod that a service runs in; KeyError when none has it."""
    for pod in pods.values():
        if noun in pod.services:
            return pod
    raise KeyError(noun)
