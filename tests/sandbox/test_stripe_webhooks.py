"""Webhooks: signed, retried until they are received, and still owed after a restart."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import stripe

from sandbox.main import SandboxConfig
from tests.sandbox.conftest import eventually, running, with_webhooks
from tests.sandbox.test_stripe import INTENT, an_intent

SECRET = "whsec_sandbox"


class Receiver:
    """An HTTP server that answers as told and keeps what it was sent."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.failures = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((body, self.headers["Stripe-Signature"]))
                receiver.failures -= 1
                self.send_response(500 if receiver.failures >= 0 else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def events(self) -> list[stripe.Event]:
        return [
            stripe.Webhook.construct_event(body, signature, SECRET)
            for body, signature in self.received
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


def states(url: str) -> dict[str, int]:
    counted: dict[str, int] = httpx.get(f"{url}/_sandbox/webhooks").json()
    return counted


def test_a_webhook_carries_a_signature_that_the_sdk_accepts(
    config: SandboxConfig, receiver: Receiver
):
    with running(with_webhooks(config, receiver.url)) as sandbox:
        intent = an_intent(sandbox.stripe())
        eventually(lambda: len(receiver.received) == 3)

        events = receiver.events()
        assert {event.type for event in events} == {
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.amount_capturable_updated",
        }
        assert {event.data.object["metadata"]["booking_id"] for event in events} == {"booking-1"}
        assert intent.id in {event.data.object["id"] for event in events}
        body, signature = receiver.received[0]
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body + b" ", signature, SECRET)
        eventually(lambda: states(sandbox.stripe_url)["pending"] == 0)


def test_a_webhook_is_retried_until_the_receiver_takes_it(
    config: SandboxConfig, receiver: Receiver
):
    receiver.failures = 4
    with running(with_webhooks(config, receiver.url)) as sandbox:
        sandbox.stripe().payment_intents.create({"amount": 1000, "currency": "eur"})
        eventually(lambda: states(sandbox.stripe_url)["delivered"] == 1)

    assert len(receiver.received) == 5
    assert len({event.id for event in receiver.events()}) == 1


def test_a_webhook_is_still_owed_after_a_restart(config: SandboxConfig, receiver: Receiver):
    unreachable = with_webhooks(config, "http://127.0.0.1:9/nobody")
    with running(unreachable) as sandbox:
        an_intent(sandbox.stripe())
        assert states(sandbox.stripe_url)["pending"] == 3
    assert receiver.received == []

    with running(with_webhooks(config, receiver.url)) as sandbox:
        eventually(lambda: states(sandbox.stripe_url)["delivered"] == 3)
    assert len({event.id for event in receiver.events()}) == 3


def test_a_replayed_request_announces_nothing_new(config: SandboxConfig, receiver: Receiver):
    with running(with_webhooks(config, receiver.url)) as sandbox:
        client = sandbox.stripe()
        for _ in range(3):
            client.payment_intents.create(INTENT, {"idempotency_key": "key-1"})
        eventually(lambda: states(sandbox.stripe_url)["delivered"] == 3)

    assert len(receiver.received) == 3
