"""What every protoc plugin here shares: read the request, hand over the contract, answer."""

import sys
from collections.abc import Callable

from betterproto2_compiler.lib.google.protobuf.compiler import (
    CodeGeneratorRequest,
    CodeGeneratorResponse,
    CodeGeneratorResponseFeature,
    CodeGeneratorResponseFile,
)

from edge.generate.contract import Contract, read

Files = dict[str, str]


class ContractError(Exception):
    """The contract breaks a rule; the text says which, one line for each breach."""


def run(generate: Callable[[Contract], Files]) -> None:
    """Answer protoc on standard output with the files that `generate` returns, by path."""
    answer(sys.stdin.buffer.read(), lambda request: generate(read(request)))


def answer(raw: bytes, generate: Callable[[CodeGeneratorRequest], Files]) -> None:
    """As `run`, for a plugin that wants the request itself.

    A ContractError becomes the response's `error`, so that buf prints it without a traceback.
    """
    response = CodeGeneratorResponse(
        supported_features=int(CodeGeneratorResponseFeature.PROTO3_OPTIONAL)
    )
    try:
        files = generate(CodeGeneratorRequest.parse(raw))
        response.file = [
            CodeGeneratorResponseFile(name=name, content=content)
            for name, content in sorted(files.items())
        ]
    except ContractError as problem:
        response.error = str(problem)
    sys.stdout.buffer.write(bytes(response))
