"""Idempotency keys: one effect per key for a day, whatever happens to the reply."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
import stripe

from sandbox.main import SandboxConfig
from tests.sandbox.conftest import Running, ShiftedClock, eventually, running
from tests.sandbox.test_stripe import INTENT


def keyed(client: Any, key: str, **changes: Any) -> Any:
    return client.payment_intents.create({**INTENT, **changes}, {"idempotency_key": key})


def many(sandbox: Running) -> int:
    return int(sandbox.charges()["counts"].get("payment_intent", 0))


def test_the_same_key_gives_the_same_answer_and_one_charge(sandbox: Running):
    client = sandbox.stripe()
    first, again = keyed(client, "key-1"), keyed(client, "key-1")

    assert first.to_dict() == again.to_dict()
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.headers["original-request"] == first.last_response.request_id
    assert "idempotent-replayed" not in first.last_response.headers
    assert many(sandbox) == 1


def test_the_same_key_with_other_parameters_is_an_error(sandbox: Running):
    client = sandbox.stripe()
    intent = keyed(client, "key-1")

    for call in (
        lambda: keyed(client, "key-1", amount=1000),
        lambda: client.payment_intents.capture(intent.id, {}, {"idempotency_key": "key-1"}),
    ):
        with pytest.raises(stripe.IdempotencyError) as caught:
            call()
        assert caught.value.http_status == 400
    assert many(sandbox) == 1


def test_a_decline_is_replayed_and_tried_once(sandbox: Running):
    client = sandbox.stripe()
    seen = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            keyed(client, "key-1", payment_method="pm_card_chargeDeclined")
        seen.append(caught.value.error.charge)

    assert seen[0] == seen[1]
    assert len(sandbox.charges()["charges"]) == 1


def test_a_request_that_fails_validation_does_not_use_up_its_key(sandbox: Running):
    client = sandbox.stripe()
    with pytest.raises(stripe.InvalidRequestError):
        keyed(client, "key-1", amount=1)

    assert keyed(client, "key-1").status == "requires_capture"


def test_a_lost_reply_is_replayed_by_the_sdks_own_retry(sandbox: Running):
    sandbox.fault(sandbox.stripe_url, "payment_intents.create", "reply-lost-after-commit")
    with pytest.raises(stripe.APIConnectionError):
        keyed(sandbox.stripe(), "key-1")
    assert many(sandbox) == 1

    sandbox.fault(sandbox.stripe_url, "payment_intents.create", "reply-lost-after-commit")
    assert keyed(sandbox.stripe(retries=2), "key-1").status == "requires_capture"
    assert many(sandbox) == 1


def test_a_500_is_saved_under_its_key(sandbox: Running):
    client = sandbox.stripe()
    sandbox.fault(sandbox.stripe_url, "payment_intents.create", "status:500")

    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            keyed(client, "key-1")
        assert caught.value.http_status == 500
    assert many(sandbox) == 0
    assert keyed(client, "key-2").status == "requires_capture"


def test_a_429_is_not_saved(sandbox: Running):
    client = sandbox.stripe()
    sandbox.fault(sandbox.stripe_url, "payment_intents.create", "status:429")
    with pytest.raises(stripe.RateLimitError):
        keyed(client, "key-1")

    assert keyed(client, "key-1").status == "requires_capture"


def test_a_key_that_is_in_use_is_a_conflict(sandbox: Running):
    client = sandbox.stripe()
    sandbox.fault(sandbox.stripe_url, "payment_intents.create", "slow:2")
    queue = f"{sandbox.stripe_url}/_sandbox/faults"
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(keyed, client, "key-1")
        eventually(lambda: httpx.get(queue).json()["payment_intents.create"] == [])
        with pytest.raises(stripe.APIError) as caught:
            keyed(client, "key-1")
        assert caught.value.http_status == 409
        assert caught.value.error.code == "idempotency_key_in_use"
        assert first.result().status == "requires_capture"
    assert many(sandbox) == 1


def test_fifty_parallel_requests_under_one_key_charge_once(sandbox: Running):
    client = sandbox.stripe(retries=5)

    with ThreadPoolExecutor(10) as pool:
        intents = list(pool.map(lambda _: keyed(client, "key-1").id, range(50)))

    assert len(set(intents)) == 1
    assert many(sandbox) == 1


def test_a_key_is_forgotten_after_a_day(config: SandboxConfig):
    clock = ShiftedClock()
    with running(config, clock) as sandbox:
        client = sandbox.stripe()
        keyed(client, "key-1")
        clock.ahead = timedelta(hours=23, minutes=59)
        keyed(client, "key-1")
        assert many(sandbox) == 1
        clock.ahead = timedelta(hours=24, minutes=1)
        keyed(client, "key-1", amount=999)
        assert many(sandbox) == 2


def test_an_overlong_key_is_refused(sandbox: Running):
    with pytest.raises(stripe.InvalidRequestError):
        keyed(sandbox.stripe(), "k" * 256)
