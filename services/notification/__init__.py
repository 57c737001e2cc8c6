"""What travellers are told: a notification and a mail for each thing that happened to a booking.

Owns the schema `notification`, calls UserService, takes in `BookingConfirmed` and
`BookingCancelled`, sends by SMTP.
"""
