"""The schemas that the contract becomes, with graphql-core as the judge of their language."""

from collections.abc import Callable

import pytest
from graphql import build_schema, get_introspection_query, graphql_sync

from edge.generate import graphql, graphql_sdl
from edge.generate.contract import Contract
from edge.generate.graphql_model import build, root_name
from tests.edge.graphql_mesh import GEN, World, client

Compile = Callable[[str], Contract]
POLICY = "option (dreamscape.policy.v1.method) = {access: ACCESS_USER rate: RATE_CLASS_API %s};"
READ = "option idempotency_level = NO_SIDE_EFFECTS;" + POLICY


def sdl(contract: Contract) -> str:
    schema = build(contract, {service.noun for service in contract.services})
    assert schema.problems == []
    return graphql_sdl.render(schema)


def problems(contract: Contract) -> list[str]:
    return build(contract, {service.noun for service in contract.services}).problems


@pytest.mark.parametrize("name", ["all", "core", "business"])
async def test_clients_see_by_introspection_what_the_sdl_says(name: str) -> None:
    query = get_introspection_query()
    theirs = graphql_sync(build_schema((GEN / f"{name}.graphql").read_text()), query).data
    async with client(World(), name=name) as c:
        ours = (await c.ask(query))["data"]
    assert _facts(ours) == _facts(theirs)


def _facts(introspection: object) -> object:
    """Names, types and prose, without the order that neither promises."""
    schema = introspection["__schema"]  # type: ignore[index]
    kept = [t for t in schema["types"] if not t["name"].startswith("__")]
    builtin = {"Boolean", "Float", "ID", "Int", "String"}
    return {
        "roots": [schema[f"{kind}Type"] for kind in ("query", "mutation", "subscription")],
        "types": {t["name"]: _type(t) for t in kept if t["name"] not in builtin},
    }


def _type(t: dict[str, object]) -> object:
    parts = ("fields", "inputFields", "enumValues", "possibleTypes")
    members = {part: t[part] for part in parts}
    return t["kind"], t["description"], members


def test_every_pod_with_services_has_a_schema_and_the_edge_has_them_all(contract: Contract) -> None:
    pods = {
        "core": {"services": ["auth", "user"]},
        "experience": {"services": [], "edge": True},
        "single": {"services": ["auth"], "edge": True},
    }
    nouns = {service.noun for service in contract.services}
    assert graphql.schemas(contract, pods) == {"all": nouns, "core": {"auth", "user"}}


def test_services_webhooks_and_joins_have_no_root_field(contract: Contract) -> None:
    table = build(contract, {service.noun for service in contract.services}).table
    shown = {
        root.rpc.rpartition("/")[2] for roots in table.roots.values() for root in roots.values()
    }
    hidden = {method.name for method in contract.methods()} - shown
    assert hidden == {
        "BatchGetDestinations", "BatchGetOffers", "BatchGetPayments", "BatchGetProfiles",
        "CancelOrder", "CapturePayment", "CreateOrder", "EraseUser", "ReceiveWebhook",
        "ReturnPayment", "SendAccountMail", "UploadAvatar",
    }  # fmt: skip


def test_a_join_to_a_service_of_another_pod_is_left_out(contract: Contract) -> None:
    business = build(contract, {"voyage", "payment", "booking", "notification"}).table
    assert set(business.objects["Booking"].joins) == {"payment"}
    assert "Profile" not in business.objects


@pytest.mark.parametrize(
    ("rpc", "field"),
    [
        ("GetBooking", "booking"),
        ("ListBookings", "bookings"),
        ("WatchBooking", "watchBooking"),
        ("Getaway", "getaway"),
        ("Listen", "listen"),
    ],
)
def test_root_fields_have_the_names_that_clients_expect(rpc: str, field: str) -> None:
    assert root_name(rpc) == field


def test_a_contract_becomes_this_sdl(a_contract: Compile) -> None:
    found = sdl(
        a_contract(
            f"""
            // Things.
            service ThingService {{
              // One thing.
              rpc GetThing(GetThingRequest) returns (GetThingResponse) {{
                {READ % 'expose: "thing"'} }}
              // Says "hello"
              rpc Greet(GreetRequest) returns (GreetResponse) {{
                {POLICY % "idempotency_key: IDEMPOTENCY_KEY_REQUIRED"} }}
            }}
            // How it is.
            enum Mood {{
              // Nothing.
              MOOD_UNSPECIFIED = 0;
              // Good.
              MOOD_GOOD = 1;
            }}
            // A thing.
            message Thing {{
              // Inside.
              message Part {{ int64 size = 1; }}
              // Old.
              string name = 1 [deprecated = true];
              optional string note = 2;
              repeated Part parts = 3;
              Mood mood = 4;
              map<string, int32> counts = 5;
              oneof kind {{ Part part = 6; string text = 7; }}
            }}
            message GetThingRequest {{
              string thing_id = 1 [(google.api.field_behavior) = REQUIRED];
            }}
            message GetThingResponse {{ Thing thing = 1; }}
            message GreetRequest {{
              repeated Mood moods = 1;
              oneof who {{ string name = 2; bool all = 3; }}
            }}
            message GreetResponse {{}}
            """
        )
    )
    assert found == EXPECTED
    build_schema(found)


EXPECTED = '''\
# Generated from proto/ by `make generate`. DO NOT EDIT.

schema {
  query: Query
  mutation: Mutation
}

"""What can be read."""
type Query {
  """One thing."""
  thing(
    thingId: String!
  ): Thing
}

"""What can be changed. Fields are served one after the other."""
type Mutation {
  """
  Says "hello"
  """
  greet(
    input: GreetInput!
    """Names this attempt: repeating the call with the same key answers as the first call did."""
    idempotencyKey: String!
  ): Boolean
}

"""A thing."""
type Thing {
  """Old."""
  name: String! @deprecated(reason: "Deprecated in the contract.")
  note: String
  parts: [ThingPart!]!
  """How it is."""
  mood: Mood
  counts: [ThingCountsEntry!]!
  kind: ThingKind
}

type ThingCountsEntry {
  key: String!
  value: Int!
}

type ThingKindText {
  value: String!
}

"""Inside."""
type ThingPart {
  size: Int64!
}

union ThingKind = ThingPart | ThingKindText

"""How it is."""
enum Mood {
  """Good."""
  GOOD
}

input GreetInput {
  moods: [Mood!]
  """At most one of the fields of the oneof `who` may be set."""
  name: String
  """At most one of the fields of the oneof `who` may be set."""
  all: Boolean
}

"""A 64-bit integer as a string; a number is accepted too."""
scalar Int64
'''.replace('  """How it is."""\n  mood', "  mood")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            f"""service S {{
              rpc GetX(A) returns (A) {{ {READ % ""} }}
              rpc ListX(A) returns (A) {{ {READ % ""} }} }}
            message A {{ string a = 1; }}""",
            "dreamscape.thing.v1.S.ListX: query x exists already",
        ),
        (
            f"""service S {{ rpc GetX(A) returns (B) {{ {READ % ""} }} }}
            message A {{ string a = 1; }} message B {{ AB ab = 1; A a = 2; }}
            message AB {{ string x = 1; }}
            message AResponse {{ string x = 1; }} message APayload {{ string x = 1; }}""",
            "",
        ),
        (
            f"""service S {{ rpc GetX(A) returns (B) {{ {READ % ""} }} }}
            message A {{ string a = 1; }}
            message B {{ AResponse one = 1; APayload two = 2; }}
            message AResponse {{ string x = 1; }} message APayload {{ string x = 1; }}""",
            "dreamscape.thing.v1.APayload: GraphQL's APayload is"
            " dreamscape.thing.v1.AResponse already",
        ),
        (
            f"""service S {{ rpc GetX(A) returns (B) {{ {READ % ""} }} }}
            message A {{ map<string, string> a = 1; }} message B {{ string x = 1; }}""",
            "dreamscape.thing.v1.A.AEntry: GraphQL has no map to send",
        ),
        (
            f"""service S {{ rpc SetX(A) returns (A) {{ {POLICY % ""} }} }}
            message A {{ string a = 1; }}""",
            "thing: no query, GraphQL needs one",
        ),
    ],
)
def test_what_graphql_cannot_say_is_refused_with_its_name(
    a_contract: Compile, body: str, why: str
) -> None:
    assert problems(a_contract(body)) == ([why] if why else [])
