"""Somebody who told and bought a lot is forgotten by every service, and the proof remains."""

import asyncio
from dataclasses import dataclass

import asyncpg
import pytest
from google.api.httpbody_pb2 import HttpBody

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.destination.v1 import destination_pb2
from dreamscape.destination.v1.destination_client import DestinationClient
from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from mesh.faults import FailedPrecondition, Fault, NotFound, Unauthenticated
from services.booking.domain import State
from tests.services.booking.trips import Trips
from tests.services.conftest import House, Traveller, eventually
from tests.services.user.corpus import jpeg
from tests.services.user.test_avatars import fetched

# Where nothing of a user may be left, whatever the column.
SCHEMAS = ("auth", "users", "voyage", "booking", "payment", "notification", "destination")
# It tells late news that nobody is there to be told any more, and is swept once none can come.
KEPT_FOR_A_WHILE = '"notification"."reader"'


@dataclass(frozen=True)
class Life:
    """Somebody with their clients."""

    house: House
    who: Traveller
    users: UserClient
    trips: Trips

    @classmethod
    async def new(cls, house: House) -> "Life":
        who = await house.a_traveller()
        users = house.client(UserClient, token=who.token)
        return cls(house, who, users, Trips.of(house, who))

    async def is_lived(self) -> booking_pb2.Booking:
        """A picture, wishes, tastes, a review, and a trip that was paid and cancelled."""
        await self.users.upload_avatar(
            user_pb2.UploadAvatarRequest(
                user_id=self.who.user_id, image=HttpBody(content_type="image/jpeg", data=jpeg())
            )
        )
        for wish in ("PAR", "LIS"):
            await self.users.add_to_wishlist(user_pb2.AddToWishlistRequest(destination_id=wish))
        await self.users.update_preferences(
            user_pb2.UpdatePreferencesRequest(
                preferences=user_pb2.TravelPreferences(home_airport="CDG")
            )
        )
        places = self.house.client(DestinationClient, token=self.who.token)
        await places.create_review(
            destination_pb2.CreateReviewRequest(destination_id="LIS", rating=5, text="Go!")
        )
        booking = await self.trips.a_confirmed_booking()
        await self.trips.cancel(booking)
        ended = await self.trips.reaches(booking, State.CANCELLED)
        await eventually(self._told_of_the_end)
        return ended

    async def _told_of_the_end(self) -> bool:
        """Whether the news has arrived wherever it goes, so that none comes too late."""
        history = await self.users.list_history(user_pb2.ListHistoryRequest())
        news = self.house.client(NotificationClient, token=self.who.token)
        told = await news.list_notifications(notification_pb2.ListNotificationsRequest())
        return [past.outcome for past in history.bookings] == ["CANCELLED"] and len(
            told.notifications
        ) >= 2

    async def delete(self) -> user_pb2.Erasure:
        request = user_pb2.DeleteProfileRequest(user_id=self.who.user_id)
        return (await self.users.delete_profile(request)).erasure

    async def erased(self, erasure: user_pb2.Erasure) -> user_pb2.Erasure:
        """The erasure once it is complete."""
        request = user_pb2.GetErasureRequest(erasure_id=erasure.erasure_id)
        anyone = self.house.client(UserClient)

        async def complete() -> user_pb2.Erasure | None:
            found = (await anyone.get_erasure(request)).erasure
            return found if found.complete else None

        found: user_pb2.Erasure = await eventually(complete, within=30)
        return found


async def traces(house: House, *needles: str) -> list[str]:
    """Every table that still says one of these, in any row and any column."""
    connection = await asyncpg.connect(house.running.addresses.database_url)
    try:
        tables = await connection.fetch(
            "SELECT table_schema AS schema, table_name AS name FROM information_schema.tables "
            "WHERE table_schema = ANY($1)",
            list(SCHEMAS),
        )
        found = []
        for table in tables:
            name = f'"{table["schema"]}"."{table["name"]}"'
            for needle in needles if name != KEPT_FOR_A_WHILE else ():
                rows = await connection.fetchval(
                    f"SELECT count(*) FROM {name} AS t "  # noqa: S608 - the catalogue's own names
                    "WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0",
                    needle,
                    needle.encode().hex(),  # as PostgreSQL writes the bytes of an event
                )
                if rows:
                    found.append(f"{name} says {needle}")
        return found
    finally:
        await connection.close()


async def test_after_an_erasure_no_table_of_any_service_tells_who_it_was(house: House) -> None:
    ada = await Life.new(house)
    booking = await ada.is_lived()
    profile = (await ada.users.get_profile(user_pb2.GetProfileRequest())).profile
    assert len(await traces(house, ada.who.user_id, ada.who.email)) > 10, "it finds what is there"
    begun = await ada.delete()
    proof = await ada.erased(begun)
    counts = {part.service: part.erased for part in proof.parts}
    assert list(counts) == [*("booking", "auth", "payment", "notification", "destination", "user")]
    assert (counts["booking"], counts["payment"], counts["destination"]) == (1, 1, 1)
    # A profile, two wishes, one set of tastes, one trip and one picture.
    assert counts["user"] == 6
    assert min(counts.values()) > 0
    assert (await fetched(profile.avatar_url)).status_code == 404
    assert await traces(house, ada.who.user_id, ada.who.email) == []
    assert ada.who.user_id not in str(proof)
    books = await ada.trips.charged(booking)
    assert books["amount_captured"] == books["amount_refunded"] > 0, "the books are as they were"


async def test_after_an_erasure_the_old_token_finds_nothing(house: House) -> None:
    ada = await Life.new(house)
    await ada.erased(await ada.delete())
    # The session has ended, so its token is refused; one without a session finds no account.
    with pytest.raises(Fault) as told:
        await ada.users.get_profile(user_pb2.GetProfileRequest())
    assert told.value.reason in {"TOKEN_REVOKED", "ACCOUNT_NOT_FOUND", "PROFILE_NOT_FOUND"}
    token = house.token(ada.who.user_id)
    users = house.client(UserClient, token=token)
    for attempt in (
        users.get_profile(user_pb2.GetProfileRequest()),
        users.add_to_wishlist(user_pb2.AddToWishlistRequest(destination_id="PAR")),
        users.export_data(user_pb2.ExportDataRequest()),
    ):
        with pytest.raises(NotFound):
            await attempt
    listed = await house.client(BookingClient, token=token).list_bookings(
        booking_pb2.ListBookingsRequest()
    )
    assert list(listed.bookings) == []
    paid = await house.client(PaymentClient, token=token).list_payments(
        payment_pb2.ListPaymentsRequest()
    )
    assert list(paid.payments) == []
    with pytest.raises(Unauthenticated):
        await house.client(AuthClient).login(
            auth_pb2.LoginRequest(email=ada.who.email, password=ada.who.password)
        )


async def test_deleting_again_tells_of_the_same_erasure(house: House) -> None:
    ada = await Life.new(house)
    first = await ada.delete()
    proof = await ada.erased(first)
    users = house.client(UserClient, token=house.token(ada.who.user_id))
    again = await users.delete_profile(user_pb2.DeleteProfileRequest(user_id=ada.who.user_id))
    assert again.erasure == proof


async def test_deleting_many_times_at_once_begins_one_erasure(house: House) -> None:
    ada = await Life.new(house)
    asked = await asyncio.gather(*(ada.delete() for _ in range(10)), return_exceptions=True)
    erasures = {each.erasure_id for each in asked if isinstance(each, user_pb2.Erasure)}
    assert len(erasures) == 1
    # The first may be over before the last is asked for, and then its session has ended.
    refused = {each.reason for each in asked if isinstance(each, Fault)}
    assert refused <= {"TOKEN_REVOKED"}


async def test_whoever_has_a_trip_is_not_erased_until_it_is_over(house: House) -> None:
    ada = await Life.new(house)
    waiting = await ada.trips.a_booking()
    confirmed = await ada.trips.a_confirmed_booking()
    for active in ([confirmed, waiting], [confirmed]):
        with pytest.raises(FailedPrecondition) as told:
            await ada.delete()
        assert told.value.reason == "ACTIVE_BOOKINGS"
        assert told.value.metadata["bookingIds"] == ",".join(each.booking_id for each in active)
        assert (await ada.users.get_profile(user_pb2.GetProfileRequest())).profile.email
        await ada.trips.cancel(active[-1])
        await ada.trips.reaches(active[-1], State.CANCELLED)
    assert (await ada.erased(await ada.delete())).complete


async def test_a_trip_that_an_administrator_did_not_know_of_holds_everything_up(
    house: House,
) -> None:
    ada = await Life.new(house)
    booking = await ada.trips.a_booking()
    # Her profile begins now, if the news of the account has not arrived yet.
    await ada.users.get_profile(user_pb2.GetProfileRequest())
    root = house.client(UserClient, token=house.token("root", roles=["admin"]))
    request = user_pb2.DeleteProfileRequest(user_id=ada.who.user_id)
    erasure = (await root.delete_profile(request)).erasure
    assert (erasure.complete, list(erasure.parts)) == (False, [])
    # So the traveller can still sign in, look, and cancel.
    await ada.trips.cancel(booking)
    await ada.trips.reaches(booking, State.CANCELLED)
    assert (await ada.erased(erasure)).complete


async def test_nobody_else_erases_somebody(house: House) -> None:
    ada, eve = await Life.new(house), await Life.new(house)
    with pytest.raises(NotFound) as told:
        await eve.users.delete_profile(user_pb2.DeleteProfileRequest(user_id=ada.who.user_id))
    assert told.value.reason == "PROFILE_NOT_FOUND"
    root = house.client(UserClient, token=house.token("root", roles=["admin"]))
    nobody = user_pb2.DeleteProfileRequest(user_id=house.process.ids.new())
    with pytest.raises(NotFound):
        await root.delete_profile(nobody)
    unknown = user_pb2.GetErasureRequest(erasure_id=house.process.ids.new())
    with pytest.raises(NotFound) as told:
        await house.client(UserClient).get_erasure(unknown)
    assert told.value.reason == "ERASURE_NOT_FOUND"
