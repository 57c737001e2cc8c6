"""Plugin: gRPC's own Python stubs, which buf cannot ask protoc for.

protoc and its gRPC generator live inside grpcio-tools; the descriptors that buf sent are handed on.
"""

import sys
import tempfile
from pathlib import Path

from betterproto2_compiler.lib.google.protobuf import FileDescriptorSet
from betterproto2_compiler.lib.google.protobuf.compiler import CodeGeneratorRequest
from grpc_tools import protoc

from edge.generate.plugin import ContractError, Files, answer


def generate(request: CodeGeneratorRequest) -> Files:
    """`_pb2_grpc.py` of each file that declares a service, as grpcio-tools writes it."""
    wanted = set(request.file_to_generate)
    files = [f.name for f in request.proto_file if f.name in wanted and f.service]
    with tempfile.TemporaryDirectory() as directory:
        descriptors = Path(directory, "descriptors.binpb")
        descriptors.write_bytes(bytes(FileDescriptorSet(file=request.proto_file)))
        out = Path(directory, "out")
        out.mkdir()
        arguments = [f"--descriptor_set_in={descriptors}", f"--grpc_python_out={out}", *files]
        if protoc.main(["protoc", *arguments]) != 0:
            raise ContractError("grpcio-tools could not write the stubs")
        return {str(f.relative_to(out)): f.read_text() for f in out.rglob("*_pb2_grpc.py")}


if __name__ == "__main__":
    answer(sys.stdin.buffer.read(), generate)
