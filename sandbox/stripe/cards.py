"""Stripe's test payment methods: what each card does when it is charged."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Card:
    """A test card. `decline` is (code, decline_code, message); None means that it pays."""

    brand: str
    last4: str
    decline: tuple[str, str, str] | None = None
    authenticates: bool = False

    def details(self) -> dict[str, Any]:
        """The `payment_method_details` of a charge with this card."""
        return {
            "type": "card",
            "card": {
                "brand": self.brand,
                "last4": self.last4,
                "country": "US",
                "exp_month": 12,
                "exp_year": 2034,
                "funding": "credit",
                "network": self.brand,
                "three_d_secure": None,
            },
        }


_DECLINED = ("card_declined", "generic_decline", "Your card was declined.")
_NO_FUNDS = ("card_declined", "insufficient_funds", "Your card has insufficient funds.")
_EXPIRED = ("expired_card", "expired_card", "Your card has expired.")
_FRAUD = ("card_declined", "fraudulent", "Your card was declined.")
_CVC = ("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")

CARDS = {
    "pm_card_visa": Card("visa", "4242"),
    "pm_card_visa_debit": Card("visa", "5556"),
    "pm_card_mastercard": Card("mastercard", "4444"),
    "pm_card_amex": Card("amex", "8431"),
    "pm_card_chargeDeclined": Card("visa", "0002", _DECLINED),
    "pm_card_visa_chargeDeclined": Card("visa", "0002", _DECLINED),
    "pm_card_chargeDeclinedInsufficientFunds": Card("visa", "9995", _NO_FUNDS),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card("visa", "9995", _NO_FUNDS),
    "pm_card_chargeDeclinedExpiredCard": Card("visa", "0069", _EXPIRED),
    "pm_card_chargeDeclinedFraudulent": Card("visa", "0019", _FRAUD),
    "pm_card_chargeDeclinedIncorrectCvc": Card("visa", "0127", _CVC),
    "pm_card_authenticationRequired": Card("visa", "3184", authenticates=True),
    "pm_card_threeDSecure2Required": Card("visa", "3220", authenticates=True),
}

AUTHENTICATION_REQUIRED = (
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
AUTHENTICATION_FAILED = (
    "payment_intent_authentication_failure",
    "authentication_failed",
    "The provided PaymentMethod has failed authentication.",
)
