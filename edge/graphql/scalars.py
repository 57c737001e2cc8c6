"""The scalars that GraphQL does not have by itself: what a client may send for them.

They only check and convert what comes in; what goes out is written by the projection.
"""

import base64
import binascii
import re
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from tartiflette.constants import UNDEFINED_VALUE
from tartiflette.language.ast import IntValueNode, StringValueNode

_INTEGER = re.compile(r"-?[0-9]{1,20}")


class _Checked:
    """What Tartiflette asks of a scalar; a TypeError refuses the value."""

    def coerce_output(self, value: Any) -> Any:
        """The value itself: the projection has converted it."""
        return value

    def coerce_input(self, value: Any) -> Any:
        """The value of a variable as the encoder takes it."""
        raise NotImplementedError

    def parse_literal(self, node: Any) -> Any:
        """The value of a literal as the encoder takes it, or UNDEFINED_VALUE."""
        if not isinstance(node, StringValueNode | IntValueNode):
            return UNDEFINED_VALUE
        try:
            return self.coerce_input(node.value)
        except TypeError:
            return UNDEFINED_VALUE


class _Int64(_Checked):
    def coerce_input(self, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        raise TypeError("Int64 takes an integer, as a number or a string.")


class _Bytes(_Checked):
    def coerce_input(self, value: Any) -> bytes:
        if isinstance(value, str):
            try:
                return base64.b64decode(value, validate=True)
            except binascii.Error:
                pass
        raise TypeError("Bytes takes base64.")


class _DateTime(_Checked):
    def coerce_input(self, value: Any) -> Timestamp:
        moment = Timestamp()
        try:
            moment.FromJsonString(value)
        except (ValueError, TypeError, AttributeError):
            raise TypeError("DateTime takes RFC 3339, such as 2026-10-01T08:30:00Z.") from None
        return moment


class _Duration(_Checked):
    def coerce_input(self, value: Any) -> Duration:
        span = Duration()
        try:
            span.FromJsonString(value)
        except (ValueError, TypeError, AttributeError):
            raise TypeError("Duration takes seconds, such as 3.5s.") from None
        return span


class _Decimal(_Checked):
    def coerce_input(self, value: Any) -> Any:
        raise TypeError("Decimal is for answers only.")


SCALARS = {
    "Bytes": _Bytes(),
    "DateTime": _DateTime(),
    "Decimal": _Decimal(),
    "Duration": _Duration(),
    "Int64": _Int64(),
}
