"""How names of the contract become names in Python."""

import re

from edge.generate.contract import Contract, Service

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """`get_booking` of `GetBooking`."""
    return _HUMP.sub("_", name).lower()


def module(file: str) -> str:
    """`dreamscape.booking.v1.booking_pb2` of `dreamscape/booking/v1/booking.proto`."""
    return file.removesuffix(".proto").replace("/", ".") + "_pb2"


def message(contract: Contract, full_name: str) -> str:
    """`booking_pb2.Booking` of `dreamscape.booking.v1.Booking`."""
    found = contract.messages[full_name]
    return f"{module(found.file).rpartition('.')[2]}.{found.name}"


def imports(contract: Contract, service: Service) -> list[str]:
    """The import lines that a service's requests and responses need, sorted."""
    used = {name for method in service.methods for name in (method.input, method.output)}
    modules = {module(contract.messages[name].file).rpartition(".") for name in used}
    return [f"from {package} import {name}" for package, _, name in sorted(modules)]


def docstring(text: str, indent: str) -> list[str]:
    """A comment as the lines of a docstring."""
    safe = text.replace("\\", "\\\\").replace('"""', "'''")
    lines = [f"{indent}{line}".rstrip() for line in safe.splitlines()] or [indent]
    if len(lines) == 1:
        return [f'{indent}"""{lines[0].strip()}"""']
    return [f'{indent}"""{lines[0].strip()}', *lines[1:], f'{indent}"""']
