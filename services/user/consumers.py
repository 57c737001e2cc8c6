"""What the user service takes in: accounts that were created elsewhere."""

from dreamscape.auth.v1.auth_pb2 import AccountRegistered
from mesh.bus import Event
from mesh.outbox import topic_of
from services.user.store import Profile, Store

TOPIC = topic_of(AccountRegistered())
_CONSUMER = "user.accounts"
_REGISTERED = AccountRegistered.DESCRIPTOR.full_name


class AccountEvents:
    """Begins a profile for each account."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle(self, event: Event) -> None:
        """Take in one event of AuthService; the same one again changes nothing."""
        if event.type == _REGISTERED:
            account = AccountRegistered.FromString(event.payload).account
            await self._store.take_in(_CONSUMER, event, Profile.of(account, event.time))
