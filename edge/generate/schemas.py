"""Messages of the contract as JSON Schema 2020-12, in proto3's JSON form.

What a schema promises is what the edge does: camelCase, 64-bit numbers as strings, enums by name,
fields without presence always printed in answers, unknown fields in requests dropped.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from edge.generate.contract import Contract, Field, Message

Schema = dict[str, Any]

_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?\d+(\.\d+)?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Empty": {"type": "object"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
    },
}
_INT32: Schema = {"type": "integer", "format": "int32"}
_UINT32: Schema = {"type": "integer", "format": "uint32", "minimum": 0}
_INT64: Schema = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
_UINT64: Schema = {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}
_SCALARS: dict[str, Schema] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    **dict.fromkeys(("int32", "sint32", "sfixed32"), _INT32),
    **dict.fromkeys(("uint32", "fixed32"), _UINT32),
    **dict.fromkeys(("int64", "sint64", "sfixed64"), _INT64),
    **dict.fromkeys(("uint64", "fixed64"), _UINT64),
}
_FORMATS = {"FORMAT_EMAIL": "email", "FORMAT_DATE": "date", "FORMAT_UUID": "uuid"}


class Schemas:
    """Schemas of a contract's messages; a message that was referred to becomes a component."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        sent = _reached(contract, (m.input for m in contract.methods()))
        answered = _reached(contract, (m.output for m in contract.methods()))
        self._only_sent, self._only_answered = sent - answered, answered - sent
        self._names = Counter(message.name for message in contract.messages.values())
        self._used: list[str] = []

    def message(self, full_name: str) -> Schema:
        """A reference to the component of a message, or a well-known type in place."""
        if full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[full_name])
        if full_name not in self._used:
            self._used.append(full_name)
        return {"$ref": f"#/components/schemas/{self._component(full_name)}"}

    def components(self) -> dict[str, Schema]:
        """The components, by name; those that they refer to are among them."""
        found: dict[str, Schema] = {}
        for name in self._used:  # grows while references are met
            message = self._contract.messages[name]
            schema = self.body(message, message.fields)
            found[self._component(name)] = _described(schema, message.doc)
        return dict(sorted(found.items()))

    def body(self, message: Message, fields: list[Field]) -> Schema:
        """An object of these fields of a message."""
        properties = {field.json_name: self.field(field, message) for field in fields}
        printed = message.full_name in self._only_answered
        required = [f.json_name for f in fields if f.required or (printed and not f.presence)]
        schema: Schema = {"type": "object"}
        if properties:
            schema["properties"] = properties
        if required:
            schema["required"] = required
        choices = [
            _one_of(fields, oneof) for oneof in dict.fromkeys(f.oneof for f in fields) if oneof
        ]
        if choices:
            schema |= choices[0] if len(choices) == 1 else {"allOf": choices}
        return schema

    def field(self, field: Field, message: Message) -> Schema:
        """The schema of a field's value, with its comment and its rules."""
        schema = self._repeated(field) if field.repeated else self._ruled(field)
        if field.output_only:
            schema["readOnly"] = True
        if field.policy.get("sensitive") and message.full_name in self._only_sent:
            schema = {"format": "password", **schema, "writeOnly": True}
        if field.deprecated:
            schema["deprecated"] = True
        return _described(schema, field.doc)

    def _component(self, full_name: str) -> str:
        name = self._contract.messages[full_name].name
        return name if self._names[name] == 1 else full_name

    def _repeated(self, field: Field) -> Schema:
        entry = self._contract.messages.get(field.type)
        if entry is not None and entry.map_entry:
            return {"type": "object", "additionalProperties": self._ruled(entry.field("value"))}
        schema: Schema = {"type": "array", "items": self._value(field) | _form(field)}
        sizes = {"minItems": "min_size", "maxItems": "max_size"}
        schema |= {word: field.policy[rule] for word, rule in sizes.items() if rule in field.policy}
        if field.required:
            schema["minItems"] = max(1, schema.get("minItems", 0))
        return schema

    def _ruled(self, field: Field) -> Schema:
        schema, policy = self._value(field), field.policy
        if schema.get("type") == "integer":
            schema |= {word: policy[word] for word in ("minimum", "maximum") if word in policy}
        if field.kind == "string":
            schema |= _text_rules(field)
        if policy.get("example"):
            number = schema.get("type") == "integer"
            schema["examples"] = [int(policy["example"]) if number else policy["example"]]
        return schema

    def _value(self, field: Field) -> Schema:
        if field.kind == "message":
            return self.message(field.type)
        if field.kind == "enum":
            values = self._contract.enums[field.type].values
            return {"type": "string", "enum": [value.name for value in values]}
        return dict(_SCALARS[field.kind])


def _text_rules(field: Field) -> Schema:
    policy, schema = field.policy, dict[str, Any]()
    shortest = max(policy.get("min_size", 0), int(field.required))
    if shortest and (field.required or field.presence):
        schema["minLength"] = shortest
    if "max_size" in policy:
        schema["maxLength"] = policy["max_size"]
    if "pattern" in policy:
        empty_is_absent = not (field.required or field.presence)
        optional = empty_is_absent and not re.fullmatch(policy["pattern"], "")
        schema["pattern"] = f"^(?:{policy['pattern']}){'?' if optional else ''}$"
    return schema | _format(field)


def _form(field: Field) -> Schema:
    """What each of many texts must look like; none of them is empty."""
    pattern = field.policy.get("pattern")
    return ({"pattern": f"^(?:{pattern})$"} if pattern else {}) | _format(field)


def _format(field: Field) -> Schema:
    known = _FORMATS.get(field.policy.get("format", ""))
    return {"format": known} if known else {}


def _one_of(fields: list[Field], oneof: str) -> Schema:
    members = [{"required": [field.json_name]} for field in fields if field.oneof == oneof]
    return {"oneOf": [*members, {"not": {"anyOf": members}}]}


def _described(schema: Schema, doc: str) -> Schema:
    return {**schema, "description": doc} if doc else schema


def _reached(contract: Contract, roots: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in contract.messages and name not in found:
            found.add(name)
            waiting += [f.type for f in contract.messages[name].fields if f.kind == "message"]
    return found
