"""Payment intents and their charges: the state machine, told by the test card that is used.

Each plan reads its parameters first, which may refuse without anything being remembered, and
gives back the effect that then runs inside the transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.stripe.books import Books
from sandbox.stripe.cards import AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED, CARDS, Card
from sandbox.stripe.form import MIN_AMOUNT, Form
from sandbox.stripe.refusals import Refusal, invalid, missing, no_such

Effect = Callable[[Books], dict[str, Any]]


@dataclass(frozen=True)
class Ask:
    """What a plan reads: the id in the path, the parameters, and whether a browser asks."""

    id: str
    fields: dict[str, Any]
    publishable: bool


CURRENCIES = frozenset((
    "aed", "aud", "bgn", "brl", "cad", "chf", "clp", "cny", "czk", "dkk", "eur", "gbp", "hkd",
    "huf", "idr", "ils", "inr", "isk", "jpy", "krw", "mad", "mxn", "myr", "nok", "nzd", "php",
    "pln", "qar", "ron", "sar", "sek", "sgd", "thb", "try", "twd", "usd", "vnd", "zar",
))  # fmt: skip
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
CREATE = frozenset((
    "amount", "automatic_payment_methods", "capture_method", "confirm", "currency", "customer",
    "description", "expand", "metadata", "off_session", "payment_method",
    "payment_method_types", "receipt_email", "return_url", "setup_future_usage",
    "statement_descriptor", "statement_descriptor_suffix",
))  # fmt: skip
CONFIRM = frozenset((
    "capture_method", "client_secret", "expand", "off_session", "payment_method",
    "payment_method_types", "receipt_email", "return_url", "setup_future_usage",
    "use_stripe_sdk",
))  # fmt: skip
CAPTURE = frozenset({"amount_to_capture", "expand", "metadata", "statement_descriptor"})
CANCEL = frozenset({"cancellation_reason", "expand"})


def creation(ask: Ask) -> Effect:
    """POST /v1/payment_intents."""
    form = Form(ask.fields, CREATE)
    amount, currency, card = form.amount("amount"), form.need("currency").lower(), _card(form)
    if amount is None:
        raise missing("amount")
    if currency not in CURRENCIES:
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    if amount < MIN_AMOUNT:
        raise invalid(
            f"Amount must be at least {MIN_AMOUNT}.", code="amount_too_small", param="amount"
        )
    confirmed, off_session = form.flag("confirm"), form.flag("off_session")
    members = {
        "amount": amount,
        "currency": currency,
        "capture_method": form.option("capture_method", CAPTURE_METHODS) or "automatic_async",
        "customer": form.text("customer"),
        "description": form.text("description"),
        "metadata": form.metadata(),
        "payment_method": card,
        "payment_method_types": form.listed("payment_method_types") or ["card"],
        "receipt_email": form.text("receipt_email"),
        "setup_future_usage": form.option("setup_future_usage", ("off_session", "on_session")),
        "statement_descriptor": form.text("statement_descriptor"),
        "statement_descriptor_suffix": form.text("statement_descriptor_suffix"),
        "automatic_payment_methods": _automatic(form),
    }
    return_url = form.text("return_url")

    def effect(books: Books) -> dict[str, Any]:
        intent = books.create("payment_intent", **_blank(card), **members)
        books.change(intent, client_secret=f"{intent['id']}_secret_{books.secret()}")
        books.announce("payment_intent.created", intent)
        return _confirm(books, intent, off_session, return_url) if confirmed else intent

    return effect


def confirmation(ask: Ask) -> Effect:
    """POST /v1/payment_intents/{id}/confirm, with a secret key or as Stripe.js does."""
    form = Form(ask.fields, CONFIRM)
    card, secret, off_session = _card(form), form.text("client_secret"), form.flag("off_session")
    capture_method = form.option("capture_method", CAPTURE_METHODS)
    return_url, receipt_email = form.text("return_url"), form.text("receipt_email")
    if ask.publishable and secret is None:
        raise missing("client_secret")

    def effect(books: Books) -> dict[str, Any]:
        intent = books.get("payment_intent", ask.id)
        check_secret(intent, secret)
        if intent["status"] not in OPEN:
            raise _unexpected(intent, "confirm")
        changes = {
            "payment_method": card,
            "capture_method": capture_method,
            "receipt_email": receipt_email,
        }
        books.change(intent, **{name: value for name, value in changes.items() if value})
        return _confirm(books, intent, off_session, return_url)

    return effect


def capture(ask: Ask) -> Effect:
    """POST /v1/payment_intents/{id}/capture: all of it, or less; the rest is released."""
    form = Form(ask.fields, CAPTURE)
    wanted, metadata = form.amount("amount_to_capture"), form.metadata()

    def effect(books: Books) -> dict[str, Any]:
        intent = books.get("payment_intent", ask.id)
        if intent["status"] != "requires_capture":
            raise _unexpected(intent, "capture")
        amount = wanted or intent["amount_capturable"]
        if amount > intent["amount_capturable"]:
            raise invalid(
                "The provided amount_to_capture is greater than the remaining amount you can"
                " capture from this PaymentIntent.",
                code="amount_too_large",
                param="amount_to_capture",
            )
        charge = books.get("charge", intent["latest_charge"])
        books.change(charge, captured=True, amount_captured=amount)
        books.change(
            intent,
            status="succeeded",
            amount_capturable=0,
            amount_received=amount,
            metadata={**intent["metadata"], **metadata},
        )
        books.announce("charge.captured", charge)
        books.announce("payment_intent.succeeded", intent)
        return intent

    return effect


def cancellation(ask: Ask) -> Effect:
    """POST /v1/payment_intents/{id}/cancel: releases what was authorised."""
    reason = Form(ask.fields, CANCEL).option("cancellation_reason", REASONS)

    def effect(books: Books) -> dict[str, Any]:
        intent = books.get("payment_intent", ask.id)
        if intent["status"] not in OPEN | {"requires_capture"}:
            raise _unexpected(intent, "cancel")
        if intent["status"] == "requires_capture":
            charge = books.get("charge", intent["latest_charge"])
            books.change(charge, refunded=True, amount_refunded=charge["amount"])
            books.announce("charge.refunded", charge)
        books.change(
            intent,
            status="canceled",
            amount_capturable=0,
            canceled_at=books.now,
            cancellation_reason=reason,
            next_action=None,
        )
        books.announce("payment_intent.canceled", intent)
        return intent

    return effect


def authentication(ask: Ask) -> Effect:
    """The sandbox's own: the customer passes or fails 3-D Secure (outcome=succeeded|failed)."""
    outcome = Form(ask.fields, {"outcome"}).option("outcome", ("succeeded", "failed"))

    def effect(books: Books) -> dict[str, Any]:
        intent = books.get("payment_intent", ask.id)
        if intent["status"] != "requires_action":
            raise _unexpected(intent, "authenticate")
        card = CARDS[intent["payment_method"]]
        if outcome == "failed":
            _fail(books, intent, None, AUTHENTICATION_FAILED)
            return intent
        return _pay(books, intent, card)

    return effect


def check_secret(intent: dict[str, Any], secret: str | None) -> None:
    """Refuse a client secret that is not this intent's; none at all is the caller's to judge."""
    if secret is not None and secret != intent["client_secret"]:
        raise invalid(
            "The client_secret provided does not match the client_secret associated with the"
            " PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="client_secret",
        )


def _blank(card: str | None) -> dict[str, Any]:
    return {
        "status": "requires_confirmation" if card else "requires_payment_method",
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "client_secret": "",
        "confirmation_method": "automatic",
        "last_payment_error": None,
        "latest_charge": None,
        "next_action": None,
        "processing": None,
        "shipping": None,
    }


def _card(form: Form) -> str | None:
    card = form.text("payment_method")
    if card is not None and card not in CARDS:
        raise no_such("PaymentMethod", card, param="payment_method", status=400)
    return card


def _automatic(form: Form) -> dict[str, Any] | None:
    wish = form.nested("automatic_payment_methods")
    if not wish:
        return None
    inner = Form(wish, {"enabled", "allow_redirects"})
    redirects = inner.option("allow_redirects", ("always", "never")) or "always"
    return {"enabled": inner.flag("enabled"), "allow_redirects": redirects}


def _confirm(
    books: Books, intent: dict[str, Any], off_session: bool, return_url: str | None
) -> dict[str, Any]:
    if intent["payment_method"] is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=dict(intent),
        )
    card = CARDS[intent["payment_method"]]
    problem = card.decline
    if problem is None and card.authenticates and off_session:
        problem = AUTHENTICATION_REQUIRED
    if problem is not None:
        raise _declined(books, intent, card, problem)
    if card.authenticates:
        return _ask_to_authenticate(books, intent, return_url)
    return _pay(books, intent, card)


def _ask_to_authenticate(
    books: Books, intent: dict[str, Any], return_url: str | None
) -> dict[str, Any]:
    path = f"/_sandbox/payment_intents/{intent['id']}/authenticate"
    action: dict[str, Any] = {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": path},
    }
    if return_url is not None:
        action = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": path, "return_url": return_url},
        }
    books.change(intent, status="requires_action", next_action=action)
    books.announce("payment_intent.requires_action", intent)
    return intent


def _pay(books: Books, intent: dict[str, Any], card: Card) -> dict[str, Any]:
    manual = intent["capture_method"] == "manual"
    amount = intent["amount"]
    charge = _charge(
        books, intent, card, status="succeeded", paid=True, captured=not manual,
        amount_captured=0 if manual else amount,
    )  # fmt: skip
    books.change(
        intent,
        status="requires_capture" if manual else "succeeded",
        amount_capturable=amount if manual else 0,
        amount_received=0 if manual else amount,
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    books.announce("charge.succeeded", charge)
    outcome = "amount_capturable_updated" if manual else "succeeded"
    books.announce(f"payment_intent.{outcome}", intent)
    return intent


def _declined(
    books: Books, intent: dict[str, Any], card: Card, problem: tuple[str, str, str]
) -> Refusal:
    """The intent waits for another card; the failed charge stays, though the reply is a 402."""
    charge = _charge(
        books, intent, card, status="failed", paid=False, captured=False, amount_captured=0,
        failure_code=problem[0], failure_message=problem[2],
    )  # fmt: skip
    _fail(books, intent, charge["id"], problem)
    books.announce("charge.failed", charge)
    return Refusal(
        402,
        "card_error",
        problem[2],
        commits=True,
        code=problem[0],
        decline_code=problem[1],
        charge=charge["id"],
        payment_intent=dict(intent),
    )


def _fail(
    books: Books, intent: dict[str, Any], charge: str | None, problem: tuple[str, str, str]
) -> None:
    code, decline_code, message = problem
    error = {"type": "card_error", "code": code, "decline_code": decline_code, "message": message}
    if charge is not None:
        error["charge"] = charge
    books.change(
        intent,
        status="requires_payment_method",
        payment_method=None,
        last_payment_error=error,
        latest_charge=charge,
        next_action=None,
    )
    books.announce("payment_intent.payment_failed", intent)


def _charge(books: Books, intent: dict[str, Any], card: Card, **members: Any) -> dict[str, Any]:
    return books.create(
        "charge",
        amount=intent["amount"],
        amount_refunded=0,
        balance_transaction=None,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        metadata=intent["metadata"],
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        payment_method_details=card.details(),
        receipt_email=intent["receipt_email"],
        refunded=False,
        **{"failure_code": None, "failure_message": None, **members},
    )


def _unexpected(intent: dict[str, Any], verb: str) -> Refusal:
    return invalid(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )
