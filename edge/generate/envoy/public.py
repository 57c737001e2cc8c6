"""The public Envoy: which RPCs it shows, to whom, and how they look as REST."""

import re
from dataclasses import dataclass, replace
from typing import Any

from edge.generate.contract import Contract, Method, Service
from edge.generate.envoy import limits, problems, rpc
from edge.generate.envoy.pod import cluster
from edge.generate.envoy.template import document, fill
from edge.generate.envoy.topology import Pods
from edge.generate.templates import variables

_HTTP = "http"
_RAW_BODY = "google.api.HttpBody"
_VARIABLE = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True)
class _Upstream:
    """A pod with the services that the edge shows of it."""

    cluster: dict[str, Any]
    hop: rpc.Hop
    services: list[Service]


def public(contract: Contract, pods: Pods, edge: str) -> dict[str, Any]:
    """The config of the Envoy of `edge`, an edge pod, in front of all services behind it."""
    behind = pods.behind(contract, edge)
    upstreams = [_upstream(pods, pod, pod == edge, found) for pod, found in behind.items()]
    clusters = [upstream.cluster for upstream in upstreams]
    clusters.append(cluster(_HTTP, f"{pods.front.lower()}_http", f"${{{pods.front}_HTTP_PORT}}"))
    services = [service for upstream in upstreams for service in upstream.services]
    parts = {
        "port": "${EDGE_PORT}",
        "admin_port": "${EDGE_ADMIN_PORT}",
        "overload": document("overload.yaml"),
        "access_log": document("access_log.yaml"),
        "healthy": {c["name"]: {"value": 1} for c in clusters},
        "lua": problems.lua(),
        "headers": _headers(),
        "transcoder": _transcoder(services),
        "keys": clusters[-1]["name"],
        "buckets": limits.buckets(),
        "rate_limits": limits.rate_limits(),
        "rules": [_rule(method) for service in services for method in service.methods],
        "grpc_stats": rpc.grpc_stats(services),
        "mappers": problems.mappers(),
        "routes": _routes(contract, upstreams, clusters[-1]["name"]),
        "clusters": [*clusters, document("clusters.yaml")["nowhere"]],
    }
    return dict(fill(document("public.yaml"), parts))


def _upstream(pods: Pods, pod: str, own: bool, services: list[Service]) -> _Upstream:
    shown = [
        replace(service, methods=[m for m in service.methods if rpc.is_public(m)])
        for service in services
    ]
    if own:
        workers = cluster("workers", "workers", f"${{{pods.front}_GRPC_PORT}}")
        return _Upstream(workers, rpc.to_workers("workers", rest=True), shown)
    return _Upstream(cluster("pod", pod, f"${{{pod.upper()}_PORT}}"), rpc.to_pod(pod), shown)


def _routes(contract: Contract, upstreams: list[_Upstream], http: str) -> list[dict[str, Any]]:
    """First match wins: RPCs, what is refused, HTTP apps, REST."""
    fixed = document("routes.yaml")
    services = [service for upstream in upstreams for service in upstream.services]
    rpcs = [
        route
        for upstream in upstreams
        for service in upstream.services
        for method in service.methods
        for route in rpc.routes(method, upstream.hop)
    ]
    raw = [
        route
        for service in services
        for method in service.methods
        for route in _raw_routes(contract, method, services)
    ]
    places = {
        "http": http,
        "api": limits.metadata("API"),
        "ndjson": _transcoder(services, {"stream_newline_delimited": True}),
        "events": _transcoder(services, {"stream_sse_style_delimited": True}),
    }
    app, rest = fill(fixed["app"], places), fill(fixed["rest"], places)
    overruled = [route for s in services for m in s.methods for route in _overruled(contract, m)]
    refused = [fixed["no_such_rpc"], fixed["escaped_name"], *overruled]
    return [*rpcs, *refused, *raw, *fixed["not_json"], *app, *rest]


def _overruled(contract: Contract, method: Method) -> list[dict[str, Any]]:
    """Refusals of a query that names what the path holds: the transcoder would let it win."""
    fields = contract.messages[method.input]
    return [
        {
            "name": f"{method.full_name} with {spelling} in the query",
            "match": {
                "safe_regex": {"regex": _pattern(route.path)},
                "headers": [{"name": ":method", "string_match": {"exact": route.verb}}],
                "query_parameters": [{"name": spelling, "present_match": True}],
            },
            "direct_response": {
                "status": 400,
                "body": {"inline_string": f"{spelling} is in the path and must not be a parameter"},
            },
            "typed_per_filter_config": document("routes.yaml")["untouched"],
        }
        for route in method.routes
        for variable in variables(route.path)
        for spelling in dict.fromkeys((variable, fields.field(variable).json_name))
    ]


def _raw_routes(
    contract: Contract, method: Method, services: list[Service]
) -> list[dict[str, Any]]:
    """REST routes that take a body of any type, because the RPC wants its very bytes."""
    message, size = contract.messages[method.input], rpc.largest_body(method)
    filters = rpc.buffered(size)
    if "max_body_bytes" in method.policy:
        transcoder = _transcoder(services) | {"max_request_body_size": size}
        filters |= {"envoy.filters.http.grpc_json_transcoder": transcoder}
    return [
        {
            "name": f"{method.full_name} as it was sent",
            "match": {
                "safe_regex": {"regex": _pattern(route.path)},
                "headers": [{"name": ":method", "string_match": {"exact": route.verb}}],
            },
            "route": {"cluster": "nowhere"},
            "typed_per_filter_config": filters,
        }
        for route in method.routes
        if any(f.type == _RAW_BODY and f.name == route.body for f in message.fields)
    ]


def _pattern(template: str) -> str:
    """A regular expression for a path template: a variable is one segment, or its part."""
    return "[^/]+".join(re.escape(fixed) for fixed in _VARIABLE.split(template))


def _rule(method: Method) -> dict[str, Any]:
    """Who must show a token. A method for joins needs one even where its data is public."""
    open_to_all = method.access == "PUBLIC" and not method.policy.get("join_only")
    return {
        "match": {"path": method.path},
        "requirement_name": "optional" if open_to_all else "required",
    }


def _headers() -> list[dict[str, Any]]:
    """What every answer tells browsers, unless it says so itself."""
    return [
        {"append": {"header": {"key": name, "value": value}, "append_action": "ADD_IF_ABSENT"}}
        for name, value in document("headers.yaml").items()
    ]


def _transcoder(
    services: list[Service], print_options: dict[str, Any] | None = None
) -> dict[str, Any]:
    parts = {
        "services": [service.full_name for service in services],
        "print_options": {"always_print_primitive_fields": True} | (print_options or {}),
    }
    return dict(fill(document("transcoder.yaml"), parts))
