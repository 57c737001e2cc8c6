"""The HTTP face of the mailbox: JSON for programs under /messages, a page for people at /."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.ledger import Ledger
from sandbox.mail import page, store
from sandbox.wire import JsonResponse

USUAL_LIMIT = 50
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
}


class Mailbox:
    """The endpoints. Give it an open ledger whose schema is `store.SCHEMA`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/health", _health, methods=["GET"]),
                Route("/", self._inbox, methods=["GET"]),
                Route("/read/{id}", self._letter, methods=["GET"]),
                Route("/messages", self._list, methods=["GET"]),
                Route("/messages", self._clear, methods=["DELETE"]),
                Route("/messages/{id}", self._read, methods=["GET"]),
            ]
        )

    async def _inbox(self, request: Request) -> Response:
        to = request.query_params.get("to")
        listing = await self._ledger.read(lambda c: store.listed(c, to, USUAL_LIMIT))
        return HTMLResponse(page.inbox(listing, to), headers=SAFE)

    async def _letter(self, request: Request) -> Response:
        message = await self._ledger.read(lambda c: store.read(c, request.path_params["id"]))
        if message is None:
            return HTMLResponse("<!doctype html><p>No such message.</p>", 404, SAFE)
        return HTMLResponse(page.letter(message), headers=SAFE)

    async def _list(self, request: Request) -> Response:
        limit = request.query_params.get("limit", str(USUAL_LIMIT))
        if not (limit.isascii() and limit.isdigit()):
            return JsonResponse({"error": "limit is a whole number"}, 400)
        to = request.query_params.get("to")
        return JsonResponse(
            await self._ledger.read(lambda c: store.listed(c, to, min(int(limit[:9]), 200)))
        )

    async def _read(self, request: Request) -> Response:
        message = await self._ledger.read(lambda c: store.read(c, request.path_params["id"]))
        if message is None:
            return JsonResponse({"error": "no such message"}, 404)
        return JsonResponse(message)

    async def _clear(self, request: Request) -> Response:
        await self._ledger.write(store.clear)
        return Response(status_code=204)


async def _health(request: Request) -> Response:
    return JsonResponse({"status": "ok"})
