"""The one way this package says no: a sentence a newcomer can act on."""


class Refusal(Exception):
    """Something outside our code prevents the work; the text says what it is and what to do."""
