"""What is forgotten: everything of a user who is erased, and what ended long ago."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from mesh.database import Database
from services.notification import store as room
from services.notification.domain import Words
from services.notification.mails import Sweeper
from services.notification.store import Store, Told
from services.notification.wiring import MIGRATIONS
from tests.services.conftest import House, eventually
from tests.services.notification.conftest import START, PostOffice
from tests.services.notification.test_consumers import known
from tests.services.notification.test_service import tell

MINE = "SELECT user_id FROM notification UNION ALL SELECT user_id FROM mail"
DAY = timedelta(days=1)


def told(office: PostOffice, user_id: str) -> Told:
    ids = office.house.process.ids
    return Told(
        user_id=user_id,
        kind="PASSWORD_CHANGED",
        words=Words(title="Title", summary="Text", text="text", html="html"),
        time=START,
        notification_id=ids.new(),
        mail_id=ids.new(),
        recipient="ada@example.com",
        locale="en",
    )


async def test_erasing_a_user_deletes_all_they_were_told_and_counts_it(house: House) -> None:
    ada, eve = await known(house), await known(house)
    await tell(house, ada, 3)
    await tell(house, eve, 1)
    asking = house.client(NotificationClient, service="user")
    request = notification_pb2.EraseUserRequest(user_id=ada.user_id)
    assert (await asking.erase_user(request)).erased >= 3
    assert (await asking.erase_user(request)).erased == 0
    listing = notification_pb2.ListNotificationsRequest()
    mine = await house.client(NotificationClient, token=ada.token).list_notifications(listing)
    hers = await house.client(NotificationClient, token=eve.token).list_notifications(listing)
    assert [len(mine.notifications), len(hers.notifications)] == [0, 1]


async def test_nothing_is_told_to_a_user_after_they_are_erased(office: PostOffice) -> None:
    ada, eve = (office.house.process.ids.new() for _ in range(2))
    await office.store.tell(told(office, ada))
    assert await office.store.erase(ada, START) == 2
    await office.store.tell(told(office, ada))
    await office.store.tell(told(office, eve))
    assert await office.rows(MINE) == [(eve,), (eve,)]
    assert await office.store.erase(ada, START + DAY) == 0
    assert await office.rows("SELECT erase_time FROM reader WHERE erase_time IS NOT NULL") == [
        (START,)
    ]


class Slow(Store):
    """Stops halfway through telling, after it has seen that the user is there."""

    def __init__(self, office: PostOffice) -> None:
        super().__init__(office.database)
        self.halfway, self.go_on = asyncio.Event(), asyncio.Event()

    async def _erase_time(self, session, user_id, now):  # type: ignore[no-untyped-def]
        found = await super()._erase_time(session, user_id, now)
        if now is None:
            self.halfway.set()
            await self.go_on.wait()
        return found


class SlowWithoutLock(Slow):
    """Looks whether the user was erased without holding anybody off."""

    async def _erase_time(self, session, user_id, now):  # type: ignore[no-untyped-def]
        if now is not None:
            return await super()._erase_time(session, user_id, now)
        self.halfway.set()
        await self.go_on.wait()
        return None


async def left_by_an_erasure_meanwhile(office: PostOffice, slow: Slow) -> list[tuple[str, ...]]:
    """Erase a user while something is being told to them; what there is of them then."""
    ada = office.house.process.ids.new()
    await office.store.tell(told(office, ada))
    telling = asyncio.create_task(slow.tell(told(office, ada)))
    await slow.halfway.wait()
    erasing = asyncio.create_task(office.store.erase(ada, START))

    async def done_or_held_off() -> bool:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
        mine = f"application_name = '{office.database.schema}'"
        return erasing.done() or bool(await office.rows(waiting + mine))

    await eventually(done_or_held_off)
    slow.go_on.set()
    await asyncio.gather(telling, erasing)
    return await office.rows(MINE)


async def test_an_erasure_meanwhile_leaves_nothing_behind(office: PostOffice) -> None:
    assert await left_by_an_erasure_meanwhile(office, Slow(office)) == []


async def test_mutant_without_the_readers_lock_late_news_survives_an_erasure(
    office: PostOffice,
) -> None:
    assert len(await left_by_an_erasure_meanwhile(office, SlowWithoutLock(office))) == 2


async def test_what_ended_thirty_days_ago_is_swept_and_the_rest_stays(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SWEPT_AT_ONCE", 2)
    ada, eve = (office.house.process.ids.new() for _ in range(2))
    async with office.database.transaction() as session:
        await session.execute(
            text("""
                INSERT INTO inbox SELECT 'tests', gen_random_uuid(), CAST(:start AS timestamptz)
                FROM generate_series(1, 5)
            """),
            {"start": START},
        )
    for _ in range(5):
        await office.store.tell(told(office, ada))
        assert await office.postman().send_next()
    await office.store.erase(eve, START)
    office.clock.advance(timedelta(days=29))
    await office.store.tell(told(office, ada))
    sweeper = Sweeper(office.store, office.clock)
    counts = """
        SELECT (SELECT count(*) FROM mail), (SELECT count(*) FROM inbox),
               (SELECT count(*) FROM reader), (SELECT count(*) FROM notification)
    """
    await sweeper.sweep()
    assert await office.rows(counts) == [(6, 5, 2, 6)]
    office.clock.advance(2 * DAY)
    await sweeper.sweep()
    assert await office.rows(counts) == [(1, 0, 1, 6)], "the queued mail stays, and what was told"


async def test_mails_from_before_are_kept_while_queued_and_forgotten_when_sent(
    house: House, tmp_path: Path
) -> None:
    shutil.copytree(MIGRATIONS, tmp_path, dirs_exist_ok=True)
    later = [path for path in (tmp_path / "versions").glob("*.py") if path.name[:4] != "0001"]
    for path in later:
        path.unlink()
    schema = f"notification_{house.process.ids.new()}"
    database = Database(house.running.addresses.database_url, schema, pool_size=1)
    await database.migrate(tmp_path)
    async with database.transaction() as session:
        for state in ("QUEUED", "SENT"):
            await session.execute(
                text("""
                    WITH told AS (
                        INSERT INTO notification VALUES (
                            :state, 'ada', 'BOOKING_CONFIRMED', '', '', '', now())
                        RETURNING *)
                    INSERT INTO mail SELECT notification_id, 'ada@example.com', 'en', 'subject',
                        'text', 'html', notification_id, 1, '', now(), now() FROM told
                """),
                {"state": state},
            )
    await database.migrate(MIGRATIONS)
    mails = "SELECT user_id, kind, recipient, text, end_time IS NULL FROM mail ORDER BY state"
    async with database.transaction() as session:
        found = [tuple(row) for row in await session.execute(text(mails))]
    assert found == [
        ("ada", "BOOKING_CONFIRMED", "ada@example.com", "text", True),
        ("ada", "BOOKING_CONFIRMED", "", "", False),
    ]
    await database.close()
