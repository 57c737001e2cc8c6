"""The route of one RPC: timeout, deadline, retries and what its success looks like over REST."""

from dataclasses import dataclass
from typing import Any

from edge.generate.contract import Method, Service
from edge.generate.envoy import limits

_FILTERS = "type.googleapis.com/envoy.extensions.filters.http"
_HOSTS = "type.googleapis.com/envoy.extensions.retry.host"
_NDJSON = "application/x-ndjson"
# Nothing of the call was heard, so repeating it is always safe.
_UNHEARD = "connect-failure,refused-stream,reset-before-request"
_LONGEST_STREAM = "1800s"
_USUAL_BODY = 1 << 20
_PUBLIC = {"PUBLIC", "USER", "OWNER", "ADMIN"}
_IS_GRPC = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
_ANOTHER_HOST = {
    "name": "envoy.retry_host_predicates.previous_hosts",
    "typed_config": {"@type": f"{_HOSTS}.previous_hosts.v3.PreviousHostsPredicate"},
}


@dataclass(frozen=True)
class Hop:
    """One proxy on the way to the workers.

    `margin_ms` is how long after an RPC's own deadline it gives up, so that the service's answer
    wins; `rest` says that REST calls come this way.
    """

    cluster: str
    margin_ms: int
    retry_on: str
    rest: bool


def to_workers(cluster: str, *, rest: bool) -> Hop:
    """The last proxy, which repeats what was not heard and what a worker could not serve."""
    return Hop(cluster, 500 if rest else 250, f"{_UNHEARD},unavailable", rest)


def to_pod(cluster: str) -> Hop:
    """The edge in front of a pod's own proxy, which repeats by itself what workers refuse."""
    return Hop(cluster, 500, _UNHEARD, rest=True)


def is_public(method: Method) -> bool:
    """Whether the public edge has a route to it. What is undecided has none."""
    return method.access in _PUBLIC


def routes(method: Method, hop: Hop) -> list[dict[str, Any]]:
    """The method's route by exact gRPC path, which REST calls take once they are transcoded.

    A REST stream has a second one: the transcoder does not name the content type of NDJSON.
    """
    plain = _route(method, hop)
    if not (method.server_streaming and hop.rest):
        return [plain]
    accept = {"name": "accept", "string_match": {"contains": _NDJSON}}
    lines = plain | {
        "name": f"{method.full_name} as NDJSON",
        "match": {"path": method.path, "headers": [_IS_GRPC, accept]},
        "metadata": _metadata(method, {"content_type": _NDJSON}),
    }
    return [lines, plain]


def largest_body(method: Method) -> int:
    """The most bytes that a request may have."""
    return int(method.policy.get("max_body_bytes", _USUAL_BODY))


def buffered(size: int) -> dict[str, Any]:
    """The filter config of a route that takes a body of `size` bytes and no more."""
    buffer = {
        "@type": f"{_FILTERS}.buffer.v3.BufferPerRoute",
        "buffer": {"max_request_bytes": size},
    }
    return {"envoy.filters.http.buffer": buffer}


def grpc_stats(services: list[Service]) -> dict[str, Any]:
    """Statistics for each method that has a route, and for no name that a client makes up."""
    return {
        "@type": f"{_FILTERS}.grpc_stats.v3.FilterConfig",
        "emit_filter_state": True,
        "enable_upstream_stats": True,
        "individual_method_stats_allowlist": {
            "services": [
                {"name": service.full_name, "method_names": [m.name for m in service.methods]}
                for service in services
            ]
        },
    }


def _route(method: Method, hop: Hop) -> dict[str, Any]:
    action = {"cluster": hop.cluster} | _time(method, hop.margin_ms)
    if method.idempotent:
        action["retry_policy"] = _retries(hop.retry_on)
    route: dict[str, Any] = {
        "name": method.full_name,
        "match": {"path": method.path, "headers": [_IS_GRPC]},
        "route": action,
    }
    if hop.rest:
        route["metadata"] = _metadata(method, _success(method))
        route["typed_per_filter_config"] = buffered(largest_body(method))
    if not method.server_streaming:
        route["request_headers_to_add"] = [_deadline(method.policy["timeout_ms"])]
    return route


def _time(method: Method, margin_ms: int) -> dict[str, Any]:
    if method.server_streaming:
        limits = ("max_stream_duration", "grpc_timeout_header_max")
        return {"timeout": "0s", "max_stream_duration": dict.fromkeys(limits, _LONGEST_STREAM)}
    limit = f"{(method.policy['timeout_ms'] + margin_ms) / 1000:g}s"
    return {"timeout": limit, "max_stream_duration": {"grpc_timeout_header_max": limit}}


def _retries(retry_on: str) -> dict[str, Any]:
    return {
        "retry_on": retry_on,
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
        "retry_host_predicate": [_ANOTHER_HOST],
        "host_selection_retry_max_attempts": 3,
    }


def _deadline(timeout_ms: int) -> dict[str, Any]:
    header = {"key": "grpc-timeout", "value": f"{timeout_ms}m"}
    return {"header": header, "append_action": "ADD_IF_ABSENT"}


def _success(method: Method) -> dict[str, str]:
    """How an answer over REST differs from `200`, JSON and not to be kept."""
    differs = {}
    if status := method.policy.get("success_status"):
        differs["status"] = str(status)
    ttl = method.policy.get("cache_ttl_s")
    if ttl and method.read_only and method.access == "PUBLIC":
        differs["cache_control"] = f"public, max-age={ttl}"
    return differs


def _metadata(method: Method, success: dict[str, str]) -> dict[str, Any]:
    """What filters know of the method: Lua its successes, the rate limits its class."""
    lua = {"envoy.filters.http.lua": success} if success else {}
    return {"filter_metadata": lua | limits.metadata(method.rate)}
