# Written by `python -m edge.generate`; do not edit.
"""The public API from Python: `async with DreamScape("localhost:3000") as api: ...`."""

from types import TracebackType

import grpc.aio

from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.destination.v1.destination_client import DestinationClient
from dreamscape.errors import ApiError, Calling, Violation
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.user.v1.user_client import UserClient
from dreamscape.voyage.v1.voyage_client import VoyageClient

__all__ = ["ApiError", "DreamScape", "Violation"]


class DreamScape:
    """All services at one address; a failed call raises ApiError.

    `address` is host:port, in clear text unless `credentials` are given. `token` is the access
    token that each call carries; set it after signing in:

        async with DreamScape("localhost:3000") as api:
            answer = await api.auth.login(LoginRequest(email=email, password=password))
            api.token = answer.tokens.access_token
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self.token = token
        self._channel = (
            grpc.aio.secure_channel(address, credentials)
            if credentials
            else grpc.aio.insecure_channel(address)
        )
        calling = Calling(self._channel, self._authorization)
        self.auth = AuthClient(calling)
        self.booking = BookingClient(calling)
        self.destination = DestinationClient(calling)
        self.notification = NotificationClient(calling)
        self.payment = PaymentClient(calling)
        self.user = UserClient(calling)
        self.voyage = VoyageClient(calling)

    async def __aenter__(self) -> "DreamScape":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        await self._channel.close()

    def _authorization(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()
