"""What HTTP, SSE and WebSocket share: reading a request, and what is forwarded with its calls."""

from collections.abc import Mapping
from typing import Any

import orjson

from edge.graphql.engine import GraphQLRequest
from edge.graphql.problems import Problem
from edge.graphql.run import Metadata

# A query with its variables.
MOST_BODY = 16 * 1024
_PARAMETERS = {"query", "operationName", "variables", "extensions"}
_FORWARDED = (
    "authorization",
    "x-request-id",
    "traceparent",
    "accept-language",
    "x-forwarded-for",
)


def decode(body: bytes | str) -> Any:
    """The JSON value of a body; Problem when it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, "BODY_MALFORMED", "the body is not JSON") from None


def read(parameters: Any) -> GraphQLRequest:
    """The request in a JSON object; Problem says what is wrong with it."""
    if isinstance(parameters, list):
        raise Problem(400, "BATCH_REFUSED", "send one request at a time, not an array of them")
    if not isinstance(parameters, dict):
        raise Problem(400, "REQUEST_INVALID", "the request is not a JSON object")
    unknown = sorted(parameters.keys() - _PARAMETERS)
    if unknown:
        raise Problem(400, "PARAMETER_UNKNOWN", f"there is no parameter {unknown[0][:80]}")
    query, name = parameters.get("query"), parameters.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise Problem(400, "QUERY_MISSING", "query is needed, as a string")
    if name is not None and not isinstance(name, str):
        raise Problem(400, "REQUEST_INVALID", "operationName is a string")
    for part in ("variables", "extensions"):
        if not isinstance(parameters.get(part), dict | None):
            raise Problem(400, "REQUEST_INVALID", f"{part} is an object")
    return GraphQLRequest(query, name, parameters.get("variables"))


def metadata(headers: Mapping[str, str]) -> Metadata:
    """The headers that services see; a value that gRPC cannot carry is left out."""
    found = ((name, headers.get(name, "")) for name in _FORWARDED)
    return [(name, value) for name, value in found if value and _carried(value)]


def request_id(headers: Mapping[str, str]) -> str:
    """The request's id as the edge has set it; empty without an edge."""
    return headers.get("x-request-id", "")


def _carried(value: str) -> bool:
    return value.isascii() and value.isprintable()
