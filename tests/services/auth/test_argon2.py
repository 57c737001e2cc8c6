"""Hashes have today's parameters, and a flood of them is refused at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher

from mesh.faults import ResourceExhausted
from services.auth.argon2 import Passwords

ROOM = 18  # two threads and a queue of sixteen


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    pool = Passwords()
    yield pool
    await pool.close()


async def hashed(passwords: Passwords, password: str) -> str:
    with passwords.turn() as turn:
        return await turn.hash(password)


async def test_a_hash_names_argon2id_19_mib_two_passes_one_lane(passwords: Passwords) -> None:
    with passwords.turn() as turn:
        encoded = await turn.hash("a long sentence is best")
        assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert not turn.outdated(encoded)


async def test_a_hash_with_other_parameters_is_outdated_but_good(passwords: Passwords) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("sesame opens")
    with passwords.turn() as turn:
        assert turn.outdated(weaker)
        assert await turn.matches("sesame opens", weaker)


async def test_every_character_of_a_password_counts(passwords: Passwords) -> None:
    with passwords.turn() as turn:
        encoded = await turn.hash("é" * 127 + "a")
        assert await turn.matches("é" * 127 + "a", encoded)
        assert not await turn.matches("é" * 127 + "b", encoded)
        assert not await turn.matches("e" * 127 + "a", encoded)


async def test_nobodys_password_matches_nothing(passwords: Passwords) -> None:
    with passwords.turn() as turn:
        assert not await turn.matches("nobody's password", "")


async def test_a_nineteenth_is_refused_at_once_until_one_leaves(passwords: Passwords) -> None:
    turns = [passwords.turn() for _ in range(ROOM)]
    for turn in turns:
        turn.__enter__()
    with pytest.raises(ResourceExhausted) as refused, passwords.turn():
        pass
    assert refused.value.reason == "BUSY"
    assert refused.value.retry_after is not None
    turns[0].__exit__(None, None, None)
    assert (await hashed(passwords, "a long sentence")).startswith("$argon2id$")


async def test_giving_up_on_a_hash_does_not_free_the_thread_that_makes_it(
    passwords: Passwords,
) -> None:
    tasks = [asyncio.create_task(hashed(passwords, "a long sentence")) for _ in range(ROOM)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # Those that waited are gone; the two being made may still hold their places.
    admitted = [asyncio.create_task(hashed(passwords, "again")) for _ in range(ROOM - 2)]
    assert len(await asyncio.gather(*admitted)) == ROOM - 2
