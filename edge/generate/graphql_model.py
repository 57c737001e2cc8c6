"""The GraphQL schema of some services, as values: what the SDL prints and the engine reads."""

from collections.abc import Collection
from dataclasses import dataclass, field

from edge.generate import naming
from edge.generate.contract import Contract, Enum, Field, Message, Method
from edge.graphql.table import Join, Leaf, Root, Shape, Table

_SCALARS = {
    "string": ("String", "plain"),
    "bool": ("Boolean", "plain"),
    "int32": ("Int", "plain"),
    "sint32": ("Int", "plain"),
    "sfixed32": ("Int", "plain"),
    "uint32": ("Int", "uint"),
    "fixed32": ("Int", "uint"),
    "int64": ("Int64", "int64"),
    "sint64": ("Int64", "int64"),
    "sfixed64": ("Int64", "int64"),
    "uint64": ("Int64", "int64"),
    "fixed64": ("Int64", "int64"),
    "float": ("Float", "float"),
    "double": ("Float", "float"),
    "bytes": ("Bytes", "bytes"),
}
_KNOWN = {
    "google.protobuf.Timestamp": ("DateTime", "timestamp"),
    "google.protobuf.Duration": ("Duration", "duration"),
}
_MONEY = "google.type.Money"
_NO_GRAPHQL = {"google.api.HttpBody", "google.protobuf.FieldMask"}
_SIZES = ("page_size", "max")


@dataclass
class Schema:
    """A schema: its table, and the prose and order that only the SDL shows.

    `values` has each enum's values with their comments; `problems` a line for each thing that
    GraphQL cannot say.
    """

    table: Table = field(default_factory=Table)
    values: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    docs: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def build(contract: Contract, nouns: Collection[str]) -> Schema:
    """The schema of the services with these nouns; joins to other services are left out."""
    return _Builder(contract, nouns).build()


class _Builder:
    def __init__(self, contract: Contract, nouns: Collection[str]) -> None:
        self._contract = contract
        self._services = [s for s in contract.services if s.noun in nouns]
        self._reachable = {m.full_name: m for s in self._services for m in s.methods}
        self._schema = Schema()
        self._table = self._schema.table
        self._modules: set[str] = set()
        self._owners: dict[str, str] = {}

    def build(self) -> Schema:
        for service in self._services:
            for method in service.methods:
                if self._shown(method):
                    self._root(method)
        if not self._table.roots["query"]:
            self._problem(" ".join(s.noun for s in self._services), "no query, GraphQL needs one")
        self._table.modules = sorted(self._modules)
        return self._schema

    def _shown(self, method: Method) -> bool:
        if method.access == "SERVICE" or method.policy.get("join_only") or method.client_streaming:
            return False
        sides = (self._contract.messages[name] for name in (method.input, method.output))
        return not any(f.type in _NO_GRAPHQL for message in sides for f in message.fields)

    def _root(self, method: Method) -> None:
        kind = "mutation"
        if method.server_streaming:
            kind = "subscription"
        elif method.read_only:
            kind = "query"
        request = self._contract.messages[method.input]
        self._use(request)
        self._use(self._contract.messages[method.output])
        size = next((f for f in request.fields if f.name in _SIZES), None)
        root = Root(
            name=root_name(method.name),
            service=method.service,
            rpc=method.path,
            request=method.input,
            response=method.output,
            result=self._result(method),
            arguments={} if kind == "mutation" else self._leaves(request, incoming=True),
            input=self._input(request) if kind == "mutation" and request.fields else "",
            idempotency_key=method.policy.get("idempotency_key") == "IDEMPOTENCY_KEY_REQUIRED",
            timeout_ms=method.policy.get("timeout_ms", 0),
            rate=method.rate,
            cost=method.policy.get("cost", 0) or 1,
            size=size.json_name if size else "",
            most=size.policy.get("maximum", 0) if size else 0,
            doc=method.doc,
            deprecated=method.deprecated,
        )
        if root.name in self._table.roots[kind]:
            self._problem(method.full_name, f"{kind} {root.name} exists already")
        self._table.roots[kind][root.name] = root

    def _result(self, method: Method) -> Leaf:
        response = self._contract.messages[method.output]
        exposed = "item" if method.server_streaming else method.policy.get("expose", "")
        if exposed:
            found = response.find(exposed)
            if found is None:
                self._problem(method.full_name, f"no field {exposed} to show")
                return Leaf("done", "Boolean")
            return self._leaf(found, incoming=False)
        if not response.fields:
            return Leaf("done", "Boolean")
        return Leaf("message", self._object(response))

    def _object(self, message: Message) -> str:
        name = self._claim(type_name(self._contract, message), message.full_name)
        if name not in self._table.objects:
            shape = Shape("" if message.map_entry else message.full_name, doc=message.doc)
            self._table.objects[name] = shape
            self._use(message)
            shape.fields = self._leaves(message, incoming=False)
            if message.full_name == _MONEY:
                doc = "The amount as a decimal number, exact: `12.5`."
                shape.fields["amount"] = Leaf("amount", "Decimal", "amount", doc=doc)
            shape.joins = self._joins(message)
        return name

    def _input(self, message: Message) -> str:
        base = type_name(self._contract, message).removesuffix("Request")
        name = self._claim(f"{base}Input", f"{message.full_name} as input")
        if name not in self._table.inputs:
            shape = Shape(message.full_name, doc=message.doc)
            self._table.inputs[name] = shape
            self._use(message)
            shape.fields = self._leaves(message, incoming=True)
        return name

    def _leaves(self, message: Message, *, incoming: bool) -> dict[str, Leaf]:
        leaves: dict[str, Leaf] = {}
        for f in message.fields:
            if f.type in _NO_GRAPHQL or (incoming and f.output_only):
                continue
            if f.oneof and not incoming:
                leaf = self._oneof(message, f.oneof)
            else:
                leaf = self._leaf(f, incoming=incoming)
            leaves[leaf.name] = leaf
        return leaves

    def _leaf(self, f: Field, *, incoming: bool) -> Leaf:
        type_, kind = self._type(f, incoming=incoming)
        return Leaf(
            name=f.json_name,
            proto=f.name,
            kind=kind,
            type=type_,
            list=f.repeated,
            optional=f.presence,
            required=incoming and f.required,
            oneof=f.oneof if incoming else "",
            doc=f.doc,
            deprecated=f.deprecated,
        )

    def _type(self, f: Field, *, incoming: bool) -> tuple[str, str]:
        if f.kind in _SCALARS:
            return _SCALARS[f.kind]
        if f.kind == "enum":
            return self._enum(self._contract.enums[f.type]), "enum"
        if f.type in _KNOWN:
            return _KNOWN[f.type]
        message = self._contract.messages[f.type]
        if f.type.startswith("google.") and f.type != _MONEY:
            self._problem(f.type, "no GraphQL type for it")
        if message.map_entry and incoming:
            self._problem(f.type, "GraphQL has no map to send")
        if incoming:
            return self._input(message), "message"
        return self._object(message), "map" if message.map_entry else "message"

    def _enum(self, enum: Enum) -> str:
        name = self._claim(type_name(self._contract, enum), enum.full_name)
        prefix = naming.snake(enum.name).upper() + "_"
        values = [(v.name.removeprefix(prefix), v.number, v.doc) for v in enum.values]
        shown = [v for v in values if v[1] != 0 or v[0] != "UNSPECIFIED"]
        self._table.enums[name] = {name: number for name, number, _ in shown}
        self._schema.values[name] = [(name, doc) for name, _, doc in shown]
        self._schema.docs[name] = enum.doc
        return name

    def _oneof(self, message: Message, oneof: str) -> Leaf:
        json_name = camel(oneof)
        name = type_name(self._contract, message) + json_name[0].upper() + json_name[1:]
        self._claim(name, f"{message.full_name}.{oneof}")
        leaf = Leaf("union", name, json_name, oneof, optional=True)
        if name not in self._table.unions:
            members: dict[str, Leaf] = {}
            self._table.unions[name] = members
            for f in message.fields:
                if f.oneof == oneof:
                    members[f.name] = self._member(name, f, members)
        return leaf

    def _member(self, union: str, f: Field, others: dict[str, Leaf]) -> Leaf:
        """A member of a union: its own object, or one with `value` around what is no object."""
        leaf = self._leaf(f, incoming=False)
        taken = {member.type for member in others.values()}
        if leaf.kind == "message" and leaf.type not in taken:
            return leaf
        name = self._claim(f"{union}{leaf.name[0].upper()}{leaf.name[1:]}", f"{union}.{f.name}")
        value = Leaf(leaf.kind, leaf.type, "value", "value", doc=f.doc)
        self._table.objects[name] = Shape("", {"value": value}, doc=f.doc)
        return Leaf("boxed", name, leaf.name, leaf.proto)

    def _joins(self, message: Message) -> dict[str, Join]:
        joins = {}
        for option in message.joins:
            method = self._reachable.get(option["rpc"])
            if method is None:
                continue
            request = self._contract.messages[method.input]
            response = self._contract.messages[method.output]
            self._use(request)
            self._use(response)
            item = self._contract.messages[response.field(option["items"]).type]
            joins[option["field"]] = Join(
                service=method.service,
                rpc=method.path,
                request=method.input,
                response=method.output,
                parent=message.field(option["parent"]).name,
                keys=request.field(option["request"]).name,
                items=option["items"],
                key=item.field(option["key"]).name,
                type=self._object(item),
                group=option.get("group", False),
                batch=option.get("max_batch_size", 0) or 100,
                timeout_ms=method.policy.get("timeout_ms", 0),
                cost=method.policy.get("cost", 0) or 1,
            )
        return joins

    def _claim(self, name: str, owner: str) -> str:
        other = self._owners.setdefault(name, owner)
        if other != owner:
            self._problem(owner, f"GraphQL's {name} is {other} already")
        return name

    def _problem(self, where: str, what: str) -> None:
        self._schema.problems.append(f"{where}: {what}")

    def _use(self, message: Message) -> None:
        self._modules.add(naming.module(message.file))


def root_name(rpc: str) -> str:
    """`booking` of `GetBooking`, `bookings` of `ListBookings`, else the RPC in lower camel."""
    for prefix in ("Get", "List"):
        rest = rpc.removeprefix(prefix)
        if rest != rpc and rest[:1].isupper():
            return rest[0].lower() + rest[1:]
    return rpc[0].lower() + rpc[1:]


def type_name(contract: Contract, declared: Message | Enum) -> str:
    """`OuterInner` of a nested message, `CreateBookingPayload` of a `CreateBookingResponse`."""
    outer = contract.messages.get(declared.full_name.rpartition(".")[0])
    if outer is not None:
        return type_name(contract, outer) + declared.name
    base = declared.name.removesuffix("Response")
    return base if base == declared.name else f"{base}Payload"


def camel(name: str) -> str:
    """`next_page_token` as `nextPageToken`."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
