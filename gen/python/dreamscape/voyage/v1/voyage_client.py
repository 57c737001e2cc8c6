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
