"""A JSON body read with its pointers, so that every refusal says which value it dislikes."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any

import orjson

from sandbox.amadeus.refusals import Refusal

MAX_TEXT = 500


class Document:
    """A JSON value and the pointer that leads to it. Every reader raises Refusal."""

    def __init__(self, value: Any, pointer: str = "") -> None:
        self.value = value
        self.pointer = pointer

    @classmethod
    def parse(cls, body: bytes) -> "Document":
        """The document in `body`; refuses what is not a JSON object."""
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Refusal(477, "The body is not valid JSON", pointer="/") from error
        if not isinstance(value, dict):
            raise Refusal(477, "The body is not a JSON object", pointer="/")
        return cls(value)

    def find(self, key: str) -> "Document | None":
        """The member `key`, or None when it is absent or null; refuses what is no object."""
        if not isinstance(self.value, dict):
            raise self.refuse(477, "Object expected")
        value = self.value.get(key)
        return None if value is None else Document(value, f"{self.pointer}/{key}")

    def need(self, key: str) -> "Document":
        """The member `key`; refuses its absence."""
        found = self.find(key)
        if found is None:
            raise Refusal(32171, f"{key} is missing", pointer=f"{self.pointer}/{key}")
        return found

    def items(self, low: int, high: int) -> "list[Document]":
        """The elements of an array that has `low` to `high` of them."""
        if not isinstance(self.value, list):
            raise self.refuse(477, "Array expected")
        if len(self.value) < low:
            raise self.refuse(32171, f"At least {low} expected")
        if len(self.value) > high:
            raise self.refuse(10661, f"At most {high} allowed")
        return [Document(item, f"{self.pointer}[{index}]") for index, item in enumerate(self.value)]

    def text(self, pattern: str = r".+", limit: int = MAX_TEXT) -> str:
        """A string that matches `pattern` as a whole and has at most `limit` characters."""
        if not isinstance(self.value, str) or not re.fullmatch(pattern, self.value, re.DOTALL):
            raise self.refuse(477, "Invalid format")
        if len(self.value) > limit:
            raise self.refuse(2781, f"At most {limit} characters allowed")
        return self.value

    def option(self, allowed: Collection[str]) -> str:
        """A string out of `allowed`."""
        if not isinstance(self.value, str) or self.value not in allowed:
            raise self.refuse(477, f"One of {', '.join(sorted(allowed))} expected")
        return self.value

    def number(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.refuse(477, f"A whole number from {low} to {high} expected")
        return value

    def day(self) -> date:
        """A date written YYYY-MM-DD."""
        try:
            return date.fromisoformat(self.text(r"\d{4}-\d{2}-\d{2}"))
        except ValueError as error:
            raise self.refuse(477, "A date YYYY-MM-DD expected") from error

    def refuse(self, code: int, detail: str) -> Refusal:
        """A refusal that points here."""
        return Refusal(code, detail, pointer=self.pointer or "/")
