"""A query as what will be done: calls with the projections of their answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tartiflette.language.ast import FieldNode, FragmentSpreadNode, VariableNode

from edge.graphql.document import Document
from edge.graphql.failures import Refused, refusal
from edge.graphql.projection import (
    Answer,
    JoinField,
    Projection,
    Reader,
    object_reader,
    scalar_reader,
    union_reader,
)
from edge.graphql.table import Leaf, Root, Table

MOST_ROOT_FIELDS = 20
MOST_COST = 5000
# An introspection visits every type of the schema: two in one request are plenty.
_INTROSPECTION_COST = 2000
# Items counted for a list whose size the client leaves to the service.
_USUAL_SIZE = 50
_INTROSPECTION = {"__schema", "__type"}
# Following types through types, these grow without end.
_WIDE = {"fields", "inputFields", "possibleTypes", "interfaces"}


@dataclass
class Call:
    """One root field: its RPC and what is wanted of the answer, which costs `weight` an item."""

    key: str
    root: Root
    node: Any
    projection: Projection
    weight: int

    def cost(self, arguments: dict[str, Any]) -> int:
        """What the call costs with these arguments."""
        items = 1
        if self.root.size:
            asked = arguments.get(self.root.size) or 0
            items = asked if asked > 0 else _USUAL_SIZE
            items = min(items, self.root.most or items)
        return self.root.cost + items * self.weight


@dataclass
class Plan:
    """`template` has every response key in order; `introspected` are those Tartiflette answers."""

    kind: str
    template: Answer
    calls: list[Call] = field(default_factory=list)
    introspected: list[str] = field(default_factory=list)

    @property
    def fixed_cost(self) -> int:
        """What does not depend on arguments."""
        return len(self.introspected) * _INTROSPECTION_COST


def compile_plan(
    table: Table, document: Document, operation: Any, variables: dict[str, Any]
) -> Plan:
    """The plan of an operation; Refused when it asks for too much at once."""
    return _Compiler(table, document, variables).plan(operation)


class _Compiler:
    def __init__(self, table: Table, document: Document, variables: dict[str, Any]) -> None:
        self._table = table
        self._document = document
        self._variables = variables

    def plan(self, operation: Any) -> Plan:
        kind = operation.operation_type.lower()
        name = kind.capitalize()
        plan = Plan(kind, {})
        for key, nodes in self._collect(name, [operation.selection_set]).items():
            plan.template[key] = None
            field_name = nodes[0].name.value
            if field_name == "__typename":
                plan.template[key] = name
            elif field_name in _INTROSPECTION and kind == "query":
                self._no_deeper(nodes, 0)
                plan.introspected.append(key)
            elif field_name in self._table.roots[kind]:
                plan.calls.append(self._call(key, self._table.roots[kind][field_name], nodes))
            else:
                raise _unknown(name, field_name)
        self._limits(plan)
        return plan

    def _limits(self, plan: Plan) -> None:
        if len(plan.template) > MOST_ROOT_FIELDS:
            message = f"a query has at most {MOST_ROOT_FIELDS} root fields"
            raise refusal(422, "TOO_MANY_ROOT_FIELDS", message)
        if plan.kind == "mutation" and sum(call.root.rate == "LOGIN" for call in plan.calls) > 1:
            raise refusal(422, "TOO_MANY_LOGINS", "a query checks at most one password")
        if plan.kind == "subscription" and (len(plan.calls) != 1 or len(plan.template) != 1):
            raise refusal(422, "QUERY_INVALID", "a subscription has exactly one root field")

    def _call(self, key: str, root: Root, nodes: list[Any]) -> Call:
        projection = Projection()
        weight = self._add(projection, key, root.result, nodes, present=False)
        return Call(key, root, nodes[0], projection, weight)

    def _object(self, type_name: str, nodes: list[Any]) -> tuple[Projection, int]:
        """The projection of what these nodes select on an object, and what it costs."""
        shape, projection, cost = self._table.objects[type_name], Projection(), 0
        selected = self._collect(type_name, [node.selection_set for node in nodes])
        for key, found in selected.items():
            name = found[0].name.value
            if name == "__typename":
                projection.template[key] = type_name
            elif name in shape.joins:
                cost += self._join(projection, key, type_name, found)
            elif name in shape.fields:
                present = not shape.message
                cost += self._add(projection, key, shape.fields[name], found, present=present)
            else:
                raise _unknown(type_name, name)
        return projection, cost

    def _join(self, projection: Projection, key: str, type_name: str, nodes: list[Any]) -> int:
        join = self._table.objects[type_name].joins[nodes[0].name.value]
        inner, cost = self._object(join.type, nodes)
        projection.template[key] = None
        projection.joins.append(JoinField(key, join, inner))
        return join.cost + cost

    def _add(
        self, projection: Projection, key: str, leaf: Leaf, nodes: list[Any], *, present: bool
    ) -> int:
        reader: Reader | None
        if leaf.kind in {"message", "map"}:
            inner, cost = self._object(leaf.type, nodes)
            reader = object_reader(leaf, inner, present=present)
        elif leaf.kind == "union":
            members = {}
            cost = 0
            for proto, member in self._table.unions[leaf.type].items():
                inner, member_cost = self._object(member.type, nodes)
                members[proto] = (inner, member.kind == "boxed")
                cost = max(cost, member_cost)
            reader = union_reader(leaf.proto, members)
        else:
            names = {n: value for value, n in self._table.enums.get(leaf.type, {}).items()}
            reader, cost = scalar_reader(leaf, names, present=present), 0
        projection.add(key, leaf, reader)
        return 1 + cost

    def _collect(self, type_name: str, selection_sets: list[Any]) -> dict[str, list[Any]]:
        """The fields selected on an object, by response key, those with one key together."""
        fields: dict[str, list[Any]] = {}
        spread: set[str] = set()
        for selection_set in selection_sets:
            for node in self._fields(type_name, selection_set, spread):
                key = node.alias.value if node.alias else node.name.value
                fields.setdefault(key, []).append(node)
        return fields

    def _fields(self, type_name: str, selection_set: Any, spread: set[str]) -> Iterator[Any]:
        for node in selection_set.selections if selection_set else ():
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            fragment = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in spread:
                    continue
                spread.add(node.name.value)
                fragment = self._document.fragments[node.name.value]
            if self._applies(type_name, fragment.type_condition):
                yield from self._fields(type_name, fragment.selection_set, spread)

    def _applies(self, type_name: str, condition: Any) -> bool:
        if condition is None or condition.name.value == type_name:
            return True
        members = self._table.unions.get(condition.name.value, {})
        return any(member.type == type_name for member in members.values())

    def _included(self, node: Any) -> bool:
        for directive in node.directives or ():
            value = directive.arguments[0].value
            if isinstance(value, VariableNode):
                chosen = bool(self._variables.get(value.name.value))
            else:
                chosen = bool(value.value)
            if chosen == (directive.name.value == "skip"):
                return False
        return True

    def _no_deeper(self, nodes: list[Any], wide: int) -> None:
        """Types may list their fields, but not the fields of their fields' types."""
        for node in nodes:
            for selections in self._introspected(node):
                steps = wide + (selections.name.value in _WIDE)
                if steps > 1:
                    message = "an introspection lists the fields of a type, not of their types"
                    raise refusal(422, "INTROSPECTION_TOO_DEEP", message)
                self._no_deeper([selections], steps)

    def _introspected(self, node: Any) -> Iterator[Any]:
        for selection in node.selection_set.selections if node.selection_set else ():
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, FragmentSpreadNode):
                yield from self._introspected(self._document.fragments[selection.name.value])
            else:
                yield from self._introspected(selection)


def _unknown(type_name: str, name: str) -> Refused:
    # Tartiflette takes `__schema` and `__type` for fields of every type.
    return refusal(422, "QUERY_INVALID", f"Field {name} doesn't exist on {type_name}")
