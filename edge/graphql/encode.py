"""From coerced arguments to the request message of an RPC."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from edge.graphql.failures import DOMAIN
from edge.graphql.schema import Schema
from edge.graphql.table import Leaf, Root
from mesh.faults import InvalidArgument, Violation


def request(schema: Schema, root: Root, arguments: Mapping[str, Any]) -> Message:
    """The request that these arguments stand for; InvalidArgument names those that do not fit."""
    encoder = _Encoder(schema)
    message = schema.message(root.request)()
    if root.input:
        encoder.put_all(message, schema.table.inputs[root.input].fields, arguments["input"], "")
    else:
        encoder.put_all(message, root.arguments, arguments, "")
    if encoder.violations:
        raise invalid(*encoder.violations)
    return message


def invalid(*violations: Violation) -> InvalidArgument:
    """A refusal of arguments before the RPC is called."""
    summary = "; ".join(f"{v.field} {v.description}" for v in violations)
    fault = InvalidArgument("INVALID_FIELDS", summary, violations=violations)
    fault.domain = DOMAIN
    return fault


class _Encoder:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.violations: list[Violation] = []

    def put_all(
        self, message: Any, leaves: Mapping[str, Leaf], values: Mapping[str, Any], above: str
    ) -> None:
        chosen: dict[str, str] = {}
        for name, value in values.items():
            if value is None:
                continue
            leaf, path = leaves[name], f"{above}{name}"
            if leaf.oneof and chosen.setdefault(leaf.oneof, name) != name:
                self._refuse(path, f"cannot be set beside {chosen[leaf.oneof]}")
                continue
            try:
                self._put(message, leaf, value, path)
            except (TypeError, ValueError, AttributeError, LookupError):
                # A variable inside an object literal has not been checked by anyone yet.
                self._refuse(path, f"is no {leaf.type}")

    def _put(self, message: Any, leaf: Leaf, value: Any, path: str) -> None:
        if leaf.list:
            repeated = getattr(message, leaf.proto)
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                if leaf.kind == "message":
                    self._fill(repeated.add(), leaf, item, f"{path}[{index}]")
                else:
                    repeated.append(self._scalar(leaf, item))
        elif leaf.kind == "message":
            inner = getattr(message, leaf.proto)
            inner.SetInParent()
            self._fill(inner, leaf, value, path)
        elif leaf.kind in {"timestamp", "duration"}:
            getattr(message, leaf.proto).CopyFrom(value)
        else:
            setattr(message, leaf.proto, self._scalar(leaf, value))

    def _fill(self, message: Any, leaf: Leaf, value: Any, path: str) -> None:
        self.put_all(message, self._schema.table.inputs[leaf.type].fields, value, f"{path}.")

    def _scalar(self, leaf: Leaf, value: Any) -> Any:
        return self._schema.table.enums[leaf.type][value] if leaf.kind == "enum" else value

    def _refuse(self, path: str, why: str) -> None:
        self.violations.append(Violation(path, why))
