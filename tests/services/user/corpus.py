"""Pictures good and evil, made here: what is sent, and what must come of it.

`GOOD` are taken and come out as clean pictures; `EVIL` are refused with a reason. Each is a body
with the media type that it is sent under.
"""

import binascii
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SECRET = b"secret-canary"
INVALID, LARGE, UNSUPPORTED = "INVALID_IMAGE", "IMAGE_TOO_LARGE", "UNSUPPORTED_IMAGE"
BOUNDARY = "edge-of-a-part"
FORM = f"multipart/form-data; boundary={BOUNDARY}"

Sample = tuple[str, bytes]


@cache
def noise(mode: str = "RGB", size: tuple[int, int] = (640, 320)) -> Image.Image:
    return Image.effect_noise(size, 60).convert(mode)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def jpeg(**options: Any) -> bytes:
    return encoded(noise(), "JPEG", **options)


def png(mode: str = "RGB", **options: Any) -> bytes:
    return encoded(noise(mode), "PNG", **options)


def webp(**options: Any) -> bytes:
    return encoded(noise(), "WEBP", **options)


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG whose header says so, whatever the data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = binascii.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG whose header says so."""
    content = bytearray(jpeg())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content)


def photo() -> bytes:
    """A JPEG as a camera writes it: lying on its side, with where it was taken, and by whom."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 29: SECRET.decode()})
    return jpeg(exif=exif, comment=SECRET, xmp=b"<x>" + SECRET + b"</x>")


def annotated() -> bytes:
    """A PNG with texts in it."""
    info = PngInfo()
    info.add_text("Author", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return png(pnginfo=info, icc_profile=SECRET * 20)


def archive() -> bytes:
    """A ZIP, which is what a JAR is."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        target.writestr("Evil.class", SECRET)
    return written.getvalue()


def script_in_jpeg() -> bytes:
    return jpeg(comment=b"<html><script>alert('" + SECRET + b"')</script></html>")


def text_bomb() -> bytes:
    """A PNG of one pixel with a text that becomes 100 MB."""
    good = encoded(Image.new("L", (1, 1)), "PNG")
    body = b"Comment\x00\x00" + zlib.compress(b"a" * 100_000_000, 9)
    checksum = binascii.crc32(b"zTXt" + body)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", checksum)
    return good[:33] + chunk + good[33:]


def animated() -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green")]
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])


def part(content: bytes, *, name: str = "me.png", kind: str = "image/png") -> bytes:
    told = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
    told += f"Content-Type: {kind}\r\n" if kind else ""
    return f"--{BOUNDARY}\r\n{told}\r\n".encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


GOOD: dict[str, Callable[[], Sample]] = {
    "a JPEG": lambda: ("image/jpeg", jpeg()),
    "a progressive JPEG": lambda: ("image/jpeg", jpeg(progressive=True)),
    "a JPEG for printers": lambda: ("image/jpeg", encoded(noise("CMYK"), "JPEG")),
    "a PNG": lambda: ("image/png", png()),
    "a PNG with transparency": lambda: ("image/png", png("RGBA")),
    "a PNG of two colours": lambda: ("image/png", png("1")),
    "a PNG with a palette": lambda: ("image/png", png("P", transparency=3)),
    "a PNG of sixteen bits": lambda: ("image/png", encoded(Image.new("I;16", (9, 9)), "PNG")),
    "a WebP": lambda: ("image/webp", webp()),
    "an animated WebP": lambda: ("image/webp", animated()),
    "a picture without a told type": lambda: ("", png()),
    "a type with capitals and a parameter": lambda: ("Image/PNG; q=1", png()),
    "one pixel": lambda: ("image/png", encoded(Image.new("L", (1, 1)), "PNG")),
    "a photo with a place": lambda: ("image/jpeg", photo()),
    "a PNG with texts": lambda: ("image/png", annotated()),
    "a JPEG that is a JAR": lambda: ("image/jpeg", jpeg() + archive()),
    "a JPEG that is a page": lambda: ("image/jpeg", script_in_jpeg()),
    "a form": lambda: (FORM, form(part(png()))),
    "a form of unknown type": lambda: (FORM, form(part(png(), kind="application/octet-stream"))),
    "a form without a type": lambda: (FORM, form(part(png(), kind=""))),
    "a form with a name that climbs": lambda: (FORM, form(part(png(), name="../../etc/passwd"))),
}

EVIL: dict[str, tuple[str, Callable[[], Sample]]] = {
    "nothing": (INVALID, lambda: ("image/png", b"")),
    "ten times the size": (LARGE, lambda: ("image/jpeg", jpeg() + bytes(50 << 20))),
    "a little too much": (LARGE, lambda: ("image/jpeg", jpeg() + bytes(5 << 20))),
    "21 megapixels": (LARGE, lambda: ("image/png", png_of(5_000, 4_201))),
    "a WebP of 13 megapixels": (
        LARGE,
        lambda: ("image/webp", encoded(Image.new("L", (4_000, 3_250)), "WEBP", quality=1)),
    ),
    "a bomb of 400 megapixels": (
        LARGE,
        lambda: ("image/png", encoded(Image.new("1", (20_000, 20_000)), "PNG")),
    ),
    "a header of 4 gigapixels": (LARGE, lambda: ("image/png", png_of(65_535, 65_535))),
    "a header with the largest sides": (LARGE, lambda: ("image/png", png_of(2**31 - 1, 2**31 - 1))),
    "a JPEG header of 4 gigapixels": (LARGE, lambda: ("image/jpeg", jpeg_of(65_500, 65_500))),
    "a text that becomes 100 MB": (INVALID, lambda: ("image/png", text_bomb())),
    "a PNG without its data": (INVALID, lambda: ("image/png", png_of(64, 64))),
    "a PNG of no width": (INVALID, lambda: ("image/png", png_of(0, 64, zlib.compress(b"")))),
    "half a JPEG": (INVALID, lambda: ("image/jpeg", jpeg()[:-9_000])),
    "half a PNG": (INVALID, lambda: ("image/png", png()[:20_000])),
    "half a WebP": (INVALID, lambda: ("image/webp", webp()[:5_000])),
    "only the magic of a JPEG": (INVALID, lambda: ("image/jpeg", b"\xff\xd8\xff\xe0")),
    "only the magic of a WebP": (INVALID, lambda: ("image/webp", b"RIFF\x04\x00\x00\x00WEBP")),
    "a PNG called a JPEG": (INVALID, lambda: ("image/jpeg", png())),
    "a PNG called a page": (UNSUPPORTED, lambda: ("text/html", png())),
    "a PNG called bytes": (UNSUPPORTED, lambda: ("application/octet-stream", png())),
    "an SVG": (UNSUPPORTED, lambda: ("image/svg+xml", b"<svg onload='alert(1)'/>")),
    "an SVG called a PNG": (UNSUPPORTED, lambda: ("image/png", b"<svg onload='alert(1)'/>")),
    "a GIF": (UNSUPPORTED, lambda: ("image/gif", encoded(noise("P"), "GIF"))),
    "a GIF called a PNG": (UNSUPPORTED, lambda: ("image/png", encoded(noise("P"), "GIF"))),
    "a BMP": (UNSUPPORTED, lambda: ("image/bmp", encoded(noise(), "BMP"))),
    "a TIFF": (UNSUPPORTED, lambda: ("image/jpeg", encoded(noise(), "TIFF"))),
    "a Photoshop file": (UNSUPPORTED, lambda: ("image/png", b"8BPS\x00\x01" + bytes(64))),
    "a FITS file": (UNSUPPORTED, lambda: ("image/png", b"SIMPLE  =                    T")),
    "a JAR": (UNSUPPORTED, lambda: ("image/jpeg", archive())),
    "a JAR before a JPEG": (UNSUPPORTED, lambda: ("image/jpeg", archive() + jpeg())),
    "a program": (UNSUPPORTED, lambda: ("image/png", b"\x7fELF" + bytes(64))),
    "a form with two files": (INVALID, lambda: (FORM, form(part(png()), part(png())))),
    "a form with a thousand parts": (INVALID, lambda: (FORM, form(*[part(b"x")] * 1_000))),
    "a form without a file": (INVALID, lambda: (FORM, form())),
    "a form with only a field": (
        INVALID,
        lambda: (FORM, form(part(png()).replace(b'; filename="me.png"', b""))),
    ),
    "a form that never ends": (INVALID, lambda: (FORM, part(png()))),
    "a form with another edge": (
        INVALID,
        lambda: (FORM.replace(BOUNDARY, "other"), form(part(png()))),
    ),
    "a form without an edge": (INVALID, lambda: ("multipart/form-data", form(part(png())))),
    "a form with an endless edge": (
        INVALID,
        lambda: ("multipart/form-data; boundary=" + "x" * 10_000, form(part(png()))),
    ),
    "a form with a strange edge": (
        INVALID,
        lambda: ("multipart/form-data; boundary=\u20ac", form(part(png()))),
    ),
    "a form with an endless header": (
        INVALID,
        lambda: (FORM, form(part(png(), name="x" * 100_000))),
    ),
    "a form in a form": (UNSUPPORTED, lambda: (FORM, form(part(form(part(png())), kind=FORM)))),
    "a form that holds a GIF": (
        UNSUPPORTED,
        lambda: (FORM, form(part(encoded(noise("P"), "GIF"), kind="image/gif"))),
    ),
    "a form that lies": (INVALID, lambda: (FORM, form(part(png(), kind="image/jpeg")))),
    "a form ten times the size": (LARGE, lambda: (FORM, form(part(jpeg() + bytes(50 << 20))))),
}
