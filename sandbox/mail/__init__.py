"""A mail server that delivers nowhere: every message is kept, and can be read on a page."""
