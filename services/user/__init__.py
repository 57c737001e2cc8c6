"""What travellers tell about themselves, and how they are forgotten.

Owns the schema `users` and the bucket of pictures. Takes in AccountRegistered, BookingConfirmed and
BookingCancelled. Calls auth, booking, payment and notification: to export what they know of a user,
with the user's own token, and to have a user erased, in its own name. Has destination erase what a
user said of places as well.
"""
