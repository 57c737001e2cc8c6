"""Pictures are shown once they are there, and leave nothing behind once they are not."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from google.api.httpbody_pb2 import HttpBody

from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from mesh.clock import ManualClock
from mesh.database import Database
from mesh.faults import InvalidArgument, NotFound, Unauthenticated
from mesh.objects import Objects
from services.user.avatars import Avatar, Avatars
from services.user.erasures import Erasures
from services.user.store import Store
from tests.services.conftest import House
from tests.services.user.corpus import FORM, form, jpeg, part, png
from tests.services.user.people import NOW, count

LATER = timedelta(minutes=16)


def upload(user_id: str, content: bytes, kind: str) -> user_pb2.UploadAvatarRequest:
    return user_pb2.UploadAvatarRequest(
        user_id=user_id, image=HttpBody(content_type=kind, data=content)
    )


async def fetched(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


async def shown(store: Store, user_id: str) -> str:
    key = (await store.person(user_id)).avatar_key
    assert key is not None
    return key


@pytest.mark.parametrize(
    ("content", "kind"), [(jpeg(), "image/jpeg"), (form(part(png())), FORM)], ids=["raw", "form"]
)
async def test_a_picture_can_be_fetched_from_where_the_profile_says(
    house: House, content: bytes, kind: str
) -> None:
    ada = await house.a_traveller()
    users = house.client(UserClient, token=ada.token)
    answer = await users.upload_avatar(upload(ada.user_id, content, kind))
    profile = (await users.get_profile(user_pb2.GetProfileRequest())).profile
    assert answer.profile.user_id == profile.user_id == ada.user_id
    for url in (answer.profile.avatar_url, profile.avatar_url):
        picture = await fetched(url)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
        assert picture.content[:4] == b"RIFF"
        assert ada.user_id not in url
        assert "X-Amz-Expires=3600" in url
    # Without its signature the address is worth nothing.
    assert (await fetched(profile.avatar_url.partition("?")[0])).status_code == 403


async def test_what_is_no_picture_changes_nothing(house: House) -> None:
    ada = await house.a_traveller()
    users = house.client(UserClient, token=ada.token)
    with pytest.raises(InvalidArgument) as told:
        await users.upload_avatar(upload(ada.user_id, b"<svg/>", "image/png"))
    assert told.value.reason == "UNSUPPORTED_IMAGE"
    profile = (await users.get_profile(user_pb2.GetProfileRequest())).profile
    assert profile.avatar_url == ""


async def test_nobody_else_gives_somebody_a_face(house: House) -> None:
    ada, eve = await house.a_traveller(), await house.a_traveller()
    wanted = upload(ada.user_id, jpeg(), "image/jpeg")
    for token in (eve.token, house.token("root", roles=["admin"])):
        with pytest.raises(NotFound) as told:
            await house.client(UserClient, token=token).upload_avatar(wanted)
        assert told.value.reason == "PROFILE_NOT_FOUND"
    with pytest.raises(Unauthenticated):
        await house.client(UserClient).upload_avatar(wanted)


async def test_a_new_picture_takes_the_old_ones_place(
    avatars: Avatars, store: Store, objects: Objects, database: Database, ada: str
) -> None:
    await avatars.take(ada, "image/jpeg", jpeg())
    first = await shown(store, ada)
    await avatars.take(ada, "image/png", png())
    second = await shown(store, ada)
    assert first != second
    assert await objects.get(second)
    with pytest.raises(NotFound):
        await objects.get(first)
    assert await count(database, "avatar") == 1


async def test_many_pictures_at_once_leave_one(
    avatars: Avatars, store: Store, objects: Objects, database: Database, ada: str
) -> None:
    await asyncio.gather(*(avatars.take(ada, "image/jpeg", jpeg()) for _ in range(5)))
    assert await objects.get(await shown(store, ada))
    assert await count(database, "avatar") == 1


async def test_the_sweeper_takes_what_was_lost_on_the_way_and_nothing_else(
    avatars: Avatars, store: Store, objects: Objects, clock: ManualClock, ada: str
) -> None:
    gallery = avatars._gallery
    await avatars.take(ada, "image/jpeg", jpeg())
    for key in ("avatars/lost.webp", "avatars/never-written.webp"):
        await gallery.draft(Avatar(key=key, user_id=ada, create_time=NOW))
    await objects.put("avatars/lost.webp", b"a picture", "image/webp")
    assert await avatars.sweep() == 0, "an upload may still be under way"
    clock.advance(LATER)
    assert await avatars.sweep() == 2
    with pytest.raises(NotFound):
        await objects.get("avatars/lost.webp")
    assert await objects.get(await shown(store, ada))
    assert await avatars.sweep() == 0


class Early(Objects):
    """An object store in which somebody is erased while their picture is on its way."""

    erase: Any

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        await super().put(key, content, content_type)
        await self.erase()


async def test_a_picture_that_arrives_after_its_owner_was_erased_is_swept_away(
    avatars: Avatars, erasures: Erasures, database: Database, clock: ManualClock, ada: str
) -> None:
    async def erased() -> None:
        await erasures.begin(ada)
        erasure = await erasures.claim(timedelta(seconds=10))
        assert erasure is not None
        await erasures.complete(erasure)

    objects = avatars._objects
    early = Early.__new__(Early)
    early.__dict__.update(objects.__dict__, erase=erased)
    avatars._objects = early
    with pytest.raises(NotFound):
        await avatars.take(ada, "image/jpeg", jpeg())
    clock.advance(LATER)
    avatars._objects = objects
    assert await avatars.sweep() == 1
    assert await count(database, "avatar") == 0
