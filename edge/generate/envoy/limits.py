"""Rate limits: the filter's buckets from `envoy/limits.yaml`, and what a route says of its class.

A route only names its class, in metadata that the filter reads; so a class is one set of buckets
however many methods it has.
"""

from typing import Any

from edge.generate.envoy.template import document

_KEY = "edge"
_CLASS = {
    "metadata": {
        "descriptor_key": "class",
        "metadata_key": {"key": _KEY, "path": [{"key": "rate"}]},
        "source": "ROUTE_ENTRY",
    }
}
# Everyone behind one IPv6 network of the smallest size counts as one: they may change at will.
_ADDRESS = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
_USER = {"request_headers": {"header_name": "x-ds-sub", "descriptor_key": "user"}}
# A token was checked before the user is counted, and early header mutation removed what a client
# had said of itself.
_COUNTED_BY = {"user": _USER, "masked_remote_address": _ADDRESS}


def rate_limits() -> list[dict[str, Any]]:
    """What a call is counted by: its class together with the user, and with the address."""
    return [{"actions": [_CLASS, who]} for who in _COUNTED_BY.values()]


def buckets() -> list[dict[str, Any]]:
    """The bucket of each class for each user and for each address, whoever they are."""
    return [
        {"entries": [{"key": "class", "value": name}, {"key": who}], "token_bucket": _bucket(row)}
        for name, row in document("limits.yaml").items()
        for who in _COUNTED_BY
    ]


def metadata(rate: str) -> dict[str, Any]:
    """What a route says of its class: `API`, `AUTH` or `LOGIN`; nothing for `NONE`."""
    row = document("limits.yaml").get(rate.lower())
    if row is None:
        return {}
    # Text, because the formatter would write a number as 1.0.
    return {_KEY: {"rate": rate.lower(), "retry_after": str(row["retry_after"])}}


def _bucket(row: dict[str, Any]) -> dict[str, Any]:
    calls = f"${{{row['calls']}*RATE_FACTOR}}"
    return {"max_tokens": calls, "tokens_per_fill": calls, "fill_interval": row["per"]}
