from collections.abc import Callable

from edge.generate import naming, templates
from edge.generate.contract import Contract, Method, Route

Compile = Callable[[str], Contract]


def method(contract: Contract, name: str) -> Method:
    return next(m for m in contract.methods() if m.name == name)


def test_a_method_carries_its_policy_route_and_comment(contract: Contract) -> None:
    create = method(contract, "CreateBooking")
    assert create.path == "/dreamscape.booking.v1.BookingService/CreateBooking"
    assert create.routes == [Route("POST", "/api/v1/bookings", "*")]
    assert create.access == "USER"
    assert create.rate == "API"
    assert create.policy == {
        "access": "ACCESS_USER",
        "rate": "RATE_CLASS_API",
        "timeout_ms": 15000,
        "idempotency_key": "IDEMPOTENCY_KEY_REQUIRED",
        "audit": True,
        "cost": 50,
        "success_status": 201,
        "expose": "booking",
    }
    assert create.doc.startswith("Books offers for travellers.")
    assert not create.read_only
    assert not create.idempotent


def test_idempotency_levels_tell_reading_from_repeating(contract: Contract) -> None:
    assert method(contract, "GetBooking").read_only
    assert method(contract, "GetBooking").idempotent
    assert not method(contract, "CancelBooking").read_only
    assert method(contract, "CancelBooking").idempotent


def test_a_stream_is_seen_as_one(contract: Contract) -> None:
    watch = method(contract, "WatchBooking")
    assert watch.server_streaming
    assert not watch.client_streaming
    answer = contract.messages[watch.output]
    assert {f.name: f.oneof for f in answer.fields} == dict.fromkeys(
        ("item", "heartbeat", "error"), "event"
    )


def test_fields_carry_rules_behaviour_and_presence(contract: Contract) -> None:
    traveller = contract.messages["dreamscape.voyage.v1.Traveller"]
    phone = traveller.field("phone")
    assert phone.policy == {
        "sensitive": True,
        "pattern": "[+][0-9]{6,15}",
        "example": "+33612345678",
    }
    assert phone.required
    assert not phone.presence
    update = contract.messages["dreamscape.user.v1.UpdateProfileRequest"]
    assert update.field("first_name").presence
    assert not update.field("first_name").oneof
    page_size = contract.messages["dreamscape.booking.v1.ListBookingsRequest"].field("page_size")
    assert page_size.policy["minimum"] == 0
    assert page_size.policy["maximum"] == 100


def test_a_message_carries_its_joins_in_order(contract: Contract) -> None:
    joins = contract.messages["dreamscape.booking.v1.Booking"].joins
    assert [join["field"] for join in joins] == ["owner", "payment"]
    assert joins[0] == {
        "field": "owner",
        "rpc": "dreamscape.user.v1.UserService.BatchGetProfiles",
        "parent": "user_id",
        "request": "user_ids",
        "items": "profiles",
        "key": "user_id",
        "max_batch_size": 100,
    }


def test_all_bindings_of_a_method_are_routes(a_contract: Compile) -> None:
    found = a_contract(
        """
        service ThingService {
          rpc GetThing(Thing) returns (Thing) {
            option (google.api.http) = {
              get: "/a/{id}"
              additional_bindings {delete: "/b/{id}"}
              additional_bindings {patch: "/c/{id}" body: "id"}
            };
          }
        }
        message Thing { string id = 1 [(dreamscape.policy.v1.field) = {minimum: -7}]; }
        """
    )
    assert method(found, "GetThing").routes == [
        Route("GET", "/a/{id}", ""),
        Route("DELETE", "/b/{id}", ""),
        Route("PATCH", "/c/{id}", "id"),
    ]
    assert method(found, "GetThing").access == "UNSPECIFIED"
    assert found.messages["dreamscape.thing.v1.Thing"].field("id").policy == {"minimum": -7}


def test_names_of_the_contract_become_names_of_python() -> None:
    assert naming.snake("BatchGetOffers") == "batch_get_offers"
    assert naming.module("dreamscape/user/v1/user.proto") == "dreamscape.user.v1.user_pb2"


def test_a_path_template_gives_its_variables_and_its_shape() -> None:
    path = "/v1/{name=trips/*}/items/{item.id}:cancel"
    assert templates.variables(path) == ["name", "item.id"]
    assert templates.shape(path) == "/v1/trips/*/items/*:cancel"
    names = {"name": "name", "item.id": "item.id"}
    assert templates.openapi(path, names) == "/v1/{name}/items/{item.id}:cancel"
