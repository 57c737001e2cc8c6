"""Plugin: the contract as GraphQL, a schema and its table for each pod and for all pods together.

`<name>.graphql` is what clients see; `<name>.json` tells the engine, for each of its fields, which
RPC answers it or which proto field it reads. Both come from one walk, so they cannot disagree.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from edge.generate import graphql_sdl
from edge.generate.contract import Contract
from edge.generate.graphql_model import build
from edge.generate.plugin import ContractError, Files, run
from edge.graphql import table

_ALL = "all"


def generate(contract: Contract) -> Files:
    """The files of every schema. The parameter `pods` is the path of pods.toml."""
    pods = tomllib.loads(Path(contract.parameters["pods"]).read_text("utf-8"))["pods"]
    files: Files = {}
    for name, services in schemas(contract, pods).items():
        schema = build(contract, services)
        if schema.problems:
            raise ContractError("\n".join(schema.problems))
        files[f"{name}.graphql"] = graphql_sdl.render(schema)
        files[f"{name}.json"] = json.dumps(table.dump(schema.table), indent=1) + "\n"
    return files


def schemas(contract: Contract, pods: dict[str, Any]) -> dict[str, set[str]]:
    """Nouns of the services that each schema shows; a pod with the edge shows all of them."""
    shown = {_ALL: {service.noun for service in contract.services}}
    for name, pod in pods.items():
        if pod["services"] and not pod.get("edge"):
            shown[name] = set(pod["services"])
    return shown


if __name__ == "__main__":
    run(generate)
