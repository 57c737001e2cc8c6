"""A schema in GraphQL's own language, as conservative as the June 2018 grammar."""

from collections.abc import Iterator

from edge.generate.graphql_model import Schema
from edge.graphql.table import Join, Leaf, Root, Shape, Table

_HEADER = "# Generated from proto/ by `make generate`. DO NOT EDIT."
_SCALARS = {
    "Bytes": "Bytes in base64.",
    "DateTime": "An instant as RFC 3339 has it: `2026-10-01T08:30:00Z`.",
    "Decimal": "A decimal number as a string, exact.",
    "Duration": "Seconds with up to nine fractional digits, ending in `s`: `3.5s`.",
    "Int64": "A 64-bit integer as a string; a number is accepted too.",
}
_ROOTS = {
    "query": "What can be read.",
    "mutation": "What can be changed. Fields are served one after the other.",
    "subscription": "What can be watched.",
}
_DEPRECATED = ' @deprecated(reason: "Deprecated in the contract.")'
_ONE_OF = "At most one of the fields of the oneof `{}` may be set."
_KEY = "Names this attempt: repeating the call with the same key answers as the first call did."


def render(schema: Schema) -> str:
    """The whole SDL, ending in a newline."""
    table = schema.table
    parts = ["\n".join(_entry(table)), *_roots(table)]
    for name, shape in sorted(table.objects.items()):
        parts.append(_block("type", name, shape.doc, _object(shape)))
    for name, members in sorted(table.unions.items()):
        parts.append(f"union {name} = {' | '.join(member.type for member in members.values())}")
    for name, values in sorted(schema.values.items()):
        lines = [line for value, doc in values for line in [*_doc(doc, "  "), f"  {value}"]]
        parts.append(_block("enum", name, schema.docs[name], lines))
    for name, shape in sorted(table.inputs.items()):
        parts.append(_block("input", name, shape.doc, _inputs(shape.fields, "  ")))
    used = {leaf.type for leaf in table.leaves()}
    for name, doc in _SCALARS.items():
        if name in used:
            parts.append("\n".join([*_doc(doc, ""), f"scalar {name}"]))
    return f"{_HEADER}\n\n" + "\n\n".join(parts) + "\n"


def _entry(table: Table) -> Iterator[str]:
    yield "schema {"
    for kind, roots in table.roots.items():
        if roots:
            yield f"  {kind}: {kind.capitalize()}"
    yield "}"


def _roots(table: Table) -> Iterator[str]:
    for kind, roots in table.roots.items():
        if roots:
            lines = [line for root in roots.values() for line in _root(root, kind)]
            yield _block("type", kind.capitalize(), _ROOTS[kind], lines)


def _block(keyword: str, name: str, doc: str, lines: list[str]) -> str:
    return "\n".join([*_doc(doc, ""), f"{keyword} {name} {{", *lines, "}"])


def _root(root: Root, kind: str) -> list[str]:
    arguments = _inputs(root.arguments, "    ")
    if root.input:
        arguments += [f"    input: {root.input}!"]
    if kind == "mutation" and root.idempotency_key:
        arguments += [*_doc(_KEY, "    "), "    idempotencyKey: String!"]
    # A failure of one root field leaves the others: none of them is non-null.
    answer = _output(root.result).removesuffix("!") + (_DEPRECATED if root.deprecated else "")
    if not arguments:
        return [*_doc(root.doc, "  "), f"  {root.name}: {answer}"]
    return [*_doc(root.doc, "  "), f"  {root.name}(", *arguments, f"  ): {answer}"]


def _object(shape: Shape) -> list[str]:
    lines = []
    for leaf in shape.fields.values():
        end = _DEPRECATED if leaf.deprecated else ""
        lines += [*_doc(leaf.doc, "  "), f"  {leaf.name}: {_output(leaf)}{end}"]
    for name, join in shape.joins.items():
        lines += [*_doc(_joined(join), "  "), f"  {name}: {_join(join)}"]
    return lines


def _joined(join: Join) -> str:
    if join.group:
        return f"All that belong to this one's `{join.parent}`."
    return f"The one that `{join.parent}` names; null when it is gone or not the caller's to see."


def _join(join: Join) -> str:
    return f"[{join.type}!]!" if join.group else join.type


def _output(leaf: Leaf) -> str:
    if leaf.list:
        return f"[{leaf.type}!]!"
    return leaf.type if leaf.nullable else f"{leaf.type}!"


def _inputs(leaves: dict[str, Leaf], indent: str) -> list[str]:
    lines = []
    for leaf in leaves.values():
        type_ = f"[{leaf.type}!]" if leaf.list else leaf.type
        note = _ONE_OF.format(leaf.oneof) if leaf.oneof else ""
        doc = "\n".join(part for part in (leaf.doc, note) if part)
        lines += [*_doc(doc, indent), f"{indent}{leaf.name}: {type_}{'!' * leaf.required}"]
    return lines


def _doc(text: str, indent: str) -> list[str]:
    if not text:
        return []
    lines = text.replace('"""', "'''").splitlines()
    if len(lines) == 1 and lines[0][-1] not in '"\\':
        return [f'{indent}"""{lines[0]}"""']
    return [f'{indent}"""', *(f"{indent}{line}".rstrip() for line in lines), f'{indent}"""']
