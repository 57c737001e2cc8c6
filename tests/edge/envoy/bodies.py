"""The one body that every failure has, as the tests expect it."""

from typing import Any

import httpx
from google.rpc import status_pb2
from grpc_status import rpc_status

MALFORMED_HEAD = "The request line or a header is malformed."


def problem(response: httpx.Response) -> dict[str, Any]:
    """The body, whose id is checked against the header that the client also gets."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body.pop("requestId") == response.headers["x-request-id"]
    return body


def by_edge(
    status: int, title: str, code: int, reason: str, message: str, *, retry: str = ""
) -> dict[str, Any]:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "edge.dreamscape",
        "metadata": {},
    }
    later = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry}
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "message": message,
        "details": [info, later] if retry else [info],
    }


def nothing() -> dict[str, Any]:
    text = "There is nothing at this path and method."
    return by_edge(404, "Not Found", 5, "ROUTE_NOT_FOUND", text)


def malformed(message: str) -> dict[str, Any]:
    return by_edge(400, "Bad Request", 3, "INVALID_REQUEST", message)


def unauthenticated(message: str) -> dict[str, Any]:
    return by_edge(401, "Unauthorized", 16, "UNAUTHENTICATED", message)


def too_large() -> dict[str, Any]:
    text = "The request body is too large."
    return by_edge(413, "Content Too Large", 3, "PAYLOAD_TOO_LARGE", text)


def too_many(retry: str) -> dict[str, Any]:
    text = "Too many requests. Try again later."
    return by_edge(429, "Too Many Requests", 8, "RATE_LIMITED", text, retry=retry)


def not_json() -> dict[str, Any]:
    text = "The request body must be application/json."
    return by_edge(415, "Unsupported Media Type", 3, "UNSUPPORTED_MEDIA_TYPE", text)


async def fail(context: Any, code: int, message: str, *details: Any) -> None:
    status = status_pb2.Status(code=code, message=message)
    for detail in details:
        status.details.add().Pack(detail)
    await context.abort_with_status(rpc_status.to_status(status))
