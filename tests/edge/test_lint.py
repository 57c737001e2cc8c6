from collections.abc import Callable

import pytest

from edge.generate.contract import Contract
from edge.generate.lint import breaches, generate
from edge.generate.plugin import ContractError

Compile = Callable[[str], Contract]

THING = "dreamscape.thing.v1"
POLICY = "access: ACCESS_PUBLIC rate: RATE_CLASS_NONE timeout_ms: 1000"

INTERNAL = "access: ACCESS_SERVICE rate: RATE_CLASS_NONE timeout_ms: 1000"


def rpc(  # a method that is right but for what the test changes
    name: str = "GetThing",
    *,
    policy: str = POLICY,
    http: str = 'get: "/v1/things/{id}"',
    level: str = "NO_SIDE_EFFECTS",
    takes: str = "ThingRequest",
    gives: str = "Thing",
) -> str:
    route = f"option (google.api.http) = {{{http}}};" if http else ""
    return f"""
      // Does it.
      rpc {name}({takes}) returns ({gives}) {{
        option idempotency_level = {level};
        {route}
        option (dreamscape.policy.v1.method) = {{{policy}}};
      }}
    """


MESSAGES = """
// A request.
message ThingRequest {
  // The thing.
  string id = 1 [(google.api.field_behavior) = REQUIRED];
  // A count.
  int32 count = 2 [(google.api.field_behavior) = OPTIONAL];
}
// A thing.
message Thing {
  // The thing.
  string id = 1;
}
"""
BATCH = """
// A request.
message BatchRequest {
  // Things.
  repeated string ids = 1 [(google.api.field_behavior) = REQUIRED];
}
// A response.
message BatchResponse {
  // Things.
  repeated Thing things = 1;
}
"""
JOINED = rpc(
    "BatchGetThings",
    takes="BatchRequest",
    gives="BatchResponse",
    http="",
    policy=f"{POLICY} join_only: true",
)


def service(*methods: str, messages: str = MESSAGES) -> str:
    return f"service ThingService {{ {''.join(methods)} }} {messages}"


def test_our_contract_has_no_breach(contract: Contract) -> None:
    assert list(breaches(contract)) == []


def test_a_right_contract_passes(a_contract: Compile) -> None:
    assert generate(a_contract(service(rpc()))) == {}


@pytest.mark.parametrize(
    ("method", "why"),
    [
        (rpc(policy="rate: RATE_CLASS_NONE timeout_ms: 1"), "no access"),
        (rpc(policy="access: ACCESS_USER timeout_ms: 1"), "no rate class"),
        (
            rpc(policy="access: ACCESS_USER rate: RATE_CLASS_API"),
            "timeout_ms is 0, which is for streams only",
        ),
        (
            rpc(
                policy=f"{POLICY} cache_ttl_s: 5",
                http='post: "/v1/things" body: "*"',
                level="IDEMPOTENT",
            ),
            "cache_ttl_s on a method that is not NO_SIDE_EFFECTS",
        ),
        (
            rpc(policy="access: ACCESS_USER rate: RATE_CLASS_API timeout_ms: 1 cache_ttl_s: 5"),
            "cache_ttl_s on an answer that is not for everyone",
        ),
        (rpc(policy=f"{POLICY} success_status: 404"), "success_status 404 is no success"),
        (rpc(http=""), "no REST route"),
        (
            rpc(policy=INTERNAL, http=""),
            "ACCESS_SERVICE without callers",
        ),
        (
            rpc(
                policy='access: ACCESS_SERVICE rate: RATE_CLASS_NONE timeout_ms: 1 callers: "thing"'
            ),
            "ACCESS_SERVICE with a REST route",
        ),
        (rpc(policy=f'{POLICY} callers: "nobody"'), "caller nobody is no service"),
        (rpc(level="IDEMPOTENT"), "GET on a method that is not NO_SIDE_EFFECTS"),
        (rpc(http='post: "/v1/things" body: "*"'), "NO_SIDE_EFFECTS behind POST"),
        (rpc(http='get: "/v1/things" body: "*"'), "GET with a body"),
        (
            rpc(http='put: "/v1/things" body: "none"', level="IDEMPOTENT"),
            "body none is no field of ThingRequest",
        ),
        (
            rpc(http='get: "/v1/things/{other}"'),
            "path variable other is no field of ThingRequest",
        ),
        (rpc(http='get: "/v1/things/{count}"'), "path variable count is not a string"),
        (
            rpc(http='put: "/v1/things/{id}" body: "id"', level="IDEMPOTENT"),
            "path variable id can be overridden by the body",
        ),
        (rpc(policy=f'{POLICY} expose: "other"'), "expose other is no field of Thing"),
        (
            rpc(gives="stream Thing"),
            "a stream needs a oneof with `error` of google.rpc.Status",
        ),
        (rpc(takes="stream ThingRequest"), "client streams have no REST or GraphQL form"),
    ],
)
def test_a_method_that_breaks_a_rule_is_named_with_the_reason(
    a_contract: Compile, method: str, why: str
) -> None:
    assert list(breaches(a_contract(service(method)))) == [f"{THING}.ThingService.GetThing: {why}"]


def test_two_methods_of_one_path_shape_are_refused_across_verbs_and_names(
    a_contract: Compile,
) -> None:
    first = rpc(http='get: "/v1/things/{id}:run"')
    second = rpc("GetOther", http='get: "/v1/things/{id=*}:run"')
    third = rpc("PutThing", http='put: "/v1/things/{id}:run" body: "*"', level="IDEMPOTENT")
    assert list(breaches(a_contract(service(first, second, third)))) == [
        f"GET /v1/things/*:run: one path shape for {THING}.ThingService.GetThing,"
        f" {THING}.ThingService.GetOther"
    ]


def test_a_list_that_does_not_page_is_refused_unless_it_is_cached_whole(
    a_contract: Compile,
) -> None:
    name = f"{THING}.ThingService.ListThings"
    assert list(breaches(a_contract(service(rpc("ListThings"))))) == [
        f"{name}: a list needs int32 page_size with minimum 0",
        f"{name}: a list needs string page_token",
        f"{name}: a list needs string next_page_token",
    ]
    cached = rpc("ListThings", policy=f"{POLICY} cache_ttl_s: 60")
    assert list(breaches(a_contract(service(cached)))) == []


def test_comments_behaviours_and_patterns_are_asked_of_messages(a_contract: Compile) -> None:
    messages = """
    message ThingRequest {
      string id = 1 [(dreamscape.policy.v1.field).pattern = "(a"];
      // Nested.
      Inner inner = 2 [(google.api.field_behavior) = OPTIONAL];
    }
    // Nested.
    message Inner {
      // Text.
      string text = 1 [(dreamscape.policy.v1.field).pattern = "a(?=b)"];
    }
    // A thing.
    message Thing {
      // The thing.
      string id = 1;
    }
    """
    found = list(breaches(a_contract(service(rpc(), messages=messages))))
    assert found == [
        f"{THING}.ThingRequest: no comment",
        f"{THING}.ThingRequest.id: no comment",
        f"{THING}.ThingRequest.id: pattern does not compile: missing ), unterminated subpattern"
        " at position 0",
        f"{THING}.Inner.text: pattern is not RE2",
        f"{THING}.ThingRequest.id: no google.api.field_behavior",
        f"{THING}.Inner.text: no google.api.field_behavior",
    ]


def owner(**changes: str) -> str:
    join = {
        "field": '"thing"',
        "rpc": f'"{THING}.ThingService.BatchGetThings"',
        "parent": '"thing_id"',
        "request": '"ids"',
        "items": '"things"',
        "key": '"id"',
        "max_batch_size": "100",
    } | changes
    option = " ".join(f"{name}: {value}" for name, value in join.items())
    return f"""
    // An owner.
    message Owner {{
      option (dreamscape.policy.v1.join) = {{{option}}};
      // A key.
      string thing_id = 1;
    }}
    """


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rpc": '"x.Y.Z"'}, "join thing: rpc x.Y.Z does not exist"),
        ({"parent": '"other"'}, "join thing: parent other is no field of Owner"),
        (
            {"request": '"other"'},
            "join thing: request other is not repeated, of the parent's type",
        ),
        ({"items": '"other"'}, "join thing: items other is not a repeated message"),
        (
            {"key": '"other"'},
            "join thing: key other is not a field of an item, of the parent's type",
        ),
        ({"max_batch_size": "0"}, "join thing: no max_batch_size"),
        (
            {"field": '"thing_id"'},
            "join thing_id: field needs a name that the message does not have",
        ),
    ],
)
def test_a_join_that_does_not_resolve_is_refused(
    a_contract: Compile, changes: dict[str, str], why: str
) -> None:
    text = service(rpc(), JOINED, messages=MESSAGES + BATCH + owner(**changes))
    assert list(breaches(a_contract(text))) == [f"{THING}.Owner: {why}"]


def test_a_join_needs_a_method_without_side_effects(a_contract: Compile) -> None:
    changing = JOINED.replace("NO_SIDE_EFFECTS", "IDEMPOTENT")
    text = service(rpc(), changing, messages=MESSAGES + BATCH + owner())
    assert list(breaches(a_contract(text))) == [
        f"{THING}.Owner: join thing: rpc BatchGetThings is not a NO_SIDE_EFFECTS call"
    ]


def test_all_breaches_come_in_one_error_a_line_each(a_contract: Compile) -> None:
    with pytest.raises(ContractError) as refused:
        generate(a_contract(service(rpc(policy=""))))
    assert str(refused.value).splitlines() == [
        f"{THING}.ThingService.GetThing: no access",
        f"{THING}.ThingService.GetThing: no rate class",
        f"{THING}.ThingService.GetThing: timeout_ms is 0, which is for streams only",
    ]
