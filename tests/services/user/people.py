"""What the tests of the user service say about people, and a rendezvous for those who race."""

import asyncio
from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import text

from dreamscape.auth.v1.auth_pb2 import Account, AccountRegistered
from dreamscape.booking.v1 import booking_pb2
from mesh.bus import Event
from mesh.clock import SystemIds
from mesh.database import Database
from mesh.outbox import topic_of

NOW = datetime.fromisoformat("2026-11-23T12:00:00+00:00")

_ids = SystemIds()


def told(message: Message, key: str, time: datetime = NOW) -> Event:
    """An event as it comes out of the bus."""
    return Event(
        event_id=_ids.new(),
        topic=topic_of(message),
        key=key,
        type=message.DESCRIPTOR.full_name,
        source="/elsewhere",
        time=time,
        payload=message.SerializeToString(),
    )


def an_account(**facts: Any) -> Account:
    """A new account of Ada's."""
    values = {"user_id": _ids.new(), "email": "ada@example.com", "first_name": "Ada"} | facts
    return Account(**values)


def registered(account: Account) -> Event:
    return told(AccountRegistered(account=account), account.user_id)


def ended(
    user_id: str, *, cancelled: bool, booking_id: str = "", version: int = 4, time: datetime = NOW
) -> Event:
    """The news that a booking was confirmed, or came to nothing."""
    booking = booking_pb2.Booking(
        booking_id=booking_id or _ids.new(), user_id=user_id, version=version
    )
    kind = booking_pb2.BookingCancelled if cancelled else booking_pb2.BookingConfirmed
    return told(kind(booking=booking), booking.booking_id, time)


async def count(database: Database, table: str) -> int:
    """How many rows a table has."""
    async with database.transaction() as session:
        statement = text(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
        return int((await session.execute(statement)).scalar_one())


async def counted(database: Database, user_id: str) -> int:
    """How many wishes a profile says it has."""
    found = await database.rows("SELECT wishes FROM profile WHERE user_id = $1", user_id)
    return int(found[0]["wishes"])


class Rendezvous:
    """Where a mutant waits until so many have read what they are about to act on."""

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._all = asyncio.Event()

    async def meet(self) -> None:
        """Return once everybody is here."""
        self._parties -= 1
        if self._parties == 0:
            self._all.set()
        async with asyncio.timeout(10):
            await self._all.wait()
