"""What travellers tell about themselves: one profile for each account.

Owns the schema `users`, calls AuthService, takes in `AccountRegistered`.
"""
