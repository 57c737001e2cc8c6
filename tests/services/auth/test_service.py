"""Accounts and sign-in, through all interceptors on the real database."""

import asyncio
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from dreamscape.auth.v1 import auth_pb2
from mesh.faults import Fault, InvalidArgument, NotFound, ResourceExhausted, Unauthenticated
from mesh.tokens import USERS, Signer, Verifier
from services.auth.domain import ACCESS_TTL
from tests.conftest import Running
from tests.services.auth.conftest import PASSWORD, AuthHouse, hashes


async def test_registering_twice_answers_the_same_and_makes_one_account(auth: AuthHouse) -> None:
    device, email = auth.device(), f"{auth.ids.new()}@example.com"
    first = auth_pb2.RegisterRequest(email=email.upper(), password=PASSWORD, first_name="Ada")
    second = auth_pb2.RegisterRequest(email=email, password="another sentence", first_name="Eve")
    answers = [await device.client.register(request) for request in (first, second)]
    assert answers == [auth_pb2.RegisterResponse(email=email)] * 2
    names = "SELECT array_agg(first_name) FROM account WHERE email = :email"
    assert await auth.value(names, email=email) == ["Ada"]
    assert (await device.login(email)).token_type == "Bearer"


async def test_registering_at_once_makes_one_account_and_one_event(auth: AuthHouse) -> None:
    email = f"{auth.ids.new()}@example.com"
    request = auth_pb2.RegisterRequest(email=email, password=PASSWORD)
    await asyncio.gather(*(auth.device().client.register(request) for _ in range(8)))
    accounts = "SELECT count(*) FROM account WHERE email = :email"
    assert await auth.value(accounts, email=email) == 1
    events = "SELECT count(*) FROM outbox WHERE position(convert_to(:email, 'UTF8') IN payload) > 0"
    assert await auth.value(events, email=email) == 1


async def test_an_account_is_announced_without_its_password(auth: AuthHouse) -> None:
    email = await auth.an_account()
    user_id = await auth.value("SELECT user_id FROM account WHERE email = :email", email=email)
    payload = await auth.value("SELECT payload FROM outbox WHERE key = :key", key=user_id)
    assert auth_pb2.AccountRegistered.FromString(payload).account == auth_pb2.Account(
        user_id=user_id,
        email=email,
        first_name="Ada",
        create_time=Timestamp(seconds=int(auth.clock.now().timestamp())),
    )


@pytest.mark.parametrize("password", ["iloveyou2", "Sunshine1", "short"])
async def test_a_weak_password_makes_no_account(auth: AuthHouse, password: str) -> None:
    email = f"{auth.ids.new()}@example.com"
    request = auth_pb2.RegisterRequest(email=email, password=password)
    with pytest.raises(InvalidArgument) as refused:
        await auth.device().client.register(request)
    assert refused.value.violations[0].field == "password"
    count = "SELECT count(*) FROM account WHERE email = :email"
    assert await auth.value(count, email=email) == 0


async def test_a_stored_password_is_argon2id(auth: AuthHouse) -> None:
    email = await auth.an_account()
    stored = "SELECT password_hash FROM account WHERE email = :email"
    assert (await auth.value(stored, email=email)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_wrong_password_and_an_unknown_address_look_alike(auth: AuthHouse) -> None:
    device, email = auth.device(), await auth.an_account()
    answers = []
    for address in (email, "nobody@example.com"):
        request = auth_pb2.LoginRequest(email=address, password="not the password")
        with pytest.raises(Unauthenticated) as refused:
            await device.client.login(request)
        answers.append((refused.value.reason, refused.value.message, refused.value.metadata))
    assert answers[0] == answers[1]
    assert answers[0][0] == "CREDENTIALS_INVALID"
    assert device.received == {}


async def test_a_login_without_room_is_refused_and_counts_as_no_attempt(auth: AuthHouse) -> None:
    device, email = auth.device(), await auth.an_account()
    device.sends["x-forwarded-for"] = auth.an_address()
    with ExitStack() as full:
        for _ in range(18):
            full.enter_context(auth.servicer.passwords.turn())
        before = hashes()
        refused = await asyncio.gather(
            *(device.login(email) for _ in range(30)), return_exceptions=True
        )
        told = {(r.reason, r.retry_after) for r in refused if isinstance(r, ResourceExhausted)}
        assert ("BUSY", timedelta(seconds=1)) in told
        assert hashes() == before
    for _ in range(10):
        await device.login(email)


async def test_a_flood_of_logins_harms_no_other_call(auth: AuthHouse) -> None:
    device = auth.device()
    await device.signed_in(await auth.an_account())

    async def stranger(number: int) -> str:
        visitor = auth.device()
        visitor.sends["x-forwarded-for"] = auth.an_address()
        try:
            await visitor.login(f"{number}-{auth.ids.new()}@example.com")
        except Fault as fault:
            return fault.reason
        return ""

    before, answered = hashes(), 0
    flood = asyncio.gather(*map(stranger, range(150)))
    while not flood.done():
        await device.client.verify_token(auth_pb2.VerifyTokenRequest())
        answered += 1
    told = Counter(await flood)
    # A limiter that such a flood keeps waiting counts by itself, more strictly.
    refused = told["BUSY"] + told["TOO_MANY_ATTEMPTS"]
    assert told["CREDENTIALS_INVALID"] == hashes() - before == 150 - refused
    assert refused > 100
    assert answered > 0


async def test_a_token_is_verified_by_the_published_keys(auth: AuthHouse) -> None:
    device, email = auth.device(), await auth.an_account()
    answer = await device.client.login(auth_pb2.LoginRequest(email=email, password=PASSWORD))
    keys = (await device.client.list_keys(auth_pb2.ListKeysRequest())).keys
    published = {key.kid: {f.name: value for f, value in key.ListFields()} for key in keys}
    assert all("d" not in key for key in published.values())
    claims = Verifier(USERS, published, auth.clock).verify(answer.tokens.access_token)
    assert claims.subject == answer.account.user_id
    assert claims.expires_at - claims.issued_at == answer.tokens.expires_in == 900
    assert claims.extra["roles"] == []
    assert str(claims.extra["sid"]) in answer.tokens.refresh_token


async def test_a_token_says_whose_it_is_until_the_session_ends(auth: AuthHouse) -> None:
    device, email = auth.device(), await auth.an_account()
    tokens = await device.login(email)
    device.sends["authorization"] = f"Bearer {tokens.access_token}"
    told = await device.client.verify_token(auth_pb2.VerifyTokenRequest())
    account = await device.client.get_account(auth_pb2.GetAccountRequest())
    assert told.user_id == account.account.user_id
    assert account.account.email == email
    assert told.session_id in tokens.refresh_token
    assert told.expire_time.seconds == int(auth.clock.now().timestamp()) + 900
    await device.client.logout(auth_pb2.LogoutRequest(refresh_token=tokens.refresh_token))
    with pytest.raises(Unauthenticated) as refused:
        await device.client.verify_token(auth_pb2.VerifyTokenRequest())
    assert refused.value.reason == "SESSION_ENDED"


async def test_a_role_is_in_the_token_from_the_next_refresh(auth: AuthHouse) -> None:
    device, email = auth.device(), await auth.an_account()
    tokens = await device.login(email)
    await auth.value(
        "UPDATE account SET roles = '{admin}' WHERE email = :email RETURNING 1", email=email
    )
    tokens = await device.refresh(tokens.refresh_token)
    device.sends["authorization"] = f"Bearer {tokens.access_token}"
    told = await device.client.verify_token(auth_pb2.VerifyTokenRequest())
    assert list(told.roles) == ["admin"]


async def test_an_erased_account_is_not_found(auth: AuthHouse, outside: Running) -> None:
    secrets = outside.secrets
    signer = Signer(USERS, secrets.token_kid, secrets.token_key_pem, auth.clock, auth.ids)
    device = auth.device()
    device.sends["authorization"] = f"Bearer {signer.sign('gone', timedelta(minutes=1))}"
    with pytest.raises(NotFound) as refused:
        await device.client.get_account(auth_pb2.GetAccountRequest())
    assert refused.value.reason == "ACCOUNT_NOT_FOUND"


async def test_the_sessions_of_an_erased_account_are_not_forgotten_while_tokens_live(
    auth: AuthHouse,
) -> None:
    device, email = auth.device(), await auth.an_account()
    await device.signed_in(email)
    listed = await device.client.list_sessions(auth_pb2.ListSessionsRequest())
    session_id, user_id = listed.sessions[0].session_id, (await auth.row(email)).user_id
    await auth.servicer.store.erase(user_id, auth.clock.now())
    assert session_id in await auth.servicer.store.lately_ended()
    auth.clock.advance(ACCESS_TTL + timedelta(seconds=1))
    assert session_id not in await auth.servicer.store.lately_ended()


@pytest.mark.parametrize(
    "email",
    [
        "a\u0001b@example.com",
        "\u202eab@example.com",
        "\u0130@example.com",
        f"ada@{'x' * 64}.example",
        "ada@example",
        "@example.com",
        "ada lovelace@example.com",
    ],
)
async def test_what_no_mail_can_reach_is_no_address(auth: AuthHouse, email: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await auth.device().client.register(
            auth_pb2.RegisterRequest(email=email, password=PASSWORD)
        )
    assert [each.field for each in refused.value.violations] == ["email"]


async def test_a_hash_with_old_parameters_is_renewed_at_the_next_login(auth: AuthHouse) -> None:
    from argon2 import PasswordHasher  # noqa: PLC0415

    email = await auth.an_account()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    change = "UPDATE account SET password_hash = :old WHERE email = :email RETURNING 1"
    await auth.value(change, old=old, email=email)
    await auth.device().login(email)
    stored = await auth.value("SELECT password_hash FROM account WHERE email = :e", e=email)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await auth.device().login(email)
