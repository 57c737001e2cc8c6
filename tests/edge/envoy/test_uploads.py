"""Bodies that are no JSON: which routes take them, and how large they may be."""

from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from dreamscape.user.v1 import user_pb2
from tests.edge.envoy.bodies import not_json, problem, too_large
from tests.edge.envoy.live import Mesh, running, without

pytestmark = pytest.mark.asyncio(loop_scope="module")

AVATAR = "/api/v1/users/profile/ada/avatar"
USER, AUTH = "/dreamscape.user.v1.UserService", "/dreamscape.auth.v1.AuthService"
FORM = "multipart/form-data; boundary=x"
LIMIT, USUAL = 5_767_168, 1 << 20


@pytest.mark.parametrize("kind", ["image/png", "image/webp", FORM])
async def test_a_picture_arrives_byte_by_byte_with_its_type(
    mesh: Mesh, rest: httpx.AsyncClient, kind: str
) -> None:
    picture = bytes(range(256)) * (LIMIT // 256)
    headers = mesh.signer.bearer() | {"content-type": kind}
    answer = await rest.post(AVATAR, content=picture, headers=headers)
    assert answer.status_code == 200
    request = mesh.services.seen[0].request
    assert (request.user_id, request.image.content_type) == ("ada", kind)
    assert request.image.data == picture


@pytest.mark.parametrize("sized", [True, False])
async def test_a_picture_over_its_limit_is_refused(
    mesh: Mesh, rest: httpx.AsyncClient, sized: bool
) -> None:
    async def chunks() -> Any:
        for _ in range(LIMIT // 4096 + 1):
            yield bytes(4096)

    body: Any = bytes(LIMIT + 1) if sized else chunks()
    headers = mesh.signer.bearer() | {"content-type": "image/png"}
    answer = await rest.post(AVATAR, content=body, headers=headers)
    assert (answer.status_code, problem(answer)) == (413, too_large())
    assert mesh.services.seen == []


@pytest.mark.parametrize("kind", ["image/png", FORM])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/auth/login",
        "/api/v1/users/preferences",
        "/api/v1/bookings",
        "/graphql",
        AVATAR + "s",
    ],
)
async def test_no_other_route_takes_a_picture(
    mesh: Mesh, rest: httpx.AsyncClient, path: str, kind: str
) -> None:
    headers = mesh.signer.bearer() | {"content-type": kind}
    answer = await rest.post(path, content=b"{}", headers=headers)
    assert (answer.status_code, problem(answer)) == (415, not_json())
    assert mesh.services.seen == []
    assert mesh.app.seen == []


async def test_a_picture_without_a_token_is_refused(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    answer = await rest.post(AVATAR, content=b"x", headers={"content-type": "image/png"})
    assert answer.status_code == 401
    assert mesh.services.seen == []


async def test_the_limit_of_one_route_is_no_other_s(mesh: Mesh, rest: httpx.AsyncClient) -> None:
    for path in ("/api/v1/auth/register", "/api/v1/payments/webhook"):
        body = b'{"a":"%s"}' % (b"a" * USUAL)
        headers = {"content-type": "application/json"}
        answer = await rest.post(path, content=body, headers=headers)
        assert (answer.status_code, problem(answer)) == (413, too_large())


async def outcome(mesh: Mesh, path: str, size: int) -> str:
    """What a native gRPC call of so many bytes gets."""
    message = user_pb2.UploadAvatarRequest(user_id="ada")
    message.image.data = bytes(size - message.ByteSize() - 16)
    metadata = tuple(mesh.signer.bearer().items())
    async with mesh.grpc() as channel:
        try:
            stub: Any = channel.unary_unary(path)
            await stub(message.SerializeToString(), metadata=metadata)
        except grpc.aio.AioRpcError as error:
            return f"{error.code().name}: {error.details()}"
    return "OK"


async def test_a_native_call_has_the_same_limits(mesh: Mesh) -> None:
    refusal = "UNKNOWN: The request body is too large."
    assert await outcome(mesh, f"{USER}/UploadAvatar", LIMIT) == "OK"
    assert await outcome(mesh, f"{USER}/UploadAvatar", LIMIT + 64) == refusal
    assert await outcome(mesh, f"{USER}/GetProfile", USUAL) == "OK"
    assert await outcome(mesh, f"{USER}/GetProfile", USUAL + 64) == refusal


async def test_three_pods_pass_a_large_picture_on(tmp_path: Path) -> None:
    async with running(tmp_path, "core", "business", "edge") as mesh, mesh.rest() as rest:
        headers = mesh.signer.bearer() | {"content-type": "image/png"}
        answer = await rest.post(AVATAR, content=bytes(LIMIT), headers=headers)
        assert answer.status_code == 200
        assert len(mesh.services.seen[0].request.image.data) == LIMIT


async def test_mutant_body_limit_of_the_method_gone_a_picture_is_too_large(tmp_path: Path) -> None:
    mutation = without(str(LIMIT), str(USUAL))
    async with running(tmp_path, "single", mutate=mutation) as mesh, mesh.rest() as rest:
        headers = mesh.signer.bearer() | {"content-type": "image/png"}
        assert (
            await rest.post(AVATAR, content=bytes(USUAL + 1), headers=headers)
        ).status_code == 413


async def test_mutant_json_rule_gone_a_form_of_any_page_reaches_login(tmp_path: Path) -> None:
    mutation = without("(?i)application/json( *;.*)?", ".*")
    async with running(tmp_path, "single", mutate=mutation) as mesh, mesh.rest() as rest:
        headers = {"content-type": "text/plain"}
        await rest.post("/api/v1/auth/login", content=b"{}", headers=headers)
        assert len(mesh.services.seen) == 1
