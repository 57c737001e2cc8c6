"""What the sandbox has answered, it remembers: over kill -9, over a restart, over a taken port."""

import contextlib
import json
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import httpx
import pytest

from sandbox.main import SandboxConfig
from tests.sandbox.conftest import (
    Running,
    a_search,
    an_order,
    config_in,
    eventually,
    running,
)
from tests.sandbox.test_stripe import INTENT

SCRIPT = Path(__file__).with_name("run_sandbox.py")
ROOT = SCRIPT.parents[2]


@contextlib.contextmanager
def process(config: SandboxConfig) -> Iterator[Running]:
    """A sandbox process that ends by SIGKILL."""
    settings = json.dumps({**asdict(config), "state_dir": str(config.state_dir)})
    child = subprocess.Popen(
        [sys.executable, str(SCRIPT), settings], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )
    try:
        sandbox = Running(config)
        eventually(lambda: sandbox.is_up() or child.poll() is not None)
        assert child.poll() is None
        yield sandbox
    finally:
        child.kill()
        child.wait()


def test_everything_answered_survives_a_kill(config: SandboxConfig):
    with process(config) as sandbox:
        amadeus, stripe = sandbox.amadeus(), sandbox.stripe()
        offer = a_search(amadeus)[0]
        order = amadeus.post("/v1/booking/flight-orders", an_order(offer, "booking-1")).data
        intent = stripe.payment_intents.create(INTENT, {"idempotency_key": "key-1"})
        with smtplib.SMTP("127.0.0.1", config.smtp_port) as server:
            server.sendmail("a@example.org", ["b@example.org"], b"Subject: kept\r\n\r\nx")

    with process(config) as sandbox:
        assert amadeus.booking.flight_order(order["id"]).get().data == order
        replayed = stripe.payment_intents.create(INTENT, {"idempotency_key": "key-1"})
        assert replayed.to_dict() == intent.to_dict()
        assert replayed.last_response.headers["idempotent-replayed"] == "true"
        assert sandbox.charges()["byBooking"]["booking-1"]["authorized"] == 1
        mail = httpx.get(f"{sandbox.mailbox_url}/messages").json()
        assert [message["subject"] for message in mail["messages"]] == ["kept"]


def test_a_taken_port_is_an_error_and_leaves_no_port_open(config: SandboxConfig):
    config = replace(config, stripe_webhook_url="http://127.0.0.1:9/nobody")
    with socket.create_server(("127.0.0.1", config.mailbox_port)):
        with pytest.raises(OSError), running(config):
            pass
        with socket.create_server(("127.0.0.1", config.amadeus_port)):
            pass


def test_an_empty_secret_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="stripe_secret_key"):
        replace(config_in(tmp_path), stripe_secret_key="")
