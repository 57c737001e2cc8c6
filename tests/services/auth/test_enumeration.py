"""Whether an address has an account is told by no answer, and by no work that could be timed."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from statistics import mean
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from dreamscape.auth.v1 import auth_pb2
from mesh.clock import SystemClock
from mesh.faults import Fault
from services.auth.argon2 import Turn
from tests.services.auth.conftest import PASSWORD, AuthHouse, Device, hashes

Ask = Callable[[Device, str], Awaitable[Any]]
PAIRS = 200
# More than three standard deviations of the statistic, were the two the same.
LEANING = 0.1


async def login(device: Device, email: str) -> Any:
    request = auth_pb2.LoginRequest(email=email, password="not the password")
    return await device.client.login(request)


async def forget(device: Device, email: str) -> Any:
    return await device.client.forgot_password(auth_pb2.ForgotPasswordRequest(email=email))


async def register(device: Device, email: str) -> Any:
    request = auth_pb2.RegisterRequest(email=email, password="another sentence")
    answer = await device.client.register(request)
    assert answer.email == email
    return auth_pb2.RegisterResponse()


# Of the call under test only: other workers of the process send statements whenever they like.
_SENT: ContextVar[list[str] | None] = ContextVar("_SENT", default=None)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that is sent inside, by its first word."""

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent = _SENT.get()
        if sent is not None:
            sent.append(statement.split(maxsplit=1)[0])

    event.listen(Engine, "before_cursor_execute", note)
    sent: list[str] = []
    inside = _SENT.set(sent)
    try:
        yield sent
    finally:
        _SENT.reset(inside)
        event.remove(Engine, "before_cursor_execute", note)


async def told(ask: Ask, device: Device, email: str) -> tuple[Any, dict[str, str], int, list[str]]:
    """The answer or refusal, the headers, the hashes that were computed and the SQL sent."""
    before = hashes()
    with statements() as sent:
        try:
            answer: Any = await ask(device, email)
        except Fault as fault:
            answer = (fault.code, fault.reason, fault.message, fault.metadata, fault.violations)
    return answer, device.received, hashes() - before, sent


@pytest.mark.parametrize(("ask", "work"), [(login, 1), (forget, 0)])
async def test_a_known_and_an_unknown_address_get_the_same_answer_for_the_same_work(
    auth: AuthHouse, ask: Ask, work: int
) -> None:
    device, unknown = auth.device(), f"{auth.ids.new()}@example.com"
    known = [await told(ask, device, await auth.an_account()) for _ in range(3)]
    strange = await told(ask, device, unknown)
    assert known == [strange] * 3
    assert strange[2] == work


async def test_registering_a_taken_address_is_as_much_work_as_a_new_one(auth: AuthHouse) -> None:
    device = auth.device()
    taken = await told(register, device, await auth.an_account())
    free = await told(register, device, f"{auth.ids.new()}@example.com")
    assert taken[:3] == free[:3]
    assert free[2] == 1
    # Beside the hash of some tens of milliseconds: one statement more, which announces.
    assert len(free[3]) - len(taken[3]) == 1


async def test_a_known_and_an_unknown_address_are_throttled_alike(auth: AuthHouse) -> None:
    device, refusals = auth.device(), []
    for email in (await auth.an_account(), f"{auth.ids.new()}@example.com"):
        device.sends["x-forwarded-for"] = auth.an_address()
        for _ in range(10):
            with pytest.raises(Fault):
                await login(device, email)
        refusals.append(await told(login, device, email))
    assert refusals[0] == refusals[1]
    assert refusals[0][0][1] == "TOO_MANY_ATTEMPTS"
    assert refusals[0][2] == 0


@pytest.mark.parametrize("ask", [login, register, forget])
async def test_a_known_and_an_unknown_address_cannot_be_told_apart_by_time(
    auth: AuthHouse, ask: Ask
) -> None:
    # Chance leans so far once in two thousand times; what tells them apart does it twice in a row.
    leanings = [abs(await how_often_slower(auth, ask, PAIRS) - 0.5)]
    if leanings[0] >= LEANING:
        leanings.append(abs(await how_often_slower(auth, ask, PAIRS) - 0.5))
    assert min(leanings) < LEANING


async def test_mutant_no_hash_for_nobody_tells_an_address_by_time(
    auth: AuthHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def matches(turn: Turn, password: str, encoded: str) -> bool:
        return bool(encoded) and await right(turn, password, encoded)

    right = Turn.matches
    monkeypatch.setattr(Turn, "matches", matches)
    assert await how_often_slower(auth, login, PAIRS // 5) > 0.5 + LEANING


async def how_often_slower(auth: AuthHouse, ask: Ask, pairs: int) -> float:
    """How often asking about a known address takes longer than about an unknown one.

    One half, give or take, when nothing can be learned from it (Mann and Whitney's U). The two
    kinds take turns, and turns at being first, so that whatever else the machine does falls on
    both.
    """
    device, known = auth.device(), await auth.an_account()
    clock, seconds = SystemClock(), {True: list[float](), False: list[float]()}
    for turn in range(pairs):
        both = [(True, known), (False, f"{auth.ids.new()}@example.com")]
        for is_known, email in reversed(both) if turn % 2 else both:
            device.sends["x-forwarded-for"] = auth.an_address()
            began = clock.monotonic()
            with suppress(Fault):
                await ask(device, email)
            seconds[is_known].append(clock.monotonic() - began)
        # As if it were long ago, else the account would soon be closed to guesses.
        await auth.servicer.throttle.unlock(known)
    return mean(one > other for one in seconds[True] for other in seconds[False])


async def test_an_account_without_a_password_looks_like_one_with_another(auth: AuthHouse) -> None:
    device, email = auth.device(), await auth.an_account()
    wrong = await told(login, device, email)
    change = "UPDATE account SET password_hash = '' WHERE email = :email RETURNING 1"
    await auth.value(change, email=email)
    assert await told(login, device, email) == wrong
    request = auth_pb2.LoginRequest(email=email, password="nobody's password")
    with pytest.raises(Fault) as refused:
        await device.client.login(request)
    assert refused.value.reason == wrong[0][1]
    assert PASSWORD not in str(wrong)
