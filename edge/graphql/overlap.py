"""The rules that Tartiflette lacks, on what is selected together.

Fields that share a response key must be one field: otherwise
`{booking(bookingId: "1") {id: bookingId id: reason}}` would answer with either. And a fragment must
be about a type that can be there.
"""

from collections import defaultdict
from typing import Any

from tartiflette.language.ast import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    VariableNode,
)

Found = tuple[str, FieldNode]
"""A field with the name of the type it is selected on."""


def conflicts(types: Any, document: Any) -> list[str]:
    """A sentence for each breach."""
    return _Overlap(types, document).all()


class _Overlap:
    def __init__(self, types: Any, document: Any) -> None:
        self._types = types
        self._document = document
        self._fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        # As keys, so that each is told once, in order.
        self._conflicts: dict[str, None] = {}

    def all(self) -> list[str]:
        for definition in self._document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                root = self._types.get_operation_root_type(definition).name
                self._merge(self._collect([(root, definition.selection_set)]))
        return list(self._conflicts)

    def _collect(self, selected: list[tuple[str, Any]]) -> dict[str, list[Found]]:
        fields: dict[str, list[Found]] = defaultdict(list)
        waiting, spread = list(selected), set()
        while waiting:
            parent, selection_set = waiting.pop(0)
            for node in selection_set.selections if selection_set else ():
                if isinstance(node, FieldNode):
                    key = node.alias.value if node.alias else node.name.value
                    fields[key].append((parent, node))
                elif isinstance(node, FragmentSpreadNode):
                    if (parent, node.name.value) not in spread:
                        spread.add((parent, node.name.value))
                        fragment = self._fragments[node.name.value]
                        condition = self._condition(parent, fragment)
                        waiting.append((condition, fragment.selection_set))
                else:
                    waiting.append((self._condition(parent, node), node.selection_set))
        return fields

    def _condition(self, parent: str, fragment: Any) -> str:
        if fragment.type_condition is None:
            return parent
        name = str(fragment.type_condition.name.value)
        if not self._possible(parent) & self._possible(name):
            self._conflict(f"a fragment on {name} can never apply to {parent}")
        return name

    def _possible(self, name: str) -> set[str]:
        return self._types.find_type(name).possible_types_set if self._abstract(name) else {name}

    def _conflict(self, text: str) -> None:
        self._conflicts[text] = None

    def _merge(self, fields: dict[str, list[Found]]) -> None:
        """Fields of one object must agree; fields of two that exclude each other, in shape."""
        for key, found in fields.items():
            groups: dict[str, list[Found]] = defaultdict(list)
            for parent, node in found:
                groups[parent].append((parent, node))
            if any(self._abstract(parent) for parent in groups):
                groups = {"": found}
            for group in groups.values():
                if len({_identity(node) for _, node in group}) > 1:
                    self._conflict(f"two different fields are both called {key}")
                else:
                    self._merge(self._collect(self._below(group)))
            if len(groups) > 1:
                self._shape(key, found)

    def _shape(self, key: str, found: list[Found]) -> None:
        if len({self._type(parent, node) for parent, node in found}) > 1:
            self._conflict(f"two fields of different types are both called {key}")
            return
        for inner, fields in self._collect(self._below(found)).items():
            self._shape(inner, fields)

    def _below(self, found: list[Found]) -> list[tuple[str, Any]]:
        return [
            (self._named(parent, node).name, node.selection_set)
            for parent, node in found
            if node.selection_set
        ]

    def _type(self, parent: str, node: FieldNode) -> str:
        """The type that a client's code would have; composite types count as one."""
        written = str(self._written(parent, node))
        named = self._named(parent, node)
        return written.replace(named.name, "{}") if node.selection_set else written

    def _written(self, parent: str, node: FieldNode) -> Any:
        return self._types.get_field_by_name(f"{parent}.{node.name.value}").gql_type

    def _named(self, parent: str, node: FieldNode) -> Any:
        inner = self._written(parent, node)
        while not isinstance(inner, str):
            inner = inner.gql_type
        return self._types.find_type(inner)

    def _abstract(self, name: str) -> bool:
        return bool(getattr(self._types.find_type(name), "is_abstract_type", False))


def _identity(node: FieldNode) -> tuple[str, frozenset[tuple[str, Any]]]:
    arguments = ((a.name.value, _literal(a.value)) for a in node.arguments or ())
    return node.name.value, frozenset(arguments)


def _literal(node: Any) -> Any:
    if isinstance(node, VariableNode):
        return ("$", node.name.value)
    if isinstance(node, ListValueNode):
        return ("[", *map(_literal, node.values))
    if isinstance(node, ObjectValueNode):
        return ("{", frozenset((f.name.value, _literal(f.value)) for f in node.fields))
    return (type(node).__name__, node.value)
