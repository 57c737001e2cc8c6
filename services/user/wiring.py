"""UserService built from its settings and the parts of its process."""

from dataclasses import dataclass
from pathlib import Path

from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.user.v1 import user_pb2
from mesh.service import Parts, Service
from services.user.consumers import TOPIC, AccountEvents
from services.user.service import Users
from services.user.store import Store

SCHEMA = "users"  # `user` is a reserved word
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Settings:
    """UserService needs nothing from outside."""


def build(_: Settings, parts: Parts) -> Service:
    """UserService with its consumer."""
    store = Store(parts.database)
    auth = AuthClient(parts.channel("dreamscape.auth.v1.AuthService"))
    return Service(
        servicer=Users(store, auth, parts.clock),
        descriptor=user_pb2.DESCRIPTOR.services_by_name["UserService"],
        background=(parts.consumer("accounts", [TOPIC], AccountEvents(store).handle).run,),
    )
