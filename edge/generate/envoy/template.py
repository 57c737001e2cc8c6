"""The hand-written YAML in `envoy/`, with its `<name>` places filled in."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_HOME = Path(__file__).resolve().parents[3] / "envoy"
_PLACE = re.compile(r"<([a-z_]+)>")


@cache
def text(name: str) -> str:
    """A file of `envoy/` as it is."""
    return (_HOME / name).read_text()


def document(name: str) -> Any:
    """A YAML file of `envoy/`, unfilled."""
    return yaml.safe_load(text(name))


def fill(template: Any, parts: Mapping[str, Any]) -> Any:
    """A copy of `template` with each string `<name>` replaced by `parts[name]`.

    A list in the place of a list's item is spliced in. KeyError for a place that has no part.
    """
    if isinstance(template, dict):
        return {key: fill(value, parts) for key, value in template.items()}
    if isinstance(template, list):
        return [item for entry in template for item in _items(entry, parts)]
    place = _PLACE.fullmatch(template) if isinstance(template, str) else None
    return parts[place[1]] if place else template


def _items(entry: Any, parts: Mapping[str, Any]) -> list[Any]:
    filled = fill(entry, parts)
    spliced = isinstance(entry, str) and isinstance(filled, list)
    return filled if spliced else [filled]
