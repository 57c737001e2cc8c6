# Written by `python -m edge.generate`; do not edit.
"""The client of dreamscape.destination.v1.DestinationService."""

from dreamscape.calls import Channel, Metadata
from dreamscape.destination.v1 import destination_pb2


class DestinationClient:
    """Where one can go.

    Resources: a destination (a country, a city or a point of interest) and a review (what a traveller
    says of it). Names and descriptions are answered in the caller's language, English or French.
    """

    def __init__(self, channel: Channel) -> None:
        self._list_destinations = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/ListDestinations",
            destination_pb2.ListDestinationsRequest.SerializeToString,
            destination_pb2.ListDestinationsResponse.FromString,
        )
        self._get_destination = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/GetDestination",
            destination_pb2.GetDestinationRequest.SerializeToString,
            destination_pb2.GetDestinationResponse.FromString,
        )
        self._batch_get_destinations = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/BatchGetDestinations",
            destination_pb2.BatchGetDestinationsRequest.SerializeToString,
            destination_pb2.BatchGetDestinationsResponse.FromString,
        )
        self._create_destination = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/CreateDestination",
            destination_pb2.CreateDestinationRequest.SerializeToString,
            destination_pb2.CreateDestinationResponse.FromString,
        )
        self._update_destination = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/UpdateDestination",
            destination_pb2.UpdateDestinationRequest.SerializeToString,
            destination_pb2.UpdateDestinationResponse.FromString,
        )
        self._delete_destination = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/DeleteDestination",
            destination_pb2.DeleteDestinationRequest.SerializeToString,
            destination_pb2.DeleteDestinationResponse.FromString,
        )
        self._list_reviews = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/ListReviews",
            destination_pb2.ListReviewsRequest.SerializeToString,
            destination_pb2.ListReviewsResponse.FromString,
        )
        self._create_review = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/CreateReview",
            destination_pb2.CreateReviewRequest.SerializeToString,
            destination_pb2.CreateReviewResponse.FromString,
        )
        self._erase_user = channel.unary_unary(
            "/dreamscape.destination.v1.DestinationService/EraseUser",
            destination_pb2.EraseUserRequest.SerializeToString,
            destination_pb2.EraseUserResponse.FromString,
        )

    async def list_destinations(
        self,
        request: destination_pb2.ListDestinationsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.ListDestinationsResponse:
        """Destinations by popularity, or by how well they match `query`."""
        response: destination_pb2.ListDestinationsResponse = await self._list_destinations(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_destination(
        self,
        request: destination_pb2.GetDestinationRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.GetDestinationResponse:
        """A destination.
        Fails with NOT_FOUND when there is none.
        """
        response: destination_pb2.GetDestinationResponse = await self._get_destination(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def batch_get_destinations(
        self,
        request: destination_pb2.BatchGetDestinationsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.BatchGetDestinationsResponse:
        """Destinations by identifier, in any order; unknown ones are left out."""
        response: destination_pb2.BatchGetDestinationsResponse = await self._batch_get_destinations(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def create_destination(
        self,
        request: destination_pb2.CreateDestinationRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.CreateDestinationResponse:
        """Adds a destination.
        Fails with ALREADY_EXISTS when its identifier is taken, INVALID_ARGUMENT when what it lies in is
        not there.
        """
        response: destination_pb2.CreateDestinationResponse = await self._create_destination(
            request,
            timeout=3.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def update_destination(
        self,
        request: destination_pb2.UpdateDestinationRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.UpdateDestinationResponse:
        """Replaces what is told of a destination; its kind and what it lies in stay.
        Fails with ABORTED when it is not the one with `etag` any more, NOT_FOUND when there is none.
        """
        response: destination_pb2.UpdateDestinationResponse = await self._update_destination(
            request,
            timeout=3.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def delete_destination(
        self,
        request: destination_pb2.DeleteDestinationRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.DeleteDestinationResponse:
        """Removes a destination with its reviews.
        Fails with ABORTED when it is not the one with `etag` any more, FAILED_PRECONDITION while others
        lie in it, NOT_FOUND when there is none.
        """
        response: destination_pb2.DeleteDestinationResponse = await self._delete_destination(
            request,
            timeout=3.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def list_reviews(
        self,
        request: destination_pb2.ListReviewsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.ListReviewsResponse:
        """What travellers say of a destination, newest first.
        Fails with NOT_FOUND when there is no such destination.
        """
        response: destination_pb2.ListReviewsResponse = await self._list_reviews(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def create_review(
        self,
        request: destination_pb2.CreateReviewRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.CreateReviewResponse:
        """Says what the caller thinks of a destination; saying it again replaces what was said.
        Fails with NOT_FOUND when there is no such destination.
        """
        response: destination_pb2.CreateReviewResponse = await self._create_review(
            request,
            timeout=3.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def erase_user(
        self,
        request: destination_pb2.EraseUserRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> destination_pb2.EraseUserResponse:
        """Deletes a user's reviews. Erasing again succeeds.

        Inside the mesh only, for user; the edge has no route to it.
        """
        response: destination_pb2.EraseUserResponse = await self._erase_user(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
