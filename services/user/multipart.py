"""The one module that knows python-multipart: the picture in a form, and nothing else of it.

A form has one part, which is a file. Its name is never looked at, so it cannot lead anywhere.
"""

from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.user.domain import LARGEST_IMAGE, image_too_large, invalid_image

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MEDIA_TYPE = "multipart/form-data"

_MOST_HEADERS = 8
_LONGEST_HEADER = 1024
# A form is a little more than the picture in it.
_LARGEST_FORM = LARGEST_IMAGE + (64 << 10)


def is_form(content_type: str) -> bool:
    """Whether a body of this type is a form with a file."""
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def only_file(content_type: str, body: bytes) -> tuple[str, bytes]:
    """The media type, empty when it is not told, and the content of the one file in a form.

    InvalidArgument when the form is malformed, or holds anything but one file.
    """
    if len(body) > _LARGEST_FORM:
        raise image_too_large("a picture takes 5 MiB at most")
    form = _Form()
    try:
        _, options = parse_options_header(content_type)
        parser = MultipartParser(
            options[b"boundary"],
            form.callbacks(),
            max_header_count=_MOST_HEADERS,
            max_header_size=_LONGEST_HEADER,
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, KeyError, ValueError) as problem:
        raise _malformed() from problem
    if not form.ended or not form.is_file:
        raise _malformed()
    return _told(form.media_type), bytes(form.content)


def _told(media_type: str) -> str:
    # What a client says of a file whose kind it does not know.
    return "" if media_type == "application/octet-stream" else media_type


def _malformed() -> Exception:
    return invalid_image("the form must hold one file and nothing else")


class _Form:
    """What the parser reports, gathered."""

    def __init__(self) -> None:
        self.parts = 0
        self.is_file = False
        self.media_type = ""
        self.content = bytearray()
        self.ended = False
        self._name = bytearray()
        self._value = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        """What the parser calls, by its names for it."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_part_data": lambda data, start, end: self.content.extend(data[start:end]),
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self.parts += 1
        if self.parts > 1:
            # What follows is not even read.
            raise _malformed()

    def _header(self) -> None:
        value, options = parse_options_header(bytes(self._value))
        match bytes(self._name).lower():
            case b"content-disposition":
                self.is_file = value == b"form-data" and b"filename" in options
            case b"content-type":
                self.media_type = value.decode("latin-1").strip().lower()
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        self.ended = True
