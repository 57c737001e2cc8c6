"""Refresh tokens: rotation, races, theft, lifetimes, the cookie."""

import asyncio
from datetime import timedelta

import pytest

from dreamscape.auth.v1 import auth_pb2
from mesh.clock import SystemClock, SystemIds
from mesh.faults import PermissionDenied, Unauthenticated
from mesh.tokens import USERS, Signer
from pods.secrets import a_key
from services.auth.wiring import Settings
from tests.services.auth.conftest import AuthHouse, Device


async def refused(device: Device, token: str = "") -> str:
    """The reason why a refresh is refused."""
    with pytest.raises(Unauthenticated) as refusal:
        await device.refresh(token)
    return refusal.value.reason


async def test_a_refresh_token_is_exchanged_for_the_next(auth: AuthHouse) -> None:
    device = auth.device()
    tokens = await device.login(await auth.an_account())
    second = await device.refresh(tokens.refresh_token)
    third = await device.refresh(second.refresh_token)
    given = {tokens.refresh_token, second.refresh_token, third.refresh_token}
    assert len(given) == 3
    assert third.access_token != tokens.access_token


async def test_a_lost_answer_is_given_again_to_the_direct_parent(auth: AuthHouse) -> None:
    device = auth.device()
    tokens = await device.login(await auth.an_account())
    lost = await device.refresh(tokens.refresh_token)
    auth.clock.advance(timedelta(seconds=10))
    again = await device.refresh(tokens.refresh_token)
    assert again.refresh_token == lost.refresh_token
    assert (await device.refresh(again.refresh_token)).refresh_token != again.refresh_token


async def test_a_parent_that_comes_late_ends_the_session_for_good(auth: AuthHouse) -> None:
    device = auth.device()
    tokens = await device.login(await auth.an_account())
    current = await device.refresh(tokens.refresh_token)
    auth.clock.advance(timedelta(seconds=11))
    assert await refused(device, tokens.refresh_token) == "REFRESH_TOKEN_REUSED"
    assert await refused(device, current.refresh_token) == "REFRESH_TOKEN_REVOKED"
    assert await refused(device, tokens.refresh_token) == "REFRESH_TOKEN_REVOKED"


async def test_a_grandparent_ends_the_session_even_within_the_grace(auth: AuthHouse) -> None:
    device = auth.device()
    first = await device.login(await auth.an_account())
    second = await device.refresh(first.refresh_token)
    third = await device.refresh(second.refresh_token)
    assert await refused(device, first.refresh_token) == "REFRESH_TOKEN_REUSED"
    assert await refused(device, third.refresh_token) == "REFRESH_TOKEN_REVOKED"


async def test_a_thief_within_the_grace_is_found_out_at_the_next_refresh(auth: AuthHouse) -> None:
    victim, thief = auth.device(), auth.device()
    stolen = await victim.login(await auth.an_account())
    owned = await victim.refresh(stolen.refresh_token)
    taken = await thief.refresh(stolen.refresh_token)
    await victim.refresh(owned.refresh_token)
    auth.clock.advance(timedelta(minutes=10))
    assert await refused(thief, taken.refresh_token) == "REFRESH_TOKEN_REUSED"


async def test_fifty_refreshes_of_one_token_have_one_successor(auth: AuthHouse) -> None:
    tokens = await auth.device().login(await auth.an_account())
    tasks = [auth.device().refresh(tokens.refresh_token) for _ in range(50)]
    successors = {answer.refresh_token for answer in await asyncio.gather(*tasks)}
    assert len(successors) == 1
    session_id = tokens.refresh_token.split(".")[1]
    counter = "SELECT counter FROM session WHERE session_id = :id"
    assert await auth.value(counter, id=session_id) == 1
    await auth.device().refresh(successors.pop())


async def test_a_reuse_among_refreshes_leaves_nobody_signed_in(auth: AuthHouse) -> None:
    device = auth.device()
    first = await device.login(await auth.an_account())
    second = await device.refresh(first.refresh_token)
    third = await device.refresh(second.refresh_token)
    race = [first.refresh_token, third.refresh_token] * 5
    answers = await asyncio.gather(*map(device.refresh, race), return_exceptions=True)
    last = [each for each in answers if isinstance(each, auth_pb2.Tokens)] or [third]
    assert await refused(device, last[-1].refresh_token) == "REFRESH_TOKEN_REVOKED"


async def test_two_sessions_of_an_account_do_not_touch_each_other(auth: AuthHouse) -> None:
    device, email = auth.device(), await auth.an_account()
    phone, laptop = await device.login(email), await device.login(email)
    await device.client.logout(auth_pb2.LogoutRequest(refresh_token=phone.refresh_token))
    assert await refused(device, phone.refresh_token) == "REFRESH_TOKEN_REVOKED"
    await device.refresh(laptop.refresh_token)


@pytest.mark.parametrize(("remember_me", "days"), [(False, 7), (True, 30)])
async def test_a_session_that_rests_too_long_expires(
    auth: AuthHouse, remember_me: bool, days: int
) -> None:
    device = auth.device()
    tokens = await device.login(await auth.an_account(), remember_me=remember_me)
    assert f"Max-Age={days * 86_400}" in device.received["set-cookie"]
    auth.clock.advance(timedelta(days=days, seconds=-1))
    tokens = await device.refresh(tokens.refresh_token)
    auth.clock.advance(timedelta(days=days))
    assert await refused(device, tokens.refresh_token) == "REFRESH_TOKEN_EXPIRED"


async def test_a_session_ends_after_ninety_days_however_busy(auth: AuthHouse) -> None:
    device = auth.device()
    tokens = await device.login(await auth.an_account(), remember_me=True)
    for _ in range(4):
        auth.clock.advance(timedelta(days=20))
        tokens = await device.refresh(tokens.refresh_token)
    assert f"Max-Age={10 * 86_400}" in device.received["set-cookie"]
    auth.clock.advance(timedelta(days=10))
    assert await refused(device, tokens.refresh_token) == "REFRESH_TOKEN_EXPIRED"


async def test_the_cookie_stands_in_for_the_body(auth: AuthHouse) -> None:
    device = auth.device(secure=True)
    tokens = await device.login(await auth.an_account())
    cookie = device.received["set-cookie"]
    assert cookie == (
        f"__Host-ds_rt={tokens.refresh_token}; "
        "Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age=604800"
    )
    device.sends = {"cookie": cookie.split(";")[0], "sec-fetch-site": "same-origin"}
    renewed = await device.refresh()
    assert device.received["set-cookie"].startswith(f"__Host-ds_rt={renewed.refresh_token};")


async def test_logging_out_by_cookie_ends_the_session_and_clears_it(auth: AuthHouse) -> None:
    device = auth.device()
    tokens = await device.login(await auth.an_account())
    device.sends = {"cookie": f"ds_rt={tokens.refresh_token}", "sec-fetch-site": "same-origin"}
    await device.client.logout(auth_pb2.LogoutRequest())
    cleared = "ds_rt=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"
    assert device.received["set-cookie"] == cleared
    assert await refused(device) == "REFRESH_TOKEN_REVOKED"


@pytest.mark.parametrize("token", ["", "v1.forged", "x" * 512])
async def test_logging_out_without_a_session_succeeds(auth: AuthHouse, token: str) -> None:
    device = auth.device()
    device.sends = {"cookie": "ds_rt=forgotten", "sec-fetch-site": "same-origin"}
    await device.client.logout(auth_pb2.LogoutRequest(refresh_token=token))
    assert device.received["set-cookie"].startswith("ds_rt=; ")


async def test_logging_out_with_an_access_token_alone_ends_its_session(auth: AuthHouse) -> None:
    device = auth.device()
    tokens = await device.signed_in(await auth.an_account())
    await device.client.logout(auth_pb2.LogoutRequest())
    device.sends = {}
    with pytest.raises(Unauthenticated) as ended:
        await device.refresh(tokens.refresh_token)
    assert ended.value.reason == "REFRESH_TOKEN_REVOKED"


async def test_logging_out_clears_no_cookie_that_was_not_sent(auth: AuthHouse) -> None:
    """A page elsewhere gets here without the cookie, and must not sign anybody out."""
    device = auth.device()
    await device.client.logout(auth_pb2.LogoutRequest())
    assert "set-cookie" not in device.received


@pytest.mark.parametrize("headers", [{}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}])
async def test_a_foreign_page_changes_nothing_with_the_cookie(
    auth: AuthHouse, headers: dict[str, str]
) -> None:
    device = auth.device()
    tokens = await device.login(await auth.an_account())
    device.sends = {"cookie": f"ds_rt={tokens.refresh_token}", **headers}
    with pytest.raises(PermissionDenied) as refresh:
        await device.refresh()
    with pytest.raises(PermissionDenied) as logout:
        await device.client.logout(auth_pb2.LogoutRequest())
    assert {refresh.value.reason, logout.value.reason} == {"CROSS_SITE_REQUEST"}
    assert device.received == {}
    session_id = tokens.refresh_token.split(".")[1]
    row = "SELECT counter + (revoke_time IS NOT NULL)::int FROM session WHERE session_id = :id"
    assert await auth.value(row, id=session_id) == 0


async def test_a_refresh_without_a_token_is_refused(auth: AuthHouse) -> None:
    assert await refused(auth.device()) == "REFRESH_TOKEN_MISSING"


async def test_a_token_of_a_session_that_is_gone_is_unknown(auth: AuthHouse) -> None:
    device = auth.device()
    tokens = await device.login(await auth.an_account())
    session_id = tokens.refresh_token.split(".")[1]
    await auth.value("DELETE FROM session WHERE session_id = :id RETURNING 1", id=session_id)
    assert await refused(device, tokens.refresh_token) == "REFRESH_TOKEN_INVALID"


def test_a_short_refresh_key_is_refused_at_the_start() -> None:
    signer = Signer(USERS, "k", a_key(), SystemClock(), SystemIds())
    with pytest.raises(ValueError, match="refresh_key"):
        Settings(signer=signer, published_keys=list, refresh_key="changeme")
