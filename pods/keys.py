"""The keys that sign tokens: made, published, signing, gone. How old a key is decides alone.

The id of a key is a UUIDv7, so it tells when the key was made, and every process comes to the same
answer without asking another. Each looks into the secrets every second; none is restarted.
"""

import logging
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from mesh.clock import Clock, Ids
from mesh.tokens import Realm, Signer, Verifier, public_jwk
from pods.config import Config
from pods.refusal import Refusal
from pods.secrets import FAMILIES, a_key, keys_of, secrets_dir, write_private
from services.auth.domain import ACCESS_TTL

# Before a key signs it is published for longer than anyone keeps the published keys.
LEAD = timedelta(minutes=6)
# After its successor has begun to sign, a key is trusted until its last token has expired.
LAST_TOKEN = ACCESS_TTL + timedelta(minutes=1)
_LOOK_EVERY = timedelta(seconds=1)

_log = logging.getLogger("pods.keys")


def signing(kids: Collection[str], now: datetime) -> str:
    """The key that signs: the newest that has been published for long enough, else the oldest."""
    return max((kid for kid in kids if _born(kid) + LEAD <= now), default=min(kids))


def live(kids: Collection[str], now: datetime) -> list[str]:
    """The keys whose tokens are good, oldest first.

    They are the one that signs, its heirs, and whoever signed so lately that a token may be left.
    """
    oldest = max((kid for kid in kids if _born(kid) + LEAD + LAST_TOKEN <= now), default=min(kids))
    return sorted(kid for kid in kids if kid >= oldest)


class KeyRing:
    """The keys of one realm as a process uses them; `signer` and `verifier` follow the secrets."""

    def __init__(self, folder: Path, realm: Realm, clock: Clock, ids: Ids) -> None:
        self._folder, self._family, self._clock = folder, FAMILIES[realm], clock
        self._pems = keys_of(folder, self._family)
        kid = signing(self._pems, clock.now())
        self._signs, self._live = kid, live(self._pems, clock.now())
        self.signer = Signer(realm, kid, self._pems[kid], clock, ids)
        self.verifier = Verifier(realm, {key["kid"]: key for key in self.published()}, clock)

    def published(self) -> list[dict[str, str]]:
        """The public halves of all keys that are good now, as RFC 7517 has them."""
        return [public_jwk(kid, self._pems[kid]) for kid in self._live]

    def look(self) -> None:
        """Take in what has changed among the secrets, or by time."""
        pems, now = keys_of(self._folder, self._family), self._clock.now()
        signs, trusted = signing(pems, now), live(pems, now)
        if (pems, signs, trusted) == (self._pems, self._signs, self._live):
            return
        self._pems, self._signs, self._live = pems, signs, trusted
        self.verifier.replace({key["kid"]: key for key in self.published()})
        self.signer.replace(signs, pems[signs])
        _log.info("%s keys: %s signs, good are %s", self._family, signs, ", ".join(trusted))

    async def run(self) -> None:
        """Look every second until cancelled."""
        while True:
            try:
                self.look()
            except (Refusal, OSError, ValueError) as problem:
                # The keys that are known stay in use.
                _log.error("the %s keys cannot be read: %s", self._family, problem)
            await self._clock.sleep(_LOOK_EVERY)


def rotate(config: Config, clock: Clock, ids: Ids) -> Iterator[str]:
    """Add a key to each family and remove those that have had their time; a line for each."""
    folder, now = secrets_dir(config), clock.now()
    for family in FAMILIES.values():
        kids = set(keys_of(folder, family))
        for kid in sorted(kids.difference(live(kids, now))):
            (folder / f"{family}-{kid}.pem").unlink()
            yield f"{family} key {kid} is removed: its last token has expired"
        kid = ids.new()
        write_private(folder / f"{family}-{kid}.pem", a_key())
        yield f"{family} key {kid} is published now and signs from {now + LEAD:%H:%M:%S} UTC"


def _born(kid: str) -> datetime:
    """When a key was made; Refusal for one whose id does not tell."""
    try:
        identifier = UUID(kid)
    except ValueError:
        identifier = UUID(int=0)
    if identifier.version != 7:
        raise Refusal(f"The id of key {kid} is no UUIDv7: name its file as 'make rotate-keys' does")
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
