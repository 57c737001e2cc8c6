"""What people are told: of their bookings as they wish, of their account's safety always.

Owns the schema `notification`, calls UserService and PaymentService, takes in `BookingConfirmed`
and `BookingCancelled`, sends by SMTP. The words of a mail are forgotten once it has been sent.
"""
