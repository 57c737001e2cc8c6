"""OpenID providers that sign anybody in, and lie when they are told to."""
