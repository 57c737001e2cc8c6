"""Plugin: types of the gRPC stubs, `_pb2_grpc.pyi`, which grpcio-tools does not write.

A servicer's methods are abstract to the type checker, so that a missing one is found before it
runs; the context is `Any`, because each server engine brings its own.
"""

from edge.generate import naming
from edge.generate.contract import Contract, Method, Service
from edge.generate.plugin import Files, run

_HEAD = """\
# Written by `python -m edge.generate`; do not edit.
import abc
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
"""


def generate(contract: Contract) -> Files:
    """One file beside each `_pb2_grpc.py`."""
    by_file: dict[str, list[Service]] = {}
    for service in contract.services:
        by_file.setdefault(service.file, []).append(service)
    return {
        file.removesuffix(".proto") + "_pb2_grpc.pyi": _file(contract, services)
        for file, services in by_file.items()
    }


def _file(contract: Contract, services: list[Service]) -> str:
    lines = sorted({line for s in services for line in naming.imports(contract, s)})
    parts = [_HEAD, "\n".join(lines), *(_service(contract, s) for s in services)]
    return "\n".join(parts)


def _service(contract: Contract, service: Service) -> str:
    stub = [_callable(contract, method) for method in service.methods]
    servicer = [line for method in service.methods for line in _servicer(contract, method)]
    name = service.name
    return "\n".join(
        [
            "",
            f"class {name}Stub:",
            "    def __init__(self, channel: grpc.aio.Channel) -> None: ...",
            *stub,
            "",
            f"class {name}Servicer(metaclass=abc.ABCMeta):",
            *servicer,
            "",
            f"def add_{name}Servicer_to_server(servicer: {name}Servicer, server: Any) -> None: ...",
            "",
        ]
    )


def _callable(contract: Contract, method: Method) -> str:
    kind = "UnaryStream" if method.server_streaming else "UnaryUnary"
    took, answered = (naming.message(contract, m) for m in (method.input, method.output))
    return f"    {method.name}: grpc.aio.{kind}MultiCallable[{took}, {answered}]"


def _servicer(contract: Contract, method: Method) -> list[str]:
    took, answered = (naming.message(contract, m) for m in (method.input, method.output))
    define = "def" if method.server_streaming else "async def"
    result = f"AsyncIterator[{answered}]" if method.server_streaming else answered
    return [
        "    @abc.abstractmethod",
        f"    {define} {method.name}(self, request: {took}, context: Any) -> {result}: ...",
    ]


if __name__ == "__main__":
    run(generate)
