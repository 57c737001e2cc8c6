"""Which Envoys there are, and what each has behind it: pods.toml as the generator sees it."""

from typing import Any

from edge.generate.contract import Contract, Service


class Pods:
    """The pods of every topology. The first topology's edge pod gives the edge its port names."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._topologies: dict[str, list[str]] = document["topologies"]
        self._pods: dict[str, dict[str, Any]] = document["pods"]
        first = next(iter(self._topologies.values()))
        self._front: str = next(pod for pod in first if self._is_edge(pod))

    @property
    def front(self) -> str:
        """The edge pod's name in placeholders: `EXPERIENCE` of `${EXPERIENCE_HTTP_PORT}`."""
        return self._front.upper()

    def inner(self) -> list[str]:
        """The pods that are reached through an edge in another pod."""
        return [pod for pods in self._topologies.values() for pod in pods if not self._is_edge(pod)]

    def public(self) -> dict[str, str]:
        """Edge pods by their document: `edge` for one without services, else the pod's name."""
        edges = [pod for pods in self._topologies.values() for pod in pods if self._is_edge(pod)]
        return {pod if self._nouns(pod) else "edge": pod for pod in edges}

    def services(self, contract: Contract, pod: str) -> list[Service]:
        """The services that run in this pod, in the contract's order."""
        return [s for s in contract.services if s.noun in self._nouns(pod)]

    def behind(self, contract: Contract, edge: str) -> dict[str, list[Service]]:
        """The pods whose services this edge exposes: itself, or the others of its topology."""
        topology = next(pods for pods in self._topologies.values() if edge in pods)
        found = {pod: self.services(contract, pod) for pod in topology}
        return {pod: services for pod, services in found.items() if services}

    def _is_edge(self, pod: str) -> bool:
        return bool(self._pods[pod].get("edge", False))

    def _nouns(self, pod: str) -> list[str]:
        return list(self._pods[pod]["services"])
