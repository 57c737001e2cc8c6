"""UserService on the wire: decode, delegate, encode."""

from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.user.v1 import user_pb2, user_pb2_grpc
from mesh.call import Call, Identity
from mesh.clock import Clock
from services.user.store import Profile, Store

_CHANGEABLE = ("first_name", "last_name", "locale", "currency")
# Services that work for travellers who are not there to ask.
_TRUSTED = frozenset({"notification"})


class Users(user_pb2_grpc.UserServiceServicer):
    """Profiles, readable and writable by their owner."""

    def __init__(self, store: Store, auth: AuthClient, clock: Clock) -> None:
        self._store = store
        self._auth = auth
        self._clock = clock

    async def GetProfile(
        self, request: user_pb2.GetProfileRequest, context: Call
    ) -> user_pb2.GetProfileResponse:
        """The caller's profile; NotFound when the account has been erased."""
        profile = await self._own(context.identity.user_id)
        return user_pb2.GetProfileResponse(profile=_profile(profile))

    async def UpdateProfile(
        self, request: user_pb2.UpdateProfileRequest, context: Call
    ) -> user_pb2.UpdateProfileResponse:
        """Change what was sent of the caller's profile."""
        profile = await self._own(context.identity.user_id)
        changes = {name: getattr(request, name) for name in _CHANGEABLE if request.HasField(name)}
        if changes:
            profile = await self._store.change(profile.user_id, changes, self._clock.now())
        return user_pb2.UpdateProfileResponse(profile=_profile(profile))

    async def BatchGetProfiles(
        self, request: user_pb2.BatchGetProfilesRequest, context: Call
    ) -> user_pb2.BatchGetProfilesResponse:
        """The profiles that the caller may see of those asked for."""
        visible = {id_ for id_ in request.user_ids if _may_see(context.identity, id_)}
        profiles = await self._store.profiles(visible)
        return user_pb2.BatchGetProfilesResponse(profiles=map(_profile, profiles))

    async def _own(self, user_id: str) -> Profile:
        """The caller's profile, begun now when the news of the account is still under way."""
        profile = await self._store.profile(user_id)
        if profile is None:
            found = await self._auth.get_account(auth_pb2.GetAccountRequest())
            profile = await self._store.begin(Profile.of(found.account, self._clock.now()))
        return profile


def _may_see(caller: Identity, user_id: str) -> bool:
    return caller.owns(user_id) or "admin" in caller.roles or caller.service in _TRUSTED


def _profile(profile: Profile) -> user_pb2.Profile:
    changed = Timestamp()
    changed.FromDatetime(profile.update_time)
    return user_pb2.Profile(
        user_id=profile.user_id,
        email=profile.email,
        first_name=profile.first_name,
        last_name=profile.last_name,
        locale=profile.locale,
        currency=profile.currency,
        update_time=changed,
    )
