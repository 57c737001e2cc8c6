"""The one module that knows Pillow, and a program of its own: a picture in, a small WebP out.

Decoders of pictures are where the dangerous bugs are, so no picture is ever opened in the process
that serves. `pictures.py` runs this file for one picture: the bytes come by standard input, the
WebP leaves by standard output, and the exit status tells why there is none. The limits that it
sets for itself before it reads hold whatever the picture does to the decoder.
"""

import io
import resource
import sys
import warnings

from PIL import Image, ImageOps

SIDE = 512
# A WebP passes through two canvases before it is a picture, so it takes twice the memory.
MOST_PIXELS = {"JPEG": 20_000_000, "PNG": 20_000_000, "WEBP": 12_000_000}
DONE, INVALID, TOO_LARGE = 0, 3, 4

# In these, a picture can be made smaller before it is converted.
_RESIZABLE = {"L", "LA", "RGB", "RGBA", "CMYK"}
_QUALITY = 82
_ADDRESS_SPACE = 384 << 20
_CPU_SECONDS = 5
# No picture is written to a file, no other file is needed any more, and no core is of use.
_LIMITS = {
    resource.RLIMIT_AS: _ADDRESS_SPACE,
    resource.RLIMIT_CPU: _CPU_SECONDS,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
}


class TooLargeError(Exception):
    """The picture has more pixels than may be decoded."""


def reencode(content: bytes) -> bytes:
    """A picture as WebP of at most 512 by 512, upright, and without its metadata.

    TooLargeError for too many pixels, which is known before any is decoded; whatever Pillow raises
    for what is no whole picture.
    """
    with Image.open(io.BytesIO(content), formats=list(MOST_PIXELS)) as picture:
        if picture.width * picture.height > MOST_PIXELS[str(picture.format)]:
            raise TooLargeError
        # Of a JPEG, this decodes no more than is needed.
        picture.draft("RGB", (SIDE, SIDE))
        picture.load()
        if picture.mode in _RESIZABLE:
            picture.thumbnail((SIDE, SIDE))
        # Eight bits for each of red, green, blue and, where it has any, transparency.
        plain = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        plain.thumbnail((SIDE, SIDE))
        upright = ImageOps.exif_transpose(plain)
    written = io.BytesIO()
    # Pillow would write what a picture came with, unless it is told to write nothing.
    upright.save(written, "WEBP", quality=_QUALITY, exif=b"", icc_profile=b"", xmp=b"")
    return written.getvalue()


def main() -> int:
    """Re-encode standard input to standard output; why not, as the exit status."""
    Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # Which modules read these formats is looked up now, while files may still be opened freely.
    Image.preinit()
    for limit, most in _LIMITS.items():
        resource.setrlimit(limit, (most, most))
    try:
        written = reencode(sys.stdin.buffer.read())
    except (
        TooLargeError,
        MemoryError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        return TOO_LARGE
    except Exception:
        # Pillow's decoders fail in many ways, none of which a traveller is told.
        return INVALID
    sys.stdout.buffer.write(written)
    return DONE


if __name__ == "__main__":
    sys.exit(main())
