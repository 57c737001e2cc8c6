"""One key, one change, one answer; another request with the same key is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from dreamscape.booking.v1 import booking_pb2
from mesh.call import Call, Identity
from mesh.clock import SystemClock, SystemIds
from mesh.database import Database
from mesh.faults import FailedPrecondition
from mesh.idempotency import Claim, earlier_answer, keep_answer
from tests.conftest import Running

SCRIPTS = Path(__file__).parent / "scripts"
Answer = booking_pb2.CreateBookingResponse


@pytest.fixture
async def database(servers: Running) -> AsyncIterator[Database]:
    schema = f"idempotency_{SystemIds().new().replace('-', '')}"
    database = Database(servers.addresses.database_url, schema, pool_size=10)
    await database.migrate(SCRIPTS)
    yield database
    await database.close()


def a_claim(key: str, offer: str = "1") -> Claim:
    call = Call([("idempotency-key", key)], SystemClock())
    call.identity = Identity(user_id="ada")
    request = booking_pb2.CreateBookingRequest(
        items=[booking_pb2.NewBookingItem(flight_offer_id=offer)]
    )
    return Claim.of(call, request)


async def create(database: Database, claim: Claim, name: str) -> str:
    async with database.transaction() as session:
        answer = await earlier_answer(session, claim, Answer)
        if answer is None:
            await session.execute(text("INSERT INTO effect VALUES (:name)"), {"name": name})
            answer = Answer(booking=booking_pb2.Booking(booking_id=name))
            await keep_answer(session, claim, answer)
    return answer.booking.booking_id


async def effects(database: Database) -> int:
    async with database.transaction() as session:
        return int((await session.execute(text("SELECT count(*) FROM effect"))).scalar_one())


async def test_fifty_calls_with_one_key_make_one_change_and_one_answer(database: Database) -> None:
    claim = a_claim("k")
    answers = await asyncio.gather(*(create(database, claim, str(i)) for i in range(50)))
    assert len(set(answers)) == 1
    assert await effects(database) == 1


async def test_another_request_with_the_same_key_is_refused(database: Database) -> None:
    await create(database, a_claim("k"), "first")
    with pytest.raises(FailedPrecondition) as refusal:
        await create(database, a_claim("k", offer="2"), "second")
    assert refusal.value.reason == "IDEMPOTENCY_KEY_REUSED"
    assert await effects(database) == 1


async def test_a_call_that_failed_leaves_its_key_free(database: Database) -> None:
    with suppress(RuntimeError):
        async with database.transaction() as session:
            await earlier_answer(session, a_claim("k"), Answer)
            raise RuntimeError
    assert await create(database, a_claim("k"), "second try") == "second try"
