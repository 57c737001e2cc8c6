"""DestinationService on the wire: decode, delegate, encode."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.destination.v1 import destination_pb2 as pb
from dreamscape.destination.v1 import destination_pb2_grpc
from mesh.call import Call
from mesh.faults import InvalidArgument, Violation
from mesh.money import Money
from services.destination import domain
from services.destination.domain import USUAL_PAGE, Cursor, Listing, New, Place, Telling, Words
from services.destination.reviews import Review, Reviews
from services.destination.store import Store

_KIND = "DESTINATION_KIND_"


@dataclass(frozen=True, eq=False)
class Destinations(destination_pb2_grpc.DestinationServiceServicer):
    """Where one can go, in the caller's language, and what travellers say of it."""

    store: Store
    reviews: Reviews

    async def ListDestinations(
        self, request: pb.ListDestinationsRequest, context: Call
    ) -> pb.ListDestinationsResponse:
        """A page of destinations, best match or most popular first."""
        size, listing = request.page_size or USUAL_PAGE, _listing(request)
        # One more than is shown tells whether there is a next page.
        found = await self.store.page(listing, Place.read(request.page_token, listing), size + 1)
        more = found[size - 1][0].token(listing) if len(found) > size else ""
        page = _shown((each for _, each in found[:size]), context)
        return pb.ListDestinationsResponse(destinations=page, next_page_token=more)

    async def GetDestination(
        self, request: pb.GetDestinationRequest, context: Call
    ) -> pb.GetDestinationResponse:
        """A destination."""
        found = await self.store.one(request.destination_id)
        return pb.GetDestinationResponse(destination=_told(found, context))

    async def BatchGetDestinations(
        self, request: pb.BatchGetDestinationsRequest, context: Call
    ) -> pb.BatchGetDestinationsResponse:
        """The destinations there are of those asked for."""
        found = await self.store.find(domain.known_form(iter(request.destination_ids)))
        return pb.BatchGetDestinationsResponse(destinations=_shown(found, context))

    async def CreateDestination(
        self, request: pb.CreateDestinationRequest, context: Call
    ) -> pb.CreateDestinationResponse:
        """Add a destination."""
        new = _new(request)
        new.check()
        added = await self.store.add(new)
        return pb.CreateDestinationResponse(destination=_told(added, context))

    async def UpdateDestination(
        self, request: pb.UpdateDestinationRequest, context: Call
    ) -> pb.UpdateDestinationResponse:
        """Replace what is told of a version of a destination."""
        telling = _telling(request)
        telling.check()
        changed = await self.store.change(request.destination_id, request.etag, telling)
        return pb.UpdateDestinationResponse(destination=_told(changed, context))

    async def DeleteDestination(
        self, request: pb.DeleteDestinationRequest, context: Call
    ) -> pb.DeleteDestinationResponse:
        """Remove a version of a destination."""
        await self.store.remove(request.destination_id, request.etag)
        return pb.DeleteDestinationResponse()

    async def ListReviews(
        self, request: pb.ListReviewsRequest, context: Call
    ) -> pb.ListReviewsResponse:
        """A page of what travellers say, newest first."""
        size, after = request.page_size or USUAL_PAGE, Cursor.read(request.page_token)
        found = await self.reviews.page(request.destination_id, after, size + 1)
        if not found:
            await self.store.one(request.destination_id)
        last = found[size - 1] if len(found) > size else None
        more = Cursor(last.time, last.review_id).token() if last else ""
        return pb.ListReviewsResponse(reviews=map(_review, found[:size]), next_page_token=more)

    async def CreateReview(
        self, request: pb.CreateReviewRequest, context: Call
    ) -> pb.CreateReviewResponse:
        """Keep what the caller says of a destination."""
        said = await self.reviews.say(
            context.identity.user_id, request.destination_id, request.rating, request.text
        )
        return pb.CreateReviewResponse(review=_review(said))

    async def EraseUser(self, request: pb.EraseUserRequest, context: Call) -> pb.EraseUserResponse:
        """Delete a user's reviews; they say nothing any more."""
        return pb.EraseUserResponse(erased=await self.reviews.erase(request.user_id))


def _listing(request: pb.ListDestinationsRequest) -> Listing:
    """What was asked for; InvalidArgument for a kind there is not."""
    kind = _kind(request.kind)
    if request.kind and not kind:
        wrong = Violation("kind", "is not one of the values there are")
        raise InvalidArgument("INVALID_FIELDS", "there is no such kind", violations=(wrong,))
    return Listing(request.country, request.city, kind, request.query)


def _kind(number: int) -> str:
    """A value of the contract's enum as the domain calls it; empty for any, or none there is."""
    known = number and number in pb.DestinationKind.values()
    return pb.DestinationKind.Name(number).removeprefix(_KIND) if known else ""


def _new(request: pb.CreateDestinationRequest) -> New:
    kind = _kind(request.kind)
    return New(request.destination_id, kind, request.parent_id, _telling(request))


def _telling(request: pb.CreateDestinationRequest | pb.UpdateDestinationRequest) -> Telling:
    words = [(each.locale, Words(each.name, each.description)) for each in request.words]
    return Telling(
        words=tuple(words),
        latitude=request.position.latitude,
        longitude=request.position.longitude,
        time_zone=request.time_zone,
        currency=request.currency_code,
    )


def _told(found: domain.Destination, context: Call) -> pb.Destination:
    """A destination alone, with the headers that go with it."""
    # Weak, for reviews change what is answered without making another version of it.
    context.headers.append(("etag", f'W/"{found.version}"'))
    return _shown([found], context)[0]


def _shown(found: Iterable[domain.Destination], context: Call) -> list[pb.Destination]:
    """Destinations in the caller's language, and the headers that say which that is."""
    context.headers += [("content-language", context.language), ("vary", "accept-language")]
    return [_destination(each, context.language) for each in found]


def _destination(found: domain.Destination, language: str) -> pb.Destination:
    words = found.words(language)
    return pb.Destination(
        destination_id=found.destination_id,
        kind=_KIND + found.kind,
        name=words.name,
        description=words.description,
        country_code=found.country_code,
        parent_id=found.parent_id or "",
        position=pb.Position(latitude=found.latitude, longitude=found.longitude),
        time_zone=found.time_zone,
        currency_code=found.currency,
        prices=_prices(found),
        rating=found.rating,
        review_count=found.review_count,
        etag=str(found.version),
    )


def _prices(found: domain.Destination) -> pb.PriceSummary | None:
    total, lowest, searches = found.prices
    if not total or not lowest or not searches:
        return None
    currency = domain.SHOWN_CURRENCY
    return pb.PriceSummary(
        average=Money(round(total / searches), currency).to_wire(),
        lowest=Money(lowest, currency).to_wire(),
        searches=searches,
    )


def _review(said: Review) -> pb.Review:
    return pb.Review(
        review_id=said.review_id,
        destination_id=said.destination_id,
        rating=said.rating,
        text=said.text,
        time=_stamp(said.time),
    )


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
