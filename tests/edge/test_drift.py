import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.generate.__main__ import differences

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("proto", "edge", "pods", "envoy", "gen")


def generate(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge.generate", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def a_copy(tmp_path: Path) -> Path:
    """The repository's sources in another folder, with the same environment."""
    for name in SOURCES:
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("buf.yaml", "buf.gen.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def test_what_is_generated_is_what_is_kept() -> None:
    done = generate(ROOT, "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stale_file_an_extra_one_and_a_missing_one_are_named_then_mended(a_copy: Path) -> None:
    kept = a_copy / "gen"
    (kept / "openapi/openapi.json").write_text("{}")
    (kept / "extra.txt").write_text("by hand")
    (kept / "python/dreamscape/sdk.py").unlink()

    checked = generate(a_copy, "--check")
    assert checked.returncode == 1
    assert checked.stderr.splitlines() == [
        "extra: gen/extra.txt",
        "differs: gen/openapi/openapi.json",
        "missing: gen/python/dreamscape/sdk.py",
        "gen/ is stale: run `make generate`",
    ]
    assert (kept / "extra.txt").exists()

    assert generate(a_copy).returncode == 0
    assert differences(ROOT / "gen", kept) == {}


def test_a_refused_contract_leaves_what_is_kept_alone(a_copy: Path) -> None:
    proto = a_copy / "proto/dreamscape/user/v1/user.proto"
    proto.write_text(proto.read_text().replace("      rate: RATE_CLASS_API\n", "", 1))

    done = generate(a_copy)
    assert done.returncode != 0
    assert "dreamscape.user.v1.UserService.GetProfile: no rate class" in done.stderr
    assert differences(ROOT / "gen", a_copy / "gen") == {}


def test_compiled_python_is_no_difference(tmp_path: Path) -> None:
    for name in ("fresh/a.py", "kept/a.py", "kept/__pycache__/a.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("same")
    assert differences(tmp_path / "fresh", tmp_path / "kept") == {}
