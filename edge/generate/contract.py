"""The contract as the generators see it: services, methods, messages, policies and comments.

Built from a CodeGeneratorRequest that betterproto2's models have parsed. Everything is in the
order of the files, which is the order of every generated document.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from betterproto2_compiler.lib.google.protobuf import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FieldDescriptorProtoLabel,
    FieldDescriptorProtoType,
    FileDescriptorProto,
    MethodDescriptorProto,
    MethodOptionsIdempotencyLevel,
    ServiceDescriptorProto,
)
from betterproto2_compiler.lib.google.protobuf.compiler import CodeGeneratorRequest

from edge.generate.options import OptionReader

_POLICY = "dreamscape.policy.v1"
_VERBS = ("get", "put", "post", "delete", "patch")
_MESSAGE_TYPE, _ENUM_TYPE, _SERVICE_TYPE, _FIELD, _VALUE, _METHOD = 4, 5, 6, 2, 2, 2
_NESTED_MESSAGE, _NESTED_ENUM = 3, 4


@dataclass(frozen=True)
class Field:
    """A field. `kind` is a scalar's proto name, `message` or `enum`; `type` the latter's name."""

    name: str
    json_name: str
    number: int
    kind: str
    type: str
    repeated: bool
    presence: bool
    oneof: str
    behaviours: list[str]
    policy: dict[str, Any]
    doc: str
    deprecated: bool

    @property
    def required(self) -> bool:
        """Whether a request must have it."""
        return "REQUIRED" in self.behaviours

    @property
    def output_only(self) -> bool:
        """Whether only answers have it."""
        return "OUTPUT_ONLY" in self.behaviours


@dataclass(frozen=True)
class Message:
    """A message with its fields and the joins that GraphQL adds."""

    name: str
    full_name: str
    file: str
    fields: list[Field]
    joins: list[dict[str, Any]]
    map_entry: bool
    doc: str

    def field(self, name: str) -> Field:
        """The field of that proto name; LookupError when there is none."""
        found = self.find(name)
        if found is None:
            raise LookupError(f"{self.full_name} has no field {name}")
        return found

    def find(self, name: str) -> Field | None:
        """The field of that proto name, or None."""
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True)
class EnumValue:
    """A value of an enum."""

    name: str
    number: int
    doc: str


@dataclass(frozen=True)
class Enum:
    """An enum."""

    name: str
    full_name: str
    values: list[EnumValue]
    doc: str


@dataclass(frozen=True)
class Route:
    """A REST route: verb in upper case, path template, body `*`, a field's name or empty."""

    verb: str
    path: str
    body: str


@dataclass(frozen=True)
class Method:
    """An RPC. `policy` holds MethodPolicy's fields that were set, enums as their value names."""

    name: str
    service: str
    input: str
    output: str
    server_streaming: bool
    client_streaming: bool
    read_only: bool
    idempotent: bool
    routes: list[Route]
    policy: dict[str, Any]
    doc: str
    deprecated: bool

    @property
    def full_name(self) -> str:
        """`dreamscape.user.v1.UserService.GetProfile`."""
        return f"{self.service}.{self.name}"

    @property
    def path(self) -> str:
        """The gRPC path: `/dreamscape.user.v1.UserService/GetProfile`."""
        return f"/{self.service}/{self.name}"

    @property
    def access(self) -> str:
        """`PUBLIC`, `USER`, `OWNER`, `ADMIN`, `SERVICE`, or `UNSPECIFIED`."""
        return str(self.policy.get("access", "ACCESS_UNSPECIFIED")).removeprefix("ACCESS_")

    @property
    def rate(self) -> str:
        """`NONE`, `API`, `AUTH`, `LOGIN`, or `UNSPECIFIED`."""
        return str(self.policy.get("rate", "RATE_CLASS_UNSPECIFIED")).removeprefix("RATE_CLASS_")


@dataclass(frozen=True)
class Service:
    """A service; `noun` is its package's middle name: `user` of `dreamscape.user.v1`."""

    name: str
    full_name: str
    package: str
    noun: str
    file: str
    methods: list[Method]
    doc: str


@dataclass
class Contract:
    """All that was declared.

    `files` are those to generate for, in order; `parameters` are buf's `opt` for the plugin.
    """

    services: list[Service] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)

    def methods(self) -> Iterator[Method]:
        """Every method of every service."""
        for service in self.services:
            yield from service.methods


def read(request: CodeGeneratorRequest) -> Contract:
    """The contract of a parsed request."""
    builder = _Builder(request)
    for file in request.proto_file:
        builder.add(file)
    return builder.contract


class _Builder:
    def __init__(self, request: CodeGeneratorRequest) -> None:
        self.contract = Contract(
            files=list(request.file_to_generate), parameters=_parameters(request.parameter)
        )
        self._options = _option_reader(request)
        self._docs: dict[tuple[int, ...], str] = {}

    def add(self, file: FileDescriptorProto) -> None:
        comments = file.source_code_info.location if file.source_code_info else []
        self._docs = {tuple(c.path): _clean(c.leading_comments) for c in comments}
        for index, message in enumerate(file.message_type):
            self._message(message, file, file.package, (_MESSAGE_TYPE, index))
        for index, enum in enumerate(file.enum_type):
            self._enum(enum, file.package, (_ENUM_TYPE, index))
        if file.name in self.contract.files:
            for index, service in enumerate(file.service):
                self._service(service, file, (_SERVICE_TYPE, index))

    def _doc(self, path: tuple[int, ...]) -> str:
        return self._docs.get(path, "")

    def _message(
        self,
        proto: DescriptorProto,
        file: FileDescriptorProto,
        scope: str,
        path: tuple[int, ...],
    ) -> None:
        name = f"{scope}.{proto.name}"
        oneofs = [oneof.name for oneof in proto.oneof_decl]
        self.contract.messages[name] = Message(
            name=proto.name,
            full_name=name,
            file=file.name,
            fields=[self._field(f, oneofs, (*path, _FIELD, i)) for i, f in enumerate(proto.field)],
            joins=self._options.read(proto.options, f"{_POLICY}.join") or [],
            map_entry=proto.options is not None and proto.options.map_entry,
            doc=self._doc(path),
        )
        for index, nested in enumerate(proto.nested_type):
            self._message(nested, file, name, (*path, _NESTED_MESSAGE, index))
        for index, enum in enumerate(proto.enum_type):
            self._enum(enum, name, (*path, _NESTED_ENUM, index))

    def _field(self, f: FieldDescriptorProto, oneofs: list[str], path: tuple[int, ...]) -> Field:
        kind = FieldDescriptorProtoType(f.type).name.lower()
        repeated = f.label is FieldDescriptorProtoLabel.REPEATED
        real_oneof = f.oneof_index is not None and not f.proto3_optional
        return Field(
            name=f.name,
            json_name=f.json_name,
            number=f.number,
            kind=kind,
            type=f.type_name.lstrip("."),
            repeated=repeated,
            presence=not repeated and (f.proto3_optional or real_oneof or kind == "message"),
            oneof=oneofs[f.oneof_index or 0] if real_oneof else "",
            behaviours=self._options.read(f.options, "google.api.field_behavior") or [],
            policy=self._options.read(f.options, f"{_POLICY}.field") or {},
            doc=self._doc(path),
            deprecated=f.options is not None and f.options.deprecated,
        )

    def _enum(self, proto: EnumDescriptorProto, scope: str, path: tuple[int, ...]) -> None:
        name = f"{scope}.{proto.name}"
        values = [
            EnumValue(value.name, value.number, self._doc((*path, _VALUE, index)))
            for index, value in enumerate(proto.value)
        ]
        self.contract.enums[name] = Enum(proto.name, name, values, self._doc(path))

    def _service(
        self, proto: ServiceDescriptorProto, file: FileDescriptorProto, path: tuple[int, ...]
    ) -> None:
        full_name = f"{file.package}.{proto.name}"
        self.contract.services.append(
            Service(
                name=proto.name,
                full_name=full_name,
                package=file.package,
                noun=file.package.split(".")[1],
                file=file.name,
                methods=[
                    self._method(m, full_name, (*path, _METHOD, i))
                    for i, m in enumerate(proto.method)
                ],
                doc=self._doc(path),
            )
        )

    def _method(self, m: MethodDescriptorProto, service: str, path: tuple[int, ...]) -> Method:
        levels = MethodOptionsIdempotencyLevel
        level = m.options.idempotency_level if m.options is not None else levels(0)
        http = self._options.read(m.options, "google.api.http")
        return Method(
            name=m.name,
            service=service,
            input=m.input_type.lstrip("."),
            output=m.output_type.lstrip("."),
            server_streaming=m.server_streaming,
            client_streaming=m.client_streaming,
            read_only=level == levels.NO_SIDE_EFFECTS,
            idempotent=level != levels.IDEMPOTENCY_UNKNOWN,
            routes=_routes(http) if http else [],
            policy=self._options.read(m.options, f"{_POLICY}.method") or {},
            doc=self._doc(path),
            deprecated=m.options is not None and m.options.deprecated,
        )


def _option_reader(request: CodeGeneratorRequest) -> OptionReader:
    messages: dict[str, DescriptorProto] = {}
    enums: dict[str, dict[int, str]] = {}
    extensions: dict[str, FieldDescriptorProto] = {}
    for file in request.proto_file:
        messages |= {f"{file.package}.{m.name}": m for m in file.message_type}
        extensions |= {f"{file.package}.{x.name}": x for x in file.extension}
        for enum in file.enum_type:
            enums[f"{file.package}.{enum.name}"] = {v.number: v.name for v in enum.value}
    return OptionReader(messages, enums, extensions)


def _parameters(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(",") if part)
    return {name: value for name, _, value in pairs}


def _routes(rule: dict[str, Any]) -> list[Route]:
    bindings = [rule, *rule.get("additional_bindings", [])]
    return [
        Route(verb.upper(), binding[verb], binding.get("body", ""))
        for binding in bindings
        for verb in _VERBS
        if verb in binding
    ]


def _clean(comment: str) -> str:
    lines = [line.strip() for line in comment.strip().splitlines()]
    return "\n".join(lines)
