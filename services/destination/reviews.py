"""What travellers say of destinations, in PostgreSQL, and how it is forgotten.

One user says one thing of a destination: a unique constraint decides. A trigger counts the ratings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.clock import Clock, Ids
from mesh.database import Database
from services.destination.domain import Cursor, digest_of, no_destination, no_reviewer
from services.destination.store import broken_by

_REVIEW = "review_id, destination_id, rating, text, time"
_SAY = f"""
    INSERT INTO review (review_id, destination_id, user_id, rating, text, time)
    VALUES (:review_id, :destination_id, :user_id, :rating, :text, :time)
    ON CONFLICT ON CONSTRAINT review_once DO UPDATE
        SET rating = excluded.rating, text = excluded.text, time = excluded.time
    RETURNING {_REVIEW}
"""  # noqa: S608 - names of ours
_LOCK = "hashtextextended('review.' || CAST(:user_id AS text), 0)"
_ERASED = "INSERT INTO erased VALUES (:digest) ON CONFLICT DO NOTHING"
# So that two erasures never wait for each other.
_IN_ORDER = """
    SELECT 1 FROM destination WHERE destination_id IN (
        SELECT destination_id FROM review WHERE user_id = :user_id
    ) ORDER BY destination_id FOR NO KEY UPDATE
"""
_FORGET = "DELETE FROM review WHERE user_id = :user_id"


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody says of a destination."""

    review_id: str
    destination_id: str
    rating: int
    text: str
    time: datetime


class Reviews:
    """What travellers say. Each method is one transaction.

    Whoever is erased says nothing any more: what is written for a user looks for that first, under
    a lock that an erasure takes for itself.
    """

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    async def say(self, user_id: str, destination_id: str, rating: int, words: str) -> Review:
        """Keep what a user says of a destination, in place of what they said before."""
        values = {
            "review_id": self._ids.new(),
            "destination_id": destination_id,
            "user_id": user_id,
            "rating": rating,
            "text": words,
            "time": self._clock.now(),
        }
        with broken_by({"review_of": no_destination}):
            async with self._database.transaction() as session:
                await self._admit(session, user_id)
                return _review((await session.execute(text(_SAY), values)).one())

    async def page(self, destination_id: str, after: Cursor | None, size: int) -> list[Review]:
        """At most `size` reviews of a destination, newest first."""
        older = "AND (time, review_id) < ($3, $4)" if after else ""
        found = await self._database.rows(
            f"""
            SELECT {_REVIEW} FROM review WHERE destination_id = $1 {older}
            ORDER BY time DESC, review_id DESC LIMIT $2
            """,  # noqa: S608 - one of two texts of ours
            destination_id,
            size,
            *((after.time, after.review_id) if after else ()),
        )
        return [_review(row) for row in found]

    async def _admit(self, session: AsyncSession, user_id: str) -> None:
        """NotFound when a user was erased; if not, their erasure begins after this transaction."""
        await session.execute(
            text(f"SELECT pg_advisory_xact_lock_shared({_LOCK})"), {"user_id": user_id}
        )
        # A statement of its own, so that it sees what was committed before the lock was had.
        erased = text("SELECT 1 FROM erased WHERE user_digest = :digest")
        if (await session.execute(erased, {"digest": digest_of(user_id)})).first() is not None:
            raise no_reviewer()

    async def erase(self, user_id: str) -> int:
        """Delete what a user said, and see to it that nothing follows; how many reviews."""
        user = {"user_id": user_id}
        async with self._database.transaction() as session:
            await session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"), user)
            await session.execute(text(_ERASED), {"digest": digest_of(user_id)})
            await session.execute(text(_IN_ORDER), user)
            gone: Any = await session.execute(text(_FORGET), user)
            return int(gone.rowcount)


def _review(row: Sequence[Any] | Row[Any]) -> Review:
    review_id, *rest = row
    return Review(str(review_id), *rest)
