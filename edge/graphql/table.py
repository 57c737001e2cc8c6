"""The table beside a schema: which RPC answers a root field, which proto field another one reads.

The generator writes it as JSON, the engine reads it; both use these classes. Values that are empty
are not written.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

_NULLABLE = {"message", "boxed", "union", "enum", "timestamp", "duration", "done"}
_PROSE = {"doc", "deprecated"}


@dataclass(frozen=True)
class Leaf:
    """A field or an argument. `kind` says how its value travels, `proto` where it is kept.

    `type` is the GraphQL type without its marks, `optional` whether the proto field knows to be
    absent, `oneof` the proto oneof that an input field belongs to.
    """

    kind: str
    type: str
    name: str = ""
    proto: str = ""
    list: bool = False
    optional: bool = False
    required: bool = False
    oneof: str = ""
    doc: str = ""
    deprecated: bool = False

    @property
    def nullable(self) -> bool:
        """Whether a client must expect null in an answer."""
        return not self.list and (self.optional or self.kind in _NULLABLE)


@dataclass(frozen=True)
class Join:
    """A field that another service's batched answer fills, matched by key.

    `keys` is the repeated field of the request, `items` that of the response; an item whose `key`
    equals the parent's `parent` is the one. `batch` is the most keys in one call.
    """

    service: str
    rpc: str
    request: str
    response: str
    parent: str
    keys: str
    items: str
    key: str
    type: str
    batch: int
    group: bool = False
    timeout_ms: int = 0
    cost: int = 1


@dataclass
class Shape:
    """An object or input type. `message` is empty where a plain Python pair stands for one."""

    message: str = ""
    fields: dict[str, Leaf] = field(default_factory=dict)
    joins: dict[str, Join] = field(default_factory=dict)
    doc: str = ""


@dataclass(frozen=True)
class Root:
    """A field of Query, Mutation or Subscription, and the RPC behind it.

    `input` is the type of the argument `input`, `size` the argument that says how many items are
    wanted and `most` its limit, `timeout_ms` 0 for a stream.
    """

    name: str
    service: str
    rpc: str
    request: str
    response: str
    result: Leaf
    arguments: dict[str, Leaf] = field(default_factory=dict)
    input: str = ""
    idempotency_key: bool = False
    timeout_ms: int = 0
    rate: str = ""
    cost: int = 1
    size: str = ""
    most: int = 0
    doc: str = ""
    deprecated: bool = False


@dataclass
class Table:
    """Everything the engine knows of the contract. `roots` is by operation kind, then by name."""

    modules: list[str] = field(default_factory=list)
    roots: dict[str, dict[str, Root]] = field(
        default_factory=lambda: {"query": {}, "mutation": {}, "subscription": {}}
    )
    objects: dict[str, Shape] = field(default_factory=dict)
    inputs: dict[str, Shape] = field(default_factory=dict)
    enums: dict[str, dict[str, int]] = field(default_factory=dict)
    unions: dict[str, dict[str, Leaf]] = field(default_factory=dict)

    def leaves(self) -> Iterator[Leaf]:
        """Every field and argument."""
        for shape in (*self.objects.values(), *self.inputs.values()):
            yield from shape.fields.values()
        for roots in self.roots.values():
            for root in roots.values():
                yield root.result
                yield from root.arguments.values()


def dump(table: Table) -> dict[str, Any]:
    """The table as JSON values, without prose."""
    whole = asdict(table)
    return {**_without_empty(whole), "enums": whole["enums"]}


def load(value: dict[str, Any]) -> Table:
    """The table of the JSON values that `dump` wrote."""
    return Table(
        modules=value["modules"],
        roots={
            kind: {name: _root(root) for name, root in value["roots"].get(kind, {}).items()}
            for kind in ("query", "mutation", "subscription")
        },
        objects=_shapes(value.get("objects", {})),
        inputs=_shapes(value.get("inputs", {})),
        enums=value.get("enums", {}),
        unions={name: _leaves(members) for name, members in value.get("unions", {}).items()},
    )


def _root(value: dict[str, Any]) -> Root:
    result, arguments = Leaf(**value["result"]), _leaves(value.get("arguments", {}))
    return Root(**{**value, "result": result, "arguments": arguments})


def _shapes(value: dict[str, Any]) -> dict[str, Shape]:
    return {
        name: Shape(
            message=shape.get("message", ""),
            fields=_leaves(shape.get("fields", {})),
            joins={key: Join(**join) for key, join in shape.get("joins", {}).items()},
        )
        for name, shape in value.items()
    }


def _leaves(value: dict[str, Any]) -> dict[str, Leaf]:
    return {name: Leaf(**leaf) for name, leaf in value.items()}


def _without_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kept = {key: _without_empty(item) for key, item in value.items() if key not in _PROSE}
    return {key: item for key, item in kept.items() if item}
