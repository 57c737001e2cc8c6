"""The contract of the repository, and contracts compiled from a few lines of proto."""

from collections.abc import Callable
from importlib.resources import files as files_of
from pathlib import Path

import pytest
from betterproto2_compiler.lib.google.protobuf import FileDescriptorSet
from betterproto2_compiler.lib.google.protobuf.compiler import CodeGeneratorRequest
from grpc_tools import protoc

from edge.generate.contract import Contract, read

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted(str(f.relative_to(ROOT / "proto")) for f in ROOT.glob("proto/dreamscape/**/*.proto"))

HEAD = """\
syntax = "proto3";
// A contract for a test.
package dreamscape.thing.v1;
import "dreamscape/policy/v1/policy.proto";
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/api/httpbody.proto";
import "google/rpc/status.proto";
"""


def compiled(directory: Path, files: list[str], *, parameter: str = "") -> Contract:
    out = directory / "descriptors.binpb"
    arguments = ["--include_imports", "--include_source_info", f"--descriptor_set_out={out}"]
    folders = (directory, ROOT / "proto", files_of("grpc_tools") / "_proto")
    includes = [f"-I{folder}" for folder in folders]
    assert protoc.main(["protoc", *includes, *arguments, *files]) == 0
    found = FileDescriptorSet.parse(out.read_bytes())
    return read(
        CodeGeneratorRequest(file_to_generate=files, proto_file=found.file, parameter=parameter)
    )


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return compiled(tmp_path_factory.mktemp("proto"), OURS)


@pytest.fixture
def a_contract(tmp_path: Path) -> Callable[[str], Contract]:
    """Compiles the body of a proto file of package dreamscape.thing.v1."""

    def compile_body(body: str) -> Contract:
        name = "dreamscape/thing/v1/thing.proto"
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(HEAD + body)
        return compiled(tmp_path, [name])

    return compile_body
