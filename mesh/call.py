"""One call as a servicer sees it: who calls, until when, under which request id."""

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from mesh.clock import Clock

Metadata = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: a user, a service, a service for a user, or nobody."""

    user_id: str = ""
    session_id: str = ""
    roles: frozenset[str] = frozenset()
    service: str = ""
    expires_at: int = 0

    def owns(self, user_id: str) -> bool:
        """Whether what belongs to `user_id` is theirs to see."""
        return bool(self.user_id) and self.user_id == user_id


NOBODY = Identity()


class Call:
    """The context of one call; the interceptors fill in `identity`.

    `metadata` holds the text values by lower-case name, the last one of each. `headers` go to the
    caller as initial metadata, which Envoy turns into HTTP headers.
    """

    __slots__ = ("_clock", "deadline", "headers", "identity", "metadata", "peer", "request_id")

    def __init__(
        self, metadata: Iterable[tuple[str, str | bytes]], clock: Clock, *, peer: str = ""
    ) -> None:
        self.metadata = {name: value for name, value in metadata if isinstance(value, str)}
        self.request_id = self.metadata.get("x-request-id", "")
        self.identity = NOBODY
        self.headers: list[tuple[str, str]] = []
        self.deadline: float | None = None
        self.peer = peer
        self._clock = clock

    def expire_in(self, seconds: float) -> None:
        """Set the deadline; an earlier one stays."""
        moment = self._clock.monotonic() + seconds
        self.deadline = moment if self.deadline is None else min(self.deadline, moment)

    def time_remaining(self) -> float | None:
        """Seconds until the deadline; None when there is none."""
        return None if self.deadline is None else self.deadline - self._clock.monotonic()

    @property
    def idempotency_key(self) -> str:
        """The `Idempotency-Key` header; empty when it was not sent."""
        return self.metadata.get("idempotency-key", "")

    @property
    def language(self) -> str:
        """The language we have that the caller likes best: `fr` or `en`."""
        return _best_language(self.metadata.get("accept-language", ""))

    @property
    def user_agent(self) -> str:
        """What the caller's program calls itself; empty when it does not say."""
        return self.metadata.get("user-agent", "")

    @property
    def address(self) -> str:
        """Where the caller is, as our own edge saw it; empty for a call that began in the mesh.

        The edge removes `x-envoy-*` from what it receives and appends the address it saw to
        `x-forwarded-for`, so that only the last entry is not the caller's own invention.
        """
        seen = self.metadata.get("x-envoy-external-address", "")
        return seen or self.metadata.get("x-forwarded-for", "").rpartition(",")[2].strip()

    def cookie(self, name: str) -> str:
        """The value of a cookie; empty when it was not sent.

        Split by hand: the standard parser gives up on, or trips over, what other sites may set.
        """
        for pair in self.metadata.get("cookie", "").split(";"):
            key, _, value = pair.partition("=")
            if key.strip() == name:
                return value.strip()
        return ""


# What is being served right now, so that outgoing calls inherit its deadline and identity.
current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)


def _best_language(header: str) -> str:
    """The one of our languages that an `accept-language` wishes most; English when it is none."""
    best, most = "en", 0.0
    for wish in header.lower().split(","):
        name, _, quality = wish.partition(";")
        language = name.strip().partition("-")[0]
        try:
            liking = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            liking = 0.0
        if language in ("en", "fr") and liking > most:
            best, most = language, liking
    return best
