"""A pod's own Envoy: every method of its services, and nothing else."""

from typing import Any

from edge.generate.contract import Contract
from edge.generate.envoy.problems import inner_mappers
from edge.generate.envoy.rpc import grpc_stats, routes, to_workers
from edge.generate.envoy.template import document, fill
from edge.generate.envoy.topology import Pods


def inner(contract: Contract, pods: Pods, pod: str) -> dict[str, Any]:
    """The config of `pod`'s Envoy. Methods for services only are here too: this is inside."""
    services = pods.services(contract, pod)
    hop = to_workers("workers", rest=False)
    variable = pod.upper()
    parts = {
        "name": pod,
        "port": f"${{{variable}_PORT}}",
        "admin_port": f"${{{variable}_ADMIN_PORT}}",
        "overload": document("overload.yaml"),
        "access_log": document("access_log.yaml"),
        "healthy": {"workers": {"value": 1}},
        "grpc_stats": grpc_stats(services),
        "mappers": inner_mappers(),
        "rpcs": [r for service in services for m in service.methods for r in routes(m, hop)],
        "clusters": [cluster("workers", "workers", f"${{{variable}_GRPC_PORT}}")],
    }
    return dict(fill(document("pod.yaml"), parts))


def cluster(kind: str, name: str, port: str) -> dict[str, Any]:
    """An upstream of a kind in clusters.yaml."""
    return dict(fill(document("clusters.yaml")[kind], {"name": name, "port": port}))
