"""The Stripe sandbox, driven by the unmodified SDK over the wire."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.conftest import Running

INTENT = {
    "amount": 56836,
    "currency": "eur",
    "payment_method": "pm_card_visa",
    "capture_method": "manual",
    "confirm": True,
    "metadata": {"booking_id": "booking-1", "attempt_id": "attempt-1"},
}


def an_intent(client: Any, **changes: Any) -> Any:
    return client.payment_intents.create({**INTENT, **changes})


def test_money_is_authorised_captured_and_refunded_in_parts(sandbox: Running):
    client = sandbox.stripe()
    intent = an_intent(client)
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 56836)

    captured = client.payment_intents.capture(intent.id)
    assert (captured.status, captured.amount_received) == ("succeeded", 56836)
    first = client.refunds.create({"payment_intent": intent.id, "amount": 6836})
    assert (first.status, first.amount, first.payment_intent) == ("succeeded", 6836, intent.id)
    rest = client.refunds.create({"payment_intent": intent.id})
    assert rest.amount == 50000

    charge = client.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}).latest_charge
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (56836, 56836, True)
    assert sandbox.charges()["byBooking"] == {
        "booking-1": {
            "authorized": 0,
            "captures": 1,
            "amount_captured": 56836,
            "amount_refunded": 56836,
        }
    }
    assert [r.id for r in client.refunds.list({"payment_intent": intent.id}).data] == [
        rest.id,
        first.id,
    ]
    assert client.refunds.retrieve(first.id).amount == 6836


def test_more_than_was_captured_is_never_refunded(sandbox: Running):
    client = sandbox.stripe()
    intent = an_intent(client)
    with pytest.raises(stripe.InvalidRequestError) as uncaptured:
        client.refunds.create({"payment_intent": intent.id})
    assert "does not have a successful charge" in str(uncaptured.value)
    client.payment_intents.capture(intent.id, {"amount_to_capture": 1000})

    with pytest.raises(stripe.InvalidRequestError) as over:
        client.refunds.create({"payment_intent": intent.id, "amount": 1001})
    assert over.value.param == "amount"
    client.refunds.create({"payment_intent": intent.id, "amount": 1000})
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.refunds.create({"payment_intent": intent.id, "amount": 1})
    assert again.value.code == "charge_already_refunded"


def test_parallel_refunds_never_exceed_the_capture(sandbox: Running):
    client = sandbox.stripe()
    intent = an_intent(client, capture_method="automatic", amount=1000)

    def refund(_: int) -> int:
        try:
            return int(client.refunds.create({"payment_intent": intent.id, "amount": 300}).amount)
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(refund, range(10))) == 900
    assert sandbox.charges()["byBooking"]["booking-1"]["amount_refunded"] == 900


def test_a_cancelled_authorisation_is_never_charged(sandbox: Running):
    client = sandbox.stripe()
    intent = an_intent(client)

    cancelled = client.payment_intents.cancel(
        intent.id, {"cancellation_reason": "requested_by_customer"}
    )

    assert (cancelled.status, cancelled.amount_received) == ("canceled", 0)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.payment_intents.capture(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"
    assert caught.value.error.payment_intent.status == "canceled"
    assert sandbox.charges()["byBooking"]["booking-1"] == {
        "authorized": 0,
        "captures": 0,
        "amount_captured": 0,
        "amount_refunded": 0,
    }


def test_a_declined_card_leaves_an_intent_that_takes_another_card(sandbox: Running):
    client = sandbox.stripe()
    with pytest.raises(stripe.CardError) as caught:
        an_intent(client, payment_method="pm_card_chargeDeclined")
    error = caught.value.error
    assert (caught.value.http_status, error.code, error.decline_code) == (
        402,
        "card_declined",
        "generic_decline",
    )
    assert error.payment_intent.status == "requires_payment_method"

    retried = client.payment_intents.confirm(
        error.payment_intent.id, {"payment_method": "pm_card_visa"}
    )

    assert retried.status == "requires_capture"
    assert [row["status"] for row in sandbox.charges()["charges"]] == ["failed", "succeeded"]


def test_a_card_that_authenticates_waits_for_its_owner(sandbox: Running):
    client = sandbox.stripe()
    intents = [an_intent(client, payment_method="pm_card_authenticationRequired") for _ in "ab"]
    assert {intent.status for intent in intents} == {"requires_action"}
    assert sandbox.charges()["charges"] == []

    for intent, outcome in zip(intents, ("succeeded", "failed"), strict=True):
        path = f"/_sandbox/payment_intents/{intent.id}/authenticate"
        httpx.post(sandbox.stripe_url + path, data={"outcome": outcome})

    assert [client.payment_intents.retrieve(intent.id).status for intent in intents] == [
        "requires_capture",
        "requires_payment_method",
    ]
    with pytest.raises(stripe.CardError) as caught:
        an_intent(client, payment_method="pm_card_authenticationRequired", off_session=True)
    assert caught.value.code == "authentication_required"


def test_a_browser_confirms_with_the_client_secret_and_nothing_else(sandbox: Running):
    client, browser = sandbox.stripe(), sandbox.stripe("pk_test_sandbox")
    intent = client.payment_intents.create(
        {"amount": 1000, "currency": "eur", "automatic_payment_methods": {"enabled": True}}
    )
    assert intent.status == "requires_payment_method"
    card = {"payment_method": "pm_card_visa"}
    for secret in ({}, {"client_secret": "pi_x_secret_y"}):
        with pytest.raises(stripe.InvalidRequestError):
            browser.payment_intents.confirm(intent.id, {**card, **secret})
    for call in (
        lambda: browser.payment_intents.retrieve(intent.id),
        browser.payment_intents.list,
        lambda: browser.payment_intents.cancel(intent.id),
        lambda: browser.refunds.create({"payment_intent": intent.id}),
    ):
        with pytest.raises(stripe.AuthenticationError):
            call()

    mine = {"client_secret": intent.client_secret}
    assert browser.payment_intents.confirm(intent.id, {**card, **mine}).status == "succeeded"
    assert browser.payment_intents.retrieve(intent.id, mine).status == "succeeded"


def test_only_the_accounts_keys_are_accepted(sandbox: Running):
    for key in ("sk_test_wrong", "pk_test_wrong"):
        with pytest.raises(stripe.AuthenticationError) as caught:
            sandbox.stripe(key).payment_intents.list()
        assert caught.value.http_status == 401
    url = f"{sandbox.stripe_url}/v1/payment_intents"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Basic !"}).status_code == 401
    basic = httpx.get(url, auth=("sk_test_sandbox", ""))
    assert basic.status_code == 200
    assert basic.headers["request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -1}, "parameter_invalid_integer", "amount"),
        ({"amount": "ten"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"currency": "xyz"}, None, "currency"),
        ({"currency": ""}, "parameter_missing", "currency"),
        ({"capture_method": "later"}, None, "capture_method"),
        ({"payment_method": "pm_unknown"}, "resource_missing", "payment_method"),
        ({"surprise": "x"}, "parameter_unknown", "surprise"),
        ({"confirm": "maybe"}, None, "confirm"),
        ({"metadata": "x"}, None, "metadata"),
        ({"expand": ["customer.sources"]}, None, "expand"),
    ],
)
def test_a_bad_parameter_is_named_and_nothing_is_charged(standing: Running, changes, code, param):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        an_intent(standing.stripe(), **changes)

    assert caught.value.http_status == 400
    assert (caught.value.code, caught.value.param) == (code, param)
    assert standing.charges()["counts"] == {}


def test_what_does_not_exist_is_a_404_of_stripe(sandbox: Running):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe().payment_intents.retrieve("pi_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    unknown = httpx.get(f"{sandbox.stripe_url}/v1/nowhere", auth=("sk_test_sandbox", ""))
    assert unknown.status_code == 404
    assert unknown.json()["error"]["type"] == "invalid_request_error"


def test_lists_are_paged_newest_first_and_filtered(sandbox: Running):
    client = sandbox.stripe()
    made = [an_intent(client, amount=1000 + number).amount for number in range(5)]

    paged = client.payment_intents.list({"limit": 2}).auto_paging_iter()
    assert [intent.amount for intent in paged] == made[::-1]
    assert client.payment_intents.list({"created": {"lt": 1}}).data == []
    first = client.payment_intents.list({"limit": 1, "created": {"gte": 1}})
    assert (first.data[0].amount, first.has_more) == (1004, True)
    before = client.payment_intents.list({"ending_before": first.data[0].id})
    assert before.data == []
    for bad in ({"limit": 0}, {"limit": -1}, {"limit": 101}, {"starting_after": "pi_x"}):
        with pytest.raises(stripe.InvalidRequestError):
            client.payment_intents.list(bad)


def test_every_step_is_an_event(sandbox: Running):
    client = sandbox.stripe()
    intent = an_intent(client)
    client.payment_intents.capture(intent.id)
    client.refunds.create({"payment_intent": intent.id})

    events = client.events.list({"limit": 100}).data

    assert [event.type for event in reversed(events)] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
    ]
    snapshots = {event.type: event.data.object for event in events}
    assert snapshots["payment_intent.created"]["status"] == "requires_confirmation"
    [only] = client.events.list({"types": ["charge.refunded"]}).data
    assert client.events.retrieve(only.id).id == only.id
