"""A schema, loaded: its SDL, its table, the messages behind it and Tartiflette's engine."""

import importlib
import inspect
import itertools
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message
from tartiflette import Engine, Scalar
from tartiflette.language.validators.query import RULE_SET
from tartiflette.language.validators.query.rule import June2018ReleaseValidationRule
from tartiflette.schema.registry import SchemaRegistry

from edge.graphql import table
from edge.graphql.scalars import SCALARS
from edge.graphql.table import Table

# Tartiflette keeps schemas in one registry for the whole process, by name and for ever.
_numbers = itertools.count()
_DESCRIPTION = re.compile(r'"""(.*?)"""', re.DOTALL)
_CYCLES = "fragment-spreads-must-not-form-cycles"


class Schema:
    """What clients see, and how each part of it is answered."""

    def __init__(self, sdl: str, known: Table, engine: Engine) -> None:
        self.sdl = sdl
        self.table = known
        self.engine = engine
        # Tartiflette offers parsing without executing on its schema only.
        self.types: Any = engine._schema
        self._messages: dict[str, type[Message]] = {}

    def message(self, full_name: str) -> type[Message]:
        """The class of a proto message."""
        found = self._messages.get(full_name)
        if found is None:
            pool = descriptor_pool.Default()
            found = message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))
            self._messages[full_name] = found
        return found


async def load(directory: Path, name: str) -> Schema:
    """The schema of `<name>.graphql` and `<name>.json`, ready to answer."""
    sdl = (directory / f"{name}.graphql").read_text("utf-8")
    known = table.load(orjson.loads((directory / f"{name}.json").read_bytes()))
    for module in known.modules:
        importlib.import_module(module)
    registered = f"{name}-{next(_numbers)}"
    for scalar in {leaf.type for leaf in known.leaves()} & SCALARS.keys():
        Scalar(scalar, schema_name=registered)(SCALARS[scalar])
    for builtin in {"Date", "Time"} - known.objects.keys():
        SchemaRegistry.register_scalar(registered, _LeftOut(builtin))
    SchemaRegistry.register_directive(registered, _LeftOut("nonIntrospectable"))
    # Its rule takes a fragment that is used twice for a cycle; the guard has looked for real ones.
    RULE_SET[_CYCLES] = _AlreadyChecked()
    engine = Engine(_flush(sdl), registered, query_cache_decorator=None, json_loader=_json)
    await engine.cook()
    return Schema(sdl, known, engine)


def _flush(sdl: str) -> str:
    """The SDL with its descriptions at the margin: Tartiflette shows them as they are indented."""
    return _DESCRIPTION.sub(lambda match: f'"""{_text(match[1])}"""', sdl)


def _text(description: str) -> str:
    text = inspect.cleandoc(description)
    return text + "\n" if text.endswith('"') else text


# A tab in a string literal reaches the loader unescaped.
_json = partial(json.loads, strict=False)


class _LeftOut:
    """Stands for a built-in that Tartiflette would otherwise add to what clients see."""

    def __init__(self, name: str) -> None:
        self.name = name

    def bake(self, _schema: object) -> None:
        """Adds nothing."""


class _AlreadyChecked(June2018ReleaseValidationRule):
    """A validation rule that finds nothing."""

    def validate(self, **_facts: object) -> list[object]:
        """No error."""
        return []
