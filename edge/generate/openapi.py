"""Plugin: one OpenAPI 3.1 document of all REST routes, `openapi.json`."""

import json
import re
from typing import Any

from edge.generate import templates
from edge.generate.contract import Contract, Field, Message, Method, Route, Service
from edge.generate.plugin import Files, run
from edge.generate.schemas import Schema, Schemas

_HTTP_BODY = "google.api.HttpBody"
_PROBLEM_TYPE = "application/problem+json"
_STREAM_TYPES = ("application/x-ndjson", "text/event-stream")
_SENTENCE = re.compile(r"(?<=[.!?])\s")
_BEARER: Schema = {"bearer": []}

_PROBLEMS = {
    400: ("BadRequest", "The request breaks a rule, or does not fit the state it meets."),
    401: ("Unauthorized", "No token, or one that is not valid."),
    403: ("Forbidden", "Not allowed with this token."),
    404: ("NotFound", "Not there, or somebody else's."),
    409: ("Conflict", "Another call was first, or an earlier one is in doubt; try again."),
    429: ("TooManyRequests", "The budget is spent; try again later."),
    503: ("ServiceUnavailable", "Something that is needed does not answer; try again later."),
}
_DEFAULT_PROBLEM = ("Problem", "Any other failure.")
_NAMED_FAILURES = {
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "UNAVAILABLE": 503,
}
_INFO = {
    "title": "DreamScape",
    "version": "v1",
    "description": (
        "Travel, from an account to a refund. Every failure is a problem document (RFC 9457) that"
        " also carries the fields of google.rpc.Status. Generated from the contract in proto/."
    ),
}
_PROBLEM: Schema = {
    "type": "object",
    "description": "A failure: RFC 9457, with the fields of google.rpc.Status.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["about:blank"]},
        "title": {"type": "string", "description": "The HTTP status in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "code": {"type": "integer", "description": "The gRPC status code."},
        "message": {"type": "string", "description": "What went wrong, in a sentence."},
        "detail": {"type": "string", "description": "The same as `message`."},
        "details": {
            "type": "array",
            "description": "Typed facts; google.rpc.ErrorInfo has the stable `reason`.",
            "items": {
                "type": "object",
                "properties": {"@type": {"type": "string"}},
                "required": ["@type"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "message"],
}
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Chosen by the client, one for each intent. Sent again it changes nothing:"
    " the answer is the first call's.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def generate(contract: Contract) -> Files:
    """The document, indented, the same bytes for the same contract."""
    text = json.dumps(_Writer(contract).document(), indent=2, ensure_ascii=False)
    return {"openapi.json": text + "\n"}


class _Writer:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schemas = Schemas(contract)

    def document(self) -> dict[str, Any]:
        services = sorted(self._contract.services, key=lambda service: service.full_name)
        paths: dict[str, Any] = {}
        for service in services:
            for method in service.methods:
                for index, route in enumerate(method.routes):
                    suffix = f"_{index}" if index else ""
                    operation = self._operation(service, method, route)
                    operation = {"operationId": f"{service.name}_{method.name}{suffix}"} | operation
                    path = templates.openapi(route.path, self._names(method, route))
                    paths.setdefault(path, {})[route.verb.lower()] = operation
        return {
            "openapi": "3.1.0",
            "info": _INFO,
            "servers": [{"url": "/"}],
            "tags": [{"name": s.name, "description": s.doc} for s in services],
            "paths": paths,
            "components": {
                "schemas": {"Problem": _PROBLEM, **self._schemas.components()},
                "responses": {
                    name: _problem(text) for name, text in (*_PROBLEMS.values(), _DEFAULT_PROBLEM)
                },
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                },
            },
        }

    def _names(self, method: Method, route: Route) -> dict[str, str]:
        message = self._contract.messages[method.input]
        return {
            variable: ".".join(f.json_name for f in self._along(message, variable))
            for variable in templates.variables(route.path)
        }

    def _along(self, message: Message, path: str) -> list[Field]:
        """The fields on the way of a field path, `a.b`."""
        head, _, rest = path.partition(".")
        field = message.field(head)
        inner = self._along(self._contract.messages[field.type], rest) if rest else []
        return [field, *inner]

    def _operation(self, service: Service, method: Method, route: Route) -> dict[str, Any]:
        needs_key = str(method.policy.get("idempotency_key", "")).endswith("REQUIRED")
        parameters = [
            *self._path_parameters(method, route),
            *self._query_parameters(method, route),
            *([_IDEMPOTENCY_KEY] if needs_key else []),
        ]
        body = self._request_body(method, route)
        return {
            "tags": [service.name],
            "summary": _SENTENCE.split(method.doc)[0],
            "description": method.doc,
            **({"deprecated": True} if method.deprecated else {}),
            **({"parameters": parameters} if parameters else {}),
            **({"requestBody": body} if body else {}),
            "responses": self._responses(method),
            "security": [{}, _BEARER] if method.access == "PUBLIC" else [_BEARER],
            "x-access": method.access,
            "x-rate-class": method.rate,
            "x-cost": method.policy.get("cost", 0) or 1,
        }

    def _path_parameters(self, method: Method, route: Route) -> list[Schema]:
        message = self._contract.messages[method.input]
        found = []
        for variable, name in self._names(method, route).items():
            field = self._along(message, variable)[-1]
            found.append({**self._parameter(message, field, name, "path"), "required": True})
        return found

    def _query_parameters(self, method: Method, route: Route) -> list[Schema]:
        if route.body == "*":
            return []
        bound = {*templates.variables(route.path), route.body}
        return self._query(self._contract.messages[method.input], bound, "", "")

    def _query(self, message: Message, bound: set[str], path: str, name: str) -> list[Schema]:
        """Fields that neither path nor body bind, nested ones as `a.b`."""
        found = []
        for field in message.fields:
            there, named = f"{path}{field.name}", f"{name}{field.json_name}"
            inner = self._contract.messages.get(field.type)
            if there in bound or field.output_only:
                continue
            if inner is None or inner.full_name.startswith("google.protobuf."):
                found.append(self._parameter(message, field, named, "query"))
            elif not field.repeated and there.count(".") < 3:  # as deep as anyone would type
                found += self._query(inner, bound, f"{there}.", f"{named}.")
        return found

    def _parameter(self, message: Message, field: Field, name: str, place: str) -> Schema:
        schema = self._schemas.field(field, message)
        text = schema.pop("description", "")
        parameter: Schema = {"name": name, "in": place}
        if field.required and "." not in name:
            parameter["required"] = True
        return parameter | {"description": text, "schema": schema}

    def _request_body(self, method: Method, route: Route) -> Schema | None:
        if not route.body:
            return None
        message = self._contract.messages[method.input]
        if route.body != "*":
            return self._field_body(message.field(route.body))
        bound = templates.variables(route.path)
        fields = [field for field in message.fields if field.name not in bound]
        whole = len(fields) == len(message.fields)
        schema = (
            self._schemas.message(method.input) if whole else self._schemas.body(message, fields)
        )
        return {
            "required": any(field.required for field in fields),
            "content": {"application/json": {"schema": schema}},
        }

    def _field_body(self, field: Field) -> Schema:
        if field.type == _HTTP_BODY:
            content: Schema = {"*/*": {}}
        else:
            content = {"application/json": {"schema": self._schemas.message(field.type)}}
        return {"required": field.required, "description": field.doc, "content": content}

    def _responses(self, method: Method) -> Schema:
        status = method.policy.get("success_status", 200)
        failures = {400, 401} | {
            code for name, code in _NAMED_FAILURES.items() if name in method.doc
        }
        if method.access == "ADMIN":
            failures.add(403)
        if method.access == "OWNER":
            failures.add(404)
        if method.policy.get("idempotency_key"):
            failures.add(409)
        if method.rate != "NONE":
            failures.add(429)
        return {
            str(status): self._success(method),
            **{str(code): _refer(_PROBLEMS[code][0]) for code in sorted(failures)},
            "default": _refer(_DEFAULT_PROBLEM[0]),
        }

    def _success(self, method: Method) -> Schema:
        schema, text = (
            self._schemas.message(method.output),
            self._contract.messages[method.output].doc,
        )
        if method.output == _HTTP_BODY:
            return {"description": text, "content": {"*/*": {}}}
        if not method.server_streaming:
            return {"description": text, "content": {"application/json": {"schema": schema}}}
        return {
            "description": f"{text} By `Accept`: an array, an object a line, or an event each.",
            "content": {
                "application/json": {"schema": {"type": "array", "items": schema}},
                **{kind: {"schema": schema} for kind in _STREAM_TYPES},
            },
        }


def _refer(response: str) -> Schema:
    return {"$ref": f"#/components/responses/{response}"}


def _problem(text: str) -> Schema:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {_PROBLEM_TYPE: {"schema": schema}}}


if __name__ == "__main__":
    run(generate)
