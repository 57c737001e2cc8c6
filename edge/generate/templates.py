"""Path templates of google.api.http: their variables and their shape."""

import re

_VARIABLE = re.compile(r"\{([^=}]+)(?:=([^}]*))?\}")


def variables(path: str) -> list[str]:
    """Field paths that a template binds: `booking_id` of `/bookings/{booking_id}:cancel`."""
    return [match[1] for match in _VARIABLE.finditer(path)]


def shape(path: str) -> str:
    """A template without its names: `/bookings/*:cancel`. Envoy serves each shape once."""
    return _VARIABLE.sub(lambda match: match[2] or "*", path)


def openapi(path: str, names: dict[str, str]) -> str:
    """A template as OpenAPI writes it, each variable under its name in `names`."""
    return _VARIABLE.sub(lambda match: "{" + names[match[1]] + "}", path)
