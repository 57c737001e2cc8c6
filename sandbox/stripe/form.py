"""Form-encoded parameters with brackets, as Stripe's SDKs send them, read strictly."""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.refusals import invalid, missing

MAX_FIELDS = 500
MAX_DEPTH = 5
MAX_TEXT = 5000
MAX_METADATA = 50
MAX_METADATA_VALUE = 500
MAX_AMOUNT = 99_999_999
MIN_AMOUNT = 50

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


class Form:
    """The parameters of one request; every reader raises Refusal that names its parameter."""

    def __init__(self, fields: Mapping[str, Any], allowed: Collection[str]) -> None:
        for name in fields:
            if name not in allowed:
                raise invalid(
                    f"Received unknown parameter: {name}", code="parameter_unknown", param=name
                )
        self._fields = fields

    def text(self, name: str) -> str | None:
        """A string, or None when it is absent or empty."""
        value = self._fields.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise invalid(f"Invalid string: {name}", param=name)
        return value

    def need(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if value is None:
            raise missing(name)
        return value

    def option(self, name: str, allowed: Collection[str]) -> str | None:
        """One of `allowed`, or None when absent."""
        value = self.text(name)
        if value is not None and value not in allowed:
            raise invalid(f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
        return value

    def flag(self, name: str) -> bool:
        """A boolean that is false when absent."""
        return self.option(name, ("true", "false")) == "true"

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number in [low, high], or None when absent."""
        text = self.text(name)
        if text is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,12}", text):
            raise invalid(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
        if not low <= int(text) <= high:
            raise invalid(f"This value must be from {low} to {high}.", param=name)
        return int(text)

    def amount(self, name: str) -> int | None:
        """A positive amount in minor units, or None when absent."""
        number = self.whole(name, -(10**12), 10**12)
        if number is not None and number < 1:
            raise invalid(
                "This value must be greater than or equal to 1.",
                code="parameter_invalid_integer",
                param=name,
            )
        if number is not None and number > MAX_AMOUNT:
            raise invalid(
                f"Amount must be no more than {MAX_AMOUNT}.", code="amount_too_large", param=name
            )
        return number

    def metadata(self) -> dict[str, str]:
        """The metadata given: at most 50 keys of text."""
        value = self._fields.get("metadata") or {}
        if not isinstance(value, dict) or len(value) > MAX_METADATA:
            raise invalid("Invalid metadata.", param="metadata")
        for key, text in value.items():
            if not isinstance(text, str) or len(text) > MAX_METADATA_VALUE or len(key) > 40:
                raise invalid("Invalid metadata.", param=f"metadata[{key}]")
        return dict(value)

    def listed(self, name: str) -> list[str]:
        """A list of strings, empty when absent."""
        value = self._fields.get(name) or {}
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise invalid("Invalid array", param=name)
        return list(value.values())

    def nested(self, name: str) -> dict[str, Any]:
        """A hash, empty when absent; a bare value is the hash's `eq`."""
        value = self._fields.get(name) or {}
        return value if isinstance(value, dict) else {"eq": value}


def decode(encoded: bytes) -> dict[str, Any]:
    """`a=1&b[c]=2&d[]=3` as {"a": "1", "b": {"c": "2"}, "d": {"0": "3"}}; raises Refusal."""
    try:
        pairs = parse_qsl(
            encoded.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise invalid("The request body is not form-encoded.") from error
    fields: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            raise invalid(f"Invalid parameter name: {name}", param=name)
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        if len(path) > MAX_DEPTH:
            raise invalid(f"Invalid parameter name: {name}", param=name)
        _put(fields, path, value)
    return fields


def _put(fields: dict[str, Any], path: list[str], value: str) -> None:
    """Put `value` where the path says; an array is kept as a hash of its positions."""
    for name in path[:-1]:
        inner = fields.setdefault(name, {})
        if not isinstance(inner, dict):
            raise invalid(f"Invalid parameter: {path[0]}", param=path[0])
        fields = inner
    last = path[-1] or str(len(fields))
    if last in fields:
        raise invalid(f"Invalid parameter: {path[0]}", param=path[0])
    fields[last] = value
