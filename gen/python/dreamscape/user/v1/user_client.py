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
        self._create_profile = channel.unary_unary(
            "/dreamscape.user.v1.UserService/CreateProfile",
            user_pb2.CreateProfileRequest.SerializeToString,
            user_pb2.CreateProfileResponse.FromString,
        )
        self._upload_avatar = channel.unary_unary(
            "/dreamscape.user.v1.UserService/UploadAvatar",
            user_pb2.UploadAvatarRequest.SerializeToString,
            user_pb2.UploadAvatarResponse.FromString,
        )
        self._delete_profile = channel.unary_unary(
            "/dreamscape.user.v1.UserService/DeleteProfile",
            user_pb2.DeleteProfileRequest.SerializeToString,
            user_pb2.DeleteProfileResponse.FromString,
        )
        self._get_erasure = channel.unary_unary(
            "/dreamscape.user.v1.UserService/GetErasure",
            user_pb2.GetErasureRequest.SerializeToString,
            user_pb2.GetErasureResponse.FromString,
        )
        self._get_preferences = channel.unary_unary(
            "/dreamscape.user.v1.UserService/GetPreferences",
            user_pb2.GetPreferencesRequest.SerializeToString,
            user_pb2.GetPreferencesResponse.FromString,
        )
        self._update_preferences = channel.unary_unary(
            "/dreamscape.user.v1.UserService/UpdatePreferences",
            user_pb2.UpdatePreferencesRequest.SerializeToString,
            user_pb2.UpdatePreferencesResponse.FromString,
        )
        self._list_history = channel.unary_unary(
            "/dreamscape.user.v1.UserService/ListHistory",
            user_pb2.ListHistoryRequest.SerializeToString,
            user_pb2.ListHistoryResponse.FromString,
        )
        self._list_wishlist = channel.unary_unary(
            "/dreamscape.user.v1.UserService/ListWishlist",
            user_pb2.ListWishlistRequest.SerializeToString,
            user_pb2.ListWishlistResponse.FromString,
        )
        self._add_to_wishlist = channel.unary_unary(
            "/dreamscape.user.v1.UserService/AddToWishlist",
            user_pb2.AddToWishlistRequest.SerializeToString,
            user_pb2.AddToWishlistResponse.FromString,
        )
        self._remove_from_wishlist = channel.unary_unary(
            "/dreamscape.user.v1.UserService/RemoveFromWishlist",
            user_pb2.RemoveFromWishlistRequest.SerializeToString,
            user_pb2.RemoveFromWishlistResponse.FromString,
        )
        self._get_notification_preferences = channel.unary_unary(
            "/dreamscape.user.v1.UserService/GetNotificationPreferences",
            user_pb2.GetNotificationPreferencesRequest.SerializeToString,
            user_pb2.GetNotificationPreferencesResponse.FromString,
        )
        self._update_notification_preferences = channel.unary_unary(
            "/dreamscape.user.v1.UserService/UpdateNotificationPreferences",
            user_pb2.UpdateNotificationPreferencesRequest.SerializeToString,
            user_pb2.UpdateNotificationPreferencesResponse.FromString,
        )
        self._export_data = channel.unary_unary(
            "/dreamscape.user.v1.UserService/ExportData",
            user_pb2.ExportDataRequest.SerializeToString,
            user_pb2.ExportDataResponse.FromString,
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

    async def create_profile(
        self,
        request: user_pb2.CreateProfileRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.CreateProfileResponse:
        """Writes the profile of a new account; a profile that is there already is changed.
        Planned as an open method; it takes the owner's token here, for a profile is theirs alone.
        Fails with NOT_FOUND for somebody else's.
        """
        response: user_pb2.CreateProfileResponse = await self._create_profile(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def upload_avatar(
        self,
        request: user_pb2.UploadAvatarRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.UploadAvatarResponse:
        """Takes a picture as a raw body or as multipart/form-data, JPEG, PNG or WebP of 5 MiB at most, and
        keeps it re-encoded, without what cameras write into pictures.
        Planned as an open method; it takes the owner's token here, for a profile is theirs alone.
        Fails with INVALID_ARGUMENT for what is not such a picture, NOT_FOUND for somebody else's profile.
        """
        response: user_pb2.UploadAvatarResponse = await self._upload_avatar(
            request,
            timeout=15.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def delete_profile(
        self,
        request: user_pb2.DeleteProfileRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.DeleteProfileResponse:
        """Erases the account with everything that tells who it was, in every service.
        Planned as an open method; it takes the owner's token here, or an administrator's.
        Fails with FAILED_PRECONDITION while a booking is not at its end, NOT_FOUND for somebody else's.
        """
        response: user_pb2.DeleteProfileResponse = await self._delete_profile(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_erasure(
        self,
        request: user_pb2.GetErasureRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.GetErasureResponse:
        """What became of an erasure: the proof, for whoever holds its identifier.
        Fails with NOT_FOUND when there is none.
        """
        response: user_pb2.GetErasureResponse = await self._get_erasure(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_preferences(
        self,
        request: user_pb2.GetPreferencesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.GetPreferencesResponse:
        """How the caller likes to travel."""
        response: user_pb2.GetPreferencesResponse = await self._get_preferences(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def update_preferences(
        self,
        request: user_pb2.UpdatePreferencesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.UpdatePreferencesResponse:
        """Replaces how the caller likes to travel."""
        response: user_pb2.UpdatePreferencesResponse = await self._update_preferences(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def list_history(
        self,
        request: user_pb2.ListHistoryRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.ListHistoryResponse:
        """The caller's bookings as they ended, newest first."""
        response: user_pb2.ListHistoryResponse = await self._list_history(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def list_wishlist(
        self,
        request: user_pb2.ListWishlistRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.ListWishlistResponse:
        """The destinations the caller dreams of, newest first."""
        response: user_pb2.ListWishlistResponse = await self._list_wishlist(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def add_to_wishlist(
        self,
        request: user_pb2.AddToWishlistRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.AddToWishlistResponse:
        """Adds a destination; adding it again changes nothing.
        Fails with RESOURCE_EXHAUSTED at 500 wishes.
        """
        response: user_pb2.AddToWishlistResponse = await self._add_to_wishlist(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def remove_from_wishlist(
        self,
        request: user_pb2.RemoveFromWishlistRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.RemoveFromWishlistResponse:
        """Removes a destination; removing what is not there succeeds."""
        response: user_pb2.RemoveFromWishlistResponse = await self._remove_from_wishlist(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_notification_preferences(
        self,
        request: user_pb2.GetNotificationPreferencesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.GetNotificationPreferencesResponse:
        """What the caller wants to be told, and how."""
        response: user_pb2.GetNotificationPreferencesResponse = await self._get_notification_preferences(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def update_notification_preferences(
        self,
        request: user_pb2.UpdateNotificationPreferencesRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.UpdateNotificationPreferencesResponse:
        """Changes what the caller wants to be told; a kind that is not sent stays as it is.
        Mails about the account's safety are always sent.
        """
        response: user_pb2.UpdateNotificationPreferencesResponse = await self._update_notification_preferences(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def export_data(
        self,
        request: user_pb2.ExportDataRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> user_pb2.ExportDataResponse:
        """Everything the platform knows of the caller, in one document."""
        response: user_pb2.ExportDataResponse = await self._export_data(
            request,
            timeout=20.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
