"""The HTTP face of the Amadeus sandbox: Starlette routes, tokens, faults, error shapes.

Beside Amadeus' own paths it answers, without a token and for tests: `/health`, `/_sandbox/faults`
(see sandbox.faults), `GET /_sandbox/orders?after=&limit=` (what really happened, the witness) and
`POST /_sandbox/seats {"flight": "AF1002", "date": "2027-03-01", "cabin": "ECONOMY", "left": 1}`.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mesh.clock import Clock, Ids
from sandbox.amadeus import orders, query, reference
from sandbox.amadeus.document import Document
from sandbox.amadeus.offers import Composer, dictionaries
from sandbox.amadeus.pricing import echoes, priced
from sandbox.amadeus.refusals import Refusal
from sandbox.amadeus.replies import AmadeusResponse
from sandbox.amadeus.store import Store
from sandbox.amadeus.tokens import Tokens
from sandbox.amadeus.world import CABIN_PERCENT, Leg, World
from sandbox.faults import Fault, Faults, UnknownFaultError
from sandbox.ledger import Ledger, LedgerBusyError
from sandbox.wire import BodyTooLargeError, HangUp, JsonResponse, read_body

OPERATIONS = (
    "token", "search", "pricing", "order.create", "order.find", "order.get", "order.delete",
    *reference.OPERATIONS,
)  # fmt: skip
SELLING = ("pricing", "order.create")
WITNESS_PAGE = 1000
REFUSAL_BY_STATUS = {401: 38192, 429: 38194, 500: 38189, 503: 38189}

Endpoint = Callable[[Request, Fault], Awaitable[Response]]
log = logging.getLogger(__name__)


class AmadeusSandbox:
    """The endpoints. Give it an open ledger whose schema is `store.SCHEMA`."""

    def __init__(
        self, ledger: Ledger, world: World, tokens: Tokens, *, clock: Clock, ids: Ids
    ) -> None:
        self._ledger = ledger
        self._world = world
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._store = Store(world)
        self._desk = orders.Desk(self._store, world)
        self._reference = reference.Reference(world)
        self._faults = Faults(OPERATIONS, clock, selling=SELLING)

    def app(self) -> Starlette:
        """The ASGI application."""
        guard = self._guarded
        offers, order = "/v2/shopping/flight-offers", "/v1/booking/flight-orders"
        one, pricing = order + "/{order_id:path}", "/v1/shopping/flight-offers/pricing"
        return Starlette(
            routes=[
                Route("/health", _health, methods=["GET"]),
                Route(
                    "/v1/security/oauth2/token",
                    self._answering("token", self._token),
                    methods=["POST"],
                ),
                Route(offers, guard("search", self._search_by_parameters), methods=["GET"]),
                Route(offers, guard("search", self._search_by_body), methods=["POST"]),
                Route(pricing, guard("pricing", self._price), methods=["POST"]),
                Route(order, guard("order.create", self._create), methods=["POST"]),
                Route(order, guard("order.find", self._find), methods=["GET"]),
                Route(one, guard("order.get", self._get), methods=["GET"]),
                Route(one, guard("order.delete", self._delete), methods=["DELETE"]),
                *self._reference.routes(guard),
                Route("/_sandbox/orders", self._answering(None, self._witness), methods=["GET"]),
                Route("/_sandbox/seats", self._answering(None, self._leave), methods=["POST"]),
                *self._faults.routes(),
            ],
            exception_handlers={HTTPException: _unknown_path, Exception: _broken},
        )

    def _guarded(self, operation: str, endpoint: Endpoint) -> Callable[[Request], Any]:
        async def authorized(request: Request, fault: Fault) -> Response:
            self._tokens.check(request.headers.get("authorization"))
            return await endpoint(request, fault)

        return self._answering(operation, authorized)

    def _answering(self, operation: str | None, endpoint: Endpoint) -> Callable[[Request], Any]:
        """The endpoint with its faults applied and its refusals answered in Amadeus' shape."""

        async def answer(request: Request) -> Response:
            fault = Fault()
            try:
                if operation is not None:
                    fault = self._faults.take(operation, request)
                await self._faults.delay(fault)
                if fault.status is not None:
                    raise Refusal(REFUSAL_BY_STATUS[fault.status], status=fault.status)
                response = await endpoint(request, fault)
            except Refusal as refusal:
                response = _refused(refusal)
            except LedgerBusyError:
                response = _refused(Refusal(38194))
            except (UnknownFaultError, BodyTooLargeError) as error:
                response = _refused(Refusal(477, str(error), pointer="/"))
            return HangUp() if fault.reply_lost else response

        return answer

    async def _token(self, request: Request, _: Fault) -> Response:
        status, body = self._tokens.issue(await read_body(request))
        return JsonResponse(body, status_code=status)

    async def _search_by_parameters(self, request: Request, _: Fault) -> Response:
        return await self._search(request, query.from_parameters(request.query_params, self._today))

    async def _search_by_body(self, request: Request, _: Fault) -> Response:
        document = Document.parse(await read_body(request))
        return await self._search(request, query.from_document(document, self._today))

    async def _search(self, request: Request, wanted: query.Query) -> Response:
        composer = await self._composer(bound.day for bound in wanted.bounds)
        found = composer.search(wanted)
        return AmadeusResponse(
            {
                "meta": {"count": len(found), "links": {"self": str(request.url)}},
                "data": found,
                "dictionaries": dictionaries(found),
            }
        )

    async def _price(self, request: Request, fault: Fault) -> Response:
        data = Document.parse(await read_body(request)).need("data")
        data.need("type").option(("flight-offers-pricing", "flight-offer-pricing"))
        echoed = echoes(data.need("flightOffers"), self._world, self._today)
        legs = [leg for echo in echoed for leg in echo.trip.legs]
        await self._meddle(fault, legs)
        composer = await self._composer(leg.day for leg in legs)
        return AmadeusResponse(priced(echoed, composer))

    async def _create(self, request: Request, fault: Fault) -> Response:
        wish = orders.read(Document.parse(await read_body(request)), self._world, self._today)
        await self._meddle(fault, [leg for _, leg in wish.legs])
        order_id = orders.new_id(self._ids.new())
        created_at = self._clock.now().isoformat(timespec="milliseconds")
        body = await self._ledger.write(
            lambda connection: self._desk.place(connection, wish, order_id, created_at)
        )
        return AmadeusResponse(body, status_code=201)

    async def _find(self, request: Request, _: Fault) -> Response:
        reference = request.query_params.get("reference")
        if not reference:
            raise Refusal(32171, "reference is missing", parameter="reference")
        found = await self._ledger.read(lambda connection: self._store.find(connection, reference))
        data = [body["data"] for body in found]
        return AmadeusResponse({"meta": {"count": len(data)}, "data": data})

    async def _get(self, request: Request, _: Fault) -> Response:
        order_id = orders.stored_id(request.path_params["order_id"])
        return AmadeusResponse(
            await self._ledger.read(lambda connection: self._store.order(connection, order_id))
        )

    async def _delete(self, request: Request, _: Fault) -> Response:
        order_id = orders.stored_id(request.path_params["order_id"])
        now = self._clock.now().isoformat(timespec="milliseconds")
        await self._ledger.write(lambda connection: self._store.delete(connection, order_id, now))
        return Response(status_code=204)

    async def _witness(self, request: Request, _: Fault) -> Response:
        after = _whole(request, "after", 0)
        limit = min(WITNESS_PAGE, _whole(request, "limit", WITNESS_PAGE))
        return JsonResponse(
            await self._ledger.read(
                lambda connection: self._store.witness(connection, after, limit)
            )
        )

    async def _leave(self, request: Request, _: Fault) -> Response:
        wish = Document.parse(await read_body(request))
        name = wish.need("flight")
        flight = self._world.flight(name.text())
        cabin = wish.need("cabin").option(CABIN_PERCENT)
        if flight is None or cabin not in flight.cabins:
            raise name.refuse(4926, "There is no such flight with this cabin")
        leg, left = Leg(flight, wish.need("date").day(), cabin), wish.need("left").number(0, 999)
        await self._ledger.write(lambda connection: self._store.leave(connection, leg, left))
        return Response(status_code=204)

    async def _meddle(self, fault: Fault, legs: list[Leg]) -> None:
        """Let the world change under the client, for good, before its request is looked at."""
        if fault.sold_out or fault.price_percent:
            flights = {(leg.day, leg.flight.key): leg for leg in legs}
            await self._ledger.write(
                lambda connection: self._store.meddle(
                    connection,
                    list(flights.values()),
                    None if fault.sold_out else fault.price_percent,
                )
            )

    async def _composer(self, days: Iterable[date]) -> Composer:
        """A composer over the market of `days` and of those a connection may run into."""
        reached = {day + timedelta(days=later) for day in days for later in range(3)}
        market = await self._ledger.read(lambda connection: self._store.market(connection, reached))
        return Composer(self._world, market, self._today)

    @property
    def _today(self) -> date:
        return self._clock.now().date()


async def _health(request: Request) -> Response:
    return JsonResponse({"status": "ok"})


def _whole(request: Request, name: str, usual: int) -> int:
    text = request.query_params.get(name, str(usual))
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise Refusal(477, "A whole number expected", parameter=name)
    return int(text)


def _refused(refusal: Refusal) -> Response:
    return AmadeusResponse(refusal.body(), status_code=refusal.status)


async def _unknown_path(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _refused(Refusal(38196, status=status))


async def _broken(request: Request, error: Exception) -> Response:
    log.error("the amadeus sandbox broke on %s", request.url.path, exc_info=error)
    return _refused(Refusal(38189))
