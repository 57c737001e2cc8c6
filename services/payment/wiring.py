"""How payment is built."""

from dataclasses import dataclass, field
from pathlib import Path

from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.payment.v1 import payment_pb2
from mesh.outbox import Outbox, Relay
from mesh.service import Parts, Service
from services.payment.completer import Completer
from services.payment.ports import ProviderEvent
from services.payment.saga import Till
from services.payment.service import Payments
from services.payment.store import Store
from services.payment.stripe import Stripe, read_event
from services.payment.webhooks import Journal, Webhooks

SCHEMA = "payment"
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Settings:
    """Where Stripe is, how it knows us, and how we know it."""

    stripe_url: str
    stripe_secret_key: str = field(repr=False)
    stripe_webhook_secret: str = field(repr=False)


def build(settings: Settings, parts: Parts) -> Service:
    """The service, with its relay, the worker for events, and the completer."""
    database, clock = parts.database, parts.clock

    def read(payload: bytes, signature: str) -> ProviderEvent:
        return read_event(payload, signature, settings.stripe_webhook_secret, clock.now())

    store = Store(database, Outbox(database, clock, parts.ids), clock, parts.ids)
    provider = Stripe(settings.stripe_url, settings.stripe_secret_key)
    till = Till(store, provider, clock)
    webhooks = Webhooks(
        Journal(database, clock), till, read, signals=parts.signals, schema=database.schema
    )
    bookings = BookingClient(parts.channel("dreamscape.booking.v1.BookingService"))
    return Service(
        servicer=Payments(till, store, webhooks, bookings=bookings, clock=clock),
        descriptor=payment_pb2.DESCRIPTOR.services_by_name["PaymentService"],
        background=(
            Relay(database, parts.bus, parts.signals, clock).run,
            webhooks.run,
            Completer(store, till, clock).run,
        ),
        close=(provider.close,),
    )
