"""Refunds: money back from a captured charge, never more than was captured."""

from typing import Any

from sandbox.stripe.books import Books
from sandbox.stripe.form import Form
from sandbox.stripe.intents import Ask, Effect
from sandbox.stripe.refusals import invalid, no_such

CREATE = frozenset({"amount", "charge", "expand", "metadata", "payment_intent", "reason"})
REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def creation(ask: Ask) -> Effect:
    """POST /v1/refunds, by payment intent or by charge; the whole rest when no amount is given."""
    form = Form(ask.fields, CREATE)
    intent_id, charge_id = form.text("payment_intent"), form.text("charge")
    amount, metadata = form.amount("amount"), form.metadata()
    reason = form.option("reason", REASONS)
    if intent_id is None and charge_id is None:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or"
            " charge.",
            code="parameter_missing",
            param="payment_intent",
        )

    def effect(books: Books) -> dict[str, Any]:
        charge = _charge(books, intent_id, charge_id)
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            raise invalid(
                f"Charge {charge['id']} has already been refunded.",
                code="charge_already_refunded",
            )
        given = amount or left
        if given > left:
            raise invalid(
                f"Refund amount ({given}) is greater than unrefunded amount on charge ({left})",
                param="amount",
            )
        refund = books.create(
            "refund",
            amount=given,
            balance_transaction=None,
            charge=charge["id"],
            currency=charge["currency"],
            metadata=metadata,
            payment_intent=charge["payment_intent"],
            reason=reason,
            status="succeeded",
        )
        refunded = charge["amount_refunded"] + given
        books.change(
            charge, amount_refunded=refunded, refunded=refunded == charge["amount_captured"]
        )
        books.announce("refund.created", refund)
        books.announce("charge.refunded", charge)
        return refund

    return effect


def _charge(books: Books, intent_id: str | None, charge_id: str | None) -> dict[str, Any]:
    if intent_id is not None:
        intent = books.find("payment_intent", intent_id)
        if intent is None:
            raise no_such("payment_intent", intent_id, param="payment_intent", status=400)
        charge_id = intent["latest_charge"]
    charge = books.find("charge", charge_id) if charge_id else None
    if charge is None and intent_id is None:
        raise no_such("charge", str(charge_id), param="charge", status=400)
    if charge is None or not charge["captured"]:
        raise invalid(
            f"This PaymentIntent ({intent_id or ''}) does not have a successful charge to refund."
        )
    return charge
