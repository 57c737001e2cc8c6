"""Throttling: by account and by network, before the hash, right in parallel, never for good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from dreamscape.auth.v1 import auth_pb2
from dreamscape.policy.v1 import policy_pb2
from mesh.cache import Cache, Limiter
from mesh.faults import Fault, ResourceExhausted
from mesh.policy import methods
from services.auth.throttle import Throttle
from tests.services.auth.conftest import PASSWORD, AuthHouse, Device, hashes

GUESS = "not the password"
SERVICE = auth_pb2.DESCRIPTOR.services_by_name["AuthService"]


def pair(email: str, password: str = GUESS) -> auth_pb2.LoginRequest:
    return auth_pb2.LoginRequest(email=email, password=password)


async def outcome(device: Device, email: str, password: str = GUESS) -> str:
    """The reason why a login is refused; empty when it is not."""
    try:
        await device.client.login(pair(email, password))
    except Fault as fault:
        return fault.reason
    return ""


async def guesses(device: Device, email: str, count: int) -> list[str]:
    """What becomes of that many wrong passwords, one after the other."""
    return [await outcome(device, email) for _ in range(count)]


async def checked_of_a_hundred(device: Device, email: str) -> int:
    """How many of a hundred guesses at once are checked against the hash."""
    before = hashes()
    outcomes = await asyncio.gather(*(outcome(device, email) for _ in range(100)))
    assert set(outcomes) <= {"CREDENTIALS_INVALID", "TOO_MANY_ATTEMPTS", "BUSY"}
    return hashes() - before


async def test_of_a_hundred_guesses_at_once_ten_are_checked(auth: AuthHouse) -> None:
    assert await checked_of_a_hundred(auth.device(), await auth.an_account()) == 10


async def test_an_eleventh_attempt_waits_for_the_minute_to_pass(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    assert await guesses(device, email, 10) == ["CREDENTIALS_INVALID"] * 10
    auth.clock.advance(timedelta(seconds=15))
    with pytest.raises(ResourceExhausted) as refused:
        await device.login(email)
    assert (refused.value.reason, refused.value.retry_after) == (
        "TOO_MANY_ATTEMPTS",
        timedelta(seconds=45),
    )
    auth.clock.advance(timedelta(seconds=45))
    await device.login(email)


async def test_many_networks_are_no_more_guesses_at_an_account(auth: AuthHouse) -> None:
    email, outcomes = await auth.an_account(), []
    for _ in range(30):
        device = auth.device()
        device.sends["x-forwarded-for"] = auth.an_address()
        outcomes.append(await outcome(device, email))
    assert outcomes == ["CREDENTIALS_INVALID"] * 10 + ["TOO_MANY_ATTEMPTS"] * 20


async def test_many_accounts_are_no_more_guesses_from_a_network(auth: AuthHouse) -> None:
    device, address = auth.device(), auth.an_address()
    outcomes = []
    for number in range(15):
        device.sends["x-forwarded-for"] = address.removesuffix("7") + str(number)
        outcomes.append(await outcome(device, f"{auth.ids.new()}@example.com"))
    assert outcomes == ["CREDENTIALS_INVALID"] * 10 + ["TOO_MANY_ATTEMPTS"] * 5


@pytest.mark.parametrize(
    "forged",
    [
        {"x-forwarded-for": "{n}.2.3.4, {seen}"},
        {"x-forwarded-for": "{n}.2.3.4,{n}.3.4.5 , {seen}"},
        {"x-forwarded-for": "nonsense {n},{seen}", "x-real-ip": "{n}.2.3.4"},
        {"x-forwarded-for": "{seen}", "forwarded": "for={n}.2.3.4", "x-client-ip": "{n}.2.3.4"},
        {"x-envoy-external-address": "{seen}", "x-forwarded-for": "{n}.2.3.4"},
    ],
)
async def test_what_a_caller_says_of_its_address_has_no_effect(
    auth: AuthHouse, forged: dict[str, str]
) -> None:
    """`seen` is what the edge appends or sets; everything else is the caller's invention."""
    device, seen, outcomes = auth.device(), auth.an_address(), []
    for n in range(1, 13):
        device.sends = {name: text.format(n=n, seen=seen) for name, text in forged.items()}
        outcomes.append(await outcome(device, f"{auth.ids.new()}@example.com"))
    assert outcomes == ["CREDENTIALS_INVALID"] * 10 + ["TOO_MANY_ATTEMPTS"] * 2


async def test_right_passwords_do_not_count_against_their_network(auth: AuthHouse) -> None:
    device = auth.device()
    device.sends["x-forwarded-for"] = auth.an_address()
    for _ in range(3):
        email = await auth.an_account()
        for _ in range(5):
            await device.login(email)


async def test_strangers_cannot_lock_an_owner_out_of_a_known_network(auth: AuthHouse) -> None:
    email, owner, stranger = await auth.an_account(), auth.device(), auth.device()
    home = auth.an_address()
    owner.sends["x-forwarded-for"] = home
    await owner.login(email)
    for _ in range(3):
        stranger.sends["x-forwarded-for"] = auth.an_address()
        await guesses(stranger, email, 10)
    assert await outcome(stranger, email, PASSWORD) == "TOO_MANY_ATTEMPTS"
    assert await outcome(owner, email, PASSWORD) == ""
    elsewhere = auth.device()
    elsewhere.sends["x-forwarded-for"] = auth.an_address()
    assert await outcome(elsewhere, email, PASSWORD) == "TOO_MANY_ATTEMPTS"
    # A neighbour in the known network gets no more than the network's own ten.
    outcomes = await guesses(owner, email, 12)
    assert outcomes.count("CREDENTIALS_INVALID") <= 10
    assert outcomes[-1] == "TOO_MANY_ATTEMPTS"


async def test_a_network_is_forgotten_after_ninety_days(auth: AuthHouse) -> None:
    email, owner = await auth.an_account(), auth.device()
    address = auth.an_address()
    owner.sends["x-forwarded-for"] = address
    await owner.login(email)
    store, network = auth.servicer.store, address.removesuffix("7") + "0/24"
    assert await store.is_known(email, network, auth.clock.now())
    auth.clock.advance(timedelta(days=90))
    assert not await store.is_known(email, network, auth.clock.now())


async def test_a_reset_by_mail_unlocks(auth: AuthHouse) -> None:
    email, owner = await auth.an_account(), auth.device()
    owner.sends["x-forwarded-for"] = auth.an_address()
    stranger = auth.device()
    stranger.sends["x-forwarded-for"] = auth.an_address()
    await guesses(stranger, email, 10)
    assert await outcome(owner, email, PASSWORD) == "TOO_MANY_ATTEMPTS"
    await owner.client.forgot_password(auth_pb2.ForgotPasswordRequest(email=email))
    request = auth_pb2.ResetPasswordRequest(
        token=await auth.token_to(email), new_password="another sentence"
    )
    await owner.client.reset_password(request)
    # Even when strangers go on at once, the network of the reset is known from now on.
    for _ in range(2):
        stranger.sends["x-forwarded-for"] = auth.an_address()
        await guesses(stranger, email, 10)
    assert await outcome(owner, email, "another sentence") == ""


LIMITED = [
    method.name
    for method in SERVICE.methods
    if method.GetOptions().Extensions[policy_pb2.method].rate  # type: ignore[index]
    == policy_pb2.RATE_CLASS_AUTH
]


@pytest.mark.parametrize("name", LIMITED)
async def test_every_rpc_of_the_class_takes_ten_calls_a_second(auth: AuthHouse, name: str) -> None:
    device, address = auth.device(), auth.an_address()
    tokens = await device.signed_in(await auth.an_account())
    device.sends["x-forwarded-for"] = address
    requests = {
        "Register": auth_pb2.RegisterRequest(email="a@b.cd", password="password"),
        "Refresh": auth_pb2.RefreshRequest(refresh_token="forged"),
        "UpdateAccount": auth_pb2.UpdateAccountRequest(first_name="Ada"),
        "ChangePassword": auth_pb2.ChangePasswordRequest(
            current_password=PASSWORD, new_password="password"
        ),
        "ForgotPassword": auth_pb2.ForgotPasswordRequest(email=f"{auth.ids.new()}@example.com"),
        "ResetPassword": auth_pb2.ResetPasswordRequest(token="x", new_password="password"),
        "VerifyEmail": auth_pb2.VerifyEmailRequest(token="x"),
        "StartOauth": auth_pb2.StartOauthRequest(provider="google"),
        "FinishOauth": auth_pb2.FinishOauthRequest(provider="google"),
    }
    [method] = [each for each in methods(SERVICE) if each.name == name]
    call, request = device.unary_unary(method.path), requests.get(name, method.request())
    reasons = []
    for _ in range(12):
        device.sends["authorization"] = f"Bearer {tokens.access_token}"
        try:
            await call(request)
            reasons.append("")
        except Fault as fault:
            reasons.append(fault.reason)
    assert "TOO_MANY_CALLS" not in reasons[:10]
    assert reasons[10:] == ["TOO_MANY_CALLS"] * 2
    device.sends["x-forwarded-for"] = auth.an_address()
    with pytest.raises(Fault) as other:
        await call(request)
        raise Fault("", "")
    assert other.value.reason != "TOO_MANY_CALLS"


@pytest.fixture
async def without_redis(auth: AuthHouse) -> AsyncIterator[Device]:
    """A device of a service whose Redis is gone."""
    limiter = Limiter(Cache("redis://127.0.0.1:1/0", "gone"), auth.clock)
    yield auth.changed(throttle=Throttle(limiter, auth.servicer.store, auth.clock, 1))
    await limiter.close()


async def test_without_redis_the_limits_are_stricter_and_never_open(
    auth: AuthHouse, without_redis: Device
) -> None:
    emails = [await auth.an_account() for _ in range(2)]
    assert await checked_of_a_hundred(without_redis, emails[0]) == 2
    assert await outcome(without_redis, emails[1], PASSWORD) == ""
    without_redis.sends["x-forwarded-for"] = auth.an_address()
    request = auth_pb2.VerifyEmailRequest(token="x")
    reasons = []
    for _ in range(4):
        with pytest.raises(Fault) as refused:
            await without_redis.client.verify_email(request)
        reasons.append(refused.value.reason)
    assert reasons == ["TOKEN_INVALID"] * 2 + ["TOO_MANY_CALLS"] * 2


class Late(Throttle):
    """Counts a guess when it has been checked."""

    @asynccontextmanager
    async def guess(self, email: str, address: str) -> AsyncIterator[None]:
        try:
            yield
        finally:
            async with super().guess(email, address):
                pass


async def test_mutant_throttle_after_the_hash_checks_more_than_ten_guesses(
    auth: AuthHouse,
) -> None:
    limiter = Limiter(Cache(auth.redis_url, auth.ids.new()), auth.clock)
    late = auth.changed(throttle=Late(limiter, auth.servicer.store, auth.clock, 1))
    assert await checked_of_a_hundred(late, await auth.an_account()) > 10
    await limiter.close()
