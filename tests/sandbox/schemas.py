"""Holding an answer of the Amadeus sandbox against our schemas, and Amadeus' own where present."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

import sandbox.amadeus

SCHEMAS = Path(sandbox.amadeus.__file__).parent / "schemas"
RESOURCES = [Resource.from_contents(json.loads(p.read_text())) for p in SCHEMAS.glob("*.json")]
REGISTRY = Registry().with_resources((str(r.id()), r) for r in RESOURCES)
SPECIFICATIONS = Path(__file__).parents[3] / "shared/amadeus/specs"
MEDIA_TYPE = "application/vnd.amadeus+json"


def conforms(document: Any, name: str) -> None:
    """Our own schema `name` holds for `document`."""
    schema = {"$ref": f"{name}.json"}
    errors = list(Draft202012Validator(schema, registry=REGISTRY).iter_errors(document))
    assert errors == [], errors[0]


def conforms_to_amadeus(document: Any, specification: str, path: str, status: int = 200) -> None:
    """The answer of GET `path` in Amadeus' specification holds, where a copy of it lies beside."""
    file = SPECIFICATIONS / f"{specification}_swagger_specification.json"
    if not file.is_file():
        return
    steps = ["paths", path, "get", "responses", str(status)]
    answer = _at(loaded(file), steps)
    if "$ref" in answer:
        steps = answer["$ref"].removeprefix("#/").split("/")
        answer = _at(loaded(file), steps)
    steps += ["schema"] if "schema" in answer else ["content", MEDIA_TYPE, "schema"]
    pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    resource = Resource(contents=loaded(file), specification=DRAFT4)
    registry = Registry().with_resource("urn:amadeus", resource)
    schema = {"$ref": f"urn:amadeus#/{pointer}"}
    errors = list(Draft4Validator(schema, registry=registry).iter_errors(document))
    assert errors == [], errors[0]


def _at(document: Any, steps: list[str]) -> Any:
    for step in steps:
        document = document[step]
    return document


@cache
def loaded(file: Path) -> Any:
    """A specification without its one slip: coordinates as multiples of 3.4e38."""
    return json.loads(file.read_text(), object_hook=_without_slip)


def _without_slip(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "multipleOf"}
