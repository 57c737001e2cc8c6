"""The servicer of voyage: decode, delegate, encode."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.voyage.v1 import voyage_pb2, voyage_pb2_grpc
from mesh.call import Call
from mesh.clock import Clock, Ids
from mesh.faults import NotFound
from mesh.money import Money
from services.voyage import domain, messages
from services.voyage.answers import Answers
from services.voyage.orders import Desk
from services.voyage.places import (
    AirlineQuery,
    Around,
    CheckinQuery,
    Kind,
    Location,
    PlaceQuery,
    Routes,
)
from services.voyage.ports import FlightSupplier, ReferenceData
from services.voyage.store import Offer, Store

Query = TypeVar("Query")
# The answers that are locations and nothing else.
Located = TypeVar(
    "Located",
    voyage_pb2.SearchLocationsResponse,
    voyage_pb2.SearchAirportsResponse,
    voyage_pb2.SearchNearestAirportsResponse,
    voyage_pb2.SearchAirportRoutesResponse,
    voyage_pb2.SearchAirlineRoutesResponse,
)


class Shelf:
    """What the supplier offers, kept under our own identifiers."""

    def __init__(self, store: Store, supplier: FlightSupplier, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._supplier = supplier
        self._clock = clock
        self._ids = ids

    async def search(self, wanted: domain.Search) -> list[voyage_pb2.FlightOffer]:
        """What is offered now, cheapest first."""
        quotes = await self._supplier.search(wanted)
        return await self._keep(quotes, _parameters(wanted), priced=False)

    async def price(self, offer: Offer) -> voyage_pb2.FlightOffer:
        """An offer as it is sold now, which is a new one."""
        quote = await self._supplier.price(offer.document)
        return (await self._keep([quote], offer.search, priced=True))[0]

    async def alive(self, offer_ids: Sequence[str]) -> list[Offer]:
        """Those of these offers that have not expired."""
        return await self._store.offers(offer_ids, self._clock.now())

    async def _keep(
        self, quotes: Sequence[domain.Quote], search: dict[str, object], *, priced: bool
    ) -> list[voyage_pb2.FlightOffer]:
        ttl = domain.PRICED_OFFER_TTL if priced else domain.SEARCH_OFFER_TTL
        expire_time = self._clock.now() + ttl
        offers = [
            Offer(
                offer_id=UUID(self._ids.new()),
                document=quote.document,
                shown=b"",
                search=search,
                seats=[{"id": seat.seat_id, "kind": seat.kind} for seat in quote.seats],
                departure=quote.departure,
                traveller_count=len(quote.seats),
                total_minor=quote.total.minor,
                currency=quote.total.currency,
                priced=priced,
                expire_time=expire_time,
            )
            for quote in quotes
        ]
        shown = [messages.flight_offer(*pair) for pair in zip(offers, quotes, strict=True)]
        for offer, message in zip(offers, shown, strict=True):
            offer.shown = message.SerializeToString()
        await self._store.add_offers(offers, None if priced else self._news(offers, search))
        return shown

    def _news(
        self, offers: Sequence[Offer], search: dict[str, object]
    ) -> voyage_pb2.FlightsSearched | None:
        """What is announced of a search; nothing when it found nothing."""
        if not offers:
            return None
        cheapest = min(offers, key=lambda offer: offer.total_minor)
        each = Money(cheapest.total_minor // cheapest.traveller_count, cheapest.currency)
        time = Timestamp()
        time.FromDatetime(self._clock.now())
        return voyage_pb2.FlightsSearched(
            destination_location_code=str(search["destination"]),
            cheapest=each.to_wire(),
            time=time,
        )


class Voyages(voyage_pb2_grpc.VoyageServiceServicer):
    """Flights: search, price, order. Places and airlines: look up."""

    def __init__(
        self,
        shelf: Shelf,
        desk: Desk,
        reference: ReferenceData,
        *,
        answers: Answers,
        clock: Clock,
    ) -> None:
        self._shelf = shelf
        self._desk = desk
        self._reference = reference
        self._answers = answers
        self._clock = clock

    async def SearchFlights(
        self, request: voyage_pb2.SearchFlightsRequest, context: Call
    ) -> voyage_pb2.SearchFlightsResponse:
        """See the contract."""
        wanted = messages.search(request)
        wanted.check(self._clock.now().date())

        async def found() -> voyage_pb2.SearchFlightsResponse:
            return voyage_pb2.SearchFlightsResponse(offers=await self._shelf.search(wanted))

        return await self._answers.give(context, wanted, voyage_pb2.SearchFlightsResponse, found)

    async def PriceOffer(
        self, request: voyage_pb2.PriceOfferRequest, context: Call
    ) -> voyage_pb2.PriceOfferResponse:
        """See the contract."""
        found = await self._shelf.alive([request.flight_offer_id])
        if not found:
            raise NotFound("OFFER_NOT_FOUND", "there is no such offer, or it has expired")
        offer = await self._shelf.price(found[0])
        changed = offer.total != found[0].total.to_wire()
        return voyage_pb2.PriceOfferResponse(offer=offer, price_changed=changed)

    async def BatchGetOffers(
        self, request: voyage_pb2.BatchGetOffersRequest, context: Call
    ) -> voyage_pb2.BatchGetOffersResponse:
        """See the contract."""
        found = await self._shelf.alive([each for each in request.offer_ids if _is_id(each)])
        shown = [voyage_pb2.FlightOffer.FromString(offer.shown) for offer in found]
        return voyage_pb2.BatchGetOffersResponse(offers=shown)

    async def CreateOrder(
        self, request: voyage_pb2.CreateOrderRequest, context: Call
    ) -> voyage_pb2.CreateOrderResponse:
        """See the contract."""
        travellers = tuple(messages.traveller(each) for each in request.travellers)
        order = await self._desk.create(request.reference, request.offer_id, travellers)
        return voyage_pb2.CreateOrderResponse(
            order=voyage_pb2.Order(
                reference=request.reference,
                supplier_order_id=order.supplier_order_id,
                record_locator=order.record_locator,
                total=order.total.to_wire(),
            )
        )

    async def CancelOrder(
        self, request: voyage_pb2.CancelOrderRequest, context: Call
    ) -> voyage_pb2.CancelOrderResponse:
        """See the contract."""
        cancelled = await self._desk.cancel(request.reference)
        return voyage_pb2.CancelOrderResponse(cancelled=cancelled)

    async def SearchLocations(
        self, request: voyage_pb2.SearchLocationsRequest, context: Call
    ) -> voyage_pb2.SearchLocationsResponse:
        """See the contract."""
        wanted = _places(request, Kind.AIRPORT, Kind.CITY)
        kind = voyage_pb2.SearchLocationsResponse
        return await self._locations(context, wanted, kind, self._reference.locations)

    async def SearchAirports(
        self, request: voyage_pb2.SearchAirportsRequest, context: Call
    ) -> voyage_pb2.SearchAirportsResponse:
        """See the contract."""
        wanted = _places(request, Kind.AIRPORT)
        kind = voyage_pb2.SearchAirportsResponse
        return await self._locations(context, wanted, kind, self._reference.locations)

    async def SearchNearestAirports(
        self, request: voyage_pb2.SearchNearestAirportsRequest, context: Call
    ) -> voyage_pb2.SearchNearestAirportsResponse:
        """See the contract."""
        point = (request.latitude, request.longitude)
        wanted = Around.of(*point, radius_km=request.radius, limit=request.max)
        kind = voyage_pb2.SearchNearestAirportsResponse
        return await self._locations(context, wanted, kind, self._reference.nearest_airports)

    async def SearchAirportRoutes(
        self, request: voyage_pb2.SearchAirportRoutesRequest, context: Call
    ) -> voyage_pb2.SearchAirportRoutesResponse:
        """See the contract."""
        code, country = request.departure_airport_code, request.arrival_country_code
        wanted = Routes.of(code, country=country, limit=request.max)
        kind = voyage_pb2.SearchAirportRoutesResponse
        return await self._locations(context, wanted, kind, self._reference.airport_routes)

    async def SearchAirlineRoutes(
        self, request: voyage_pb2.SearchAirlineRoutesRequest, context: Call
    ) -> voyage_pb2.SearchAirlineRoutesResponse:
        """See the contract."""
        code, country = request.airline_code, request.arrival_country_code
        wanted = Routes.of(code, country=country, limit=request.max)
        kind = voyage_pb2.SearchAirlineRoutesResponse
        return await self._locations(context, wanted, kind, self._reference.airline_routes)

    async def LookupAirlines(
        self, request: voyage_pb2.LookupAirlinesRequest, context: Call
    ) -> voyage_pb2.LookupAirlinesResponse:
        """See the contract."""
        wanted = AirlineQuery.of(request.airline_codes)

        async def found() -> voyage_pb2.LookupAirlinesResponse:
            known = await self._reference.airlines(wanted)
            return voyage_pb2.LookupAirlinesResponse(airlines=map(messages.airline, known))

        return await self._answers.give(context, wanted, voyage_pb2.LookupAirlinesResponse, found)

    async def GetCheckinLinks(
        self, request: voyage_pb2.GetCheckinLinksRequest, context: Call
    ) -> voyage_pb2.GetCheckinLinksResponse:
        """See the contract."""
        wanted = CheckinQuery(request.airline_code)

        async def found() -> voyage_pb2.GetCheckinLinksResponse:
            known = await self._reference.checkin_links(wanted)
            if not known:
                raise NotFound("CHECKIN_LINKS_NOT_FOUND", "where to check in is not known")
            return voyage_pb2.GetCheckinLinksResponse(links=map(messages.checkin_link, known))

        return await self._answers.give(context, wanted, voyage_pb2.GetCheckinLinksResponse, found)

    async def _locations(
        self,
        context: Call,
        wanted: Query,
        kind: type[Located],
        find: Callable[[Query], Awaitable[list[Location]]],
    ) -> Located:
        async def found() -> Located:
            return kind(locations=map(messages.location, await find(wanted)))

        return await self._answers.give(context, wanted, kind, found)


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _parameters(wanted: domain.Search) -> dict[str, object]:
    """A search with its defaults filled in: equal ones are the same search."""
    return {
        "origin": wanted.origin,
        "destination": wanted.destination,
        "departure": wanted.departure.isoformat(),
        "returning": wanted.returning.isoformat() if wanted.returning else None,
        "travellers": [wanted.adults, wanted.children, wanted.infants],
        "cabin": wanted.cabin,
        "non_stop": wanted.non_stop,
        "currency": wanted.currency,
        "limit": wanted.limit,
    }


def _places(
    request: voyage_pb2.SearchLocationsRequest | voyage_pb2.SearchAirportsRequest, *kinds: Kind
) -> PlaceQuery:
    return PlaceQuery.of(request.keyword, kinds, country=request.country_code, limit=request.max)
