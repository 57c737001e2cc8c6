"""Amadeus' way of saying no: `{"errors": [{status, code, title, detail, source}]}`."""

from typing import Any

TITLES = {
    425: "INVALID DATE",
    477: "INVALID FORMAT",
    572: "INVALID OPTION",
    1797: "NOT FOUND",
    2668: "PARAMETER COMBINATION INVALID/RESTRICTED",
    2781: "INVALID LENGTH",
    4926: "INVALID DATA RECEIVED",
    6003: "ITEM/DATA NOT FOUND",
    9880: "SELECTED DATE IS TOO FAR IN THE FUTURE",
    10661: "MAXIMUM NUMBER OF OCCURRENCES EXCEEDED",
    32171: "MANDATORY DATA MISSING",
    34651: "SEGMENT SELL FAILURE",
    37200: "PRICE DISCREPANCY",
    38189: "Internal error",
    38190: "Invalid access token",
    38191: "Invalid HTTP header",
    38192: "Access token expired",
    38194: "Too many requests",
    38196: "Resource not found",
}

STATUSES = {
    1797: 404,
    6003: 404,
    38189: 500,
    38190: 401,
    38191: 401,
    38192: 401,
    38194: 429,
    38196: 404,
}

DETAILS = {
    1797: "no response found for this query parameter",
    38189: "An internal error occured, please contact your administrator",
    38190: "The access token provided in the Authorization header is invalid",
    38191: "Missing or invalid format for mandatory Authorization header",
    38192: "The access token is expired",
    38194: "The network rate limit is exceeded, please try again later",
    38196: "The targeted resource doesn't exist",
}


class Refusal(Exception):
    """An answer in the Amadeus error format. `pointer` is into the body, `parameter` a query's."""

    def __init__(
        self,
        code: int,
        detail: str | None = None,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(f"{code} {TITLES[code]}: {detail}")
        self.status = status or STATUSES.get(code, 400)
        self._error: dict[str, Any] = {
            "status": self.status,
            "code": code,
            "title": TITLES[code],
            "detail": detail or DETAILS.get(code, TITLES[code].capitalize()),
        }
        if pointer is not None:
            self._error["source"] = {"pointer": pointer}
        elif parameter is not None:
            self._error["source"] = {"parameter": parameter}

    def body(self) -> dict[str, Any]:
        """The JSON document that carries this refusal."""
        return {"errors": [self._error]}
