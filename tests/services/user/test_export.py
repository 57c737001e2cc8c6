"""An export holds all that is known of its owner, and nothing of anybody else."""

from collections.abc import Sequence

from dreamscape.booking.v1 import booking_pb2
from dreamscape.user.v1 import user_pb2
from services.user.export import MOST, listed
from tests.services.conftest import House
from tests.services.user.test_story import Life


async def test_an_export_tells_what_every_service_knows(house: House) -> None:
    ada, eve = await Life.new(house), await Life.new(house)
    booking = await ada.is_lived()
    await eve.users.add_to_wishlist(user_pb2.AddToWishlistRequest(destination_id="OSL"))
    export = await ada.users.export_data(user_pb2.ExportDataRequest())
    assert export.account.email == ada.who.email
    assert [session.current for session in export.sessions] == [True]
    assert export.profile.avatar_url
    assert export.preferences.home_airport == "CDG"
    assert [wish.destination_id for wish in export.wishes] == ["LIS", "PAR"]
    assert [past.booking_id for past in export.history] == [booking.booking_id]
    assert list(export.bookings) == [booking]
    assert [payment.booking_id for payment in export.payments] == [booking.booking_id]
    assert {each.booking_id for each in export.notifications} == {booking.booking_id}
    assert export.HasField("time")
    assert eve.who.user_id not in str(export)


async def test_a_list_is_taken_page_by_page_up_to_its_thousandth_item() -> None:
    asked: list[str] = []

    async def endless(
        request: booking_pb2.ListBookingsRequest,
    ) -> booking_pb2.ListBookingsResponse:
        asked.append(request.page_token)
        bookings = [booking_pb2.Booking(version=1)] * request.page_size
        return booking_pb2.ListBookingsResponse(bookings=bookings, next_page_token=str(len(asked)))

    def bookings(page: booking_pb2.ListBookingsResponse) -> Sequence[booking_pb2.Booking]:
        return page.bookings

    found = await listed(booking_pb2.ListBookingsRequest, endless, bookings)
    assert len(found) == MOST == 1_000
    assert asked == ["", *map(str, range(1, 10))]
