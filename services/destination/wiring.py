"""DestinationService built from its settings and the parts of its process."""

from dataclasses import dataclass
from pathlib import Path

from dreamscape.destination.v1 import destination_pb2
from mesh.service import Parts, Service
from services.destination.consumers import SEARCHES, Searches
from services.destination.prices import Prices
from services.destination.reviews import Reviews
from services.destination.service import Destinations
from services.destination.store import Store

SCHEMA = "destination"
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Settings:
    """What DestinationService needs from outside: nothing but its parts."""


def build(settings: Settings, parts: Parts) -> Service:
    """DestinationService with its consumer and its sweep."""
    store = Store(parts.database, parts.clock)
    reviews = Reviews(parts.database, parts.clock, parts.ids)
    searches = Searches(Prices(parts.database), parts.clock)
    return Service(
        servicer=Destinations(store, reviews),
        descriptor=destination_pb2.DESCRIPTOR.services_by_name["DestinationService"],
        background=(
            parts.consumer("searches", [SEARCHES], searches.handle).run,
            searches.sweep,
        ),
    )
