"""Writes one document for each Envoy of each topology."""

import json
import tomllib
from pathlib import Path

from edge.generate.contract import Contract
from edge.generate.envoy.pod import inner
from edge.generate.envoy.public import public
from edge.generate.envoy.topology import Pods
from edge.generate.plugin import Files, run


def generate(contract: Contract) -> Files:
    """`edge.json`, `single.json` and one for each pod behind the edge."""
    pods = Pods(tomllib.loads(Path(contract.parameters["pods"]).read_text()))
    files = {f"{pod}.json": inner(contract, pods, pod) for pod in pods.inner()}
    files |= {f"{name}.json": public(contract, pods, pod) for name, pod in pods.public().items()}
    return {name: json.dumps(document, indent=1) + "\n" for name, document in files.items()}


if __name__ == "__main__":
    run(generate)
