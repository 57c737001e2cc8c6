"""Travellers' pictures: taken in, kept as objects, and swept away when nothing shows them.

An object has a row before it is written, and a profile names it only afterwards. So a picture that
is shown is always there, and an object that was lost on the way is always found: the sweeper takes
every one that no profile names and that is older than any upload may last.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlmodel import Field, col, delete, exists, select, update

from mesh.clock import Clock, Ids
from mesh.database import Database
from mesh.objects import Objects
from services.user import multipart, pictures
from services.user.domain import no_profile
from services.user.pictures import Pictures
from services.user.store import TIME, Base, Profile

MEDIA_TYPE = "image/webp"

_SHOWN_FOR = timedelta(hours=1)
_LONGEST_UPLOAD = timedelta(minutes=15)
_SWEEP_EVERY = timedelta(minutes=10)
_SWEPT_AT_ONCE = 100

_log = logging.getLogger("user.avatars")


class Avatar(Base, table=True):
    """An object with a picture, or one that is about to be; of nobody once they are erased."""

    key: str = Field(primary_key=True)
    user_id: str | None
    create_time: datetime = Field(sa_type=TIME)


class Gallery:
    """Which pictures there are. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def draft(self, avatar: Avatar) -> None:
        """Take note of an object that is about to be written."""
        async with self._database.transaction() as session:
            session.add(avatar)

    async def show(self, avatar: Avatar) -> str | None:
        """Let the profile show this picture; the key of the one it showed before."""
        theirs = col(Profile.user_id) == avatar.user_id
        async with self._database.transaction() as session:
            locked = select(Profile.avatar_key).where(theirs).with_for_update(key_share=True)
            row = (await session.execute(locked)).first()
            if row is None:
                raise no_profile()
            values = {"avatar_key": avatar.key, "update_time": avatar.create_time}
            await session.execute(update(Profile).where(theirs).values(values))
            before: str | None = row.avatar_key
            return before

    async def of(self, user_id: str) -> Sequence[str]:
        """The keys of all objects of a user."""
        async with self._database.transaction() as session:
            return (await session.exec(select(Avatar.key).where(Avatar.user_id == user_id))).all()

    async def lost(self, before: datetime, most: int) -> Sequence[str]:
        """At most `most` objects older than `before` that no profile shows, oldest first."""
        shown = exists().where(col(Profile.avatar_key) == col(Avatar.key))
        old = select(Avatar.key).where(col(Avatar.create_time) < before, ~shown)
        async with self._database.transaction() as session:
            return (await session.exec(old.order_by(col(Avatar.create_time)).limit(most))).all()

    async def forget(self, key: str) -> None:
        """Forget an object that has been deleted."""
        async with self._database.transaction() as session:
            await session.execute(delete(Avatar).where(col(Avatar.key) == key))


class Avatars:
    """Takes pictures in, tells where they are, and sweeps away what is left over."""

    def __init__(self, gallery: Gallery, objects: Objects, clock: Clock, ids: Ids) -> None:
        self._gallery = gallery
        self._objects = objects
        self._pictures = Pictures()
        self._clock = clock
        self._ids = ids

    async def take(self, user_id: str, content_type: str, body: bytes) -> None:
        """Let a profile show the picture in a body, which is a picture or a form with one.

        InvalidArgument when it is none that is taken, NotFound when there is no such profile.
        """
        declared = content_type.partition(";")[0].strip().lower()
        if multipart.is_form(content_type):
            declared, body = multipart.only_file(content_type, body)
        pictures.check(body, declared=declared)
        small = await self._pictures.small(body)
        key = f"avatars/{self._ids.secret(18)}.webp"
        avatar = Avatar(key=key, user_id=user_id, create_time=self._clock.now())
        await self._gallery.draft(avatar)
        await self._objects.put(key, small, MEDIA_TYPE)
        before = await self._gallery.show(avatar)
        if before:
            # What fails here is left to the sweeper: the new picture is shown already.
            with suppress(OSError):
                await self._discard(before)

    def url(self, key: str | None) -> str:
        """Where a picture can be fetched for an hour; empty without one."""
        return self._objects.url(key, _SHOWN_FOR) if key else ""

    async def erase(self, user_id: str) -> None:
        """Delete every object of a user; their rows are the erasure's business."""
        for key in await self._gallery.of(user_id):
            await self._objects.delete(key)

    async def run(self) -> None:
        """Create the bucket, then sweep until cancelled."""
        await self._objects.make_bucket()
        while True:
            try:
                await self.sweep()
            except OSError as problem:
                _log.warning("sweep: %s", problem)
            await asyncio.sleep(_SWEEP_EVERY.total_seconds())

    async def sweep(self) -> int:
        """Delete objects that nothing shows; how many there were."""
        lost = await self._gallery.lost(self._clock.now() - _LONGEST_UPLOAD, _SWEPT_AT_ONCE)
        for key in lost:
            await self._discard(key)
        return len(lost)

    async def close(self) -> None:
        """Let go of the object store."""
        await self._objects.close()

    async def _discard(self, key: str) -> None:
        await self._objects.delete(key)
        await self._gallery.forget(key)
