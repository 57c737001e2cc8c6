# Written by `python -m edge.generate`; do not edit.
"""The client of dreamscape.user.v1.UserService."""

from dreamscape.calls import Channel, Metadata
from dreamscape.user.v1 import user_pb2


class UserClient:
    """What a traveller tells about themselves.

    Resource: a profile, one for each account, readable and writable by its owner only.
    """

    def __init__(self, channel: Channel) -> None:
        self._get_profile = channel.unary_unary(
            "/dreamscape.user.v1.UserService/GetProfile",
            user_pb2.GetProfileRequest.SerializeToString,
            user_pb2.GetProfileResponse.FromString,
        )
        self._update_profile = channel.unary_unary(
            "/dreamscape.user.v1.UserService/UpdateProfile",
            user_pb2.UpdateProfileRequest.SerializeToString,
            user_pb2.UpdateProfileResponse.FromString,
        )
        self._batch_get_profiles = channel.unary_unary(
            "/dreamscape.user.v1.UserService/BatchGetProfiles",
            user_pb2.BatchGetProfilesRequest.SerializeToString,
            user_pb2.BatchGetProfilesResponse.FromString,
        )

    async def get_profile(
        self,
        request: user_pb2.GetProfileRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.GetProfileResponse:
        """The caller's profile."""
        response: user_pb2.GetProfileResponse = await self._get_profile(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def update_profile(
        self,
        request: user_pb2.UpdateProfileRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.UpdateProfileResponse:
        """Changes the caller's profile; a field that is not sent stays as it is.
        Fails with INVALID_ARGUMENT for a value out of its limits.
        """
        response: user_pb2.UpdateProfileResponse = await self._update_profile(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def batch_get_profiles(
        self,
        request: user_pb2.BatchGetProfilesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.BatchGetProfilesResponse:
        """Profiles by identifier, in any order. Those the caller may not see are left out."""
        response: user_pb2.BatchGetProfilesResponse = await self._batch_get_profiles(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
