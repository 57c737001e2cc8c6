"""The servicer of voyage: decode, delegate, encode."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.voyage.v1 import voyage_pb2, voyage_pb2_grpc
from mesh.cache import Cache
from mesh.call import Call
from mesh.clock import Clock, Ids
from mesh.faults import NotFound
from mesh.money import Money
from services.voyage import domain
from services.voyage.orders import Desk
from services.voyage.ports import FlightSupplier
from services.voyage.store import Offer, Store

# Shorter than an offer lasts, so that a cached answer never holds one that has expired.
_CACHE_TTL = timedelta(minutes=5)
_CACHE_CONTROL = f"public, max-age={int(_CACHE_TTL.total_seconds())}"


class Shelf:
    """Keeps the supplier's offers under our own identifiers."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    async def keep(
        self, quotes: Sequence[domain.Quote], search: dict[str, object], *, priced: bool
    ) -> list[voyage_pb2.FlightOffer]:
        """The quotes as offers, stored."""
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
        shown = [_shown(*pair) for pair in zip(offers, quotes, strict=True)]
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

    async def alive(self, offer_ids: Sequence[str]) -> list[Offer]:
        """Those of these offers that have not expired."""
        return await self._store.offers(offer_ids, self._clock.now())


class Voyages(voyage_pb2_grpc.VoyageServiceServicer):
    """Flights: search, price, order."""

    def __init__(
        self, shelf: Shelf, supplier: FlightSupplier, desk: Desk, *, cache: Cache, clock: Clock
    ) -> None:
        self._shelf = shelf
        self._supplier = supplier
        self._desk = desk
        self._cache = cache
        self._clock = clock

    async def SearchFlights(
        self, request: voyage_pb2.SearchFlightsRequest, context: Call
    ) -> voyage_pb2.SearchFlightsResponse:
        """See the contract."""
        wanted = _search(request)
        wanted.check(self._clock.now().date())
        parameters = _parameters(wanted)
        context.headers.append(("cache-control", _CACHE_CONTROL))
        key = "search." + hashlib.sha256(repr(parameters).encode()).hexdigest()
        cached = await self._cache.get(key)
        if cached is not None:
            return voyage_pb2.SearchFlightsResponse.FromString(cached)
        quotes = await self._supplier.search(wanted)
        offers = await self._shelf.keep(quotes, parameters, priced=False)
        response = voyage_pb2.SearchFlightsResponse(offers=offers)
        await self._cache.put(key, response.SerializeToString(), _CACHE_TTL)
        return response

    async def PriceOffer(
        self, request: voyage_pb2.PriceOfferRequest, context: Call
    ) -> voyage_pb2.PriceOfferResponse:
        """See the contract."""
        found = await self._shelf.alive([request.flight_offer_id])
        if not found:
            raise NotFound("OFFER_NOT_FOUND", "there is no such offer, or it has expired")
        quote = await self._supplier.price(found[0].document)
        offers = await self._shelf.keep([quote], found[0].search, priced=True)
        return voyage_pb2.PriceOfferResponse(
            offer=offers[0], price_changed=quote.total != found[0].total
        )

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
        travellers = tuple(_traveller(traveller) for traveller in request.travellers)
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


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _search(request: voyage_pb2.SearchFlightsRequest) -> domain.Search:
    back = request.return_date
    return domain.Search(
        origin=request.origin_location_code,
        destination=request.destination_location_code,
        departure=date.fromisoformat(request.departure_date),
        returning=date.fromisoformat(back) if back else None,
        adults=request.adults or 1,
        children=request.children,
        infants=request.infants,
        cabin=request.travel_class,
        non_stop=request.non_stop,
        currency=request.currency_code or "EUR",
        limit=request.max or domain.DEFAULT_OFFERS,
    )


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


def _traveller(traveller: voyage_pb2.Traveller) -> domain.Traveller:
    return domain.Traveller(
        first_name=traveller.first_name,
        last_name=traveller.last_name,
        date_of_birth=date.fromisoformat(traveller.date_of_birth),
        gender=traveller.gender,
        email=traveller.email,
        phone=traveller.phone,
    )


def _shown(offer: Offer, quote: domain.Quote) -> voyage_pb2.FlightOffer:
    expire_time = Timestamp()
    expire_time.FromDatetime(offer.expire_time)
    return voyage_pb2.FlightOffer(
        offer_id=str(offer.offer_id),
        total=quote.total.to_wire(),
        base=quote.base.to_wire(),
        itineraries=[_itinerary(part) for part in quote.itineraries],
        bookable_seats=quote.bookable_seats,
        validating_airline_codes=quote.validating_airline_codes,
        cabin=quote.cabin,
        traveller_count=offer.traveller_count,
        last_ticketing_date=quote.last_ticketing_date,
        expire_time=expire_time,
        priced=offer.priced,
    )


def _itinerary(part: domain.Itinerary) -> voyage_pb2.FlightItinerary:
    return voyage_pb2.FlightItinerary(
        duration=part.duration, segments=[_segment(segment) for segment in part.segments]
    )


def _segment(part: domain.Segment) -> voyage_pb2.FlightSegment:
    return voyage_pb2.FlightSegment(
        departure=_point(part.departure),
        arrival=_point(part.arrival),
        carrier_code=part.carrier_code,
        carrier_name=part.carrier_name,
        number=part.number,
        aircraft_code=part.aircraft_code,
        duration=part.duration,
        operating_carrier_code=part.operating_carrier_code,
    )


def _point(part: domain.Point) -> voyage_pb2.FlightPoint:
    return voyage_pb2.FlightPoint(iata_code=part.iata_code, terminal=part.terminal, at=part.at)
