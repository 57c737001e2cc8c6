"""The largest body that the edge lets in arrives; what is larger is stopped at the socket."""

import pytest

from dreamscape.booking.v1 import booking_pb2
from mesh.faults import Fault, InvalidArgument, ResourceExhausted
from tests.mesh.conftest import Connect, Keys

LARGEST_BODY = 5_767_168
TOO_LARGE = 7 << 20


def of(size: int) -> booking_pb2.GetBookingRequest:
    """A request that is refused for what it says, if it arrives."""
    return booking_pb2.GetBookingRequest(booking_id="x" * size)


async def test_the_largest_body_of_the_edge_arrives(connect: Connect, keys: Keys) -> None:
    async with connect() as client:
        with pytest.raises(InvalidArgument) as told:
            await client.get_booking(
                of(LARGEST_BODY), metadata=[("authorization", keys.bearer("ada"))]
            )
    assert told.value.reason == "INVALID_FIELDS"


@pytest.mark.parametrize("connect", ["native", "grpcio"], indirect=True)
async def test_more_than_that_does_not(connect: Connect, keys: Keys) -> None:
    async with connect() as client:
        with pytest.raises(Fault) as told:
            await client.get_booking(
                of(TOO_LARGE), metadata=[("authorization", keys.bearer("ada"))]
            )
    assert isinstance(told.value, ResourceExhausted)
