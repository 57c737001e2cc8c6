"""BookingService built from its settings and the parts of its process."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dreamscape.booking.v1 import booking_pb2
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.outbox import Outbox, Relay, topic_of
from mesh.service import Parts, Service
from services.booking.consumers import PAYMENTS, Payments
from services.booking.saga import Claims, Neighbours, Worker
from services.booking.service import Bookings, Desk, Quotes, Watch
from services.booking.store import SCHEMA, Store

__all__ = ["MIGRATIONS", "SCHEMA", "Settings", "build"]

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Settings:
    """What BookingService may be told from outside.

    `hold` is how long a booking waits for its payment, `lease` how long a worker that died holds
    up what it was doing, `owner` the worker's name, unique among all; empty makes one up.
    """

    hold: timedelta = timedelta(minutes=15)
    lease: timedelta = timedelta(seconds=10)
    owner: str = ""


def build(settings: Settings, parts: Parts) -> Service:
    """BookingService with its relay, its consumer and a worker of its saga."""
    voyages = VoyageClient(parts.channel("dreamscape.voyage.v1.VoyageService"))
    payments = PaymentClient(parts.channel("dreamscape.payment.v1.PaymentService"))
    store = Store(Outbox(parts.database, parts.clock, parts.ids))
    worker = Worker(
        store,
        Neighbours(voyages, payments, parts.clock),
        parts.signals,
        Claims(settings.owner or parts.ids.new(), settings.lease),
    )
    authorized = topic_of(payment_pb2.PaymentAuthorized())
    consumer = parts.consumer(PAYMENTS, [authorized], Payments(store, parts.clock).handle)
    servicer = Bookings(
        Quotes(voyages),
        Desk(store, parts.clock, parts.ids, settings.hold),
        Watch(store, parts.signals, parts.clock),
    )
    return Service(
        servicer=servicer,
        descriptor=booking_pb2.DESCRIPTOR.services_by_name["BookingService"],
        background=(
            worker.run,
            consumer.run,
            Relay(parts.database, parts.bus, parts.signals, parts.clock).run,
        ),
    )
