"""Every RPC has a policy and a test, and what is generated is up to date."""

import re
import subprocess
import sys

from dreamscape.policy.v1 import policy_pb2
from mesh.policy import methods
from pods.catalogue import CATALOGUE
from tests.house.tree import ROOT


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_every_rpc_has_a_policy() -> None:
    for entry in CATALOGUE.values():
        for method in entry.descriptor.methods:
            policy = method.GetOptions().Extensions[policy_pb2.method]
            assert policy.access, f"{method.full_name} has no access"
            assert policy.rate, f"{method.full_name} has no rate class"


def test_every_rpc_has_a_test() -> None:
    untested = []
    for noun, entry in CATALOGUE.items():
        tests = (ROOT / "tests/services" / noun).rglob("test_*.py")
        text = "\n".join(path.read_text() for path in tests)
        for method in methods(entry.descriptor):
            if f".{snake(method.name)}(" not in text:
                untested.append(method.path)
    assert untested == []


def test_every_service_of_the_contract_is_built() -> None:
    declared = {path.name for path in (ROOT / "proto/dreamscape").iterdir()} - {"policy"}
    assert declared == set(CATALOGUE)


def test_what_is_generated_is_up_to_date() -> None:
    check = [sys.executable, "-m", "edge.generate", "--check"]
    result = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
