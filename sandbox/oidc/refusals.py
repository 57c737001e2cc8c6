"""Refusals in the shape of RFC 6749 and RFC 6750."""

from starlette.responses import Response

from sandbox.wire import JsonResponse

FRESH = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Refusal(Exception):
    """A request that is refused: an HTTP status, OAuth's name for the error, and a sentence."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description

    def response(self) -> Response:
        """The refusal as JSON; a 401 names the scheme that would have been right."""
        scheme = "Bearer" if self.error == "invalid_token" else "Basic"
        challenge = {"WWW-Authenticate": f'{scheme} error="{self.error}"'}
        return JsonResponse(
            {"error": self.error, "error_description": self.description},
            self.status,
            FRESH | (challenge if self.status == 401 else {}),
        )
