"""The pace at which Amadeus' test environment lets one client call: 429/38194 above it.

Amadeus allows ten calls in a second, 100 ms apart. Calls that are 100 ms apart are never more than
ten in a second, so the gap says both. Token requests do not count, and neither does a refused call.
"""

from mesh.clock import Clock
from sandbox.amadeus.refusals import Refusal

GAP_MICROSECONDS = 100_000


class Pace:
    """Lets a call pass when the one before it passed at least the gap ago."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._passed: int | None = None

    def take(self) -> None:
        """Let one call pass; raises Refusal (38194) for one that comes too soon."""
        now = round(self._clock.monotonic() * 1_000_000)
        if self._passed is not None and now - self._passed < GAP_MICROSECONDS:
            raise Refusal(38194)
        self._passed = now
