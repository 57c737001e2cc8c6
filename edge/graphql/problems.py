"""Refusals of a transport, before there is a GraphQL request: RFC 9457 problem documents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
from starlette.responses import Response

from edge.graphql.failures import DOMAIN

_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_INVALID_ARGUMENT, _RESOURCE_EXHAUSTED, _UNIMPLEMENTED = 3, 8, 12
_CODES = {405: _UNIMPLEMENTED, 429: _RESOURCE_EXHAUSTED}


@dataclass
class Problem(Exception):
    """A request that is refused by its shape: HTTP status, reason and a sentence."""

    status: int
    reason: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, request_id: str = "") -> Response:
        """The problem document."""
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": _CODES.get(self.status, _INVALID_ARGUMENT),
            "message": self.message,
            "details": [
                {"@type": _ERROR_INFO, "reason": self.reason, "domain": DOMAIN, "metadata": {}}
            ],
        }
        if request_id:
            document["requestId"] = request_id
        return Response(
            orjson.dumps(document),
            self.status,
            dict(self.headers),
            media_type="application/problem+json",
        )
