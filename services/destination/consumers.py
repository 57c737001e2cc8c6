"""What the destination service takes in: what searches found flights to cost."""

import logging
from datetime import UTC, timedelta

from sqlalchemy.exc import SQLAlchemyError

from dreamscape.voyage.v1.voyage_pb2 import FlightsSearched
from mesh.bus import Event
from mesh.clock import Clock
from mesh.money import Money
from mesh.outbox import topic_of
from services.destination.domain import PRICES_OF
from services.destination.prices import Price, Prices

SEARCHES = topic_of(FlightsSearched())

_CONSUMER = "destination.searches"
_SEARCHED = FlightsSearched.DESCRIPTOR.full_name
_SWEEP_EVERY = timedelta(hours=1)

_log = logging.getLogger("destination.consumers")


class Searches:
    """Counts what flights cost. What is too old to be shown is left out, and forgotten."""

    def __init__(self, prices: Prices, clock: Clock) -> None:
        self._prices = prices
        self._clock = clock

    async def handle(self, event: Event) -> None:
        """Take in one event of VoyageService; the same one again changes nothing."""
        if event.type != _SEARCHED or event.time < self._clock.now() - PRICES_OF:
            return
        found = FlightsSearched.FromString(event.payload)
        price = Price(
            code=found.destination_location_code,
            amount=Money.from_wire(found.cheapest),
            day=found.time.ToDatetime(UTC).date(),
        )
        await self._prices.take_in(_CONSUMER, event, price)

    async def sweep(self) -> None:
        """Forget every hour what is too old to be shown, until cancelled."""
        while True:
            try:
                while await self._prices.sweep(self._clock.now() - PRICES_OF):
                    pass
            except (OSError, SQLAlchemyError) as problem:
                _log.warning("sweeping: %s", problem)
            await self._clock.sleep(_SWEEP_EVERY)
