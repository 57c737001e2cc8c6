"""How Amadeus answers: its media type, and a list cut into pages with links between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from starlette.requests import Request

from sandbox.amadeus.parameters import Parameters
from sandbox.wire import JsonResponse

T = TypeVar("T")

PAGE = 10
MAX_PAGE = 1000
MAX_OFFSET = 1_000_000
OFFSET = "page%5Boffset%5D="  # the SDK finds the offset by this very text, so it stays encoded


class AmadeusResponse(JsonResponse):
    """JSON under Amadeus' own media type, without a charset."""

    media_type = "application/vnd.amadeus+json"


@dataclass(frozen=True)
class Window:
    """The part of a list that a page shows."""

    offset: int
    limit: int

    @classmethod
    def of(cls, parameters: Parameters) -> "Window":
        """What `page[offset]` and `page[limit]` ask for; raises Refusal."""
        return cls(
            parameters.number("page[offset]", 0, MAX_OFFSET, 0),
            parameters.number("page[limit]", 1, MAX_PAGE, PAGE),
        )

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        """The items of this page."""
        return items[self.offset : self.offset + self.limit]

    def meta(self, request: Request, count: int) -> dict[str, Any]:
        """The `meta` of a page of `count` items: links only to pages that are elsewhere.

        The last page is a full one, so it may share items with the one before, as at Amadeus.
        """
        links = {"self": str(request.url)}
        last = max(0, count - self.limit)
        if self.offset < last:
            links["next"] = _at(request, self.offset + self.limit)
            links["last"] = _at(request, last)
        if self.offset > 0:
            links["first"] = _at(request, 0)
            links["previous"] = _at(request, max(0, min(self.offset, count) - self.limit))
        return {"count": count, "links": links}


def meta(request: Request, count: int) -> dict[str, Any]:
    """The `meta` of a list that has no pages."""
    return {"count": count, "links": {"self": str(request.url)}}


def _at(request: Request, offset: int) -> str:
    others = [
        part
        for part in request.url.query.split("&")
        if part and not unquote(part).startswith("page[offset]=")
    ]
    return str(request.url.replace(query="&".join([*others, f"{OFFSET}{offset}"])))
