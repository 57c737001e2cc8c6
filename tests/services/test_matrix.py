"""Every actor gets of every RPC what the contract's policy says; who is refused writes nothing.

The same request that is refused to all others is the owner's in the end: it was right all along,
and what it is about is still there.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event

from mesh.call import Call, current_call
from mesh.faults import Fault
from mesh.policy import Method
from tests.services.cast import Asked, Cast
from tests.services.conftest import House
from tests.services.matrix import (
    EXPIRED,
    FINE,
    INVALID,
    LEFT_OUT,
    METHODS,
    MISSING,
    NOT_FOUND,
    ROWS,
    SERVICE_ONLY,
    Actor,
    Row,
    Strangers,
    Verdict,
    actors,
    asks_for_own,
    person,
    shown,
    verdict,
)

CHANGING = ("INSERT", "UPDATE", "DELETE")


class Writes:
    """Rows that were changed and committed, by the request id of the call that changed them."""

    def __init__(self) -> None:
        self.of: defaultdict[str, list[str]] = defaultdict(list)
        self._open: defaultdict[Any, list[tuple[str, str]]] = defaultdict(list)

    def executed(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        call = current_call.get()
        if call and cursor.rowcount and statement.lstrip().upper().startswith(CHANGING):
            self._open[connection].append((call.request_id, statement))

    def committed(self, connection: Any) -> None:
        for request_id, statement in self._open.pop(connection, ()):
            self.of[request_id].append(statement)

    def rolled_back(self, connection: Any) -> None:
        self._open.pop(connection, None)


@contextmanager
def watching_writes() -> Iterator[Writes]:
    """Watches every database of this process."""
    writes = Writes()
    listeners = {
        "after_cursor_execute": writes.executed,
        "commit": writes.committed,
        "rollback": writes.rolled_back,
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield writes
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


class Desk:
    """Calls an RPC in the house, with nothing in its headers but what is given."""

    def __init__(self, house: House, method: Method) -> None:
        self._ids, self._clock = house.process.ids, house.process.clock
        self._method = method
        self._handler = house.process.routes[method.path].handler

    async def call(self, asked: Asked, headers: dict[str, str]) -> tuple[Verdict, str]:
        """What came of a call, and its request id."""
        request_id = self._ids.new()
        pairs = [("x-request-id", request_id), *asked.headers, *headers.items()]
        if self._method.needs_idempotency_key:
            pairs.append(("idempotency-key", self._ids.new()))
        try:
            answer = await self._answer(asked.message, Call(pairs, self._clock))
        except Fault as fault:
            return Verdict(fault.code.name, fault.reason), request_id
        return Verdict("OK", empty=not answer.ByteSize()), request_id

    async def _answer(self, message: Any, call: Call) -> Any:
        if not self._method.streaming:
            return await self._handler(message, call)
        stream = self._handler(message, call)
        try:
            return await anext(stream)
        finally:
            await stream.aclose()


def comparable(row: Row, expected: Verdict, got: Verdict) -> Verdict:
    """What came, without what no policy says: a service's own reason, how much it answers."""
    reason = got.reason if expected.reason else ""
    return Verdict(got.code, reason, got.empty and row.strangers is Strangers.SEE_NOTHING)


def test_every_rpc_has_a_row_and_every_row_an_rpc() -> None:
    assert set(ROWS) == set(METHODS)


@pytest.fixture(scope="module")
def cast(house: House) -> Cast:
    return Cast(house)


@pytest.mark.parametrize("name", METHODS)
async def test_each_actor_gets_what_the_policy_says(house: House, cast: Cast, name: str) -> None:
    method, row = METHODS[name], ROWS[name]
    desk, owner = Desk(house, method), await cast.somebody()
    owners_wish = await row.request(cast, owner)
    expected = {actor: verdict(method, actor, row) for actor in actors(method)}
    got, written = {}, {}
    with watching_writes() as writes:
        for actor in sorted(expected, key=lambda each: expected[each] == FINE):
            own = asks_for_own(method, actor, row)
            who = await person(cast, actor, owner, own=own)
            wish = await row.request(cast, who) if own else owners_wish
            came, request_id = await desk.call(wish, shown(cast, method, actor, who))
            got[actor] = comparable(row, expected[actor], came)
            if expected[actor] != FINE and request_id in writes.of:
                written[actor] = writes.of[request_id]
    assert got == expected
    assert written == {}


async def test_the_watch_over_writes_sees_what_a_call_commits(house: House, cast: Cast) -> None:
    method = METHODS["booking.CancelBooking"]
    desk, owner = Desk(house, method), await cast.somebody()
    wish = await ROWS["booking.CancelBooking"].request(cast, owner)
    with watching_writes() as writes:
        came, request_id = await desk.call(wish, shown(cast, method, Actor.OWNER, owner))
    assert came == FINE
    assert [each.split()[:2] for each in writes.of[request_id]] == [
        ["UPDATE", "booking"],
        ["INSERT", "INTO"],
    ]


@pytest.mark.parametrize(
    ("access", "actor", "strangers", "expected"),
    [
        ("USER", Actor.ANONYMOUS, Strangers.ASK_FOR_THEIR_OWN, MISSING),
        ("USER", Actor.EXPIRED, Strangers.ASK_FOR_THEIR_OWN, EXPIRED),
        ("PUBLIC", Actor.EXPIRED, Strangers.ASK_FOR_THEIR_OWN, FINE),
        ("OWNER", Actor.ELSEWHERE, Strangers.ASK_FOR_THEIR_OWN, INVALID),
        ("OWNER", Actor.OTHER, Strangers.ASK_FOR_THEIR_OWN, NOT_FOUND),
        ("OWNER", Actor.ADMIN, Strangers.ASK_FOR_THEIR_OWN, NOT_FOUND),
        ("USER", Actor.OTHER, Strangers.SEE_NOTHING, LEFT_OUT),
        ("SERVICE", Actor.ADMIN, Strangers.ASK_FOR_THEIR_OWN, SERVICE_ONLY),
        ("SERVICE", Actor.LISTED, Strangers.ASK_FOR_THEIR_OWN, FINE),
    ],
)
def test_the_verdicts_themselves(
    access: str, actor: Actor, strangers: Strangers, expected: Verdict
) -> None:
    method = replace(METHODS["booking.GetBooking"], access=access)
    row = Row(ROWS["booking.GetBooking"].ask, strangers)
    assert verdict(method, actor, row) == expected
