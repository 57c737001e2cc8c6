"""A running sandbox, in a thread of its own, and the unmodified vendor SDKs that talk to it."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import ProxyHandler, build_opener

import amadeus
import httpx
import pytest
import stripe

from mesh.clock import Clock, SystemClock, SystemIds
from sandbox.main import SandboxConfig, serve

T = TypeVar("T")
DEADLINE_SECONDS = 20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def eventually(look: Callable[[], T | None]) -> T:
    """The first truthy answer of `look`, which is asked until a deadline."""
    pause = threading.Event()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        pause.wait(0.02)
    raise AssertionError("it did not happen in time")


def config_in(state_dir: Path) -> SandboxConfig:
    return SandboxConfig(
        state_dir=state_dir,
        host="127.0.0.1",
        amadeus_port=free_port(),
        stripe_port=free_port(),
        mailbox_port=free_port(),
        smtp_port=free_port(),
        oidc_port=free_port(),
        amadeus_client_id="traveller",
        amadeus_client_secret="a-secret-of-amadeus",
        stripe_secret_key="sk_test_sandbox",
        stripe_publishable_key="pk_test_sandbox",
        stripe_webhook_url="",
        stripe_webhook_secret="whsec_sandbox",
        oidc_client_id="dreamscape",
        oidc_client_secret="a-secret-of-the-client",
        oidc_redirect_uri="https://www.dreamscape.example/oauth/{provider}/callback",
        seed=7,
    )


@dataclass(frozen=True)
class Running:
    config: SandboxConfig

    @property
    def amadeus_url(self) -> str:
        return f"http://127.0.0.1:{self.config.amadeus_port}"

    @property
    def stripe_url(self) -> str:
        return f"http://127.0.0.1:{self.config.stripe_port}"

    @property
    def mailbox_url(self) -> str:
        return f"http://127.0.0.1:{self.config.mailbox_port}"

    @property
    def oidc_url(self) -> str:
        return f"http://127.0.0.1:{self.config.oidc_port}"

    def amadeus(self) -> amadeus.Client:
        opener = build_opener(ProxyHandler({}))
        return amadeus.Client(
            client_id=self.config.amadeus_client_id,
            client_secret=self.config.amadeus_client_secret,
            host="127.0.0.1",
            port=self.config.amadeus_port,
            ssl=False,
            http=lambda request: opener.open(request, timeout=30),
        )

    def stripe(self, key: str | None = None, retries: int = 0) -> Any:
        return stripe.StripeClient(
            key or self.config.stripe_secret_key,
            base_addresses={"api": self.stripe_url},
            max_network_retries=retries,
        ).v1

    def fault(self, url: str, operation: str, fault: str, count: int = 1) -> None:
        wish = {"operation": operation, "fault": fault, "count": count}
        assert httpx.post(f"{url}/_sandbox/faults", json=wish).status_code == 200

    def orders(self) -> Any:
        return httpx.get(f"{self.amadeus_url}/_sandbox/orders").json()

    def charges(self) -> Any:
        return httpx.get(f"{self.stripe_url}/_sandbox/charges").json()

    def is_up(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            urls = (self.amadeus_url, self.stripe_url, self.mailbox_url, self.oidc_url)
            return all(httpx.get(f"{url}/health").status_code == 200 for url in urls)
        return False


@contextlib.contextmanager
def running(config: SandboxConfig, clock: Clock | None = None) -> Iterator[Running]:
    """Serve `config` in a thread while the block runs; a crash of it fails the test."""
    loop, stopped, failures = asyncio.new_event_loop(), asyncio.Event(), []

    def run() -> None:
        try:
            loop.run_until_complete(serve(config, clock or SystemClock(), SystemIds(), stopped))
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        sandbox = Running(config)
        eventually(lambda: failures or sandbox.is_up())
        if not failures:
            yield sandbox
    finally:
        if not failures:
            loop.call_soon_threadsafe(stopped.set)
        thread.join(DEADLINE_SECONDS)
        loop.close()
    if failures:
        raise failures[0]


@pytest.fixture
def config(tmp_path: Path) -> SandboxConfig:
    return config_in(tmp_path / "state")


@pytest.fixture
def sandbox(config: SandboxConfig) -> Iterator[Running]:
    with running(config) as started:
        yield started


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One sandbox for all the tests of a file that leave nothing behind."""
    with running(config_in(tmp_path_factory.mktemp("standing"))) as started:
        yield started


class ShiftedClock(SystemClock):
    """The system's clock, which a test may push into the future."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def with_webhooks(config: SandboxConfig, url: str) -> SandboxConfig:
    return replace(config, stripe_webhook_url=url)


def a_day(ahead: int = 90) -> str:
    return (SystemClock().now().date() + timedelta(days=ahead)).isoformat()


def a_search(client: amadeus.Client, **changes: Any) -> list[dict[str, Any]]:
    wanted = {
        "originLocationCode": "CDG",
        "destinationLocationCode": "JFK",
        "departureDate": a_day(),
        "adults": 2,
        **changes,
    }
    found: list[dict[str, Any]] = client.shopping.flight_offers_search.get(**wanted).data
    return found


def an_order(offer: dict[str, Any], reference: str) -> dict[str, Any]:
    """An order of one offer, for the travellers it was priced for."""
    return {
        "data": {
            "type": "flight-order",
            "flightOffers": [offer],
            "travelers": [
                {
                    "id": pricing["travelerId"],
                    "dateOfBirth": "1990-05-17",
                    "gender": "FEMALE",
                    "name": {"firstName": "ZOÉ", "lastName": "O'NEILL-MARTIN"},
                    "contact": {"emailAddress": "zoe@example.org"},
                }
                for pricing in offer["travelerPricings"]
            ],
            "remarks": {"general": [{"subType": "GENERAL_MISCELLANEOUS", "text": reference}]},
            "ticketingAgreement": {"option": "DELAY_TO_CANCEL", "delay": "6D"},
        }
    }
