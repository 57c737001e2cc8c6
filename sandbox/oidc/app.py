"""The HTTP face of the OpenID providers: Google at `/google`, Facebook at `/facebook`.

Each has `/.well-known/openid-configuration`, `/jwks`, `/authorize`, `/token` and `/userinfo`.
`/authorize` signs in whoever `login_hint` names, or shows a form. For tests there are also
`/health`, `/_sandbox/faults` (see sandbox.faults; operations such as `google.token`) and
`GET /_sandbox/exchanges` (what became of the codes, the witness).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mesh.clock import Clock, Ids
from sandbox.faults import Faults, UnknownFaultError
from sandbox.ledger import Ledger, LedgerBusyError
from sandbox.oidc import lies, store
from sandbox.oidc.issuer import ALGORITHMS, Client, Issuer
from sandbox.oidc.refusals import Refusal
from sandbox.wire import BodyTooLargeError, HangUp, JsonResponse

PROVIDERS = tuple(ALGORITHMS)
LIES = {"authorize": lies.AUTHORIZE, "token": lies.TOKEN, "discovery": lies.DISCOVERY}
ENDPOINTS = ("discovery", "jwks", "authorize", "token", "userinfo")

Work = Callable[[Request, str], Awaitable[Response]]


class OidcSandbox:
    """The endpoints. Give it an open ledger whose schema is `store.SCHEMA`.

    `url` is its own address, `clients` the client of each provider.
    """

    def __init__(
        self, ledger: Ledger, clients: Mapping[str, Client], *, url: str, clock: Clock, ids: Ids
    ) -> None:
        self._ledger = ledger
        self._issuers = [
            Issuer(
                name=name,
                url=f"{url}/{name}",
                client=clients[name],
                ledger=ledger,
                clock=clock,
                ids=ids,
            )
            for name in PROVIDERS
        ]
        self._faults = Faults(
            [f"{name}.{endpoint}" for name in PROVIDERS for endpoint in ENDPOINTS],
            clock,
            lies={f"{name}.{verb}": told for name in PROVIDERS for verb, told in LIES.items()},
        )

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/health", _health, methods=["GET"]),
            Route("/_sandbox/exchanges", self._exchanges, methods=["GET"]),
            *self._faults.routes(),
        ]
        for issuer in self._issuers:
            paths = {name: f"/{issuer.name}/{name}" for name in ENDPOINTS}
            paths["discovery"] = f"/{issuer.name}/.well-known/openid-configuration"
            routes += [
                self._route(f"{issuer.name}.{name}", path, getattr(issuer, name))
                for name, path in paths.items()
            ]
        return Starlette(routes=routes)

    def _route(self, operation: str, path: str, work: Work) -> Route:
        """A route on which the operation's faults happen."""

        async def answer(request: Request) -> Response:
            try:
                fault = self._faults.take(operation, request)
                await self._faults.delay(fault)
                if fault.status:
                    raise Refusal(fault.status, "temporarily_unavailable", "not now")
                response = await work(request, fault.lie)
            except Refusal as refusal:
                return refusal.response()
            except (UnknownFaultError, BodyTooLargeError) as problem:
                return Refusal(400, "invalid_request", str(problem)).response()
            except LedgerBusyError:
                return Refusal(503, "temporarily_unavailable", "too busy").response()
            return HangUp() if fault.reply_lost else response

        return Route(path, answer, methods=["POST" if operation.endswith(".token") else "GET"])

    async def _exchanges(self, request: Request) -> Response:
        told: dict[str, Any] = await self._ledger.read(store.witness)
        return JsonResponse(told)


async def _health(request: Request) -> Response:
    return JsonResponse({"status": "ok"})
