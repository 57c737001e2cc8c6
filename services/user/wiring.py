"""UserService built from its settings and the parts of its process."""

from dataclasses import dataclass, field
from pathlib import Path

from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.destination.v1.destination_client import DestinationClient
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.user.v1 import user_pb2
from mesh.objects import Objects
from mesh.service import Parts, Service
from services.user.avatars import Avatars, Gallery
from services.user.consumers import ACCOUNTS, BOOKINGS, AccountEvents, BookingEvents
from services.user.erasures import Erasures
from services.user.export import Archive
from services.user.saga import Eraser, Neighbours
from services.user.service import Users
from services.user.store import Store

SCHEMA = "users"  # `user` is a reserved word
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Settings:
    """Where pictures are kept: an S3 address with its keys and the bucket.

    `s3_public_url` is where clients fetch them; empty when that is the same address.
    """

    s3_url: str
    s3_access_key: str = field(repr=False)
    s3_secret_key: str = field(repr=False)
    s3_bucket: str = "avatars"
    s3_public_url: str = ""


def build(settings: Settings, parts: Parts) -> Service:
    """UserService with its consumers, its sweeper and a worker of its erasures."""
    database, clock, ids = parts.database, parts.clock, parts.ids
    auth = AuthClient(parts.channel("dreamscape.auth.v1.AuthService"))
    bookings = BookingClient(parts.channel("dreamscape.booking.v1.BookingService"))
    payments = PaymentClient(parts.channel("dreamscape.payment.v1.PaymentService"))
    news = NotificationClient(parts.channel("dreamscape.notification.v1.NotificationService"))
    places = DestinationClient(parts.channel("dreamscape.destination.v1.DestinationService"))
    objects = Objects(
        settings.s3_url,
        settings.s3_access_key,
        settings.s3_secret_key,
        settings.s3_bucket,
        public_url=settings.s3_public_url,
    )
    store = Store(database)
    avatars = Avatars(Gallery(database), objects, clock, ids)
    erasures = Erasures(database, clock, ids)
    steps = Neighbours(auth, bookings, payments, news, places).steps()
    eraser = Eraser(erasures, steps, avatars, parts.signals, clock)
    archive = Archive(auth, bookings, payments, news)
    accounts = parts.consumer("accounts", [ACCOUNTS], AccountEvents(store).handle)
    trips = parts.consumer("bookings", [BOOKINGS], BookingEvents(store).handle)
    return Service(
        servicer=Users(store, avatars, erasures, archive, auth=auth, clock=clock),
        descriptor=user_pb2.DESCRIPTOR.services_by_name["UserService"],
        background=(accounts.run, trips.run, avatars.run, eraser.run),
        close=(avatars.close,),
    )
