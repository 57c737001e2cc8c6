import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from google.type import money_pb2
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.applications import Starlette

from dreamscape.booking.v1 import booking_pb2
from edge import docs
from edge.generate.contract import Contract
from edge.generate.openapi import generate

Document = dict[str, Any]


def document(contract: Contract) -> Document:
    found: Document = json.loads(generate(contract)["openapi.json"])
    return found


@pytest.fixture(scope="module")
def ours(contract: Contract) -> Document:
    return document(contract)


def parameters(operation: Document, place: str) -> dict[str, Document]:
    return {p["name"]: p for p in operation.get("parameters", []) if p["in"] == place}


def problems(ours: Document, component: str, value: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{component}", "components": ours["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def test_the_document_is_valid_openapi(ours: Document) -> None:
    assert ours["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(ours).iter_errors()) == []


def test_the_same_contract_gives_the_same_bytes(contract: Contract) -> None:
    assert generate(contract) == generate(contract)


def test_every_route_of_the_contract_is_there_once(contract: Contract, ours: Document) -> None:
    routes = [route for method in contract.methods() for route in method.routes]
    operations = [op for path in ours["paths"].values() for op in path.values()]
    assert len(operations) == len(routes)
    assert len({operation["operationId"] for operation in operations}) == len(routes)


def test_every_service_is_a_tag_with_its_comment(contract: Contract, ours: Document) -> None:
    assert {tag["name"]: tag["description"] for tag in ours["tags"]} == {
        service.name: service.doc for service in contract.services
    }


def test_creating_a_booking_needs_a_token_and_a_key_and_answers_201(ours: Document) -> None:
    create = ours["paths"]["/api/v1/bookings"]["post"]
    assert create["operationId"] == "BookingService_CreateBooking"
    assert create["summary"] == "Books offers for travellers."
    assert create["security"] == [{"bearer": []}]
    assert parameters(create, "header")["Idempotency-Key"]["required"] is True
    assert create["requestBody"] == {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/CreateBookingRequest"}}
        },
    }
    assert list(create["responses"]) == ["201", "400", "401", "404", "409", "429", "default"]
    assert (create["x-access"], create["x-rate-class"], create["x-cost"]) == ("USER", "API", 50)


def test_searching_takes_camel_case_query_parameters_and_no_token(ours: Document) -> None:
    search = ours["paths"]["/api/flights/search"]["get"]
    assert search["security"] == [{}, {"bearer": []}]
    assert "requestBody" not in search
    query = parameters(search, "query")
    assert [name for name, p in query.items() if p.get("required")] == [
        "originLocationCode",
        "destinationLocationCode",
        "departureDate",
    ]
    assert query["originLocationCode"]["schema"] == {
        "type": "string",
        "minLength": 1,
        "pattern": "^(?:[A-Z]{3})$",
        "examples": ["CDG"],
    }
    assert query["departureDate"]["schema"]["format"] == "date"
    assert query["currencyCode"]["schema"]["pattern"] == "^(?:([A-Z]{3})?)$"
    assert query["adults"]["schema"] == {
        "type": "integer",
        "format": "uint32",
        "minimum": 0,
        "maximum": 9,
        "examples": [2],
    }


def test_a_field_in_the_path_is_not_in_the_body(ours: Document) -> None:
    cancel = ours["paths"]["/api/v1/bookings/{bookingId}:cancel"]["post"]
    assert parameters(cancel, "path")["bookingId"]["schema"]["format"] == "uuid"
    assert cancel["requestBody"] == {
        "required": False,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }


def test_a_webhook_takes_any_bytes_and_has_no_rate_limit(ours: Document) -> None:
    webhook = ours["paths"]["/api/v1/payments/webhook"]["post"]
    assert webhook["requestBody"]["content"] == {"*/*": {}}
    assert "429" not in webhook["responses"]


def test_a_stream_comes_in_three_forms(ours: Document) -> None:
    watch = ours["paths"]["/api/v1/bookings/{bookingId}:watch"]["get"]
    one = {"$ref": "#/components/schemas/WatchBookingResponse"}
    assert watch["responses"]["200"]["content"] == {
        "application/json": {"schema": {"type": "array", "items": one}},
        "application/x-ndjson": {"schema": one},
        "text/event-stream": {"schema": one},
    }


def test_every_failure_is_the_same_problem_document(ours: Document) -> None:
    for response in ours["components"]["responses"].values():
        assert response["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
    assert ours["components"]["schemas"]["Problem"]["required"] == [
        "type",
        "title",
        "status",
        "code",
        "message",
    ]


def test_a_password_goes_in_and_never_out(ours: Document) -> None:
    fields = ours["components"]["schemas"]["RegisterRequest"]["properties"]
    assert fields["password"] == {
        "type": "string",
        "format": "password",
        "minLength": 8,
        "maxLength": 128,
        "examples": ["a long sentence is best"],
        "writeOnly": True,
        "description": "8 to 128 characters.",
    }
    tokens = ours["components"]["schemas"]["Tokens"]["properties"]
    assert "writeOnly" not in tokens["accessToken"]


def test_lists_have_sizes_and_a_request_names_what_it_needs(ours: Document) -> None:
    request = ours["components"]["schemas"]["CreateBookingRequest"]
    assert request["required"] == ["items", "travellers"]
    travellers = request["properties"]["travellers"]
    assert (travellers["minItems"], travellers["maxItems"]) == (1, 9)
    assert travellers["items"] == {"$ref": "#/components/schemas/Traveller"}


def test_what_the_edge_prints_fits_the_schema(ours: Document) -> None:
    booking = booking_pb2.Booking(
        booking_id="b1",
        status=booking_pb2.BOOKING_STATUS_PENDING,
        total=money_pb2.Money(currency_code="EUR", units=1 << 40, nanos=500_000_000),
        items=[booking_pb2.BookingItem(item_id="1")],
    )
    booking.create_time.FromJsonString("2026-01-02T03:04:05Z")
    printed = MessageToDict(booking, always_print_fields_with_no_presence=True)
    assert printed["total"]["units"] == "1099511627776"
    assert problems(ours, "Booking", printed) == []
    assert problems(ours, "WatchBookingResponse", {"item": printed}) == []
    assert problems(ours, "WatchBookingResponse", {"item": printed, "heartbeat": {}}) != []
    assert problems(ours, "Booking", printed | {"status": 1}) != []


def test_messages_of_one_name_become_two_components(
    a_contract: Callable[[str], Contract],
) -> None:
    found = document(
        a_contract(
            """
            service ThingService {
              rpc GetThing(Thing) returns (Outer) {
                option (google.api.http) = {
                  get: "/v1/{inner.id}"
                  additional_bindings {put: "/v1" body: "inner"}
                };
              }
            }
            message Thing { Outer.Status inner = 1; repeated string tags = 2; bytes raw = 3; }
            message Outer {
              message Status { string id = 1; int64 size = 2; }
              map<string, Status> by_name = 1;
              google.rpc.Status status = 2;
            }
            """
        )
    )
    assert list(found["components"]["schemas"]) == [
        "Problem",
        "Outer",
        "dreamscape.thing.v1.Outer.Status",
        "google.rpc.Status",
    ]
    get, put = found["paths"]["/v1/{inner.id}"]["get"], found["paths"]["/v1"]["put"]
    assert list(parameters(get, "path")) == ["inner.id"]
    assert list(parameters(get, "query")) == ["inner.size", "tags", "raw"]
    assert get["operationId"] == "ThingService_GetThing"
    assert put["operationId"] == "ThingService_GetThing_1"
    assert list(parameters(put, "query")) == ["tags", "raw"]
    nested = {"$ref": "#/components/schemas/dreamscape.thing.v1.Outer.Status"}
    assert put["requestBody"]["content"] == {"application/json": {"schema": nested}}
    outer = found["components"]["schemas"]["Outer"]["properties"]
    assert outer["byName"] == {"type": "object", "additionalProperties": nested}


async def test_the_reference_is_served_with_all_its_files() -> None:
    transport = httpx.ASGITransport(Starlette(routes=docs.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        page = await client.get("/docs")
        script = await client.get("/docs/swagger_bundle.js")
        style = await client.get("/docs/swagger_style.css")
        start = await client.get("/docs/start.js")
        reference = await client.get("/openapi.json")
        other = await client.get("/docs/url.json")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '"/docs/swagger_bundle.js"' in page.text
    assert '"/docs/swagger_style.css"' in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert page.text.count("<script") == page.text.count('<script src="/docs/') == 2
    assert start.text.startswith("SwaggerUIBundle(")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "SwaggerUIBundle" in script.text
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert reference.json()["openapi"] == "3.1.0"
    assert other.status_code == 404
