"""Refresh tokens when many come at once: one successor, no survivor, over two processes."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import ColumnElement
from sqlmodel import col, update

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from mesh.database import Database
from mesh.faults import (
    Aborted,
    DeadlineExceeded,
    Fault,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)
from pods.pods import topology
from pods.process import Process
from services.auth.domain import REUSED, Ticket, judge_spent
from services.auth.store import Account, Session, Store, _locked
from tests.conftest import PORT_BASE
from tests.services.auth.conftest import TIMES, AuthHouse, Device
from tests.services.conftest import House, SignedIn, Traveller

# Here, and as many in the other process.
AT_ONCE = 100
ROUNDS = 50 * TIMES
RACES = 1000 * TIMES
GENERATIONS = 10
Answer = TypeVar("Answer")
SERVICE = "dreamscape.auth.v1.AuthService"


@pytest.fixture(scope="module")
async def processes(house: House) -> AsyncIterator[list[Process]]:
    """Two processes of the same mesh."""
    other = Process(house.running.config, house.running.secrets, topology("single")["single"])
    follows = asyncio.create_task(other.revocations.run())
    yield [house.process, other]
    follows.cancel()
    await other.stop()


def client(process: Process, token: str = "") -> AuthClient:
    return AuthClient(SignedIn(process.channel("tests", SERVICE), token, {}))


def refresh(token: str) -> auth_pb2.RefreshRequest:
    return auth_pb2.RefreshRequest(refresh_token=token)


async def persistently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """An answer, asked for again when there was none in time: this machine may be busy."""
    while True:
        try:
            return await ask()
        except (Aborted, DeadlineExceeded, Unavailable, ResourceExhausted):
            continue


async def is_good(auth: AuthClient, token: str) -> bool:
    """Whether a refresh token is still exchanged."""
    try:
        await persistently(lambda: auth.refresh(refresh(token)))
    except Unauthenticated:
        return False
    return True


async def signed_in(auth: AuthClient, person: Traveller) -> auth_pb2.Tokens:
    request = auth_pb2.LoginRequest(email=person.email, password=person.password)
    return (await persistently(lambda: auth.login(request))).tokens


def counter(token: str) -> int:
    return int(token.split(".")[2])


@pytest.mark.timeout(400)
async def test_two_hundred_refreshes_in_two_processes_have_one_successor(house: House) -> None:
    auth = client(house.process)
    token = (await signed_in(auth, await house.a_traveller())).refresh_token
    async with a_second_process(house) as second:
        for generation in range(1, ROUNDS + 1):
            asked = [persistently(partial(auth.refresh, refresh(token))) for _ in range(AT_ONCE)]
            theirs, *ours = await asyncio.gather(second(token), *asked)
            successors = {*theirs, *(answer.tokens.refresh_token for answer in ours)}
            assert len(successors) == 1
            token = successors.pop()
            assert counter(token) == generation


@asynccontextmanager
async def a_second_process(house: House) -> AsyncIterator[Callable[[str], Awaitable[list[str]]]]:
    """Another process of the operating system: what a hundred exchanges of a token there bring."""
    state = house.running.config.state_dir
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.services.auth.second"),
        *(str(state), (state / PORT_BASE).read_text()),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    asks, answers = process.stdin, process.stdout

    async def exchanged(token: str) -> list[str]:
        asks.write(f"{token}\n".encode())
        return list(json.loads(await answers.readline()))

    try:
        yield exchanged
    finally:
        asks.close()
        await process.wait()


async def test_no_session_survives_a_race_of_refresh_and_logout(
    auth: AuthHouse, house: House, processes: list[Process]
) -> None:
    account, survivors = await auth.row(await auth.an_account()), 0
    for race in range(RACES):
        session, token = await auth.a_session(account)
        access_token = house.token(account.user_id, sid=session.session_id)
        left, first, second = [token], client(processes[0]), client(processes[1], access_token)
        if race % 2:
            end: Callable[[], Awaitable[Any]] = partial(
                second.logout_all, auth_pb2.LogoutAllRequest()
            )
        else:
            end = partial(second.logout, auth_pb2.LogoutRequest(refresh_token=token))
        await asyncio.gather(renew(first, left), persistently(end))
        survivors += sum([await is_good(client(processes[1]), each) for each in left])
    assert survivors == 0


async def renew(auth: AuthClient, tokens: list[str]) -> None:
    """Exchange the first of the tokens, if it still goes, and add what it brings."""
    with contextlib.suppress(Fault):
        answer = await auth.refresh(refresh(tokens[0]))
        tokens.append(answer.tokens.refresh_token)


async def test_no_session_survives_a_race_of_logins_and_a_change_of_the_password(
    house: House, processes: list[Process]
) -> None:
    first, second = map(client, processes)
    person = await house.a_traveller()
    own = await signed_in(first, person)
    account = client(processes[0], own.access_token)
    change = auth_pb2.ChangePasswordRequest(
        current_password=person.password, new_password="another sentence"
    )
    opened: list[auth_pb2.Tokens] = []

    async def login(auth: AuthClient) -> None:
        with contextlib.suppress(Unauthenticated):
            opened.append(await signed_in(auth, person))

    logins = [login((first, second)[n % 2]) for n in range(14)]
    await asyncio.gather(*logins, persistently(lambda: account.change_password(change)))
    for tokens in opened:
        assert not await is_good(second, tokens.refresh_token)
    assert await is_good(first, own.refresh_token)


async def test_a_hundred_rotations_in_one_instant_are_in_order(auth: AuthHouse) -> None:
    account, device = await auth.row(await auth.an_account()), auth.device()
    session, token = await auth.a_session(account)
    tokens = [token]
    for _ in range(100):
        tokens.append((await device.refresh(tokens[-1])).refresh_token)
    assert [counter(each) for each in tokens] == list(range(101))
    for old in (50, 0, 98):
        with pytest.raises(Unauthenticated):
            await device.refresh(tokens[old])
    with pytest.raises(Unauthenticated):
        await device.refresh(tokens[-1])
    assert await is_revoked(auth, session.session_id)


async def rotated(auth: AuthHouse, session: Session, spent: int) -> str:
    """The token that a session has once that ticket is spent."""
    ticket = Ticket(session.session_id, spent)
    found, _ = await auth.servicer.store.rotate(ticket, auth.clock.now())
    return auth.servicer.sessions.refresh_tokens.write(Ticket(found.session_id, found.counter))


async def is_revoked(auth: AuthHouse, session_id: str) -> bool:
    row = "SELECT revoke_time IS NOT NULL FROM session WHERE session_id = :id"
    return bool(await auth.value(row, id=session_id))


@pytest.mark.parametrize("late", [False, True])
async def test_of_ten_generations_only_the_last_two_tokens_are_any_good(
    auth: AuthHouse, late: bool
) -> None:
    """Every token of sessions that were refreshed 1 to 10 times, within the grace and after it."""
    account, device = await auth.row(await auth.an_account()), auth.device()
    for generation in range(1, GENERATIONS + 1):
        for presented in range(generation + 1):
            session, token = await auth.a_session(account)
            tokens = [token, *[await rotated(auth, session, n) for n in range(generation)]]
            auth.clock.advance(timedelta(seconds=10.5 if late else 9.5))
            last_good = generation if late else generation - 1
            if presented >= last_good:
                answer = await device.refresh(tokens[presented])
                assert counter(answer.refresh_token) == presented + 1
                assert presented == generation or answer.refresh_token == tokens[-1]
                assert not await is_revoked(auth, session.session_id)
                continue
            with pytest.raises(Unauthenticated) as refused:
                await device.refresh(tokens[presented])
            assert refused.value.reason == REUSED
            assert await is_revoked(auth, session.session_id)
            assert session.session_id in auth.revocations
            with pytest.raises(Unauthenticated):
                await device.refresh(tokens[-1])


class Killed(Store):
    """Commits a rotation, and is gone before it answers: once."""

    killed = False

    async def rotate(self, ticket: Ticket, now: datetime) -> tuple[Session, Account]:
        found = await super().rotate(ticket, now)
        if not self.killed:
            self.killed = True
            raise ConnectionError("killed after the commit")
        return found


async def test_an_answer_lost_after_the_commit_is_given_again(auth: AuthHouse) -> None:
    _, token = await auth.a_session(await auth.row(await auth.an_account()))
    device = auth.changed(store=a_store(auth, Killed))
    with pytest.raises(Fault) as lost:
        await device.refresh(token)
    assert lost.value.reason == "UNAVAILABLE"
    auth.clock.advance(timedelta(seconds=9))
    again = await device.refresh(token)
    assert counter(again.refresh_token) == 1
    assert counter((await device.refresh(again.refresh_token)).refresh_token) == 2


def a_store(auth: AuthHouse, kind: type[Store], database: Database | None = None) -> Store:
    """A store of another kind, or with connections of its own."""
    right = auth.servicer.store
    database = database or right._database
    return kind(database, right._outbox, right._letters, right._revocations)


class Counterless(Store):
    """Spends a ticket without asking whether the session's counter is still the ticket's."""

    def _current(self, ticket: Ticket, now: datetime) -> list[ColumnElement[bool]]:
        return [col(Session.session_id) == ticket.session_id, col(Session.revoke_time).is_(None)]


async def successors(device: Device, token: str) -> set[str]:
    """What twenty refreshes of one token at once bring."""
    answers = await asyncio.gather(*(device.refresh(token) for _ in range(20)))
    return {answer.refresh_token for answer in answers}


async def test_mutant_rotation_without_the_counter_forks_the_session(auth: AuthHouse) -> None:
    account = await auth.row(await auth.an_account())
    _, token = await auth.a_session(account)
    assert len(await successors(auth.device(), token)) == 1
    _, token = await auth.a_session(account)
    mutant = auth.changed(store=a_store(auth, Counterless))
    assert len(await successors(mutant, token)) == 20


class Inside(Store):
    """Raises the refusal of a reused token inside the transaction that revokes its session."""

    async def rotate(self, ticket: Ticket, now: datetime) -> tuple[Session, Account]:
        async with self._database.transaction() as session:
            found = await self._spend(session, ticket, now)
            if found is None:
                found = await _locked(session, ticket.session_id)
                refusal = judge_spent(ticket, found.state, now)
                if refusal is not None:
                    found.revoke_time = now
                    raise refusal
            return found, await session.get_one(Account, found.user_id)


async def test_mutant_revocation_raised_before_the_commit_leaves_a_thief_signed_in(
    auth: AuthHouse,
) -> None:
    account = await auth.row(await auth.an_account())
    mutant = auth.changed(store=a_store(auth, Inside))
    for device, revoked in ((auth.device(), True), (mutant, False)):
        session, first = await auth.a_session(account)
        second = (await device.refresh(first)).refresh_token
        third = (await device.refresh(second)).refresh_token
        with pytest.raises(Unauthenticated) as refused:
            await device.refresh(first)
        assert refused.value.reason == REUSED
        assert await is_revoked(auth, session.session_id) is revoked
        if not revoked:
            await device.refresh(third)


class Careless(Store):
    """Ends the sessions that it has seen, instead of those that are there."""

    async def revoke(self, session_id: str, now: datetime) -> None:
        async with self._database.transaction() as session:
            found = await session.get_one(Session, session_id)
            await session.execute(
                update(Session)
                .where(col(Session.session_id) == session_id)
                .where(col(Session.counter) == found.counter)
                .values(revoke_time=now)
            )


async def test_mutant_logout_of_the_counter_it_saw_lets_a_refresh_survive(
    auth: AuthHouse,
) -> None:
    account, survivors = await auth.row(await auth.an_account()), {}
    mutant = auth.changed(store=a_store(auth, Careless))
    for name, device in (("right", auth.device()), ("mutant", mutant)):
        survivors[name] = 0
        for _ in range(30):
            session, token = await auth.a_session(account)
            end = auth_pb2.LogoutRequest(refresh_token=token)
            await asyncio.gather(
                device.client.logout(end), device.refresh(token), return_exceptions=True
            )
            survivors[name] += not await is_revoked(auth, session.session_id)
    assert survivors["right"] == 0
    assert survivors["mutant"] > 0
