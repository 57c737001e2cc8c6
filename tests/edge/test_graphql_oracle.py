"""Our answers beside graphql-core's, for the same data and queries made up from the schema."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    graphql_sync,
    is_leaf_type,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamscape.booking.v1.booking_pb2 import GetBookingResponse, ListBookingsResponse
from dreamscape.payment.v1.payment_pb2 import Payment
from dreamscape.user.v1.user_pb2 import Profile
from dreamscape.voyage.v1.voyage_pb2 import FlightOffer
from tests.edge.graphql_mesh import (
    GEN,
    GET,
    LIST,
    OFFERS,
    PAYMENTS,
    PROFILES,
    World,
    a_booking,
    client,
    offers,
    payments,
    profiles,
)

SCHEMA: GraphQLSchema = build_schema((GEN / "all.graphql").read_text())
PAGE = ListBookingsResponse(bookings=[a_booking(n) for n in range(4)], next_page_token="more")
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Asks our engine, from a test that is not asynchronous itself."""
    world = World(
        {
            LIST: lambda _: PAGE,
            GET: lambda r: GetBookingResponse(booking=a_booking(int(r.booking_id[1:]))),
            PROFILES: profiles,
            PAYMENTS: payments,
            OFFERS: offers,
        }
    )
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        c = runner.run(stack.enter_async_context(client(world)))
        yield lambda query, **rest: runner.run(c.ask(query, **rest))
        runner.run(stack.aclose())


def plain(message: Any) -> Any:
    return MessageToDict(message, always_print_fields_with_no_presence=True)


def joined(name: str, source: Any) -> Any:
    """What the mesh's services would answer for a join."""
    if name == "owner":
        key = source["userId"]
        return plain(Profile(user_id=key, email=f"{key}@example.com"))
    if name == "flight":
        return plain(FlightOffer(offer_id=source["flightOfferId"], cabin="ECONOMY"))
    key = source["bookingId"]
    paid = Payment(payment_id=f"p-{key}", booking_id=key, status="PAYMENT_STATUS_CAPTURED")
    return None if key == "b1" else plain(paid)


def resolve(source: Any, info: Any, **arguments: Any) -> Any:
    """The field of a message in its JSON form, as graphql-core would be given it."""
    name, parent = info.field_name, info.parent_type.name
    if parent == "Query":
        number = arguments.get("bookingId", "b0")[1:]
        return plain(PAGE) if name == "bookings" else plain(a_booking(int(number)))
    if (parent, name) == ("Money", "amount"):
        amount = Decimal(source["units"]) + Decimal(source["nanos"]).scaleb(-9)
        return f"{amount.normalize():f}"
    if name in {"owner", "payment", "flight"}:
        return joined(name, source)
    value, kind = source.get(name), get_named_type(info.return_type)
    if isinstance(kind, GraphQLEnumType) and value is not None:
        return next((known for known in kind.values if value.endswith(f"_{known}")), None)
    return value


def oracle(query: str, variables: Any = None) -> dict[str, Any]:
    found = graphql_sync(SCHEMA, query, field_resolver=resolve, variable_values=variables)
    assert found.errors is None, found.errors
    return {"data": found.data}


@st.composite
def selections(draw: Any, of: GraphQLObjectType, depth: int) -> str:
    """A selection set on `of`; an alias is never used for two fields."""
    names = sorted(
        name for name, field in of.fields.items()
        if depth or is_leaf_type(get_named_type(field.type))
    )  # fmt: skip
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5))
    parts = [draw(one_field(of, name, depth)) for name in chosen]
    if draw(st.booleans()):
        parts.append("__typename")
    return "{" + " ".join(parts) + "}"


@st.composite
def one_field(draw: Any, of: GraphQLObjectType, name: str, depth: int) -> str:
    inner = get_named_type(of.fields[name].type)
    below = draw(selections(inner, depth - 1)) if isinstance(inner, GraphQLObjectType) else ""
    match draw(st.integers(0, 7)):
        case 0:
            return f"...{{{name}{below}}}"
        case 1:
            return f"... on {of.name} @include(if: $yes) {{{name}{below}}}"
        case 2:
            return f"x_{name}: {name} @skip(if: $yes) {below}"
        case 3:
            return f"as_{name}: {name}{below}"
        case _:
            return f"{name}{below}"


@st.composite
def queries(draw: Any) -> str:
    booking = SCHEMA.type_map["Booking"]
    assert isinstance(booking, GraphQLObjectType)
    one, many = draw(selections(booking, 3)), draw(selections(booking, 2))
    return (
        "query($yes: Boolean!) {"
        f'booking(bookingId: "b2") {one} bookings {{nextPageToken bookings {many}}}'
        "shown: __typename @include(if: $yes)}"
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(query=queries(), yes=st.booleans())
def test_whatever_is_asked_the_answers_are_the_same(ask: Ask, query: str, yes: bool) -> None:
    if validate(SCHEMA, parse(query)):
        # The same alias for two selections that differ: both must refuse it.
        assert "data" not in ask(query, variables={"yes": yes})
        return
    ours = ask(query, variables={"yes": yes})
    assert json.dumps(ours) == json.dumps(oracle(query, {"yes": yes}))


@pytest.mark.parametrize(
    "query",
    [
        "{booking(bookingId: \"b1\") {a: reason a: reason}}",
        "{booking(bookingId: \"b1\") {total {units} total {nanos}}}",
        "query($id: String!) {booking(bookingId: $id) {...A ...B}} fragment A on Booking {reason"
        " ...C} fragment B on Booking {reason ...C} fragment C on Booking {total {units}}",
        "query($id: String = \"b1\") {booking(bookingId: $id) {reason}}",
        "{bookings(pageSize: null) {bookings {items {price {amount}}}}}",
        "query A {__typename} query B {booking(bookingId: \"b3\") {reason}}",
    ],
)  # fmt: skip
def test_odd_but_right_queries_are_answered_alike(ask: Ask, query: str) -> None:
    variables = {"id": "b1"} if "$id: String!" in query else None
    if "query A" in query:
        assert ask(query, operationName="B") == {"data": {"booking": {"reason": ""}}}
        return
    assert json.dumps(ask(query, variables=variables)) == json.dumps(oracle(query, variables))


@pytest.mark.parametrize(
    "query",
    [
        "{booking(bookingId: 1) {reason}}",
        "{booking {reason}}",
        "{booking(bookingId: null) {reason}}",
        "{booking(bookingId: \"b1\")}",
        "{booking(bookingId: \"b1\") {total}}",
        "{booking(bookingId: \"b1\") {reason {x}}}",
        "{booking(bookingId: \"b1\", more: 1) {reason}}",
        "{booking(bookingId: \"b1\", bookingId: \"b2\") {reason}}",
        "{booking(bookingId: \"b1\") {a: reason a: userId}}",
        "{a: booking(bookingId: \"b1\") {reason} a: booking(bookingId: \"b2\") {reason}}",
        "{booking(bookingId: \"b1\") {total {u: units} ...F}}"
        " fragment F on Booking {total {u: nanos}}",
        "{booking(bookingId: \"b1\") {...F}}",
        "{profile {...F}} fragment F on Booking {reason}",
        "{profile {... on Booking {reason}}}",
        "{profile {email}} fragment F on Profile {email}",
        "{profile {...F}} fragment F on Profile {...F}",
        "{profile {...F}} fragment F on Profile {email} fragment F on Profile {email}",
        "{profile {... on Nothing {email}}}",
        "query($a: Int) {profile {email}}",
        "{booking(bookingId: $a) {reason}}",
        "query($a: Int!) {booking(bookingId: $a) {reason}}",
        "query($a: String) {booking(bookingId: $a) {reason}}",
        "query($a: Profile) {booking(bookingId: $a) {reason}}",
        "query($a: String!, $a: String!) {booking(bookingId: $a) {reason}}",
        "{profile {email @include}}",
        "{profile {email @include(if: 1)}}",
        "{profile {email @nothing}}",
        "query @skip(if: true) {profile {email}}",
        "{profile {email @skip(if: true) @skip(if: true)}}",
        "{profile {email}} {profile {email}}",
        "query A {profile {email}} query A {profile {email}}",
        "{profile {email}} query A {profile {email}}",
        "subscription {a: watchBooking(bookingId: \"1\") {reason}"
        " b: watchBooking(bookingId: \"1\") {reason}}",
        "mutation {login(input: {email: \"a\"}) {account {email}}}",
        "mutation {login(input: {email: \"a\", password: \"b\", more: 1}) {account {email}}}",
        "mutation {login(input: {email: \"a\", email: \"a\", password: \"b\"}) {account {email}}}",
        "mutation {createBooking(input: {items: [], travellers: []}) {reason}}",
        "type A {b: Int}",
        "{profile {email}} type A {b: Int}",
        "fragment F on Profile {email}",
        "",
        "{}",
    ],
)  # fmt: skip
def test_what_graphql_core_refuses_we_refuse(ask: Ask, query: str) -> None:
    answer = ask(query, variables={"a": "x"} if "$a: " in query else None)
    assert "data" not in answer


@pytest.mark.parametrize(
    "variables",
    [{}, {"s": None}, {"s": 1}, {"s": "x", "n": "1"}, {"s": "x", "n": 1.5}, {"s": "x", "n": True},
     {"s": ["x"]}, {"s": {}}, {"s": "x", "n": 2**31}],
)  # fmt: skip
def test_wrong_variables_are_refused_as_graphql_core_refuses_them(
    ask: Ask, variables: dict[str, Any]
) -> None:
    query = """query($s: String!, $n: Int) {
        booking(bookingId: $s) {reason} bookings(pageSize: $n) {nextPageToken}}"""
    theirs = graphql_sync(SCHEMA, query, variable_values=variables)
    assert theirs.data is None
    assert theirs.errors
    assert ask(query, variables=variables)["errors"][0]["extensions"]["reason"] == (
        "VARIABLES_INVALID"
    )
