"""How voyage is built."""

from dataclasses import dataclass, field
from pathlib import Path

from dreamscape.voyage.v1 import voyage_pb2
from mesh.outbox import Outbox, Relay
from mesh.service import Parts, Service
from services.voyage.amadeus import Amadeus
from services.voyage.answers import Answers, Together
from services.voyage.flights import AmadeusFlights
from services.voyage.orders import Desk
from services.voyage.reference import AmadeusReference
from services.voyage.service import Shelf, Voyages
from services.voyage.store import Store

SCHEMA = "voyage"
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Settings:
    """Where Amadeus is, and how it knows us."""

    amadeus_url: str
    amadeus_client_id: str
    amadeus_client_secret: str = field(repr=False)


def build(settings: Settings, parts: Parts) -> Service:
    """The service, with its relay and the sweep of its desk."""
    descriptor = voyage_pb2.DESCRIPTOR.services_by_name["VoyageService"]
    relay = Relay(parts.database, parts.bus, parts.signals, parts.clock)
    amadeus = Amadeus(
        settings.amadeus_url,
        settings.amadeus_client_id,
        settings.amadeus_client_secret,
        parts.clock,
    )
    supplier, reference = AmadeusFlights(amadeus), AmadeusReference(amadeus)
    store = Store(Outbox(parts.database, parts.clock, parts.ids))
    desk = Desk(store, supplier, parts.clock)
    shelf = Shelf(store, supplier, parts.clock, parts.ids)
    answers = Answers(parts.cache, descriptor, Together())
    return Service(
        servicer=Voyages(shelf, desk, reference, answers=answers, clock=parts.clock),
        descriptor=descriptor,
        background=(desk.sweep, relay.run),
        close=(answers.close, amadeus.close),
    )
