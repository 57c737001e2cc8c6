"""From a protobuf message straight to the dict that a query asks for.

Compiled once for each query: what is left at run time is one loop over attribute getters.
"""

import base64
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from edge.graphql.table import Join, Leaf

_MOST_INT = 2**31 - 1
_NANO = Decimal("1e-9")

Answer = dict[str, Any]


class Unrepresentable(Exception):
    """A value that its GraphQL type cannot hold; `index` is its place in a list."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


class Sink(Protocol):
    """Where a projection leaves what it cannot finish itself."""

    def want(self, want: "Want") -> None:
        """Ask for a joined field."""
        ...

    def lose(self, answer: Answer, path: list[str | int], message: str, *, nullable: bool) -> None:
        """Tell that the value at `path` below `answer` could not be given."""
        ...


Reader = Callable[[Any, Sink], Any]


@dataclass(frozen=True)
class JoinField:
    """A joined field of a selection: under which key, and what of the item is wanted."""

    key: str
    join: Join
    inner: "Projection"


class Want(NamedTuple):
    """One parent's wish: the item whose key equals `value`, put into `answer`."""

    field: JoinField
    value: Any
    answer: Answer


@dataclass
class Projection:
    """A selection on one message type.

    `template` has every response key in order, constants filled in; `plain` fields are attributes
    as they are, `rich` ones need a reader and know whether null may stand for them.
    """

    template: Answer = field(default_factory=dict)
    plain: list[tuple[str, Callable[[Any], Any]]] = field(default_factory=list)
    rich: list[tuple[str, Reader, bool]] = field(default_factory=list)
    joins: list[JoinField] = field(default_factory=list)

    def read(self, message: Any, sink: Sink) -> Answer:
        """The selected fields of `message`."""
        answer = self.template.copy()
        self.fill(message, answer, sink)
        return answer

    def fill(self, message: Any, answer: Answer, sink: Sink) -> None:
        """Put the selected fields of `message` into `answer`."""
        for key, get in self.plain:
            answer[key] = get(message)
        for key, read, nullable in self.rich:
            try:
                answer[key] = read(message, sink)
            except Unrepresentable as problem:
                answer[key] = None
                path: list[str | int] = [key]
                if problem.index is not None:
                    path.append(problem.index)
                sink.lose(answer, path, str(problem), nullable=nullable)
        for wanted in self.joins:
            sink.want(Want(wanted, getattr(message, wanted.join.parent), answer))

    def add(self, key: str, leaf: Leaf, reader: Reader | None) -> None:
        """Select a field; without a reader it is the attribute as it is."""
        self.template[key] = None
        if reader is None:
            self.plain.append((key, attrgetter(leaf.proto)))
        else:
            self.rich.append((key, reader, leaf.nullable))


def scalar_reader(leaf: Leaf, names: dict[int, str], *, present: bool) -> Reader | None:
    """A reader of a field without fields; None when its attribute will do.

    `names` are those of an enum, `present` says that the value is always there.
    """
    get = attrgetter(leaf.proto) if leaf.proto else None
    if leaf.kind == "amount":
        return lambda message, _: _amount(message)
    if leaf.kind == "done" or get is None:
        return lambda _message, _sink: True
    convert = names.get if leaf.kind == "enum" else _CONVERTERS.get(leaf.kind)
    if leaf.list:
        return _list(get, convert, enum=leaf.kind == "enum")
    if not present and (leaf.optional or leaf.kind in {"timestamp", "duration"}):
        name = leaf.proto
        give = convert or _same
        return lambda m, _: give(get(m)) if m.HasField(name) else None
    if convert is None:
        return None
    return lambda m, _: convert(get(m))


def object_reader(leaf: Leaf, inner: Projection, *, present: bool) -> Reader:
    """A reader of a message field, of a list of messages or of a map."""
    get = attrgetter(leaf.proto) if leaf.proto else _same
    name = leaf.proto
    if leaf.kind == "map":
        return lambda m, sink: [
            inner.read(Entry(key, value), sink) for key, value in sorted(get(m).items())
        ]
    if leaf.list:
        return lambda m, sink: [inner.read(item, sink) for item in get(m)]
    if present or not name:
        return lambda m, sink: inner.read(get(m), sink)
    return lambda m, sink: inner.read(get(m), sink) if m.HasField(name) else None


def union_reader(oneof: str, members: dict[str, tuple[Projection, bool]]) -> Reader:
    """A reader of a oneof: the projection of its member that is set.

    A member that is no message of its own is boxed: read as the `value` of a pair.
    """

    def read(message: Any, sink: Sink) -> Answer | None:
        chosen = message.WhichOneof(oneof)
        if chosen not in members:
            return None
        projection, boxed = members[chosen]
        value = getattr(message, chosen)
        return projection.read(Entry("", value) if boxed else value, sink)

    return read


class Entry(NamedTuple):
    """An entry of a map, or a value that needs an object around it."""

    key: Any
    value: Any


def _list(get: Callable[[Any], Any], convert: Callable[[Any], Any] | None, *, enum: bool) -> Reader:
    if convert is None:
        return lambda m, _: list(get(m))
    if enum:
        # What a newer server knows has no name here yet; null is not allowed in its place.
        return lambda m, _: [name for name in map(convert, get(m)) if name is not None]

    def read(message: Any, _: Sink) -> list[Any]:
        values: list[Any] = []
        try:
            values.extend(map(convert, get(message)))
        except Unrepresentable as problem:
            raise Unrepresentable(str(problem), len(values)) from None
        return values

    return read


def _same(value: Any) -> Any:
    return value


def _unsigned(value: int) -> int:
    if value > _MOST_INT:
        raise Unrepresentable("the number is too large for Int")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise Unrepresentable("the number is not finite")
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _json_string(value: Any) -> str:
    try:
        return str(value.ToJsonString())
    except ValueError:
        raise Unrepresentable("the value is out of range") from None


def _amount(money: Any) -> str:
    amount = Decimal(money.units) + money.nanos * _NANO
    return format(amount.normalize(), "f") if amount else "0"


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "uint": _unsigned,
    "float": _finite,
    "int64": str,
    "bytes": _base64,
    "timestamp": _json_string,
    "duration": _json_string,
}
