"""Query parameters read one by one, so that every refusal names the parameter it dislikes."""

import re
from collections.abc import Collection, Mapping

from sandbox.amadeus.refusals import Refusal


class Parameters:
    """Readers of query parameters. Every one raises Refusal: 32171, 477, 572 or 2781."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters

    def __contains__(self, name: str) -> bool:
        return name in self._parameters

    def text(self, name: str, pattern: str) -> str:
        """A value that matches `pattern` as a whole; refuses its absence."""
        value = self._parameters.get(name)
        if not value:
            raise Refusal(32171, f"{name} is missing", parameter=name)
        if not re.fullmatch(pattern, value):
            raise Refusal(477, "invalid query parameter format", parameter=name)
        return value

    def optional(self, name: str, pattern: str) -> str | None:
        """A value that matches `pattern`, or None when there is no such parameter."""
        return self.text(name, pattern) if name in self else None

    def option(self, name: str, allowed: Collection[str], usual: str, code: int = 477) -> str:
        """One of `allowed`, `usual` when absent; anything else is refused with `code`."""
        value = self._parameters.get(name, usual)
        if value not in allowed:
            raise Refusal(code, f"One of {', '.join(allowed)} expected", parameter=name)
        return value

    def options(self, name: str, allowed: Collection[str]) -> set[str]:
        """Some of `allowed`, separated by commas; refuses their absence, and others with 572."""
        chosen = set(self.text(name, r".+").split(","))
        if not chosen <= set(allowed):
            raise Refusal(572, f"Some of {', '.join(allowed)} expected", parameter=name)
        return chosen

    def number(self, name: str, low: int, high: int, usual: int | None = None) -> int:
        """A whole number in [low, high], `usual` when absent."""
        if usual is not None and name not in self:
            return usual
        value = int(self.text(name, r"[0-9]{1,10}"))
        if not low <= value <= high:
            detail = f"A whole number from {low} to {high} expected"
            raise Refusal(477, detail, parameter=name)
        return value

    def degrees(self, name: str, most: int) -> float:
        """An angle in degrees from -`most` to `most`."""
        value = float(self.text(name, r"[+-]?[0-9]{1,3}(\.[0-9]{0,20})?"))
        if abs(value) > most:
            raise Refusal(477, f"Degrees from -{most} to {most} expected", parameter=name)
        return value
