"""How voyage is built."""

from dataclasses import dataclass, field
from pathlib import Path

from dreamscape.voyage.v1 import voyage_pb2
from mesh.outbox import Outbox, Relay
from mesh.service import Parts, Service
from services.voyage.amadeus import Amadeus
from services.voyage.orders import Desk
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
    store = Store(Outbox(parts.database, parts.clock, parts.ids))
    relay = Relay(parts.database, parts.bus, parts.signals, parts.clock)
    supplier = Amadeus(
        settings.amadeus_url,
        settings.amadeus_client_id,
        settings.amadeus_client_secret,
        parts.clock,
    )
    desk = Desk(store, supplier, parts.clock)
    shelf = Shelf(store, parts.clock, parts.ids)
    return Service(
        servicer=Voyages(shelf, supplier, desk, cache=parts.cache, clock=parts.clock),
        descriptor=voyage_pb2.DESCRIPTOR.services_by_name["VoyageService"],
        background=(desk.sweep, relay.run),
        close=(supplier.close,),
    )
