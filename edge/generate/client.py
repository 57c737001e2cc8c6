"""Plugin: a typed async client for each service, `<noun>_client.py`.

Services of the mesh and the SDK use the same clients. One works over any channel that has
`unary_unary` and `unary_stream` as grpc.aio.Channel does.
"""

from pathlib import Path

from edge.generate import naming
from edge.generate.contract import Contract, Method, Service
from edge.generate.plugin import Files, run

HEADER = "# Written by `python -m edge.generate`; do not edit.\n"
_CALLS = Path(__file__).parent / "verbatim" / "calls.py"
_IMPORTS = "from dreamscape.calls import Channel, Metadata"


def generate(contract: Contract) -> Files:
    """The clients, and the module of what they share."""
    files = {"dreamscape/calls.py": HEADER + _CALLS.read_text()}
    for service in contract.services:
        path = service.package.replace(".", "/")
        files[f"{path}/{service.noun}_client.py"] = _client(contract, service)
    return files


def client_name(service: Service) -> str:
    """`BookingClient` of `BookingService`."""
    return service.name.removesuffix("Service") + "Client"


def _client(contract: Contract, service: Service) -> str:
    streams = any(method.server_streaming for method in service.methods)
    lines = [
        f'"""The client of {service.full_name}."""',
        "",
        *(["from collections.abc import AsyncGenerator", ""] if streams else []),
        *sorted([*naming.imports(contract, service), _IMPORTS]),
        "",
        "",
        f"class {client_name(service)}:",
        *naming.docstring(service.doc, "    "),
        "",
        "    def __init__(self, channel: Channel) -> None:",
    ]
    for method in service.methods:
        lines += _callable(contract, method)
    for method in service.methods:
        lines += ["", *_method(contract, method)]
    return HEADER + "\n".join(lines) + "\n"


def _callable(contract: Contract, method: Method) -> list[str]:
    kind = "unary_stream" if method.server_streaming else "unary_unary"
    return [
        f"        self._{naming.snake(method.name)} = channel.{kind}(",
        f'            "{method.path}",',
        f"            {naming.message(contract, method.input)}.SerializeToString,",
        f"            {naming.message(contract, method.output)}.FromString,",
        "        )",
    ]


def _method(contract: Contract, method: Method) -> list[str]:
    answered = naming.message(contract, method.output)
    result = f"AsyncGenerator[{answered}, None]" if method.server_streaming else answered
    needs_key = _needs_key(method)
    return [
        f"    async def {naming.snake(method.name)}(",
        "        self,",
        f"        request: {naming.message(contract, method.input)},",
        "        *,",
        *(["        idempotency_key: str,"] if needs_key else []),
        "        timeout: float | None = None,",
        "        metadata: Metadata = (),",
        f"    ) -> {result}:",
        *naming.docstring(_doc(method), "        "),
        *(_stream(method) if method.server_streaming else _unary(method, answered)),
    ]


def _doc(method: Method) -> str:
    if method.access == "SERVICE":
        callers = ", ".join(method.policy.get("callers", []))
        return f"{method.doc}\n\nInside the mesh only, for {callers}; the edge has no route to it."
    return method.doc


def _needs_key(method: Method) -> bool:
    return str(method.policy.get("idempotency_key", "")).endswith("REQUIRED")


def _arguments(method: Method) -> list[str]:
    key = '("idempotency-key", idempotency_key)'
    metadata = f"(*metadata, {key})" if _needs_key(method) else "metadata"
    limit = method.policy.get("timeout_ms", 0) / 1000
    timeout = f"{limit} if timeout is None else timeout" if limit else "timeout"
    return [f"timeout={timeout}", f"metadata={metadata}"]


def _unary(method: Method, answered: str) -> list[str]:
    return [
        f"        response: {answered} = await self._{naming.snake(method.name)}(",
        "            request,",
        *(f"            {argument}," for argument in _arguments(method)),
        "        )",
        "        return response",
    ]


def _stream(method: Method) -> list[str]:
    return [
        f"        call = self._{naming.snake(method.name)}(",
        "            request,",
        *(f"            {argument}," for argument in _arguments(method)),
        "        )",
        "        try:",
        "            async for message in call:",
        "                yield message",
        "        finally:",
        "            call.cancel()",
    ]


if __name__ == "__main__":
    run(generate)
