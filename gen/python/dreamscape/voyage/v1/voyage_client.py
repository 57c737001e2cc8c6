# Written by `python -m edge.generate`; do not edit.
"""The client of dreamscape.voyage.v1.VoyageService."""

from dreamscape.calls import Channel, Metadata
from dreamscape.voyage.v1 import voyage_pb2


class VoyageClient:
    """What suppliers offer, in our words.

    Resources: an offer (a priced itinerary, kept until it expires and referred to by our own id)
    and an order (what a supplier has confirmed for a booking).
    """

    def __init__(self, channel: Channel) -> None:
        self._search_flights = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/SearchFlights",
            voyage_pb2.SearchFlightsRequest.SerializeToString,
            voyage_pb2.SearchFlightsResponse.FromString,
        )
        self._price_offer = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/PriceOffer",
            voyage_pb2.PriceOfferRequest.SerializeToString,
            voyage_pb2.PriceOfferResponse.FromString,
        )
        self._batch_get_offers = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/BatchGetOffers",
            voyage_pb2.BatchGetOffersRequest.SerializeToString,
            voyage_pb2.BatchGetOffersResponse.FromString,
        )
        self._create_order = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/CreateOrder",
            voyage_pb2.CreateOrderRequest.SerializeToString,
            voyage_pb2.CreateOrderResponse.FromString,
        )
        self._cancel_order = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/CancelOrder",
            voyage_pb2.CancelOrderRequest.SerializeToString,
            voyage_pb2.CancelOrderResponse.FromString,
        )
        self._search_locations = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/SearchLocations",
            voyage_pb2.SearchLocationsRequest.SerializeToString,
            voyage_pb2.SearchLocationsResponse.FromString,
        )
        self._search_airports = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/SearchAirports",
            voyage_pb2.SearchAirportsRequest.SerializeToString,
            voyage_pb2.SearchAirportsResponse.FromString,
        )
        self._search_nearest_airports = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/SearchNearestAirports",
            voyage_pb2.SearchNearestAirportsRequest.SerializeToString,
            voyage_pb2.SearchNearestAirportsResponse.FromString,
        )
        self._search_airport_routes = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/SearchAirportRoutes",
            voyage_pb2.SearchAirportRoutesRequest.SerializeToString,
            voyage_pb2.SearchAirportRoutesResponse.FromString,
        )
        self._lookup_airlines = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/LookupAirlines",
            voyage_pb2.LookupAirlinesRequest.SerializeToString,
            voyage_pb2.LookupAirlinesResponse.FromString,
        )
        self._search_airline_routes = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/SearchAirlineRoutes",
            voyage_pb2.SearchAirlineRoutesRequest.SerializeToString,
            voyage_pb2.SearchAirlineRoutesResponse.FromString,
        )
        self._get_checkin_links = channel.unary_unary(
            "/dreamscape.voyage.v1.VoyageService/GetCheckinLinks",
            voyage_pb2.GetCheckinLinksRequest.SerializeToString,
            voyage_pb2.GetCheckinLinksResponse.FromString,
        )

    async def search_flights(
        self,
        request: voyage_pb2.SearchFlightsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.SearchFlightsResponse:
        """Offers for a journey, cheapest first.
        Fails with INVALID_ARGUMENT for an unknown place or a date in the past, UNAVAILABLE when the
        supplier does not answer.
        """
        response: voyage_pb2.SearchFlightsResponse = await self._search_flights(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def price_offer(
        self,
        request: voyage_pb2.PriceOfferRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.PriceOfferResponse:
        """Asks the supplier for an offer's price as it is now; the answer is a new offer.
        Fails with NOT_FOUND for an unknown or expired offer, FAILED_PRECONDITION when it is sold out.
        """
        response: voyage_pb2.PriceOfferResponse = await self._price_offer(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def batch_get_offers(
        self,
        request: voyage_pb2.BatchGetOffersRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.BatchGetOffersResponse:
        """Offers by identifier, in any order; unknown and expired ones are left out."""
        response: voyage_pb2.BatchGetOffersResponse = await self._batch_get_offers(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def create_order(
        self,
        request: voyage_pb2.CreateOrderRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.CreateOrderResponse:
        """Orders an offer for a booking, once: the same booking item always answers with the same order.
        Fails with FAILED_PRECONDITION when it is sold out or the price changed, ABORTED while an
        earlier attempt is in doubt.

        Inside the mesh only, for booking; the edge has no route to it.
        """
        response: voyage_pb2.CreateOrderResponse = await self._create_order(
            request,
            timeout=20.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def cancel_order(
        self,
        request: voyage_pb2.CancelOrderRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.CancelOrderResponse:
        """Cancels a booking item's order at the supplier; cancelling what is not there succeeds.
        Fails with ABORTED while the order's attempt is in doubt.

        Inside the mesh only, for booking; the edge has no route to it.
        """
        response: voyage_pb2.CancelOrderResponse = await self._cancel_order(
            request,
            timeout=20.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def search_locations(
        self,
        request: voyage_pb2.SearchLocationsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.SearchLocationsResponse:
        """Cities and airports by the beginning of a word of their name, or by their code, most popular
        first.
        """
        response: voyage_pb2.SearchLocationsResponse = await self._search_locations(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def search_airports(
        self,
        request: voyage_pb2.SearchAirportsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.SearchAirportsResponse:
        """Airports by the beginning of a word of their name, their city's, or by their code."""
        response: voyage_pb2.SearchAirportsResponse = await self._search_airports(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def search_nearest_airports(
        self,
        request: voyage_pb2.SearchNearestAirportsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.SearchNearestAirportsResponse:
        """Airports around a point, most relevant first: those that are near and much used."""
        response: voyage_pb2.SearchNearestAirportsResponse = await self._search_nearest_airports(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def search_airport_routes(
        self,
        request: voyage_pb2.SearchAirportRoutesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.SearchAirportRoutesResponse:
        """Cities that an airport has direct flights to; none for an airport that is not known."""
        response: voyage_pb2.SearchAirportRoutesResponse = await self._search_airport_routes(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def lookup_airlines(
        self,
        request: voyage_pb2.LookupAirlinesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.LookupAirlinesResponse:
        """Airlines by their codes; all that are known when none is given."""
        response: voyage_pb2.LookupAirlinesResponse = await self._lookup_airlines(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def search_airline_routes(
        self,
        request: voyage_pb2.SearchAirlineRoutesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.SearchAirlineRoutesResponse:
        """Cities that an airline flies to; none for an airline that is not known."""
        response: voyage_pb2.SearchAirlineRoutesResponse = await self._search_airline_routes(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_checkin_links(
        self,
        request: voyage_pb2.GetCheckinLinksRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> voyage_pb2.GetCheckinLinksResponse:
        """Where the passengers of an airline check in.
        Fails with NOT_FOUND when that is not known.
        """
        response: voyage_pb2.GetCheckinLinksResponse = await self._get_checkin_links(
            request,
            timeout=10.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
