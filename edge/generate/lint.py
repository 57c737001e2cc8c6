"""Plugin: refuses a contract that buf's lint accepts but the edges cannot serve as promised.

Each check yields its breaches, `what: why`; the plugin writes no file.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from edge.generate import templates
from edge.generate.contract import Contract, Field, Message, Method, Route
from edge.generate.plugin import ContractError, Files, run

_FOUND = 302  # a browser is sent elsewhere
_OURS = "dreamscape."
_STATUS = "google.rpc.Status"
_NOT_EVERYWHERE = re.compile(r"\(\?[=!<]|\\[1-9]")
"""Look-around and back references: RE2 has none."""


def generate(contract: Contract) -> Files:
    """No file; ContractError with all breaches when there is one."""
    found = list(breaches(contract))
    if found:
        raise ContractError("\n".join(found))
    return {}


def breaches(contract: Contract) -> Iterator[str]:
    """Every breach of every rule, in the order of the contract."""
    for method in contract.methods():
        for check in (_policy, _reach, _routes, _stream, _answer, _paging):
            for why in check(contract, method):
                yield f"{method.full_name}: {why}"
    yield from _shapes(contract)
    for message in _messages(contract):
        yield from _comments(message)
        yield from _patterns(message)
        for join in message.joins:
            for why in _join(contract, message, join):
                yield f"{message.full_name}: join {join.get('field', '?')}: {why}"
    for message in _requests(contract):
        for field in message.fields:
            if not field.behaviours:
                yield f"{message.full_name}.{field.name}: no google.api.field_behavior"


def _policy(_: Contract, method: Method) -> Iterator[str]:
    if method.access == "UNSPECIFIED":
        yield "no access"
    if method.rate == "UNSPECIFIED":
        yield "no rate class"
    if not method.server_streaming and not method.policy.get("timeout_ms"):
        yield "timeout_ms is 0, which is for streams only"
    if method.policy.get("cache_ttl_s"):
        if not method.read_only:
            yield "cache_ttl_s on a method that is not NO_SIDE_EFFECTS"
        if method.access != "PUBLIC":
            yield "cache_ttl_s on an answer that is not for everyone"
    if method.policy.get("success_status", 200) not in (*range(200, 300), _FOUND):
        yield f"success_status {method.policy['success_status']} is no success"
    if not method.doc:
        yield "no comment"


def _reach(contract: Contract, method: Method) -> Iterator[str]:
    callers = method.policy.get("callers", [])
    for caller in sorted(set(callers) - {service.noun for service in contract.services}):
        yield f"caller {caller} is no service"
    if method.access == "SERVICE":
        if not callers:
            yield "ACCESS_SERVICE without callers"
        if method.routes:
            yield "ACCESS_SERVICE with a REST route"
    elif not method.routes and not method.policy.get("join_only"):
        yield "no REST route"


def _routes(contract: Contract, method: Method) -> Iterator[str]:
    message = contract.messages[method.input]
    for route in method.routes:
        if route.verb == "GET" and not method.read_only:
            yield "GET on a method that is not NO_SIDE_EFFECTS"
        if route.verb != "GET" and method.read_only:
            yield f"NO_SIDE_EFFECTS behind {route.verb}"
        if route.verb in {"GET", "DELETE"} and route.body:
            yield f"{route.verb} with a body"
        if route.body not in {"", "*"} and message.find(route.body) is None:
            yield f"body {route.body} is no field of {message.name}"
        for variable in templates.variables(route.path):
            yield from _variable(contract, message, route, variable)


def _variable(contract: Contract, message: Message, route: Route, variable: str) -> Iterator[str]:
    field = _resolve(contract, message, variable)
    if field is None:
        yield f"path variable {variable} is no field of {message.name}"
    elif field.kind != "string" or field.repeated:
        yield f"path variable {variable} is not a string"
    if route.body == variable.partition(".")[0]:
        yield f"path variable {variable} can be overridden by the body"


def _resolve(contract: Contract, message: Message, path: str) -> Field | None:
    head, _, rest = path.partition(".")
    field = message.find(head)
    if field is None or not rest:
        return field
    inner = contract.messages.get(field.type)
    return _resolve(contract, inner, rest) if inner else None


def _stream(contract: Contract, method: Method) -> Iterator[str]:
    if method.client_streaming:
        yield "client streams have no REST or GraphQL form"
    if method.server_streaming:
        error = contract.messages[method.output].find("error")
        if error is None or not error.oneof or error.type != _STATUS:
            yield f"a stream needs a oneof with `error` of {_STATUS}"


def _answer(contract: Contract, method: Method) -> Iterator[str]:
    exposed = method.policy.get("expose")
    if exposed and contract.messages[method.output].find(exposed) is None:
        yield f"expose {exposed} is no field of {contract.messages[method.output].name}"


def _paging(contract: Contract, method: Method) -> Iterator[str]:
    """A List pages, unless its answer is small enough to be cached as a whole."""
    if not method.name.startswith("List") or method.policy.get("cache_ttl_s"):
        return
    request, response = contract.messages[method.input], contract.messages[method.output]
    size, token = request.find("page_size"), request.find("page_token")
    following = response.find("next_page_token")
    if size is None or size.kind != "int32" or size.policy.get("minimum") != 0:
        yield "a list needs int32 page_size with minimum 0"
    if token is None or token.kind != "string":
        yield "a list needs string page_token"
    if following is None or following.kind != "string":
        yield "a list needs string next_page_token"


def _shapes(contract: Contract) -> Iterator[str]:
    """Envoy answers 404 for both of two methods with one shape, and says nothing at start."""
    users = defaultdict(list)
    for method in contract.methods():
        for route in method.routes:
            users[f"{route.verb} {templates.shape(route.path)}"].append(method.full_name)
    for shape, names in users.items():
        if len(names) > 1:
            yield f"{shape}: one path shape for {', '.join(names)}"


def _messages(contract: Contract) -> list[Message]:
    return [m for m in contract.messages.values() if m.file in contract.files and not m.map_entry]


def _comments(message: Message) -> Iterator[str]:
    if not message.doc:
        yield f"{message.full_name}: no comment"
    for field in message.fields:
        if not field.doc:
            yield f"{message.full_name}.{field.name}: no comment"


def _patterns(message: Message) -> Iterator[str]:
    for field in message.fields:
        pattern = field.policy.get("pattern", "")
        try:
            re.compile(pattern)
        except re.error as problem:
            yield f"{message.full_name}.{field.name}: pattern does not compile: {problem}"
        if _NOT_EVERYWHERE.search(pattern):
            yield f"{message.full_name}.{field.name}: pattern is not RE2"


def _requests(contract: Contract) -> list[Message]:
    """Messages of ours that a request is made of."""
    found: dict[str, Message] = {}
    waiting = [method.input for method in contract.methods()]
    while waiting:
        name = waiting.pop(0)
        if name.startswith(_OURS) and name in contract.messages and name not in found:
            found[name] = contract.messages[name]
            waiting += [field.type for field in found[name].fields if field.kind == "message"]
    return [message for message in found.values() if not message.map_entry]


def _join(contract: Contract, message: Message, join: dict[str, object]) -> Iterator[str]:
    def named(part: str) -> str:
        return str(join.get(part, ""))

    method = next((m for m in contract.methods() if m.full_name == named("rpc")), None)
    parent = message.find(named("parent"))
    if parent is None:
        yield f"parent {named('parent')} is no field of {message.name}"
    if not named("field") or message.find(named("field")):
        yield "field needs a name that the message does not have"
    if not join.get("max_batch_size"):
        yield "no max_batch_size"
    if method is None:
        yield f"rpc {named('rpc')} does not exist"
        return
    if not method.read_only or method.server_streaming:
        yield f"rpc {method.name} is not a NO_SIDE_EFFECTS call"
    keys = contract.messages[method.input].find(named("request"))
    items = contract.messages[method.output].find(named("items"))
    if keys is None or not keys.repeated or not _alike(keys, parent):
        yield f"request {named('request')} is not repeated, of the parent's type"
    if items is None or not items.repeated or items.type not in contract.messages:
        yield f"items {named('items')} is not a repeated message"
        return
    key = contract.messages[items.type].find(named("key"))
    if key is None or key.repeated or not _alike(key, parent):
        yield f"key {named('key')} is not a field of an item, of the parent's type"


def _alike(one: Field, other: Field | None) -> bool:
    return other is None or (one.kind, one.type) == (other.kind, other.type)


if __name__ == "__main__":
    run(generate)
