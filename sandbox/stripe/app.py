"""The HTTP face of the Stripe sandbox: Starlette routes, keys, faults, error shapes.

Beside Stripe's own paths it answers, without a key and for tests: `/health`, `/_sandbox/faults`
(see sandbox.faults), `GET /_sandbox/charges` (what was really charged, the witness),
`GET /_sandbox/webhooks` (deliveries by state) and
`POST /_sandbox/payment_intents/{id}/authenticate` with `outcome=succeeded|failed` (3-D Secure).
"""

import base64
import binascii
import hmac
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mesh.clock import Clock, Ids
from sandbox.faults import Fault, Faults, UnknownFaultError
from sandbox.ledger import Ledger, LedgerBusyError
from sandbox.stripe import intents, refunds
from sandbox.stripe.books import Asking, Books, Page, witness
from sandbox.stripe.form import Form, decode
from sandbox.stripe.intents import Ask, Effect
from sandbox.stripe.refusals import Refusal, internal, invalid
from sandbox.stripe.replies import Replies, Reply, fingerprint
from sandbox.stripe.webhooks import Courier, states
from sandbox.wire import BodyTooLargeError, HangUp, JsonResponse, read_body

COLLECTIONS = {
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "events": "event",
}
OPERATIONS = (
    *(f"{name}.{verb}" for name in COLLECTIONS for verb in ("retrieve", "list")),
    *(f"payment_intents.{verb}" for verb in ("create", "confirm", "capture", "cancel")),
    "refunds.create",
    "authenticate",
)
LISTING = frozenset((
    "limit", "starting_after", "ending_before", "created", "type", "types", "payment_intent",
    "expand",
))  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The account's API keys."""

    secret: str
    publishable: str


@dataclass(frozen=True)
class Call:
    """One request being answered: its id, its fault, and whether a browser made it."""

    request_id: str
    fault: Fault
    publishable: bool


Plan = Callable[[Ask], Effect]
Endpoint = Callable[[Request, Call], Awaitable[Response]]


class StripeSandbox:
    """The endpoints. Give it an open ledger whose schema is `books.SCHEMA`."""

    def __init__(
        self, ledger: Ledger, keys: Keys, courier: Courier | None, *, clock: Clock, ids: Ids
    ) -> None:
        self._ledger = ledger
        self._keys = keys
        self._courier = courier
        self._clock = clock
        self._ids = ids
        self._faults = Faults(OPERATIONS, clock)
        self._replies = Replies(ledger, self._books)

    def app(self) -> Starlette:
        """The ASGI application."""
        one = "/v1/payment_intents/{id}"
        routes = [
            Route("/health", _health, methods=["GET"]),
            self._post("/v1/payment_intents", "payment_intents.create", intents.creation),
            self._post(f"{one}/confirm", "payment_intents.confirm", intents.confirmation),
            self._post(f"{one}/capture", "payment_intents.capture", intents.capture),
            self._post(f"{one}/cancel", "payment_intents.cancel", intents.cancellation),
            self._post("/v1/refunds", "refunds.create", refunds.creation),
            Route(
                "/_sandbox/payment_intents/{id}/authenticate",
                self._answering(
                    "authenticate", self._executing(intents.authentication), keyed=False
                ),
                methods=["POST"],
            ),
            Route("/_sandbox/charges", self._charges, methods=["GET"]),
            Route("/_sandbox/webhooks", self._webhooks, methods=["GET"]),
            *self._faults.routes(),
        ]
        for name, kind in COLLECTIONS.items():
            several = self._answering(f"{name}.list", self._listing(kind))
            single = self._answering(f"{name}.retrieve", self._retrieving(kind))
            routes.append(Route(f"/v1/{name}", several, methods=["GET"]))
            routes.append(Route(f"/v1/{name}/{{id}}", single, methods=["GET"]))
        return Starlette(
            routes=routes,
            middleware=[
                Middleware(
                    CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]
                )
            ],
            exception_handlers={HTTPException: _unknown_path, Exception: _broken},
        )

    def _post(self, path: str, operation: str, plan: Plan) -> Route:
        return Route(path, self._answering(operation, self._executing(plan)), methods=["POST"])

    def _answering(
        self, operation: str, endpoint: Endpoint, *, keyed: bool = True
    ) -> Callable[[Request], Any]:
        """The endpoint behind its keys and faults, its refusals answered in Stripe's shape."""

        async def answer(request: Request) -> Response:
            request_id = f"req_{self._ids.new().replace('-', '')[-14:]}"
            fault = Fault()
            try:
                publishable = self._authenticated(request) if keyed else False
                fault = self._faults.take(operation, request)
                if fault.status is not None and fault.status != 500:
                    raise _refusal_of(fault.status)
                response = await endpoint(request, Call(request_id, fault, publishable))
            except Refusal as refusal:
                response = JsonResponse(refusal.body(), status_code=refusal.status)
            except LedgerBusyError:
                response = JsonResponse(_refusal_of(429).body(), status_code=429)
            except (UnknownFaultError, BodyTooLargeError) as error:
                response = JsonResponse(invalid(str(error)).body(), status_code=400)
            response.headers["Request-Id"] = request_id
            return HangUp() if fault.reply_lost else response

        return answer

    def _executing(self, plan: Plan) -> Endpoint:
        """An endpoint that changes something: idempotent, in one transaction, then announced."""

        async def execute(request: Request, call: Call) -> Response:
            fields = decode(await read_body(request))
            effect = plan(Ask(request.path_params.get("id", ""), fields, call.publishable))
            paths = Form(fields, fields).listed("expand")
            asking = Asking(
                call.request_id, request.headers.get("idempotency-key") or None, self._clock.now()
            )

            def whole(books: Books) -> dict[str, Any]:
                if call.fault.status == 500:
                    raise internal()
                return books.expand(effect(books), paths)

            reply = await self._replies.run(
                asking,
                fingerprint(request.url.path, fields),
                whole,
                lambda: self._faults.delay(call.fault),
            )
            if self._courier is not None:
                self._courier.wake()
            return _response(reply, asking)

        return execute

    def _retrieving(self, kind: str) -> Endpoint:
        async def retrieve(request: Request, call: Call) -> Response:
            form = Form(decode(request.url.query.encode()), {"expand", "client_secret"})
            secret = form.text("client_secret")
            if call.publishable and (secret is None or kind != "payment_intent"):
                raise _secret_key_required()

            def look(books: Books) -> dict[str, Any]:
                found = books.get(kind, request.path_params["id"])
                if kind == "payment_intent":
                    intents.check_secret(found, secret)
                return books.expand(found, form.listed("expand"))

            return await self._read(call, look)

        return retrieve

    def _listing(self, kind: str) -> Endpoint:
        async def listing(request: Request, call: Call) -> Response:
            if call.publishable:
                raise _secret_key_required()
            form = Form(decode(request.url.query.encode()), LISTING)
            page = _page(kind, form)
            return await self._read(
                call,
                lambda books: books.expand(
                    books.listed(page, request.url.path), form.listed("expand")
                ),
            )

        return listing

    async def _read(self, call: Call, look: Effect) -> Response:
        if call.fault.status == 500:
            raise internal()
        await self._faults.delay(call.fault)
        asking = Asking(call.request_id, None, self._clock.now())
        return JsonResponse(await self._ledger.read(lambda c: look(self._books(c, asking))))

    def _books(self, connection: sqlite3.Connection, asking: Asking) -> Books:
        return Books(connection, self._ids, asking, webhooks=self._courier is not None)

    def _authenticated(self, request: Request) -> bool:
        """True for the publishable key on a path browsers may use; raises Refusal (401)."""
        key = _key(request.headers.get("authorization", ""))
        if hmac.compare_digest(key.encode(), self._keys.secret.encode()):
            return False
        if not hmac.compare_digest(key.encode(), self._keys.publishable.encode()):
            raise _unauthorized(key)
        for_browsers = request.path_params.get("id") and (
            request.method == "GET" or request.url.path.endswith("/confirm")
        )
        if not for_browsers:
            raise _secret_key_required()
        return True

    async def _charges(self, request: Request) -> Response:
        return JsonResponse(await self._ledger.read(witness))

    async def _webhooks(self, request: Request) -> Response:
        return JsonResponse(await self._ledger.read(states))


def _page(kind: str, form: Form) -> Page:
    created = Form(form.nested("created"), {"gt", "gte", "lt", "lte", "eq"})
    bounds = [(name, created.whole(name, 0, 10**11)) for name in ("gt", "gte", "lt", "lte", "eq")]
    one_type = form.text("type")
    return Page(
        kind=kind,
        limit=form.whole("limit", 1, 100) or 10,
        after=form.text("starting_after"),
        before=form.text("ending_before"),
        created=tuple((name, instant) for name, instant in bounds if instant is not None),
        types=(one_type,) if one_type else tuple(form.listed("types")),
        parent=form.text("payment_intent"),
    )


def _key(authorization: str) -> str:
    """The API key of a Bearer or Basic header; empty when there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _response(reply: Reply, asking: Asking) -> Response:
    headers = {}
    if asking.idempotency_key is not None:
        headers["Idempotency-Key"] = asking.idempotency_key
    if reply.original is not None:
        headers |= {"Idempotent-Replayed": "true", "Original-Request": reply.original}
    return Response(reply.body, reply.status, headers, media_type="application/json")


def _unauthorized(key: str) -> Refusal:
    if not key:
        message = "You did not provide an API key. Use the Authorization header: Bearer YOUR_KEY."
    else:
        message = f"Invalid API Key provided: {key[:7]}****{key[-4:]}"
    return Refusal(401, "invalid_request_error", message)


def _secret_key_required() -> Refusal:
    return Refusal(
        401,
        "invalid_request_error",
        "This API call cannot be made with a publishable API key. Please use a secret API key.",
        code="secret_key_required",
    )


def _refusal_of(status: int) -> Refusal:
    if status == 429:
        return Refusal(429, "invalid_request_error", "Too many requests.", code="rate_limit")
    if status == 401:
        return _unauthorized("sk_expired")
    return Refusal(status, "api_error", "The service is unavailable.")


async def _health(request: Request) -> Response:
    return JsonResponse({"status": "ok"})


async def _unknown_path(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    message = f"Unrecognized request URL ({request.method}: {request.url.path})."
    return JsonResponse(Refusal(status, "invalid_request_error", message).body(), status)


async def _broken(request: Request, error: Exception) -> Response:
    log.error("the stripe sandbox broke on %s", request.url.path, exc_info=error)
    return JsonResponse(internal().body(), 500)
