"""Queries, parsed and validated once: the guard, then Tartiflette, then the rule it lacks."""

import logging
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tartiflette.language.ast import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    VariableNode,
)
from tartiflette.language.parsers.libgraphqlparser import parse_to_document
from tartiflette.types.exceptions.tartiflette import TartifletteError

from edge.graphql import failures, guard, overlap
from edge.graphql.failures import Error, Refused, refusal, request_error
from edge.graphql.schema import Schema
from mesh.faults import InvalidArgument

# Bounds the memory that remembered queries take: less than a kilobyte for each token.
_REMEMBERED_TOKENS = 50_000
_MOST_ERRORS = 20

_log = logging.getLogger("edge.graphql")


@dataclass
class Document:
    """A valid query. `conditions` are the variables that `@skip` and `@include` look at."""

    node: Any
    text: str
    tokens: int
    operations: dict[str | None, Any]
    fragments: dict[str, Any]
    conditions: tuple[str, ...]
    plans: dict[Any, Any] = field(default_factory=dict)

    def operation(self, name: str | None) -> Any:
        """The operation of that name, or the only one; Refused when there is no such one."""
        if name:
            found = self.operations.get(name)
        else:
            found = next(iter(self.operations.values())) if len(self.operations) == 1 else None
        if found is None:
            what = f"no operation {name}" if name else "operationName is needed: there are several"
            raise refusal(422, "OPERATION_UNKNOWN", what)
        return found


class Documents:
    """Valid queries by their text, the least used ones forgotten first."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._tokens = 0

    def get(self, query: str) -> Document:
        """The query parsed and valid; Refused with the errors when it is not."""
        found = self._known.get(query)
        if found is not None:
            self._known.move_to_end(query)
            return found
        document = self._read(query)
        self._known[query] = document
        self._tokens += document.tokens
        while self._tokens > _REMEMBERED_TOKENS:
            self._tokens -= self._known.popitem(last=False)[1].tokens
        return document

    def _read(self, query: str) -> Document:
        try:
            scan = guard.scan(query)
        except InvalidArgument as fault:
            fault.domain = failures.DOMAIN
            raise Refused(400, [failures.error(fault)]) from None
        node = self._parse(scan.text)
        if node.validators.errors:
            raise Refused(422, invalid(node.validators.errors))
        conflicts = overlap.conflicts(self._schema.types, node)
        if conflicts:
            errors = [request_error("QUERY_INVALID", text) for text in conflicts[:_MOST_ERRORS]]
            raise Refused(422, errors)
        definitions = node.definitions
        operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        if not operations:
            raise refusal(422, "OPERATION_UNKNOWN", "the query has no operation")
        return Document(
            node=node,
            text=scan.text,
            tokens=scan.tokens,
            operations={d.name.value if d.name else None: d for d in operations},
            fragments={
                d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)
            },
            conditions=tuple(sorted({name for d in definitions for name in _conditions(d)})),
        )

    def _parse(self, text: str) -> Any:
        try:
            return parse_to_document(text, self._schema.types)
        except TartifletteError as problem:
            raise refusal(400, "QUERY_MALFORMED", str(problem.message)) from None
        except Exception:
            # Its validator stumbles over some wrong queries instead of naming the mistake.
            _log.info("Tartiflette could not read a query", exc_info=True)
            raise refusal(400, "QUERY_MALFORMED", "the query cannot be understood") from None


# A value may be a password: it is not repeated to whoever reads the answer.
_VALUES = (
    (re.compile(r"got invalid value < .* >; Expected", re.DOTALL), "is wrong: expected"),
    (re.compile(r": < .* >\.$", re.DOTALL), "."),
    (re.compile(r"^Value .* is not ", re.DOTALL), "The value is not "),
)


def invalid(problems: list[Any], reason: str = "QUERY_INVALID") -> list[Error]:
    """Tartiflette's errors as ours."""
    return [
        request_error(
            reason,
            _without_values(str(getattr(problem, "message", "the query is not valid"))),
            [
                {"line": location.line, "column": location.column}
                for location in getattr(problem, "locations", None) or ()
            ],
        )
        for problem in problems[:_MOST_ERRORS]
    ]


def _without_values(message: str) -> str:
    for pattern, instead in _VALUES:
        message = pattern.sub(instead, message)
    return message


def _conditions(node: Any) -> Iterator[str]:
    for directive in node.directives or ():
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode):
                yield argument.value.name.value
    inner = getattr(node, "selection_set", None)
    for selection in inner.selections if inner else ():
        yield from _conditions(selection)
