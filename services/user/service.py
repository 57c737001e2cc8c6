"""UserService on the wire: decode, delegate, encode."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.booking.v1 import booking_pb2
from dreamscape.user.v1 import user_pb2, user_pb2_grpc
from mesh.call import Call, Identity, current_call
from mesh.clock import Clock
from mesh.faults import InvalidArgument, NotFound, Violation
from services.user.avatars import Avatars
from services.user.domain import (
    USUAL_PAGE,
    Category,
    Channels,
    Cursor,
    Kind,
    Tastes,
    active_bookings,
    no_profile,
)
from services.user.erasures import Erasure, Erasures
from services.user.export import MOST, Archive
from services.user.store import PastBooking, Person, Profile, Store, Wish

_CHANGEABLE = ("first_name", "last_name", "locale", "currency")
# Services that work for travellers who are not there to ask.
_TRUSTED = frozenset({"notification"})
_KIND, _CATEGORY = "NOTIFICATION_KIND_", "TRAVEL_CATEGORY_"
_AT_ITS_END = booking_pb2.BOOKING_STATUS_CANCELLED

Item = TypeVar("Item")


@dataclass(frozen=True, eq=False)
class Users(user_pb2_grpc.UserServiceServicer):
    """What travellers tell about themselves, readable and writable by its owner."""

    store: Store
    avatars: Avatars
    erasures: Erasures
    archive: Archive
    auth: AuthClient
    clock: Clock

    async def GetProfile(
        self, request: user_pb2.GetProfileRequest, context: Call
    ) -> user_pb2.GetProfileResponse:
        """The caller's profile; NotFound when the account has been erased."""
        person = await self._own(context.identity.user_id)
        return user_pb2.GetProfileResponse(profile=self._profile(person))

    async def UpdateProfile(
        self, request: user_pb2.UpdateProfileRequest, context: Call
    ) -> user_pb2.UpdateProfileResponse:
        """Change what was sent of the caller's profile."""
        changes = {name: getattr(request, name) for name in _CHANGEABLE if request.HasField(name)}
        person = await self._changed(context.identity.user_id, changes)
        return user_pb2.UpdateProfileResponse(profile=self._profile(person))

    async def BatchGetProfiles(
        self, request: user_pb2.BatchGetProfilesRequest, context: Call
    ) -> user_pb2.BatchGetProfilesResponse:
        """The profiles that the caller may see of those asked for."""
        visible = {id_ for id_ in request.user_ids if _may_see(context.identity, id_)}
        people = await self.store.people(visible)
        return user_pb2.BatchGetProfilesResponse(profiles=map(self._profile, people))

    async def CreateProfile(
        self, request: user_pb2.CreateProfileRequest, context: Call
    ) -> user_pb2.CreateProfileResponse:
        """Write the names of the caller's profile, which begins now unless it had begun."""
        _owned(context.identity, request.user_id)
        names = {"first_name": request.first_name, "last_name": request.last_name}
        person = await self._changed(request.user_id, names)
        return user_pb2.CreateProfileResponse(profile=self._profile(person))

    async def UploadAvatar(
        self, request: user_pb2.UploadAvatarRequest, context: Call
    ) -> user_pb2.UploadAvatarResponse:
        """Let the caller's profile show a picture."""
        _owned(context.identity, request.user_id)
        await self._own(request.user_id)
        image = request.image
        await self.avatars.take(request.user_id, image.content_type, image.data)
        person = await self.store.person(request.user_id)
        return user_pb2.UploadAvatarResponse(profile=self._profile(person))

    async def DeleteProfile(
        self, request: user_pb2.DeleteProfileRequest, context: Call
    ) -> user_pb2.DeleteProfileResponse:
        """Begin to erase a user, or tell how far that is."""
        if "admin" not in context.identity.roles:
            _owned(context.identity, request.user_id)
        erasure = await self.erasures.of(request.user_id)
        if erasure is None:
            await self._erasable(request.user_id, context.identity)
            erasure = await self.erasures.begin(request.user_id)
        return user_pb2.DeleteProfileResponse(erasure=_erasure(erasure))

    async def GetErasure(
        self, request: user_pb2.GetErasureRequest, context: Call
    ) -> user_pb2.GetErasureResponse:
        """An erasure, with what proves it."""
        erasure = await self.erasures.find(request.erasure_id)
        if erasure is None:
            raise NotFound("ERASURE_NOT_FOUND", "there is no such erasure")
        return user_pb2.GetErasureResponse(erasure=_erasure(erasure))

    async def GetPreferences(
        self, request: user_pb2.GetPreferencesRequest, context: Call
    ) -> user_pb2.GetPreferencesResponse:
        """How the caller likes to travel."""
        tastes = await self.store.tastes(context.identity.user_id)
        return user_pb2.GetPreferencesResponse(preferences=_preferences(tastes))

    async def UpdatePreferences(
        self, request: user_pb2.UpdatePreferencesRequest, context: Call
    ) -> user_pb2.UpdatePreferencesResponse:
        """Replace how the caller likes to travel."""
        tastes = _tastes(request.preferences).checked()
        person = await self._own(context.identity.user_id)
        await self.store.like(person.user_id, tastes)
        return user_pb2.UpdatePreferencesResponse(preferences=_preferences(tastes))

    async def ListHistory(
        self, request: user_pb2.ListHistoryRequest, context: Call
    ) -> user_pb2.ListHistoryResponse:
        """The caller's bookings as they ended, by page."""
        size, after = request.page_size or USUAL_PAGE, Cursor.read(request.page_token)
        found = await self.store.history(context.identity.user_id, after, size + 1)
        page, token = _page(found, size, lambda past: Cursor(past.time, past.booking_id))
        return user_pb2.ListHistoryResponse(bookings=map(_past, page), next_page_token=token)

    async def ListWishlist(
        self, request: user_pb2.ListWishlistRequest, context: Call
    ) -> user_pb2.ListWishlistResponse:
        """The caller's wishes by page."""
        size, after = request.page_size or USUAL_PAGE, Cursor.read(request.page_token)
        found = await self.store.wishes(context.identity.user_id, after, size + 1)
        page, token = _page(found, size, lambda wish: Cursor(wish.create_time, wish.destination_id))
        return user_pb2.ListWishlistResponse(wishes=map(_wish, page), next_page_token=token)

    async def AddToWishlist(
        self, request: user_pb2.AddToWishlistRequest, context: Call
    ) -> user_pb2.AddToWishlistResponse:
        """Add a destination to the caller's wishes."""
        person = await self._own(context.identity.user_id)
        user_id, now = person.user_id, self.clock.now()
        wish = await self.store.add_wish(user_id, request.destination_id, now)
        return user_pb2.AddToWishlistResponse(wish=_wish(wish))

    async def RemoveFromWishlist(
        self, request: user_pb2.RemoveFromWishlistRequest, context: Call
    ) -> user_pb2.RemoveFromWishlistResponse:
        """Take a destination from the caller's wishes."""
        await self.store.remove_wish(context.identity.user_id, request.destination_id)
        return user_pb2.RemoveFromWishlistResponse()

    async def GetNotificationPreferences(
        self, request: user_pb2.GetNotificationPreferencesRequest, context: Call
    ) -> user_pb2.GetNotificationPreferencesResponse:
        """What the caller wants to be told, and how."""
        person = await self._own(context.identity.user_id)
        return user_pb2.GetNotificationPreferencesResponse(preferences=_told(person))

    async def UpdateNotificationPreferences(
        self, request: user_pb2.UpdateNotificationPreferencesRequest, context: Call
    ) -> user_pb2.UpdateNotificationPreferencesResponse:
        """Change what the caller wants to be told."""
        channels = _channels(request.preferences)
        person = await self._own(context.identity.user_id)
        await self.store.tell(person.user_id, channels)
        person = await self.store.person(person.user_id)
        return user_pb2.UpdateNotificationPreferencesResponse(preferences=_told(person))

    async def ExportData(
        self, request: user_pb2.ExportDataRequest, context: Call
    ) -> user_pb2.ExportDataResponse:
        """Everything that is known of the caller."""
        user_id = context.identity.user_id
        person = await self._own(user_id)
        answer = await self.archive.collected()
        answer.profile.CopyFrom(self._profile(person))
        answer.preferences.CopyFrom(_preferences(await self.store.tastes(user_id)))
        answer.wishes.extend(map(_wish, await self.store.wishes(user_id, None, MOST)))
        answer.history.extend(map(_past, await self.store.history(user_id, None, MOST)))
        answer.time.CopyFrom(_stamp(self.clock.now()))
        return answer

    async def _own(self, user_id: str) -> Person:
        """The caller's profile, begun now when the news of the account is still under way."""
        for person in await self.store.people([user_id]):
            return person
        found = await self.auth.get_account(auth_pb2.GetAccountRequest())
        call = current_call.get()
        locale = call.language if call else ""
        return await self.store.begin(Profile.of(found.account, self.clock.now(), locale))

    async def _changed(self, user_id: str, changes: Mapping[str, str]) -> Person:
        person = await self._own(user_id)
        if not changes:
            return person
        await self.store.change(user_id, changes, self.clock.now())
        return await self.store.person(user_id)

    async def _erasable(self, user_id: str, caller: Identity) -> None:
        """NotFound when there is nobody to erase, FailedPrecondition while they have trips.

        Only the traveller's own token tells of trips. When an administrator erases somebody who
        has one, or one is booked meanwhile, the erasure waits until it is at its end.
        """
        if not caller.owns(user_id):
            await self.store.person(user_id)
            return
        await self._own(user_id)
        trips = await self.archive.trips()
        active = [trip.booking_id for trip in trips if trip.status != _AT_ITS_END]
        if active:
            raise active_bookings(active)

    def _profile(self, person: Person) -> user_pb2.Profile:
        return user_pb2.Profile(
            user_id=person.user_id,
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            locale=person.locale,
            currency=person.currency,
            update_time=_stamp(person.update_time),
            avatar_url=self.avatars.url(person.avatar_key),
            notifications=_told(person),
        )


def _owned(caller: Identity, user_id: str) -> None:
    """NotFound unless it is the caller's own: for others it does not exist."""
    if not caller.owns(user_id):
        raise no_profile()


def _may_see(caller: Identity, user_id: str) -> bool:
    return caller.owns(user_id) or "admin" in caller.roles or caller.service in _TRUSTED


def _page(
    found: Sequence[Item], size: int, cursor: Callable[[Item], Cursor]
) -> tuple[Sequence[Item], str]:
    """What is shown of one item more than fits, and the token of the next page."""
    more = len(found) > size
    return found[:size], cursor(found[size - 1]).token() if more else ""


def _told(person: Person) -> list[user_pb2.NotificationPreference]:
    return [
        user_pb2.NotificationPreference(
            kind=_KIND + kind, email=channels.email, sms=channels.sms, in_app=channels.in_app
        )
        for kind, channels in person.channels.items()
    ]


def _channels(sent: Sequence[user_pb2.NotificationPreference]) -> dict[Kind, Channels]:
    """What was sent by kind, the last of each; InvalidArgument for a kind there is not."""
    names = [_name(user_pb2.NotificationKind, each.kind, _KIND) for each in sent]
    _known(names, Kind, "preferences[{}].kind")
    return {
        Kind(name): Channels(each.email, each.sms, each.in_app)
        for name, each in zip(names, sent, strict=True)
    }


def _preferences(tastes: Tastes) -> user_pb2.TravelPreferences:
    return user_pb2.TravelPreferences(
        categories=[_CATEGORY + category for category in tastes.categories],
        home_airport=tastes.home_airport,
        cabin=tastes.cabin,
        seat=tastes.seat,
        airlines=tastes.airlines,
    )


def _tastes(sent: user_pb2.TravelPreferences) -> Tastes:
    """What was sent; InvalidArgument for a category there is not."""
    names = [_name(user_pb2.TravelCategory, each, _CATEGORY) for each in sent.categories]
    _known(names, Category, "preferences.categories[{}]")
    return Tastes(
        categories=tuple(map(Category, names)),
        home_airport=sent.home_airport,
        cabin=sent.cabin,
        seat=sent.seat,
        airlines=tuple(sent.airlines),
    )


def _name(enum: Any, number: int, prefix: str) -> str:
    """A value of the contract's enum as the domain calls it; empty when there is none."""
    known = number in enum.values()
    return str(enum.Name(number)).removeprefix(prefix) if known else ""


def _known(names: Sequence[str], kinds: type[StrEnum], path: str) -> None:
    wrong = tuple(
        Violation(path.format(index), "is not one of the values there are")
        for index, name in enumerate(names)
        if name not in set(kinds)
    )
    if wrong:
        raise InvalidArgument("INVALID_FIELDS", wrong[0].description, violations=wrong)


def _wish(wish: Wish) -> user_pb2.Wish:
    return user_pb2.Wish(destination_id=wish.destination_id, create_time=_stamp(wish.create_time))


def _past(past: PastBooking) -> user_pb2.PastBooking:
    return user_pb2.PastBooking(
        booking_id=past.booking_id, outcome=past.outcome, time=_stamp(past.time)
    )


def _erasure(erasure: Erasure) -> user_pb2.Erasure:
    parts = [
        user_pb2.ErasedPart(service=part.service, erased=part.erased, time=_stamp(part.time))
        for part in erasure.parts
    ]
    return user_pb2.Erasure(
        erasure_id=erasure.erasure_id,
        complete=erasure.complete,
        parts=parts,
        create_time=_stamp(erasure.create_time),
    )


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
