"""NotificationService built from its settings and the parts of its process."""

from dataclasses import dataclass
from pathlib import Path

from dreamscape.notification.v1 import notification_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.user.v1.user_client import UserClient
from mesh.service import Parts, Service
from services.notification.consumers import TOPIC, BookingEvents, Neighbours
from services.notification.domain import Templates
from services.notification.mails import AccountMails, Postman, Sweeper
from services.notification.service import Notifications
from services.notification.smtp import SmtpMailer
from services.notification.store import Store

SCHEMA = "notification"
MIGRATIONS = Path(__file__).parent / "migrations"
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Settings:
    """What NotificationService needs from outside.

    `sender` is the address that mails come from, `public_url` the one that they point to.
    """

    smtp_host: str
    smtp_port: int
    sender: str
    public_url: str


def build(settings: Settings, parts: Parts) -> Service:
    """NotificationService with its consumer, its postman and its sweeper."""
    store = Store(parts.database)
    templates = Templates(_TEMPLATES, settings.public_url)
    neighbours = Neighbours(
        users=UserClient(parts.channel("dreamscape.user.v1.UserService")),
        payments=PaymentClient(parts.channel("dreamscape.payment.v1.PaymentService")),
    )
    events = BookingEvents(store, neighbours, templates, clock=parts.clock, ids=parts.ids)
    mailer = SmtpMailer(settings.smtp_host, settings.smtp_port, settings.sender)
    accounts = AccountMails(store, templates, parts.clock, parts.ids)
    return Service(
        servicer=Notifications(store, accounts, parts.clock),
        descriptor=notification_pb2.DESCRIPTOR.services_by_name["NotificationService"],
        background=(
            parts.consumer("bookings", [TOPIC], events.handle).run,
            Postman(store, mailer, parts.signals, parts.clock).run,
            Sweeper(store, parts.clock).run,
        ),
    )
