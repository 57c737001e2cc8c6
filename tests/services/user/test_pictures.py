"""Good pictures come out small and clean; evil ones are refused, and cost no more than they may."""

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mesh.faults import InvalidArgument, ResourceExhausted
from services.user import multipart, pictures, pillow
from services.user.pictures import Pictures
from tests.services.user.corpus import EVIL, GOOD, SECRET, Sample, encoded, jpeg, noise, png

MOST_MEMORY = 300 << 20
# A process that is small itself, so that what it measures is the program's.
MEASURE = (
    "import os, subprocess, sys;"
    "program = subprocess.Popen([sys.executable, '-I', sys.argv[1]], env={},"
    " stdin=open(sys.argv[2], 'rb'), stdout=subprocess.DEVNULL);"
    "_, status, usage = os.wait4(program.pid, 0);"
    "print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)"
)


async def taken(sample: Sample) -> bytes:
    """What UploadAvatar makes of a body before anything is kept."""
    declared, body = sample[0].partition(";")[0].strip().lower(), sample[1]
    if multipart.is_form(sample[0]):
        declared, body = multipart.only_file(*sample)
    pictures.check(body, declared=declared)
    return await Pictures().small(body)


@pytest.mark.parametrize("name", GOOD)
async def test_a_good_picture_comes_out_small_and_clean(name: str) -> None:
    written = await taken(GOOD[name]())
    with Image.open(io.BytesIO(written), formats=["WEBP"]) as small:
        small.load()
        assert max(small.size) <= 512
        assert dict(small.getexif()) == {}
        assert not {"exif", "xmp", "icc_profile", "comment"} & small.info.keys()
    assert SECRET not in written
    assert b"script" not in written
    assert b"PK\x03\x04" not in written


@pytest.mark.parametrize("name", EVIL)
async def test_an_evil_picture_is_refused(name: str) -> None:
    reason, sample = EVIL[name]
    with pytest.raises(InvalidArgument) as told:
        await taken(sample())
    assert told.value.reason == reason


async def test_a_photo_that_lies_on_its_side_is_put_upright() -> None:
    written = await taken(GOOD["a photo with a place"]())
    with Image.open(io.BytesIO(written)) as small:
        assert small.size == (256, 512)


@pytest.mark.parametrize(
    "costly",
    [
        lambda: encoded(noise("RGBA", (5_000, 4_000)), "PNG", compress_level=1),
        lambda: encoded(noise("P", (5_000, 4_000)), "PNG", transparency=3, compress_level=1),
        lambda: encoded(noise("RGB", (4_000, 3_000)), "WEBP", method=0),
        lambda: encoded(noise("CMYK", (5_000, 4_000)), "JPEG", progressive=True),
    ],
    ids=["PNG", "palette", "WebP", "JPEG"],
)
def test_the_costliest_picture_costs_less_memory_than_it_may(
    costly: Callable[[], bytes], tmp_path: Path
) -> None:
    picture = tmp_path / "picture"
    picture.write_bytes(costly())
    program = Path(pillow.__file__)
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, program, picture], capture_output=True, check=True
    )
    status, memory = map(int, measured.stdout.split())
    assert status == pillow.DONE
    assert memory < MOST_MEMORY


def test_the_program_and_its_caller_agree_how_it_ends() -> None:
    assert pillow.DONE == pictures._DONE
    assert pillow.INVALID in pictures._CRASHED
    assert pillow.TOO_LARGE in pictures._HIT_A_LIMIT


async def test_more_pictures_than_may_wait_are_refused_at_once() -> None:
    small = Pictures(at_once=1, waiting=2)
    content = jpeg()
    answers = await asyncio.gather(
        *(small.small(content) for _ in range(6)), return_exceptions=True
    )
    refused = [each for each in answers if isinstance(each, ResourceExhausted)]
    assert [each.reason for each in refused] == ["TOO_MANY_UPLOADS"] * 3
    assert sum(isinstance(each, bytes) for each in answers) == 3
    assert await small.small(png())


async def test_a_caller_who_goes_away_leaves_no_program_behind() -> None:
    small = Pictures(at_once=1, waiting=0)
    going = asyncio.create_task(
        small.small(encoded(noise("RGB", (4_000, 3_000)), "PNG", compress_level=1))
    )
    while not children():
        await asyncio.wait([going], timeout=0.005)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert children() == []
    assert await small.small(png())


def children() -> list[str]:
    """The programs of ours that decode pictures right now."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in found]
    return [line for line in lines if "pillow.py" in line]
