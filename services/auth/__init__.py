"""Who someone is: accounts, passwords, sessions and the tokens that prove them.

Owns the schema `auth`, has NotificationService send its mails, announces `AccountRegistered`.
"""
