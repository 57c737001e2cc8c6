"""The generated Envoy documents: what they let in, checked against the contract itself."""

import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodOptions

from dreamscape.policy.v1 import policy_pb2
from edge.generate import descriptor
from edge.generate.envoy.template import fill
from tests.edge.envoy.live import ENVOY, METHODS, ROOT, rendered

GEN = ROOT / "gen" / "envoy"
PUBLIC, INNER = ("edge", "single"), ("core", "business")


def policy(path: str) -> Any:
    return METHODS[path].GetOptions().Extensions[policy_pb2.method]


def repeatable(path: str) -> bool:
    level = METHODS[path].GetOptions().idempotency_level
    return bool(level != MethodOptions.IDEMPOTENCY_UNKNOWN)


def document(name: str) -> Any:
    return json.loads((GEN / f"{name}.json").read_text())


def manager(name: str) -> Any:
    listener = document(name)["static_resources"]["listeners"][0]
    return listener["filter_chains"][0]["filters"][0]["typed_config"]


def routes(name: str) -> Any:
    return manager(name)["route_config"]["virtual_hosts"][0]["routes"]


def rpc_routes(name: str) -> dict[str, dict[str, Any]]:
    return {r["match"]["path"]: r for r in routes(name) if r["match"].get("path") in METHODS}


def http_filter(name: str, kind: str) -> Any:
    found = {f["name"]: f["typed_config"] for f in manager(name)["http_filters"]}
    return found[f"envoy.filters.http.{kind}"]


@pytest.mark.parametrize("name", [*PUBLIC, *INNER])
def test_envoy_accepts_the_document_once_it_is_filled_in(name: str, tmp_path: Path) -> None:
    config = rendered(name, tmp_path)
    done = subprocess.run(
        [ENVOY, "--mode", "validate", "-c", config, "-l", "warning"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_edge_shows_every_method_but_those_for_services(name: str) -> None:
    service = policy_pb2.ACCESS_SERVICE
    assert set(rpc_routes(name)) == {p for p in METHODS if policy(p).access != service}


def test_a_pod_shows_all_methods_of_its_services_and_the_pods_share_none() -> None:
    core, business = (set(rpc_routes(name)) for name in INNER)
    assert core | business == set(METHODS)
    assert core & business == set()


@pytest.mark.parametrize("name", PUBLIC)
def test_only_public_methods_may_be_called_without_a_token(name: str) -> None:
    rules = http_filter(name, "jwt_authn")["rules"]
    optional = {r["match"].get("path") for r in rules if r["requirement_name"] == "optional"}
    expected = {
        path
        for path in rpc_routes(name)
        if policy(path).access == policy_pb2.ACCESS_PUBLIC and not policy(path).join_only
    }
    assert optional - {None} == expected


@pytest.mark.parametrize("name", PUBLIC)
def test_what_no_rule_names_needs_a_token(name: str) -> None:
    rules = http_filter(name, "jwt_authn")["rules"]
    assert rules[-1] == {"match": {"prefix": "/"}, "requirement_name": "required"}


@pytest.mark.parametrize("name", [*PUBLIC, *INNER])
def test_only_calls_that_may_be_repeated_are_retried(name: str) -> None:
    retried = {p for p, route in rpc_routes(name).items() if "retry_policy" in route["route"]}
    assert retried == {path for path in rpc_routes(name) if repeatable(path)}


def test_only_the_proxy_next_to_the_workers_repeats_what_they_refuse() -> None:
    for name, repeats in {"edge": False, "single": True, "core": True, "business": True}.items():
        policies = [r["route"].get("retry_policy") for r in rpc_routes(name).values()]
        assert {"unavailable" in p["retry_on"] for p in policies if p} == {repeats}


@pytest.mark.parametrize("name", [*PUBLIC, *INNER])
def test_a_proxy_waits_longer_than_the_service_may_take(name: str) -> None:
    for path, route in rpc_routes(name).items():
        limit = float(route["route"]["timeout"].removesuffix("s"))
        if METHODS[path].server_streaming:
            assert limit == 0
            assert "request_headers_to_add" not in route
        else:
            assert limit * 1000 > policy(path).timeout_ms
            header = route["request_headers_to_add"][0]["header"]
            assert header == {"key": "grpc-timeout", "value": f"{policy(path).timeout_ms}m"}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_transcoder_runs_before_the_token_is_checked_and_the_call_counted(name: str) -> None:
    kinds = [f["name"].removeprefix("envoy.filters.http.") for f in manager(name)["http_filters"]]
    assert kinds == [
        *("header_mutation", "health_check", "cors", "compressor", "lua", "grpc_web", "buffer"),
        *("grpc_json_transcoder", "jwt_authn", "local_ratelimit", "grpc_stats", "router"),
    ]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_method_is_counted_in_its_class_and_told_apart_by_nothing_else(name: str) -> None:
    classes = {1: None, 2: "api", 3: "auth", 4: "login"}
    for path, route in rpc_routes(name).items():
        known = route["metadata"]["filter_metadata"].get("edge", {})
        assert known.get("rate") == classes[policy(path).rate], path
    buckets = {
        tuple(entry.get("value", entry["key"]) for entry in row["entries"]): row["token_bucket"]
        for row in http_filter(name, "local_ratelimit")["descriptors"]
    }
    sizes = {"api": ("50", "1s"), "auth": ("10", "1s"), "login": ("10", "60s")}
    assert buckets == {
        (rate, who): {
            "max_tokens": f"${{{calls}*RATE_FACTOR}}",
            "tokens_per_fill": f"${{{calls}*RATE_FACTOR}}",
            "fill_interval": per,
        }
        for rate, (calls, per) in sizes.items()
        for who in ("user", "masked_remote_address")
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_a_body_is_as_large_as_the_contract_allows(name: str) -> None:
    for path, route in rpc_routes(name).items():
        buffer = route["typed_per_filter_config"]["envoy.filters.http.buffer"]["buffer"]
        assert buffer == {"max_request_bytes": policy(path).max_body_bytes or 1 << 20}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_transcoder_refuses_what_it_does_not_know(name: str) -> None:
    kind = "envoy.filters.http.grpc_json_transcoder"
    overrides = [r.get("typed_per_filter_config", {}).get(kind, {}) for r in routes(name)]
    transcoders = [o for o in overrides if "proto_descriptor" in o]
    transcoders.append(http_filter(name, "grpc_json_transcoder"))
    assert len(transcoders) == 4
    for transcoder in transcoders:
        assert set(transcoder["request_validation_options"].values()) == {True}
        assert len(transcoder["request_validation_options"]) == 3


@pytest.mark.parametrize("name", [*PUBLIC, *INNER])
def test_every_address_is_on_loopback(name: str) -> None:
    found = re.findall(r'"address": "([^"]*)"', (GEN / f"{name}.json").read_text())
    assert set(found) == {"127.0.0.1"}


@pytest.mark.parametrize("name", [*PUBLIC, *INNER])
def test_a_dollar_sign_only_starts_a_placeholder(name: str) -> None:
    text = (GEN / f"{name}.json").read_text()
    assert re.sub(r'"\$\{([0-9]+\*)?[A-Z_]+\}"', "", text).count("$") == 0


def test_the_descriptor_set_knows_every_error_detail_and_all_imports(tmp_path: Path) -> None:
    descriptor.write(tmp_path / "a.binpb")
    written = (tmp_path / "a.binpb").read_bytes()
    files = FileDescriptorSet.FromString(written).file
    names = {file.name for file in files}
    assert {"google/rpc/error_details.proto", "google/api/httpbody.proto"} <= names
    assert {needed for file in files for needed in file.dependency} <= names
    assert not any(file.HasField("source_code_info") for file in files)
    assert written == (GEN / "descriptor.binpb").read_bytes()


def test_the_generator_names_no_service() -> None:
    sources = [*(ROOT / "edge" / "generate" / "envoy").glob("*.py"), *(ROOT / "envoy").iterdir()]
    services = {service for path in METHODS for service in [path.split("/")[1]]}
    names = itertools.chain(services, (name.rpartition(".")[2] for name in services))
    text = "\n".join(source.read_text() for source in sources)
    assert [name for name in names if name in text] == []


def test_filling_splices_lists_into_lists_and_replaces_values() -> None:
    template = {"a": ["<many>", "<one>", {"b": "<many>"}], "c": "<x> is text"}
    filled = fill(template, {"many": [1, 2], "one": 3})
    assert filled == {"a": [1, 2, 3, {"b": [1, 2]}], "c": "<x> is text"}


def test_filling_refuses_a_place_without_a_part() -> None:
    with pytest.raises(KeyError, match="nothing"):
        fill({"a": "<nothing>"}, {})
