"""Plans executed over a live gRPC server: calls, joins, projections and failures."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from dreamscape.auth.v1.auth_pb2 import LoginResponse, LogoutResponse
from dreamscape.booking.v1.booking_pb2 import (
    CancelBookingResponse,
    CreateBookingResponse,
    GetBookingResponse,
    ListBookingsResponse,
)
from dreamscape.user.v1.user_pb2 import GetProfileResponse
from dreamscape.voyage.v1.voyage_pb2 import FlightOffer, SearchFlightsResponse
from mesh.faults import Internal, NotFound, ResourceExhausted, Violation
from tests.edge.graphql_mesh import (
    CANCEL,
    CREATE,
    GET,
    LIST,
    LOGIN,
    LOGOUT,
    OFFERS,
    PAYMENTS,
    PROFILE,
    PROFILES,
    SEARCH,
    World,
    a_booking,
    client,
    offers,
    payments,
    profiles,
)


def a_world(size: int = 5) -> World:
    page = [a_booking(n) for n in range(size)]
    return World(
        {
            LIST: lambda _: ListBookingsResponse(bookings=page, next_page_token="more"),
            GET: lambda r: GetBookingResponse(booking=a_booking(int(r.booking_id[1:]))),
            PROFILE: lambda _: GetProfileResponse(),
            PROFILES: profiles,
            PAYMENTS: payments,
            OFFERS: offers,
        }
    )


async def ask(world: World, query: str, **rest: Any) -> dict[str, Any]:
    async with client(world) as c:
        return await c.ask(query, **rest)


async def test_a_page_of_bookings_costs_one_call_for_each_join() -> None:
    world = a_world()
    answer = await ask(
        world,
        """{bookings(pageSize: 5) {nextPageToken bookings {
            bookingId owner {email} payment {paymentId} items {flight {offerId}}}}}""",
    )
    assert answer["data"]["bookings"]["nextPageToken"] == "more"
    assert answer["data"]["bookings"]["bookings"] == [
        {
            "bookingId": f"b{n}",
            "owner": {"email": f"u{n % 3}@example.com"},
            "payment": None if n == 1 else {"paymentId": f"p-b{n}"},
            "items": [{"flight": {"offerId": f"o{n}"}}],
        }
        for n in range(5)
    ]
    assert [world.count(path) for path in (LIST, PROFILES, PAYMENTS, OFFERS)] == [1, 1, 1, 1]
    assert list(world.asked(PROFILES)[0].user_ids) == ["u0", "u1", "u2"]


async def test_one_call_answers_a_join_however_often_it_is_selected() -> None:
    world = a_world()
    answer = await ask(
        world,
        """{a: booking(bookingId: "b1") {owner {email} again: owner {userId}}
            bookings {bookings {owner {userId}}}}""",
    )
    assert answer["data"]["a"] == {"owner": {"email": "u1@example.com"}, "again": {"userId": "u1"}}
    assert world.count(PROFILES) == 1
    assert sorted(world.asked(PROFILES)[0].user_ids) == ["u0", "u1", "u2"]


async def test_more_keys_than_a_batch_holds_go_out_in_several() -> None:
    world = a_world(size=230)
    answer = await ask(world, "{bookings(pageSize: 100) {bookings {payment {bookingId}}}}")
    assert sorted(len(r.booking_ids) for r in world.asked(PAYMENTS)) == [30, 100, 100]
    found = [b["payment"] for b in answer["data"]["bookings"]["bookings"]]
    assert found[229] == {"bookingId": "b229"}
    assert found.count(None) == 1


async def test_an_empty_key_is_not_asked_for() -> None:
    world = a_world()
    empty = a_booking(1)
    empty.user_id = ""
    world.answers[GET] = lambda _: GetBookingResponse(booking=empty)
    answer = await ask(world, '{booking(bookingId: "b1") {owner {email}}}')
    assert answer == {"data": {"booking": {"owner": None}}}
    assert world.count(PROFILES) == 0


async def test_a_join_that_fails_leaves_the_rest() -> None:
    world = a_world(size=2)

    def fail(_: Any) -> Any:
        raise ResourceExhausted("BUSY", "later", retry_after=timedelta(seconds=2))

    world.answers[PROFILES] = fail
    answer = await ask(world, "{bookings {bookings {bookingId owner {email}}}}")
    assert answer["data"]["bookings"]["bookings"] == [
        {"bookingId": "b0", "owner": None},
        {"bookingId": "b1", "owner": None},
    ]
    assert [error["path"] for error in answer["errors"]] == [
        ["bookings", "bookings", 0, "owner"],
        ["bookings", "bookings", 1, "owner"],
    ]
    assert answer["errors"][0]["extensions"] == {
        "code": "RESOURCE_EXHAUSTED",
        "reason": "BUSY",
        "retryAfter": 2.0,
    }


async def test_a_fault_is_told_with_what_a_client_can_act_on() -> None:
    world = a_world()

    def fail(_: Any) -> Any:
        raise NotFound(
            "BOOKING_UNKNOWN",
            "no such booking",
            metadata={"id": "b9"},
            violations=(Violation("bookingId", "is unknown"),),
        )

    world.answers[GET] = fail
    answer = await ask(world, '{it: booking(bookingId: "b9") {bookingId} profile {email}}')
    assert answer["data"] == {"it": None, "profile": None}
    assert answer["errors"] == [
        {
            "message": "no such booking",
            "path": ["it"],
            "extensions": {
                "code": "NOT_FOUND",
                "reason": "BOOKING_UNKNOWN",
                "metadata": {"id": "b9"},
                "fieldViolations": [{"field": "bookingId", "description": "is unknown"}],
            },
        }
    ]


@pytest.mark.parametrize(
    "problem", [Internal("SQL", "table bookings at 10.0.0.1"), ValueError("table bookings")]
)
async def test_what_went_wrong_inside_stays_inside(problem: Exception) -> None:
    world = a_world()

    def fail(_: Any) -> Any:
        raise problem

    world.answers[GET] = fail
    async with client(world) as c:
        told = await c.post(
            '{booking(bookingId: "b1") {bookingId}}', headers={"x-request-id": "r-1"}
        )
    assert "bookings" not in told.text
    assert told.json()["errors"] == [
        {
            "message": "something went wrong on our side",
            "path": ["booking"],
            "extensions": {"code": "INTERNAL", "reason": "INTERNAL", "requestId": "r-1"},
        }
    ]


async def test_a_service_that_is_away_is_not_named() -> None:
    world = a_world()
    del world.answers[PROFILE]
    answer = await ask(world, "{profile {email}}")
    assert answer["errors"][0]["message"] == "this is not built"
    assert answer["errors"][0]["extensions"]["code"] == "UNIMPLEMENTED"


async def test_a_number_too_large_for_int_takes_its_nearest_nullable_parent_with_it() -> None:
    offer = FlightOffer(offer_id="o", bookable_seats=2**31)
    fine = FlightOffer(offer_id="p", bookable_seats=9)
    world = World({SEARCH: lambda _: SearchFlightsResponse(offers=[fine, offer])})
    flights = """searchFlights(originLocationCode: "CDG", destinationLocationCode: "JFK",
        departureDate: "2026-12-01") {offers {offerId bookableSeats}}"""
    answer = await ask(world, f"{{{flights}}}")
    assert answer["data"] == {"searchFlights": None}
    assert answer["errors"][0]["path"] == ["searchFlights", "offers", 1, "bookableSeats"]


async def test_queries_run_together_and_mutations_one_after_the_other() -> None:
    arrived, both = [], asyncio.Event()

    async def together(_: Any) -> Any:
        arrived.append("query")
        if len(arrived) == 2:
            both.set()
        await both.wait()
        return GetBookingResponse(booking=a_booking(1))

    order: list[str] = []

    async def one_by_one(request: Any) -> Any:
        order.append(f"begin {request.booking_id}")
        await asyncio.sleep(0)
        order.append(f"end {request.booking_id}")
        return CancelBookingResponse(booking=a_booking(1))

    world = World({GET: together, CANCEL: one_by_one})
    await ask(world, '{a: booking(bookingId: "b1") {reason} b: booking(bookingId: "b2") {reason}}')
    mutation = """mutation {a: cancelBooking(input: {bookingId: "1"}) {reason}
        b: cancelBooking(input: {bookingId: "2"}) {reason}}"""
    await ask(world, mutation)
    assert order == ["begin 1", "end 1", "begin 2", "end 2"]


async def test_a_mutation_sends_its_input_and_its_idempotency_key() -> None:
    world = World({CREATE: lambda _: CreateBookingResponse(booking=a_booking(7))})
    answer = await ask(
        world,
        """mutation($t: [TravellerInput!]!) {createBooking(
            input: {items: [{flightOfferId: "o7"}], travellers: $t},
            idempotencyKey: "k-1") {bookingId total {amount}}}""",
        variables={"t": [{"firstName": "Zoë", "lastName": "L", "dateOfBirth": "1985-12-10",
                          "gender": "FEMALE", "email": "z@example.com", "phone": "+33612345678"}]},
    )  # fmt: skip
    assert answer == {"data": {"createBooking": {"bookingId": "b7", "total": {"amount": "107"}}}}
    sent = world.asked(CREATE)[0]
    assert sent.items[0].flight_offer_id == "o7"
    assert sent.travellers[0].first_name == "Zoë"
    assert world.metadata(CREATE)["idempotency-key"] == "k-1"


async def test_a_key_that_cannot_travel_is_refused_and_nothing_is_called() -> None:
    world = World({CREATE: lambda _: CreateBookingResponse()})
    answer = await ask(
        world,
        """mutation {createBooking(input: {items: [], travellers: []}, idempotencyKey: "é")
            {reason}}""",
    )
    assert answer["data"] == {"createBooking": None}
    assert answer["errors"][0]["extensions"]["reason"] == "INVALID_FIELDS"
    assert world.calls == []


async def test_an_answer_without_fields_is_true() -> None:
    world = World({LOGOUT: lambda _: LogoutResponse()})
    answer = await ask(world, 'mutation {logout(input: {refreshToken: "x"})}')
    assert answer == {"data": {"logout": True}}


async def test_two_passwords_in_one_request_are_one_too_many() -> None:
    world = World({LOGIN: lambda _: LoginResponse()})
    login = 'login(input: {email: "a@example.com", password: "p"}) {account {email}}'
    answer = await ask(world, f"mutation {{a: {login} b: {login}}}")
    assert answer["errors"][0]["extensions"]["reason"] == "TOO_MANY_LOGINS"
    assert world.calls == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("{" + " ".join(f"a{n}: profile {{email}}" for n in range(21)) + "}",
         "TOO_MANY_ROOT_FIELDS"),
        ("{" + " ".join(
            f"a{n}: bookings(pageSize: 100) {{bookings {{bookingId total {{units}} reason}}}}"
            for n in range(12)) + "}", "QUERY_TOO_EXPENSIVE"),
        ("{a: __schema {types {name}} b: __schema {types {name}} c: __schema {types {name}}}",
         "QUERY_TOO_EXPENSIVE"),
        ("{__schema {types {fields {type {fields {name}}}}}}", "INTROSPECTION_TOO_DEEP"),
        ("query A {profile {email}} query B {profile {email}}", "OPERATION_UNKNOWN"),
        ("subscription {__typename}", "QUERY_INVALID"),
    ],
)  # fmt: skip
async def test_too_much_at_once_is_refused_before_anything_is_called(
    query: str, reason: str
) -> None:
    world = a_world()
    answer = await ask(world, query)
    assert answer["errors"][0]["extensions"]["reason"] == reason
    assert "data" not in answer
    assert world.calls == []


async def test_a_variable_of_the_wrong_type_is_named_without_its_value() -> None:
    world = a_world()
    query = "mutation($i: LoginInput!) {login(input: $i) {account {email}}}"
    answer = await ask(world, query, variables={"i": {"email": "a", "password": {"x": "secret"}}})
    assert "secret" not in str(answer)
    assert answer["errors"][0]["extensions"]["reason"] == "VARIABLES_INVALID"
    assert answer["errors"][0]["message"].startswith("Variable < $i > is wrong: expected type")


async def test_a_variable_inside_an_object_literal_is_checked_too() -> None:
    world = World({CANCEL: lambda _: CancelBookingResponse()})
    query = "mutation($n: Int) {cancelBooking(input: {bookingId: $n}) {reason}}"
    answer = await ask(world, query, variables={"n": 3})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_ARGUMENT"
    assert world.calls == []


async def test_conditions_change_the_plan_of_one_and_the_same_query() -> None:
    world = a_world()
    query = """query($yes: Boolean!) {booking(bookingId: "b1") {
        bookingId @skip(if: $yes) ...F @include(if: $yes)}} fragment F on Booking {reason}"""
    async with client(world) as c:
        assert await c.ask(query, variables={"yes": True}) == {"data": {"booking": {"reason": ""}}}
        assert await c.ask(query, variables={"yes": False}) == {
            "data": {"booking": {"bookingId": "b1"}}
        }


async def test_types_and_data_come_in_one_answer() -> None:
    answer = await ask(
        a_world(),
        """query Q {t: __type(name: "Money") {kind} profile {email} __typename
            __schema {subscriptionType {name}}}""",
        operationName="Q",
    )
    assert answer == {
        "data": {
            "t": {"kind": "OBJECT"},
            "profile": None,
            "__typename": "Query",
            "__schema": {"subscriptionType": {"name": "Subscription"}},
        }
    }


async def test_every_call_has_the_deadline_of_its_contract() -> None:
    world = a_world()
    await ask(world, '{booking(bookingId: "b1") {owner {email}}}')
    assert 0 < world.remaining[GET] < 2.5
    assert 0 < world.remaining[PROFILES] < 2.5
