"""Hashes have today's parameters, and a flood of them is refused at once."""

import asyncio

import pytest
from argon2 import PasswordHasher

from mesh.faults import ResourceExhausted
from services.auth.argon2 import Passwords

ROOM = 18  # two threads and a queue of sixteen


async def test_a_hash_names_argon2id_19_mib_two_passes_one_lane() -> None:
    passwords = Passwords()
    encoded = await passwords.hash("a long sentence is best")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.outdated(encoded)
    await passwords.close()


async def test_a_hash_with_other_parameters_is_outdated_but_still_good() -> None:
    passwords = Passwords()
    weaker = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("sesame opens")
    assert passwords.outdated(weaker)
    assert await passwords.matches("sesame opens", weaker)
    await passwords.close()


async def test_every_character_of_a_password_counts() -> None:
    passwords = Passwords()
    encoded = await passwords.hash("é" * 127 + "a")
    assert await passwords.matches("é" * 127 + "a", encoded)
    assert not await passwords.matches("é" * 127 + "b", encoded)
    assert not await passwords.matches("e" * 127 + "a", encoded)
    await passwords.close()


async def test_nobodys_password_matches_nothing() -> None:
    passwords = Passwords()
    assert not await passwords.matches("nobody's password", None)
    await passwords.close()


async def test_a_flood_is_refused_at_once_and_the_pool_is_free_again_after_it() -> None:
    passwords = Passwords()
    flood = [passwords.hash("a long sentence is best") for _ in range(ROOM + 12)]
    results = await asyncio.gather(*flood, return_exceptions=True)
    refused = [result for result in results if isinstance(result, ResourceExhausted)]
    # A thread that becomes free meanwhile lets one or two more in.
    assert 8 <= len(refused) <= 12
    assert all(each.reason == "BUSY" and each.retry_after for each in refused)
    again = await asyncio.gather(*(passwords.hash("once more") for _ in range(ROOM)))
    assert len(set(again)) == ROOM
    await passwords.close()


async def test_giving_up_on_a_hash_does_not_free_the_thread_that_makes_it() -> None:
    passwords = Passwords()
    tasks = [asyncio.create_task(passwords.hash("a long sentence")) for _ in range(ROOM)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # Those that waited are gone; the two being made still hold their room.
    admitted = [asyncio.create_task(passwords.hash("again")) for _ in range(ROOM - 2)]
    assert len(await asyncio.gather(*admitted)) == ROOM - 2
    with pytest.raises(RuntimeError):
        await passwords.close()
        await passwords.hash("closed")
