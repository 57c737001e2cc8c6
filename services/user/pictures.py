"""Which bytes are a picture, and the bounded processes that make a small one of it.

Nothing here decodes: `pillow.py` does, once for each picture, in a process without environment
that limits itself and is killed when it takes too long.
"""

import asyncio
import logging
import signal
import sys
from asyncio import subprocess
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from mesh.faults import ResourceExhausted
from services.user.domain import (
    LARGEST_IMAGE,
    image_too_large,
    invalid_image,
    unsupported_image,
)

KINDS = frozenset({"image/jpeg", "image/png", "image/webp"})

_PROGRAM = Path(__file__).with_name("pillow.py")
_AT_ONCE, _WAITING = 2, 8
_SECONDS = 10.0
# How `pillow.py`, or the limit it has hit, ends.
_DONE, _INVALID, _TOO_LARGE = 0, 3, 4
_HIT_A_LIMIT = {_TOO_LARGE, -signal.SIGXCPU, -signal.SIGKILL}
_CRASHED = {_INVALID, -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL}

_log = logging.getLogger("user.pictures")


def kind_of(content: bytes) -> str:
    """The media type that a picture's first bytes tell; empty when it is none that is taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return ""


def check(content: bytes, *, declared: str) -> None:
    """Raise InvalidArgument unless `content` begins as a picture of the `declared` media type.

    An empty `declared` takes any of the three.
    """
    if not content:
        raise invalid_image("there is no picture in the request")
    if len(content) > LARGEST_IMAGE:
        raise image_too_large("a picture takes 5 MiB at most")
    kind = kind_of(content)
    if not kind or (declared and declared not in KINDS):
        raise unsupported_image("a picture is a JPEG, a PNG or a WebP")
    if declared and declared != kind:
        raise invalid_image(f"the picture is {kind}, not {declared}")


class Pictures:
    """Makes small pictures, so many at once; a few more wait, and the rest is refused."""

    def __init__(self, *, at_once: int = _AT_ONCE, waiting: int = _WAITING) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._taken = 0

    async def small(self, content: bytes) -> bytes:
        """A picture re-encoded as WebP of at most 512 by 512, with nothing but the picture in it.

        InvalidArgument when it is not whole, or takes too much; ResourceExhausted when too many
        others wait; TimeoutError when the machine is too slow for it.
        """
        if self._taken >= self._most:
            raise ResourceExhausted(
                "TOO_MANY_UPLOADS",
                "too many pictures are being taken in",
                retry_after=timedelta(seconds=1),
            )
        self._taken += 1
        try:
            async with self._free:
                return await _converted(content)
        finally:
            self._taken -= 1


async def _converted(content: bytes) -> bytes:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_PROGRAM),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    try:
        async with asyncio.timeout(_SECONDS):
            written, _ = await program.communicate(content)
    finally:
        if program.returncode is None:
            # Also when the caller has gone: nobody waits for the picture any more.
            with suppress(ProcessLookupError):
                program.kill()
            await program.wait()
    return _judged(program.returncode, written)


def _judged(status: int | None, written: bytes) -> bytes:
    if status == _DONE and written:
        return written
    if status in _HIT_A_LIMIT:
        raise image_too_large("a picture has 20 megapixels at most, a WebP 12")
    if status in _CRASHED:
        _log.warning("a picture was not decoded: %s", status)
        raise invalid_image("the picture is damaged or not whole")
    raise RuntimeError(f"the converter of pictures ended with {status}")
