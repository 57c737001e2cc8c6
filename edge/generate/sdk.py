"""Plugin: the Python SDK's front door, `dreamscape/sdk.py`, over the generated clients."""

from pathlib import Path

from edge.generate.client import HEADER, client_name
from edge.generate.contract import Contract, Service
from edge.generate.plugin import Files, run

_ERRORS = Path(__file__).parent / "verbatim" / "errors.py"

_SDK = '''\
"""The public API from Python: `async with DreamScape("localhost:3000") as api: ...`."""

from types import TracebackType

import grpc.aio

{imports}

__all__ = ["ApiError", "DreamScape", "Violation"]


class DreamScape:
    """All services at one address; a failed call raises ApiError.

    `address` is host:port, in clear text unless `credentials` are given. `token` is the access
    token that each call carries; set it after signing in:

        async with DreamScape("localhost:3000") as api:
            answer = await api.auth.login(LoginRequest(email=email, password=password))
            api.token = answer.tokens.access_token
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self.token = token
        self._channel = (
            grpc.aio.secure_channel(address, credentials)
            if credentials
            else grpc.aio.insecure_channel(address)
        )
        calling = Calling(self._channel, self._authorization)
{clients}

    async def __aenter__(self) -> "DreamScape":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        await self._channel.close()

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {{self.token}}"),) if self.token else ()
'''


def generate(contract: Contract) -> Files:
    """The front door, and the module of its errors."""
    return {
        "dreamscape/errors.py": HEADER + _ERRORS.read_text(),
        "dreamscape/sdk.py": HEADER + _sdk(_public(contract)),
    }


def _public(contract: Contract) -> list[Service]:
    shown = [s for s in contract.services if any(m.access != "SERVICE" for m in s.methods)]
    return sorted(shown, key=lambda service: service.noun)


def _sdk(services: list[Service]) -> str:
    imports = [f"from {s.package}.{s.noun}_client import {client_name(s)}" for s in services]
    imports.append("from dreamscape.errors import ApiError, Calling, Violation")
    clients = [f"        self.{s.noun} = {client_name(s)}(calling)" for s in services]
    return _SDK.format(imports="\n".join(sorted(imports)), clients="\n".join(clients))


if __name__ == "__main__":
    run(generate)
