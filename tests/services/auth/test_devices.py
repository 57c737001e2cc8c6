"""Sessions as their owner sees and ends them, and the mail about a new device."""

from datetime import timedelta

import pytest

from dreamscape.auth.v1 import auth_pb2
from mesh.faults import InvalidArgument, NotFound, Unauthenticated
from services.auth.domain import Visit, network_of
from tests.services.auth.conftest import AuthHouse, Device


async def sessions_of(device: Device, size: int = 0, token: str = "") -> list[auth_pb2.Session]:
    request = auth_pb2.ListSessionsRequest(page_size=size, page_token=token)
    return list((await device.client.list_sessions(request)).sessions)


def revoke(session_id: str) -> auth_pb2.RevokeSessionRequest:
    return auth_pb2.RevokeSessionRequest(session_id=session_id)


async def test_a_session_tells_device_address_and_times(auth: AuthHouse) -> None:
    email, phone = await auth.an_account(), auth.device()
    phone.sends |= {"user-agent": "A phone\x07", "x-forwarded-for": "8.8.8.8, 203.0.113.7"}
    tokens = await phone.signed_in(email)
    auth.clock.advance(timedelta(minutes=1))
    await phone.refresh(tokens.refresh_token)
    [session] = await sessions_of(phone)
    assert (session.user_agent, session.address) == ("A phone", "203.0.113.7")
    assert session.current
    now = int(auth.clock.now().timestamp())
    assert session.create_time.seconds == now - 60
    assert session.last_use_time.seconds == now
    assert session.expire_time.seconds == now + 7 * 86_400


async def test_sessions_come_in_pages_newest_first_without_those_that_ended(
    auth: AuthHouse,
) -> None:
    email, device = await auth.an_account(), auth.device()
    ids = [(await device.signed_in(email)).refresh_token.split(".")[1] for _ in range(6)]
    await device.client.revoke_session(revoke(ids[2]))
    expected = [ids[5], ids[4], ids[3], ids[1], ids[0]]
    found, token = [], ""
    for _ in range(3):
        request = auth_pb2.ListSessionsRequest(page_size=2, page_token=token)
        page = await device.client.list_sessions(request)
        found += [session.session_id for session in page.sessions]
        token = page.next_page_token
    assert (found, token) == (expected, "")
    assert [s.current for s in await sessions_of(device)] == [True, False, False, False, False]
    auth.clock.advance(timedelta(minutes=14))
    with pytest.raises(InvalidArgument) as refused:
        await sessions_of(device, token="bm90IGFuIGlk")
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_session_that_is_revoked_gets_no_more_tokens(auth: AuthHouse) -> None:
    email, here = await auth.an_account(), auth.device()
    stolen = await auth.device().login(email)
    await here.signed_in(email)
    session_id = stolen.refresh_token.split(".")[1]
    for _ in range(2):
        await here.client.revoke_session(revoke(session_id))
    with pytest.raises(Unauthenticated) as refused:
        await auth.device().refresh(stolen.refresh_token)
    assert refused.value.reason == "REFRESH_TOKEN_REVOKED"
    assert len(await sessions_of(here)) == 1


async def test_somebody_elses_session_is_not_found(auth: AuthHouse) -> None:
    theirs = await auth.device().login(await auth.an_account())
    device = auth.device()
    await device.signed_in(await auth.an_account())
    for session_id in (theirs.refresh_token.split(".")[1], auth.ids.new()):
        with pytest.raises(NotFound) as refused:
            await device.client.revoke_session(revoke(session_id))
        assert refused.value.reason == "SESSION_NOT_FOUND"
    await auth.device().refresh(theirs.refresh_token)


async def test_logging_out_everywhere_ends_every_session(auth: AuthHouse) -> None:
    email, here = await auth.an_account(), auth.device()
    others = [await auth.device().login(email) for _ in range(2)]
    others.append(await here.signed_in(email))
    neighbours = await auth.device().login(await auth.an_account())
    answer = await here.client.logout_all(auth_pb2.LogoutAllRequest())
    assert answer.ended_sessions == 3
    assert "Max-Age=0" in here.received["set-cookie"]
    for tokens in others:
        with pytest.raises(Unauthenticated):
            await auth.device().refresh(tokens.refresh_token)
    again = await here.client.logout_all(auth_pb2.LogoutAllRequest())
    assert again.ended_sessions == 0
    await auth.device().refresh(neighbours.refresh_token)


async def test_what_has_ended_is_told_to_every_process(auth: AuthHouse) -> None:
    account = await auth.row(await auth.an_account())
    store, now = auth.servicer.store, auth.clock.now()
    ids = [(await auth.a_session(account))[0].session_id for _ in range(4)]
    await store.revoke(ids[0], now)
    await store.revoke_own(account.user_id, ids[1], now)
    await store.revoke_all(account.user_id, now)
    assert set(ids) <= set(await store.lately_ended())
    assert all(each in auth.revocations for each in ids)
    auth.clock.advance(timedelta(minutes=16))
    assert not set(ids) & set(await store.lately_ended())


async def test_the_second_device_is_told_of_and_no_known_one(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()

    async def login(agent: str, address: str) -> None:
        device.sends = {"user-agent": agent, "x-forwarded-for": address, "accept-language": "fr"}
        await device.login(email)

    await login("Firefox", "198.51.100.1")
    await login("Firefox", "198.51.100.200")  # the same network
    assert ("NEW_LOGIN", "fr") not in (await auth.mails()).to(email)
    await login("curl", "198.51.100.1")
    await login("Firefox", "2001:db8::1")
    await login("Firefox", "2001:db8::2")
    letters = [each for each in (await auth.mails()).letters if each.email == email][1:]
    assert [each.device for each in letters] == ["curl, 198.51.100.1", "Firefox, 2001:db8::1"]
    assert auth.letterbox.to(email)[1:] == [("NEW_LOGIN", "fr")] * 2


async def test_a_device_that_says_too_much_is_cut(auth: AuthHouse) -> None:
    email, device = await auth.an_account(), auth.device()
    await device.login(email)
    device.sends = {"user-agent": "x" * 5_000, "x-forwarded-for": "y" * 5_000}
    await device.signed_in(email)
    assert max(len(session.user_agent) for session in await sessions_of(device)) == 200
    assert len((await auth.mails()).letters[-1].device) <= 300


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("203.0.113.77:8080", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
    assert Visit("", address, "en").network == network
