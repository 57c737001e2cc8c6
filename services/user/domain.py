"""What travellers may tell about themselves: limits, defaults and page tokens. Pure."""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from mesh.faults import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Violation,
)

USUAL_PAGE = 20
MOST_WISHES = 500
LARGEST_IMAGE = 5 << 20

_AIRLINE = re.compile(r"[A-Z0-9]{2}")


class Kind(StrEnum):
    """What a traveller may be told about, named as in the contract."""

    BOOKING = "BOOKING"
    PAYMENT = "PAYMENT"
    INSPIRATION = "INSPIRATION"


class Category(StrEnum):
    """What a journey is for, named as in the contract."""

    LEISURE = "LEISURE"
    BUSINESS = "BUSINESS"
    FAMILY = "FAMILY"
    ROMANTIC = "ROMANTIC"
    ADVENTURE = "ADVENTURE"
    CULTURE = "CULTURE"


@dataclass(frozen=True, slots=True)
class Channels:
    """How somebody wants to be told about one kind of thing."""

    email: bool = False
    sms: bool = False
    in_app: bool = False


# What is told to whoever never said: what they bought, and nothing that sells.
DEFAULTS: Mapping[Kind, Channels] = {
    Kind.BOOKING: Channels(email=True, in_app=True),
    Kind.PAYMENT: Channels(email=True, in_app=True),
    Kind.INSPIRATION: Channels(),
}


@dataclass(frozen=True, slots=True)
class Tastes:
    """How somebody likes to travel. Codes are IATA's; an empty text means any."""

    categories: tuple[Category, ...] = ()
    home_airport: str = ""
    cabin: str = ""
    seat: str = ""
    airlines: tuple[str, ...] = ()

    def checked(self) -> "Tastes":
        """The same without repetitions; InvalidArgument when an airline is no IATA code."""
        wrong = tuple(
            Violation(f"preferences.airlines[{index}]", "must be an IATA code of two characters")
            for index, airline in enumerate(self.airlines)
            if not _AIRLINE.fullmatch(airline)
        )
        if wrong:
            raise InvalidArgument(
                "INVALID_FIELDS", "an airline is not an IATA code", violations=wrong
            )
        return replace(
            self,
            categories=tuple(dict.fromkeys(self.categories)),
            airlines=tuple(dict.fromkeys(self.airlines)),
        )


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a list ends: the moment and the name of its last item."""

    time: datetime
    name: str

    def token(self) -> str:
        """The cursor as clients carry it."""
        text = f"{self.time.astimezone(UTC).isoformat()} {self.name}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, token: str) -> "Cursor | None":
        """The cursor of a token, None for the first page; InvalidArgument when it is not ours."""
        if not token:
            return None
        try:
            text = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
            time, _, name = text.partition(" ")
            cursor = cls(datetime.fromisoformat(time), name)
            if cursor.token() == token and name.isprintable():
                return cursor
        except (ValueError, OverflowError):
            pass
        raise InvalidArgument("PAGE_TOKEN_INVALID", "the page token is not one of ours")


def digest_of(user_id: str) -> bytes:
    """What remains of an erased user, so that nothing of theirs is kept again.

    User identifiers are random, so it leads back to nobody; it can only be compared.
    """
    return hashlib.sha256(f"erased {user_id}".encode()).digest()


def no_profile() -> NotFound:
    """There is no such profile, or it is somebody else's."""
    return NotFound("PROFILE_NOT_FOUND", "there is no such profile")


def wishlist_full() -> ResourceExhausted:
    """There is no room for another wish."""
    return ResourceExhausted(
        "WISHLIST_FULL",
        f"a wishlist takes {MOST_WISHES} destinations at most",
        metadata={"limit": str(MOST_WISHES)},
    )


def active_bookings(booking_ids: Iterable[str]) -> FailedPrecondition:
    """An account is not erased while its trips are not at their end."""
    return FailedPrecondition(
        "ACTIVE_BOOKINGS",
        "cancel the bookings that are not at their end first",
        metadata={"bookingIds": ",".join(booking_ids)},
    )


def unsupported_image(told: str) -> InvalidArgument:
    """A picture of a kind that is not taken."""
    return InvalidArgument("UNSUPPORTED_IMAGE", told)


def invalid_image(told: str) -> InvalidArgument:
    """Something that is said to be a picture, and is not a whole one."""
    return InvalidArgument("INVALID_IMAGE", told)


def image_too_large(told: str) -> InvalidArgument:
    """A picture that takes more than it may."""
    return InvalidArgument("IMAGE_TOO_LARGE", told)
