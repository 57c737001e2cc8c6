"""Templates for Envoy are filled in completely, or refused."""

import orjson
import pytest

from pods.config import Config
from pods.envoy import envoys, placeholders, render
from pods.refusal import Refusal


def test_every_placeholder_is_filled_in() -> None:
    values = placeholders(Config.from_environment({"DREAMSCAPE_PORT_BASE": "20000"}))
    template = orjson.dumps({name: f"${{{name}}}" for name in values}).decode()
    assert orjson.loads(render(template, values)) == values
    assert values["EDGE_PORT"] == "20000"


def test_an_unknown_placeholder_is_refused_by_name() -> None:
    with pytest.raises(Refusal, match="NO_SUCH_PORT"):
        render('{"port": "${NO_SUCH_PORT}"}', {"EDGE_PORT": "1"})


def test_a_misspelt_placeholder_is_refused() -> None:
    with pytest.raises(Refusal, match="not of the form"):
        render('{"port": "${edge-port}"}', {"EDGE_PORT": "1"})


def test_a_path_with_a_quote_stays_inside_its_string() -> None:
    rendered = render('{"file": "${PATH}"}', {"PATH": 'a"b'})
    assert orjson.loads(rendered) == {"file": 'a"b'}


def test_a_number_of_the_template_is_multiplied() -> None:
    values = placeholders(Config.from_environment({"DREAMSCAPE_RATE_FACTOR": "3"}))
    assert orjson.loads(render('{"calls": "${50*RATE_FACTOR}"}', values)) == {"calls": "150"}


def test_the_public_proxy_starts_after_all_that_is_behind_it() -> None:
    edge = envoys(Config.from_environment({}))[-1]
    assert (edge.name, edge.address) == ("envoy-edge", "127.0.0.1:3000")
    assert edge.needs == ("experience", "envoy-core", "envoy-business")
    single = envoys(Config.from_environment({"DREAMSCAPE_TOPOLOGY": "single"}))
    assert [(part.name, part.ports[0]) for part in single] == [("envoy-single", 3000)]
