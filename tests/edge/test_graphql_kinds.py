"""Every kind of proto field, in and out, over a live server: a contract made for the purpose."""

from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from importlib.resources import files as files_of
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema
from grpc_tools import protoc

from edge.generate import graphql
from tests.edge.conftest import HEAD, ROOT, compiled
from tests.edge.graphql_mesh import Client, World, client

NAME = "dreamscape/menagerie/v1/menagerie.proto"
ECHO = "/dreamscape.menagerie.v1.ZooService/GetEcho"
CAGES = "/dreamscape.menagerie.v1.ZooService/BatchGetCages"
BODY = """
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/type/money.proto";
service ZooService {
  rpc GetEcho(GetEchoRequest) returns (GetEchoResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (dreamscape.policy.v1.method) = {
      access: ACCESS_PUBLIC timeout_ms: 2000 expose: "animals"
    };
  }
  rpc BatchGetCages(BatchGetCagesRequest) returns (BatchGetCagesResponse) {
    option (dreamscape.policy.v1.method) = {access: ACCESS_PUBLIC timeout_ms: 2000 join_only: true};
  }
}
enum Mood { MOOD_UNSPECIFIED = 0; MOOD_GOOD = 1; MOOD_BAD = 2; }
message Animal {
  option (dreamscape.policy.v1.join) = {
    field: "cages" rpc: "dreamscape.menagerie.v1.ZooService.BatchGetCages"
    parent: "name" request: "names" items: "cages" key: "animal" group: true max_batch_size: 2
  };
  message Tooth { float size = 1; }
  string name = 1;
  int64 big = 2;
  uint64 huge = 3;
  uint32 count = 4;
  double weight = 5;
  bool tame = 6;
  bytes dna = 7;
  Mood mood = 8;
  repeated Mood moods = 9;
  repeated int64 bigs = 10;
  repeated uint32 counts = 11;
  google.protobuf.Timestamp born = 12;
  repeated google.protobuf.Timestamp seen = 13;
  google.protobuf.Duration age = 14;
  google.type.Money price = 15;
  optional string note = 16;
  optional int32 legs = 17;
  map<string, Tooth> teeth = 18;
  oneof home { Tooth tusk = 19; string cave = 20; int64 depth = 21; Tooth fang = 22; }
}
message AnimalIn {
  string name = 1; int64 big = 2; uint32 count = 4; double weight = 5; bytes dna = 7;
  Mood mood = 8; repeated Mood moods = 9; google.protobuf.Timestamp born = 12;
  google.protobuf.Duration age = 14; optional string note = 16;
  oneof home { string cave = 20; int64 depth = 21; }
}
message GetEchoRequest { AnimalIn animal = 1; repeated AnimalIn more = 2; }
message GetEchoResponse { repeated Animal animals = 1; }
message BatchGetCagesRequest { repeated string names = 1; }
message BatchGetCagesResponse { repeated Cage cages = 1; }
message Cage { string animal = 1; string cage = 2; }
"""


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """The folder with the zoo's schema, and the module of its messages."""
    folder = tmp_path_factory.mktemp("zoo")
    (folder / NAME).parent.mkdir(parents=True)
    (folder / NAME).write_text(HEAD.replace("thing", "menagerie") + BODY)
    (folder / "pods.toml").write_text("[pods]")
    contract = compiled(folder, [NAME], parameter=f"pods={folder / 'pods.toml'}")
    for name, content in graphql.generate(contract).items():
        (folder / name).write_text(content)
    includes = [f"-I{path}" for path in (folder, ROOT / "proto", files_of("grpc_tools") / "_proto")]
    assert protoc.main(["protoc", *includes, f"--python_out={folder}", NAME]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield folder, import_module("dreamscape.menagerie.v1.menagerie_pb2")


@pytest.fixture
async def asking(zoo: tuple[Path, Any]) -> AsyncIterator[tuple[Client, Any]]:
    async with client(World(), directory=zoo[0]) as c:
        yield c, zoo[1]


async def out(asking: tuple[Client, Any], selection: str, *animals: Any) -> Any:
    c, pb = asking
    c.world.answers[ECHO] = lambda _: pb.GetEchoResponse(animals=animals)
    answer = await c.ask(f"{{echo {{{selection}}}}}")
    return answer if "errors" in answer else answer["data"]["echo"]


async def test_the_schema_is_valid_for_everybody(zoo: tuple[Path, Any]) -> None:
    build_schema((zoo[0] / "all.graphql").read_text())


async def test_values_that_are_set_come_out(asking: tuple[Client, Any]) -> None:
    pb = asking[1]
    animal = pb.Animal(
        name="Ada", big=-(2**63), huge=2**64 - 1, count=2**31 - 1, weight=1.5, tame=True,
        dna=b"\x00\xff", mood="MOOD_GOOD", moods=[1, 0, 9, 2], bigs=[2**53 + 1], counts=[7],
        note="", legs=0, teeth={"b": pb.Animal.Tooth(size=0.5), "a": pb.Animal.Tooth()},
    )  # fmt: skip
    animal.born.FromJsonString("2026-10-01T08:30:00.5Z")
    animal.seen.add().FromJsonString("1999-12-31T23:59:59Z")
    animal.age.FromJsonString("3.5s")
    animal.price.currency_code, animal.price.units, animal.price.nanos = "EUR", -1, -750_000_000
    selection = """name big huge count weight tame dna mood moods bigs counts note legs
        born seen age teeth {key value {size}} price {currencyCode units nanos amount}"""
    assert await out(asking, selection, animal) == [
        {
            "name": "Ada", "big": "-9223372036854775808", "huge": "18446744073709551615",
            "count": 2147483647, "weight": 1.5, "tame": True, "dna": "AP8=", "mood": "GOOD",
            "moods": ["GOOD", "BAD"], "bigs": ["9007199254740993"], "counts": [7], "note": "",
            "legs": 0, "born": "2026-10-01T08:30:00.500Z", "seen": ["1999-12-31T23:59:59Z"],
            "age": "3.500s",
            "teeth": [{"key": "a", "value": {"size": 0}}, {"key": "b", "value": {"size": 0.5}}],
            "price": {"currencyCode": "EUR", "units": "-1", "nanos": -750000000, "amount": "-1.75"},
        }
    ]  # fmt: skip


async def test_values_that_are_not_set_are_null_where_the_proto_knows(
    asking: tuple[Client, Any],
) -> None:
    selection = "name big mood moods note legs born age price {units} teeth {key} home {__typename}"
    assert await out(asking, selection, asking[1].Animal()) == [
        {
            "name": "", "big": "0", "mood": None, "moods": [], "note": None, "legs": None,
            "born": None, "age": None, "price": None, "teeth": [], "home": None,
        }
    ]  # fmt: skip


async def test_a_oneof_is_a_union_of_objects(asking: tuple[Client, Any]) -> None:
    pb = asking[1]
    selection = """home {t: __typename ... on AnimalTooth {size} ...C
        ... on AnimalHomeDepth {deep: value} ... on AnimalHomeFang {value {size}}}"""
    animals = (
        pb.Animal(tusk=pb.Animal.Tooth(size=2)),
        pb.Animal(cave="Lascaux"),
        pb.Animal(depth=0),
        pb.Animal(fang=pb.Animal.Tooth(size=1)),
    )
    c = asking[0]
    c.world.answers[ECHO] = lambda _: pb.GetEchoResponse(animals=animals)
    answer = await c.ask(f"{{echo {{{selection}}}}} fragment C on AnimalHomeCave {{cave: value}}")
    assert [animal["home"] for animal in answer["data"]["echo"]] == [
        {"t": "AnimalTooth", "size": 2},
        {"t": "AnimalHomeCave", "cave": "Lascaux"},
        {"t": "AnimalHomeDepth", "deep": "0"},
        {"t": "AnimalHomeFang", "value": {"size": 1}},
    ]


async def test_members_of_a_union_may_not_disagree_about_a_key(asking: tuple[Client, Any]) -> None:
    c = asking[0]
    clash = "{echo {home {... on AnimalHomeCave {v: value} ... on AnimalHomeDepth {v: value}}}}"
    [error] = (await c.ask(clash))["errors"]
    assert error["message"] == "two fields of different types are both called v"
    clash = "{echo {home {v: __typename ... on AnimalHomeCave {v: value}}}}"
    [error] = (await c.ask(clash))["errors"]
    assert error["message"] == "two different fields are both called v"


async def test_a_group_join_collects_in_chunks_and_is_empty_where_nothing_is(
    asking: tuple[Client, Any],
) -> None:
    c, pb = asking
    c.world.answers[CAGES] = lambda r: pb.BatchGetCagesResponse(
        cages=[pb.Cage(animal=n, cage=f"{n}{i}") for i in (1, 2) for n in r.names if n != "b"]
    )
    animals = [pb.Animal(name=name) for name in "abca"]
    assert await out(asking, "name cages {cage}", *animals) == [
        {"name": "a", "cages": [{"cage": "a1"}, {"cage": "a2"}]},
        {"name": "b", "cages": []},
        {"name": "c", "cages": [{"cage": "c1"}, {"cage": "c2"}]},
        {"name": "a", "cages": [{"cage": "a1"}, {"cage": "a2"}]},
    ]
    assert [list(r.names) for r in c.world.asked(CAGES)] == [["a", "b"], ["c"]]


async def test_a_group_join_that_fails_takes_the_list_around_it(
    asking: tuple[Client, Any],
) -> None:
    answer = await out(asking, "name cages {cage}", asking[1].Animal(name="a"))
    assert answer["data"] == {"echo": None}
    assert answer["errors"][0]["path"] == ["echo", 0, "cages"]


@pytest.mark.parametrize(
    ("selection", "values", "path"),
    [
        ("count", {"count": 2**31}, ["echo", 0, "count"]),
        ("counts", {"counts": [1, 2**31]}, ["echo", 0, "counts", 1]),
        ("weight", {"weight": float("nan")}, ["echo", 0, "weight"]),
        ("teeth {value {size}}", {"teeth": {"a": {"size": float("inf")}}},
         ["echo", 0, "teeth", 0, "value", "size"]),
    ],
)  # fmt: skip
async def test_what_a_type_cannot_hold_is_null_as_far_up_as_it_must_be(
    asking: tuple[Client, Any], selection: str, values: dict[str, Any], path: list[Any]
) -> None:
    answer = await out(asking, f"name {selection}", asking[1].Animal(**values))
    assert answer["errors"][0]["path"] == path
    if len(path) == 6:
        # The value of a map's entry may be null, so that nothing else is lost.
        assert answer["data"] == {"echo": [{"name": "", "teeth": [{"value": None}]}]}
    else:
        assert answer["data"] == {"echo": None}


async def test_arguments_go_in(asking: tuple[Client, Any]) -> None:
    c, pb = asking
    c.world.answers[ECHO] = lambda _: pb.GetEchoResponse()
    query = """query($big: Int64, $more: [AnimalInInput!], $when: DateTime) {
        echo(animal: {name: "Ad\\u00e9", big: $big, count: 3, weight: 1, dna: "AP8=", mood: BAD,
            moods: [GOOD, BAD], born: $when, age: "3.5s", note: null, cave: "x"},
            more: $more) {name}}"""
    more = [{"big": 5, "depth": "7"}, {}]
    variables = {"big": "-9223372036854775808", "more": more, "when": "2026-10-01T10:30:00+02:00"}
    assert "errors" not in await c.ask(query, variables=variables)
    [sent] = c.world.asked(ECHO)
    expected = pb.AnimalIn(
        name="Adé", big=-(2**63), count=3, weight=1, dna=b"\x00\xff", mood="MOOD_BAD",
        moods=["MOOD_GOOD", "MOOD_BAD"], cave="x",
    )  # fmt: skip
    expected.born.FromJsonString("2026-10-01T08:30:00Z")
    expected.age.FromJsonString("3.5s")
    assert sent.animal == expected
    assert list(sent.more) == [pb.AnimalIn(big=5, depth=7), pb.AnimalIn()]


@pytest.mark.parametrize(
    ("argument", "field"),
    [
        ('animal: {cave: "x", depth: 3}', "animal.depth"),
        ("animal: {count: -1}", "animal.count"),
        ("animal: {big: 9223372036854775808}", "animal.big"),
        ("more: [{}, {count: -1}]", "more[1].count"),
    ],
)
async def test_an_argument_that_does_not_fit_is_named(
    asking: tuple[Client, Any], argument: str, field: str
) -> None:
    answer = await asking[0].ask(f"{{echo({argument}) {{name}}}}")
    [error] = answer["errors"]
    assert error["extensions"]["reason"] == "INVALID_FIELDS"
    assert [v["field"] for v in error["extensions"]["fieldViolations"]] == [field]
    assert asking[0].world.calls == []


@pytest.mark.parametrize(
    "argument",
    [
        "{mood: UNSPECIFIED}",
        '{mood: "GOOD"}',
        '{big: "one"}',
        "{big: 1.5}",
        '{dna: "?"}',
        '{born: "yesterday"}',
        '{age: "3 days"}',
        '{weight: "1"}',
        "{count: 2147483648}",
        "{wings: 2}",
        "3",
    ],
)
async def test_a_literal_of_the_wrong_type_is_refused(
    asking: tuple[Client, Any], argument: str
) -> None:
    answer = await asking[0].ask(f"{{echo(animal: {argument}) {{name}}}}")
    assert answer["errors"][0]["extensions"]["reason"] in {"QUERY_INVALID", "ARGUMENTS_INVALID"}
    as_variable = "query($a: AnimalInInput) {echo(animal: $a) {name}}"
    values = {'{big: "one"}': {"big": "one"}, '{born: "yesterday"}': {"born": "yesterday"}}
    if argument in values:
        answer = await asking[0].ask(as_variable, variables={"a": values[argument]})
        assert answer["errors"][0]["extensions"]["reason"] == "VARIABLES_INVALID"
