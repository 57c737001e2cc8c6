"""Custom options of a descriptor, decoded with the descriptors that came in the same request.

betterproto2 keeps extensions as unknown fields; reading them through their own message
descriptors needs no generated code, so the generators can run before anything is generated.
"""

from collections.abc import Mapping
from typing import Any

from betterproto2 import parse_fields
from betterproto2_compiler.lib.google.protobuf import (
    DescriptorProto,
    FieldDescriptorProto,
    FieldDescriptorProtoLabel,
    FieldDescriptorProtoType,
)

_VARINT, _LENGTH_DELIMITED = 0, 2
_REPEATED = FieldDescriptorProtoLabel.REPEATED
_SIGNED = {FieldDescriptorProtoType.INT32, FieldDescriptorProtoType.INT64}

Messages = Mapping[str, DescriptorProto]
Enums = Mapping[str, Mapping[int, str]]


class OptionReader:
    """Decodes option bytes to plain values: messages to dicts, enums to their value names."""

    def __init__(
        self,
        messages: Messages,
        enums: Enums,
        extensions: Mapping[str, FieldDescriptorProto],
    ) -> None:
        self._messages = messages
        self._enums = enums
        self._extensions = extensions

    def read(self, options: Any, extension: str) -> Any:
        """The value of `extension` in `options`; None, or [] for a repeated one, when not set."""
        field = self._extensions.get(extension)
        if field is None:
            return None
        return self._collect(b"" if options is None else options._unknown_fields, [field]).get(
            field.name, [] if field.label is _REPEATED else None
        )

    def _collect(self, raw: bytes, fields: list[FieldDescriptorProto]) -> dict[str, Any]:
        known = {field.number: field for field in fields}
        values: dict[str, Any] = {}
        for part in parse_fields(raw):
            field = known.get(part.number)
            if field is None:
                continue
            if field.label is _REPEATED:
                values.setdefault(field.name, []).extend(self._items(field, part))
            else:
                values[field.name] = self._value(field, part.value)
        return values

    def _items(self, field: FieldDescriptorProto, part: Any) -> list[Any]:
        packable = field.type not in {
            FieldDescriptorProtoType.STRING,
            FieldDescriptorProtoType.BYTES,
            FieldDescriptorProtoType.MESSAGE,
        }
        if packable and part.wire_type == _LENGTH_DELIMITED:
            return [self._value(field, value) for value in _varints(part.value)]
        return [self._value(field, part.value)]

    def _value(self, field: FieldDescriptorProto, value: Any) -> Any:
        kind = field.type
        name = field.type_name.lstrip(".")
        if kind is FieldDescriptorProtoType.MESSAGE:
            return self._collect(value, self._messages[name].field)
        if kind is FieldDescriptorProtoType.ENUM:
            return self._enums[name].get(value, str(value))
        if kind is FieldDescriptorProtoType.STRING:
            return bytes(value).decode()
        if kind is FieldDescriptorProtoType.BOOL:
            return bool(value)
        if kind in _SIGNED and value >= 1 << 63:
            return value - (1 << 64)
        return value


def _varints(raw: bytes) -> list[int]:
    values, current, shift = [], 0, 0
    for byte in raw:
        current |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(current)
            current, shift = 0, 0
    return values
