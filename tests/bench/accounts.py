"""Logins beside bare argon2, a profile beside FastAPI, the cost of a token, and memory."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

import httpx
import jwt
import psutil
from argon2 import PasswordHasher

from mesh.clock import SystemClock, SystemIds
from mesh.tokens import USERS, Signer, Verifier
from pods.ledger import Ledger
from tests.bench import peer
from tests.bench.load import Load, Tally, a_request, closed_loop
from tests.bench.report import Report
from tests.conftest import Running

PEOPLE = 32
PASSWORD = "a long sentence is best"
PROFILE = "/api/v1/users/profile"
LOAD = Load(connections=16, warm_up=3, measured=8)
LOGINS = Load(connections=16, warm_up=2, measured=8)
CORES = 2
ROUNDS = 3


async def measure(mesh: Running, report: Report) -> None:
    """All rows of this section."""
    tokens = await _people(mesh)
    await _logins(mesh, report)
    await _profiles(mesh, report, tokens)
    _tokens(mesh, report, tokens)
    _memory(mesh, report)


async def _people(mesh: Running) -> list[str]:
    """Access tokens of travellers whose profiles have begun."""
    tokens = []
    async with httpx.AsyncClient(base_url=mesh.addresses.edge_url, timeout=30) as http:
        for number in range(PEOPLE):
            person = {"email": _email(number), "password": PASSWORD}
            names = {"firstName": "Ada", "lastName": "Lovelace"}
            (await http.post("/api/v1/auth/register", json=person | names)).raise_for_status()
            answer = (await http.post("/api/v1/auth/login", json=person)).raise_for_status()
            tokens.append(answer.json()["tokens"]["accessToken"])
            bearer = {"authorization": f"Bearer {tokens[-1]}"}
            (await http.get(PROFILE, headers=bearer)).raise_for_status()
    return tokens


def _email(number: int) -> str:
    return f"bench-{number}@example.com"


async def _logins(mesh: Running, report: Report) -> None:
    report.section("Logins, with as many passwords checked at once as there are cores")
    bodies = [
        json.dumps({"email": _email(number), "password": PASSWORD}).encode()
        for number in range(PEOPLE)
    ]
    requests = [a_request("POST", "/api/v1/auth/login", body=body) for body in bodies]
    raw, logins = [], []
    for _ in range(ROUNDS):
        raw.append(await asyncio.to_thread(_argon2_rate, LOGINS.measured))
        logins.append(_right(await closed_loop(mesh.config.ports.edge, requests, LOGINS)))
    best = max(each.rate for each in logins)
    report.figure("argon2id 19 MiB, t=2, p=1: the bare library", max(raw), "checks/s")
    report.figure("POST /auth/login through Envoy", best, "logins/s")
    report.figure("logins / bare checks", best / max(raw), "x", "see docs/decisions/010")


def _argon2_rate(seconds: float) -> float:
    """Checks in a second by the bare library with our parameters, on every core."""
    hasher, clock = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1), SystemClock()
    encoded = hasher.hash(PASSWORD)
    end = clock.monotonic() + seconds

    def check_until() -> int:
        checked = 0
        while clock.monotonic() < end:
            hasher.verify(encoded, PASSWORD)
            checked += 1
        return checked

    with ThreadPoolExecutor(CORES) as threads:
        return sum(threads.map(lambda _: check_until(), range(CORES))) / seconds


async def _profiles(mesh: Running, report: Report, tokens: list[str]) -> None:
    report.section(f"GET {PROFILE} with an access token, {LOAD.connections} connections")
    requests = [a_request("GET", PROFILE, token=token) for token in tokens]
    runs: dict[str, list[Tally]] = {"ours": [], "usual": [], "tuned": []}
    async with _peer(mesh, tuned=False) as usual, _peer(mesh, tuned=True) as tuned:
        ports = {"ours": mesh.config.ports.edge, "usual": usual, "tuned": tuned}
        await _same_answers(ports, tokens[0])
        for _ in range(ROUNDS):
            for name, port in ports.items():
                runs[name].append(_right(await closed_loop(port, requests, LOAD)))
    best = {name: max(tallies, key=lambda each: each.rate) for name, tallies in runs.items()}
    labels = {
        "ours": "ours: Envoy, transcoder, gRPC, SQLModel",
        "usual": "FastAPI, PyJWT, SQLModel, Redis",
        "tuned": "the same, each token verified once, no Redis",
    }
    for name, label in labels.items():
        p99 = f"p99 {best[name].percentile(99):.1f} ms"
        report.figure(label, best[name].rate, "answers/s", p99)
    report.at_least("ours / FastAPI", best["ours"].rate / best["usual"].rate, 2)
    report.figure("ours / FastAPI tuned", best["ours"].rate / best["tuned"].rate, "x")


def _right(tally: Tally) -> Tally:
    if tally.wrong:
        raise AssertionError(f"answers other than 200: {tally.statuses}")
    return tally


async def _same_answers(ports: dict[str, int], token: str) -> None:
    """Every server answers the same document, else the comparison would be of two things."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=30, headers=headers) as http:
        answers = [
            (await http.get(f"http://localhost:{port}{PROFILE}")).raise_for_status().json()
            for port in ports.values()
        ]
    for answer in answers:
        answer["profile"]["updateTime"] = answer["profile"]["updateTime"][:19]
        answer["profile"].pop("avatarUrl", None)
    if any(answer != answers[0] for answer in answers):
        raise AssertionError(f"the servers answer differently: {answers}")


@asynccontextmanager
async def _peer(mesh: Running, *, tuned: bool) -> AsyncIterator[int]:
    """The peer under uvicorn with uvloop and httptools; the port it listens on."""
    port = _free_port()
    settings = peer.Settings(
        database_url=mesh.addresses.database_url,
        redis_url=mesh.addresses.redis_url,
        keys={_signer(mesh).public_jwk()["kid"]: _signer(mesh).public_jwk()},
        issuer=USERS.issuer,
        audience=USERS.audience,
        type=USERS.type,
        tuned=tuned,
    )
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.bench.peer:app"]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    process = await asyncio.create_subprocess_exec(
        *command,
        "--log-level",
        "warning",
        "--port",
        str(port),
        env={peer.VARIABLE: settings.as_text(), "PYTHONPATH": "."},
    )
    try:
        await _until_healthy(port)
        yield port
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_healthy(port: int) -> None:
    async with asyncio.timeout(20), httpx.AsyncClient() as http:
        while True:
            try:
                (await http.get(f"http://127.0.0.1:{port}/health")).raise_for_status()
                return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


def _signer(mesh: Running) -> Signer:
    secrets = mesh.secrets
    return Signer(USERS, secrets.token_kid, secrets.token_key_pem, SystemClock(), SystemIds())


def _tokens(mesh: Running, report: Report, tokens: list[str]) -> None:
    report.section("An access token (ES256), verified")
    signer, clock = _signer(mesh), SystemClock()
    key = signer.public_jwk()
    fresh = [signer.sign("ada", timedelta(minutes=5)) for _ in range(2_000)]
    verifier = Verifier(USERS, {key["kid"]: key}, clock)
    report.figure("ours, the first time", _micros(verifier.verify, fresh), "us")
    report.figure("ours, remembered", _micros(verifier.verify, fresh), "us")
    public = jwt.PyJWK({**key, "alg": "ES256"}).key

    def by_pyjwt(token: str) -> Any:
        options = {"require": peer.REQUIRED}
        return jwt.decode(
            token, public, ["ES256"], options, audience=USERS.audience, issuer=USERS.issuer
        )

    report.figure("PyJWT, each time", _micros(by_pyjwt, fresh), "us")


def _micros(verify: Callable[[str], object], tokens: list[str]) -> float:
    clock = SystemClock()
    began = clock.monotonic()
    for token in islice(cycle(tokens), len(tokens)):
        verify(token)
    return (clock.monotonic() - began) / len(tokens) * 1e6


def _memory(mesh: Running, report: Report) -> None:
    report.section("Memory of the core pod after all this (PSS)")
    ledger, total = Ledger(mesh.config), 0.0
    for name in ("core", "envoy-core"):
        record = ledger.running(name)
        if record is None:
            raise AssertionError(f"{name} does not run")
        megabytes = psutil.Process(record.pid).memory_full_info().pss / 1e6
        total += megabytes
        report.figure(name, megabytes, "MB")
    report.at_most("Python and Envoy together", total, 300, "MB")
