"""How a proxy words its own failures: mappers of local replies, and the Lua filter's table."""

import json
from collections.abc import Iterable
from typing import Any

from edge.generate.envoy.template import document, text

_DOMAIN = "edge.dreamscape"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
_OWN_TEXT = "%LOCAL_REPLY_BODY%"
_LEAST_FAILURE = 400
_ID = {"requestId": "%REQ(X-REQUEST-ID)%"}
_ABSENT = {"present_match": True, "invert_match": True}
_LUA_TABLE = "local PROBLEMS = {}"

Filter = dict[str, Any]
Row = dict[str, Any]


def mappers() -> list[dict[str, Any]]:
    """The public edge's, in order: /health, then native gRPC, then everything else.

    Native gRPC comes first of the failures: its text becomes `grpc-message`, which holds no JSON.
    """
    rows = document("problems.yaml")
    native = [
        _header("content-type", {"string_match": {"prefix": "application/grpc"}}),
        _header("x-envoy-original-method", _ABSENT),
    ]
    return [_serving(), *_native_mappers(rows, native), *_rest_mappers(rows)]


def inner_mappers() -> list[dict[str, Any]]:
    """A pod's own: the same words, as gRPC messages."""
    return [_serving(), *_native_mappers(document("problems.yaml"), [])]


def lua() -> str:
    """The Lua filter with its table of problems."""
    source = text("problem.lua")
    if _LUA_TABLE not in source:
        raise ValueError(f"problem.lua has no `{_LUA_TABLE}`")
    rows = [f"  [{s}] = {_lua_row(row)}," for s, row in document("problems.yaml").items()]
    return source.replace(_LUA_TABLE, "\n".join(["local PROBLEMS = {", *rows, "}"]))


def _native_mappers(rows: dict[int, Row], native: list[Filter]) -> Iterable[dict[str, Any]]:
    for status, row in rows.items():
        own = row.get("unread", _OWN_TEXT)
        yield _mapper([*native, _status("EQ", status)], row) | _text(row.get("message", own))
    yield _mapper([*native, _status("GE", _LEAST_FAILURE)], {}) | _text(_OWN_TEXT)


def _rest_mappers(rows: dict[int, Row]) -> Iterable[dict[str, Any]]:
    unread = _header("x-forwarded-proto", _ABSENT)
    for status, row in rows.items():
        if "unread" in row:
            early = row | {"message": row["unread"]}
            yield _mapper([unread, _status("EQ", status)], row) | _problem(early)
        yield _mapper([_status("EQ", status)], row) | _problem(row, **_ID)
    other = {"title": "Error", "code": 2, "reason": "UNKNOWN", "message": "The request failed."}
    yield _mapper([_status("GE", _LEAST_FAILURE)], {}) | _problem(other, **_ID)


def _problem(row: Row, **more: str) -> dict[str, Any]:
    document = {
        "type": "about:blank",
        "title": row["title"],
        "status": "%RESPONSE_CODE%",
        "code": row["code"],
        "message": row.get("message", _OWN_TEXT),
        "details": _details(row),
    } | more
    body = {"json_format": document, "content_type": "application/problem+json"}
    return {"body_format_override": body}


def _details(row: Row) -> list[dict[str, Any]]:
    info = {"@type": _ERROR_INFO, "reason": row["reason"], "domain": _DOMAIN, "metadata": {}}
    later = {"@type": _RETRY_INFO, "retryDelay": f"{row.get('retry_after')}s"}
    return [info, later] if "retry_after" in row else [info]


def _text(message: object) -> dict[str, Any]:
    return {"body_format_override": {"text_format_source": {"inline_string": str(message)}}}


def _serving() -> dict[str, Any]:
    path = _header(":path", {"string_match": {"exact": "/health"}})
    return {
        "filter": _all([path, _status("EQ", 200)]),
        "body_format_override": {"json_format": {"status": "SERVING"}},
    }


def _mapper(filters: list[Filter], row: Row) -> dict[str, Any]:
    mapper: dict[str, Any] = {"filter": _all(filters)}
    if "retry_after" in row:
        header = {"key": "retry-after", "value": str(row["retry_after"])}
        mapper["headers_to_add"] = [
            {"header": header, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        ]
    return mapper


def _lua_row(row: Row) -> str:
    message = row.get("message", row.get("unread", row["title"]))
    # What a route says of its class is not known there; who counts tells it by itself.
    known = {key: value for key, value in row.items() if "%" not in str(value)}
    details = json.dumps(_details(known), separators=(",", ":"))
    return (
        f'{{title = "{row["title"]}", code = {row["code"]}, message = "{message}", '
        f"details = '{details}'}}"
    )


def _all(filters: list[Filter]) -> Filter:
    return filters[0] if len(filters) == 1 else {"and_filter": {"filters": filters}}


def _header(name: str, how: dict[str, Any]) -> Filter:
    return {"header_filter": {"header": {"name": name} | how}}


def _status(op: str, status: int) -> Filter:
    value = {"default_value": status, "runtime_key": f"edge.local_reply.{op}.{status}".lower()}
    return {"status_code_filter": {"comparison": {"op": op, "value": value}}}
