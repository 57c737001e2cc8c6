"""Who someone is: accounts, passwords, sessions and the tokens that prove them.

Owns the schema `auth`, calls no other service, announces `AccountRegistered`.
"""
