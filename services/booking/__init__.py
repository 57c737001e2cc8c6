"""Bookings: priced, paid, ordered and, when it must be, undone.

Owns the booking and its saga. Calls voyage (price, order, cancel) and payment (capture, return).
Announces BookingConfirmed and BookingCancelled; takes in PaymentAuthorized.
"""
