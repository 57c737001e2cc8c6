"""No forged token, and no good one in the wrong place, opens the real edge; none breaks it."""

import asyncio
import base64
import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from mesh.tokens import USERS
from tests.corpus.tokens import Forge, forgeries
from tests.journeys.conftest import Edge
from tests.services.cast import Cast, claims

PATIENCE = 60.0
QUERY = json.dumps({"query": "{ account { email } }"})
PROFILE = "/api/v1/auth/profile"
# What HTTP cannot carry in a header, so that no client can send it.
UNSENDABLE = set("\x00\r\n")


@dataclass(frozen=True)
class Answer:
    """A status and what came with it."""

    status: int
    body: str

    @property
    def refused(self) -> bool:
        """Whether nothing was told; GraphQL says so with its own status and with no data."""
        told = "@example.com" in self.body
        return not told and (400 <= self.status < 500 or '"UNAUTHENTICATED"' in self.body)


@pytest.fixture(scope="module")
async def forge(cast: Cast, outer: Edge) -> Forge:
    """What a forger would need who had stolen everything but the wish to be found out."""
    token = (await cast.somebody()).token
    secrets = outer.running.secrets
    return Forge(secrets.token_key_pem, secrets.token_kid, USERS.type, claims(token))


async def exchange(edge: Edge, request: str, headers: list[str], body: str = "") -> Answer:
    """One request with exactly these header lines, over a connection of its own."""
    lines = [f"{request} HTTP/1.1", f"host: {edge.grpc_address}", "connection: close", *headers]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body.encode())}"]
    host, _, port = edge.grpc_address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = re.search(r"content-length: (\d+)", head)
    told = await (reader.readexactly(int(length[1])) if length else reader.readuntil(b"\r\n0\r\n"))
    writer.close()
    return Answer(int(head.split(maxsplit=2)[1]), told.decode(errors="replace"))


async def asked(edge: Edge, headers: list[str], query: str = "") -> dict[str, Answer]:
    """What REST and GraphQL answer, each asked again while the budget of this address is spent."""
    doors = {"rest": (f"GET {PROFILE}{query}", ""), "graphql": (f"POST /graphql{query}", QUERY)}
    answers = {}
    async with asyncio.timeout(PATIENCE):
        for name, (request, body) in doors.items():
            while (answer := await exchange(edge, request, headers, body)).status == 429:
                await asyncio.sleep(0.1)
            answers[name] = answer
    return answers


async def test_no_forged_token_opens_either_door(outer: Edge, forge: Forge) -> None:
    opened, tried = {}, 0
    for name, token in forgeries(forge).items():
        if UNSENDABLE & set(token):
            continue
        tried += 1
        answers = await asked(outer, [f"authorization: Bearer {token}"])
        opened |= {(name, door): a.status for door, a in answers.items() if not a.refused}
    assert opened == {}
    assert tried >= 60


async def test_a_good_token_opens_both_doors(outer: Edge, forge: Forge) -> None:
    answers = await asked(outer, [f"authorization: Bearer {forge.good()}"])
    assert {name: answer.status for name, answer in answers.items()} == {
        "rest": 200,
        "graphql": 200,
    }
    assert all("@example.com" in answer.body for answer in answers.values())


@pytest.mark.parametrize("extra", [{"roles": 5}, {"roles": {"admin": True}}, {"sid": ["x"]}])
async def test_a_signed_claim_of_another_type_opens_nothing(
    outer: Edge, forge: Forge, extra: dict[str, Any]
) -> None:
    answers = await asked(outer, [f"authorization: Bearer {forge.with_claims(**extra)}"])
    assert all(answer.refused for answer in answers.values())


PLACES = {
    "no scheme": ["authorization: {token}"],
    "no space": ["authorization: Bearer{token}"],
    "a comma": ["authorization: Bearer,{token}"],
    "a colon": ["authorization: Bearer: {token}"],
    "another scheme": ["authorization: Token {token}"],
    "JWT as the scheme": ["authorization: JWT {token}"],
    "DPoP as the scheme": ["authorization: DPoP {token}"],
    "basic": ["authorization: Basic {basic}"],
    "a parameter": ['authorization: Bearer token="{token}"'],
    "two schemes": ["authorization: Basic Bearer {token}"],
    "a cookie": ["cookie: access_token={token}; token={token}; authorization=Bearer {token}"],
    "the refresh cookie": ["cookie: ds_rt={token}; __Host-ds_rt={token}"],
    "the proxy's header": ["proxy-authorization: Bearer {token}"],
    "headers of other systems": [
        "x-access-token: {token}",
        "x-auth-token: {token}",
        "x-jwt-assertion: {token}",
        "x-forwarded-authorization: Bearer {token}",
        "x-original-authorization: Bearer {token}",
        "x-goog-iap-jwt-assertion: {token}",
    ],
    "headers of ours": ["x-ds-sub: {sub}", "x-ds-service: {token}", "x-user-id: {sub}"],
    "a websocket's protocol": ["sec-websocket-protocol: bearer, {token}"],
    "a forged one after it": ["authorization: Bearer {token}", "authorization: Bearer {forged}"],
    "a forged one before it": ["authorization: Bearer {forged}", "authorization: Bearer {token}"],
    "a basic one before it": ["authorization: Basic {basic}", "authorization: Bearer {token}"],
}


def filled(lines: list[str], forge: Forge) -> list[str]:
    good = forge.good()
    values = {
        "token": good,
        "forged": forge.with_claims(sub="somebody else")[:-4] + "AAAA",
        "basic": base64.b64encode(f"{forge.claims['sub']}:{good}".encode()).decode(),
        "sub": forge.claims["sub"],
    }
    return [line.format(**values) for line in lines]


@pytest.mark.parametrize("place", PLACES)
async def test_a_good_token_in_the_wrong_place_is_none(
    outer: Edge, forge: Forge, place: str
) -> None:
    answers = await asked(outer, filled(PLACES[place], forge))
    assert [name for name, answer in answers.items() if not answer.refused] == []


@pytest.mark.parametrize("name", ["access_token", "token", "jwt", "authorization", "bearer"])
async def test_a_good_token_in_the_query_is_none(outer: Edge, forge: Forge, name: str) -> None:
    answers = await asked(outer, [], f"?{name}={forge.good()}")
    assert [door for door, answer in answers.items() if not answer.refused] == []


async def test_a_good_token_in_the_body_is_none(outer: Edge, forge: Forge) -> None:
    more = {"access_token": forge.good(), "extensions": {"authorization": forge.good()}}
    for body in (json.loads(QUERY) | more, json.loads(QUERY) | {"variables": more}):
        answer = await exchange(outer, "POST /graphql", [], json.dumps(body))
        assert answer.refused, answer
    answer = await exchange(outer, "POST /api/v1/auth/verify-token", [], json.dumps(more))
    assert answer.refused, answer


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
async def test_a_forged_token_is_refused_however_its_scheme_is_spelled(
    outer: Edge, forge: Forge, scheme: str
) -> None:
    forged = forge.with_claims(sub="somebody else")[:-4] + "AAAA"
    answers = await asked(outer, [f"authorization: {scheme} {forged}"])
    assert [name for name, answer in answers.items() if not answer.refused] == []
