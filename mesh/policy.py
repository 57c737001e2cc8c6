"""What the contract demands of a call, read from the descriptors: access, time, valid fields.

Nothing here knows a method by name; a rule that is not in the contract is not enforced here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from google.api import field_behavior_pb2
from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from dreamscape.policy.v1 import policy_pb2
from mesh.faults import InvalidArgument, Violation

Check = Callable[[Message, str], Iterator[Violation]]

_EMAIL = re.compile(r"[^@\s<>\"(),:;\[\]\\]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_VIOLATIONS = 20


@dataclass(frozen=True, slots=True)
class Method:
    """A method with its policy. `timeout` is in seconds, 0 for a stream."""

    name: str
    path: str
    service: str
    domain: str
    request: type[Message]
    response: type[Message]
    streaming: bool
    access: str
    callers: frozenset[str]
    timeout: float
    needs_idempotency_key: bool
    audit: bool
    check: Check

    def validate(self, request: Message) -> None:
        """Raise InvalidArgument with every field that breaks a rule."""
        violations = tuple(islice(self.check(request, ""), _MAX_VIOLATIONS))
        if violations:
            summary = "; ".join(f"{v.field}: {v.description}" for v in violations)
            raise InvalidArgument("INVALID_FIELDS", summary, violations=violations)


def methods(service: ServiceDescriptor) -> list[Method]:
    """The methods of a service, in the order they were declared."""
    return [_method(method) for method in service.methods]


def _method(method: MethodDescriptor) -> Method:
    policy: policy_pb2.MethodPolicy = method.GetOptions().Extensions[policy_pb2.method]  # type: ignore[index]
    service = method.containing_service
    noun = service.full_name.split(".")[1]
    return Method(
        name=method.name,
        path=f"/{service.full_name}/{method.name}",
        service=service.full_name,
        domain=f"{noun}.dreamscape",
        request=GetMessageClass(method.input_type),
        response=GetMessageClass(method.output_type),
        streaming=method.server_streaming,
        access=policy_pb2.Access.Name(policy.access).removeprefix("ACCESS_"),
        callers=frozenset(policy.callers),
        timeout=policy.timeout_ms / 1000,
        needs_idempotency_key=policy.idempotency_key == policy_pb2.IDEMPOTENCY_KEY_REQUIRED,
        audit=policy.audit,
        check=_message_check(method.input_type, {}),
    )


def _message_check(descriptor: Descriptor, seen: dict[str, Check]) -> Check:
    """A check of a whole message, compiled once; recursive types refer to themselves."""
    if descriptor.full_name in seen:
        return seen[descriptor.full_name]
    parts: list[Check] = []

    def check(message: Message, path: str) -> Iterator[Violation]:
        for part in parts:
            yield from part(message, path)

    seen[descriptor.full_name] = check
    for field in descriptor.fields:
        parts.extend(_field_checks(field, seen))
    return check


def _field_checks(field: FieldDescriptor, seen: dict[str, Check]) -> Iterator[Check]:
    options = field.GetOptions()
    required = field_behavior_pb2.REQUIRED in options.Extensions[field_behavior_pb2.field_behavior]
    if required:
        yield _required(field)
    policy: policy_pb2.FieldPolicy = options.Extensions[policy_pb2.field]  # type: ignore[index]
    rules = list(_value_rules(field, policy))
    if field.message_type and not field.message_type.full_name.startswith("google."):
        inner = _message_check(field.message_type, seen)
        yield _repeated_messages(field, inner) if field.is_repeated else _message(field, inner)
    if rules:
        yield _values(field, rules)
    if field.is_repeated and not field.message_type:
        yield _items(field, list(_text_rules(field, policy)))


def _required(field: FieldDescriptor) -> Check:
    name, json_name, presence = field.name, field.json_name, field.has_presence

    def check(message: Message, path: str) -> Iterator[Violation]:
        there = message.HasField(name) if presence else bool(getattr(message, name))
        if not there:
            yield Violation(path + json_name, "is required")

    return check


def _message(field: FieldDescriptor, inner: Check) -> Check:
    name, json_name = field.name, field.json_name

    def check(message: Message, path: str) -> Iterator[Violation]:
        if message.HasField(name):
            yield from inner(getattr(message, name), f"{path}{json_name}.")

    return check


def _repeated_messages(field: FieldDescriptor, inner: Check) -> Check:
    name, json_name = field.name, field.json_name

    def check(message: Message, path: str) -> Iterator[Violation]:
        for index, item in enumerate(getattr(message, name)):
            yield from inner(item, f"{path}{json_name}[{index}].")

    return check


Rule = Callable[[object], str]


def _values(field: FieldDescriptor, rules: list[Rule]) -> Check:
    """Applies the rules to a value that is there; an absent one is `_required`'s business."""
    name, json_name = field.name, field.json_name
    presence = field.has_presence
    # A number without presence is always there: its zero may be what breaks a rule.
    numeric = not field.is_repeated and field.cpp_type != FieldDescriptor.CPPTYPE_STRING

    def check(message: Message, path: str) -> Iterator[Violation]:
        value = getattr(message, name)
        there = message.HasField(name) if presence else numeric or bool(value)
        if not there:
            return
        for rule in rules:
            problem = rule(value)
            if problem:
                yield Violation(path + json_name, problem)

    return check


def _items(field: FieldDescriptor, rules: list[Rule]) -> Check:
    """Applies the rules to each item of a repeated field."""
    name, json_name = field.name, field.json_name

    def check(message: Message, path: str) -> Iterator[Violation]:
        for index, value in enumerate(getattr(message, name)):
            for problem in filter(None, (rule(value) for rule in rules)):
                yield Violation(f"{path}{json_name}[{index}]", problem)

    return check


def _value_rules(field: FieldDescriptor, policy: policy_pb2.FieldPolicy) -> Iterator[Rule]:
    unit = "items" if field.is_repeated else "characters"
    if policy.min_size:
        yield _holds(lambda v: len(v) >= policy.min_size, f"needs {policy.min_size} {unit} or more")
    if policy.max_size:
        yield _holds(lambda v: len(v) <= policy.max_size, f"takes {policy.max_size} {unit} at most")
    if policy.HasField("minimum"):
        yield _holds(lambda v: v >= policy.minimum, f"must be {policy.minimum} or more")
    if policy.HasField("maximum"):
        yield _holds(lambda v: v <= policy.maximum, f"must be {policy.maximum} or less")
    if not field.is_repeated:
        yield from _text_rules(field, policy)


def _text_rules(field: FieldDescriptor, policy: policy_pb2.FieldPolicy) -> Iterator[Rule]:
    """What a text must be, alone or as one of many."""
    if policy.pattern:
        pattern = re.compile(policy.pattern)
        yield _holds(pattern.fullmatch, f"must match {policy.pattern}")
    if policy.format:
        yield _FORMATS[policy.format]
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        yield _holds(lambda v: "\x00" not in v, "must not hold a NUL character")


def _holds(test: Callable[..., object], otherwise: str) -> Rule:
    return lambda value: "" if test(value) else otherwise


def is_email(text: str) -> bool:
    """Whether a text from elsewhere would pass as an e-mail address in a request."""
    return _EMAIL.fullmatch(text) is not None and text.isprintable() and text.isascii()


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


_FORMATS: dict[int, Rule] = {
    policy_pb2.FORMAT_EMAIL: _holds(is_email, "must be an e-mail address in ASCII"),
    policy_pb2.FORMAT_DATE: _holds(_is_date, "must be a date, YYYY-MM-DD"),
    policy_pb2.FORMAT_UUID: _holds(_UUID.fullmatch, "must be a UUID"),
}
