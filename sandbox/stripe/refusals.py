"""Stripe's way of saying no: `{"error": {type, code, decline_code, message, param, ...}}`."""

from typing import Any


class Refusal(Exception):
    """An answer in Stripe's error format.

    `commits` says that the refused request had an effect that must be kept (a declined charge);
    `facts` are the further members of the error, such as code, param and payment_intent.
    """

    def __init__(
        self, status: int, kind: str, message: str, *, commits: bool = False, **facts: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.commits = commits
        self._error = {"type": kind, "message": message, **facts}
        if "code" in facts:
            self._error["doc_url"] = f"https://docs.stripe.com/error-codes/{facts['code']}"

    def body(self) -> dict[str, Any]:
        """The JSON document that carries this refusal."""
        return {"error": self._error}


def invalid(message: str, **facts: Any) -> Refusal:
    """A 400 invalid_request_error."""
    return Refusal(400, "invalid_request_error", message, **facts)


def missing(name: str) -> Refusal:
    """A required parameter was not given."""
    return invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)


def no_such(thing: str, identifier: str, *, param: str = "id", status: int = 404) -> Refusal:
    """The object does not exist: 404 in a path, 400 in a parameter."""
    return Refusal(
        status,
        "invalid_request_error",
        f"No such {thing}: '{identifier}'",
        code="resource_missing",
        param=param,
    )


def internal() -> Refusal:
    """A 500 of Stripe's own making."""
    return Refusal(500, "api_error", "An unknown error occurred.")
