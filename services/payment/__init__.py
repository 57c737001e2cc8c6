"""Payments: money that is authorised, captured once, and given back once.

Owns payments and the provider's events. Calls booking (what is owed, and by whom) and the payment
provider. Announces PaymentAuthorized and PaymentReturned.
"""
