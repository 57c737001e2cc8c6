"""The notification service's parts on a schema of their own, a real SMTP sink at the other end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from google.type.money_pb2 import Money
from sqlalchemy import text

from dreamscape.booking.v1 import booking_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.user.v1.user_client import UserClient
from dreamscape.voyage.v1 import voyage_pb2
from mesh.bus import Event
from mesh.clock import ManualClock
from mesh.database import Database, Signals
from services.notification.consumers import BookingEvents, Neighbours
from services.notification.domain import Templates
from services.notification.mails import AccountMails, Postman
from services.notification.ports import Mailer
from services.notification.smtp import SmtpMailer
from services.notification.store import Store
from services.notification.wiring import MIGRATIONS
from tests.services.conftest import House, Traveller

SENDER = "DreamScape <trips@dreamscape.example>"
TEMPLATES = Path(MIGRATIONS).parent / "templates"
START = datetime(2027, 1, 1, tzinfo=UTC)


def a_booking(house: House, owner: Traveller, **changes: Any) -> booking_pb2.Booking:
    facts: dict[str, Any] = {
        "booking_id": house.process.ids.new(),
        "user_id": owner.user_id,
        "state": booking_pb2.BOOKING_STATE_CONFIRMED,
        "items": [booking_pb2.BookingItem(record_locator="QXK4PT")],
        "travellers": [
            voyage_pb2.Traveller(first_name="Ada", last_name="Lovelace"),
            voyage_pb2.Traveller(first_name="Charles", last_name="Babbage"),
        ],
        "total": Money(currency_code="EUR", units=1234, nanos=500_000_000),
    }
    return booking_pb2.Booking(**(facts | changes))


def an_event(
    house: House, booking: booking_pb2.Booking, *, cancelled: bool = False, time: datetime = START
) -> Event:
    kind = booking_pb2.BookingCancelled if cancelled else booking_pb2.BookingConfirmed
    return Event(
        event_id=house.process.ids.new(),
        topic="dreamscape.booking.v1",
        key=booking.booking_id,
        type=kind.DESCRIPTOR.full_name,
        source="/booking",
        time=time,
        payload=kind(booking=booking).SerializeToString(),
    )


async def mails_to(house: House, address: str) -> list[dict[str, Any]]:
    """What the sink received for an address, oldest first, whole."""
    listed = await house.witness(f"mailbox/messages?to={address}")
    return [
        await house.witness(f"mailbox/messages/{each['id']}") for each in listed["messages"][::-1]
    ]


async def trip_mails_to(house: House, address: str) -> list[dict[str, Any]]:
    """The same without the one that asks a new account to confirm its address."""
    mails = await mails_to(house, address)
    return [mail for mail in mails if "/verify-email#" not in mail["text"]]


@dataclass
class PostOffice:
    """The service without its background: the test lets each step happen."""

    house: House
    database: Database
    store: Store
    events: BookingEvents
    accounts: AccountMails
    mailer: Mailer
    clock: ManualClock

    def postman(self, mailer: Mailer | None = None) -> Postman:
        signals = Signals(self.database.url)
        return Postman(self.store, mailer or self.mailer, signals, self.clock)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.database.transaction() as session:
            return [tuple(row) for row in await session.execute(text(sql))]


@pytest.fixture
async def office(house: House) -> AsyncIterator[PostOffice]:
    found, ids = house.running.addresses, house.process.ids
    database = Database(found.database_url, f"notification_{ids.new()}")
    await database.migrate(MIGRATIONS)
    clock, store = ManualClock(START), Store(database)
    neighbours = Neighbours(
        users=house.client(UserClient, service="notification"),
        payments=house.client(PaymentClient, service="notification"),
    )
    templates = Templates(TEMPLATES, "https://www.dreamscape.example")
    sink = urlsplit(found.smtp_url)
    yield PostOffice(
        house=house,
        database=database,
        store=store,
        events=BookingEvents(store, neighbours, templates, clock=clock, ids=ids),
        accounts=AccountMails(store, templates, clock, ids),
        mailer=SmtpMailer(str(sink.hostname), int(sink.port or 0), SENDER),
        clock=clock,
    )
    await database.close()
