"""What destinations and reviews must be, how they are searched for and paged through. Pure."""

import hashlib
import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from mesh.faults import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Violation,
)

USUAL_PAGE = 20
FIRST_LOCALE = "en"
# What flights cost is told of the searches of this time, in this currency.
PRICES_OF = timedelta(days=30)
SHOWN_CURRENCY = "EUR"

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_WORD = re.compile(r"[^\W_]+")
# Letters of their own in Unicode that people type without the stroke; the last has no dot.
_PLAIN = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ð": "d",
        "đ": "d",
        "ł": "l",
        "ħ": "h",
        "þ": "th",
        "\u0131": "i",
    }
)


class Kind(StrEnum):
    """What a destination is, named as in the contract."""

    COUNTRY = "COUNTRY"
    CITY = "CITY"
    POINT_OF_INTEREST = "POINT_OF_INTEREST"


# How identifiers look, so that a code never stands for two things.
_FORMS = {
    Kind.COUNTRY: (re.compile(r"[A-Z]{2}"), "must be an ISO 3166 code of two letters"),
    Kind.CITY: (re.compile(r"[A-Z]{3}"), "must be an IATA code of three letters"),
    Kind.POINT_OF_INTEREST: (
        re.compile(r"[a-z0-9][a-z0-9-]{2,}"),
        "must be lower-case words with hyphens",
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """A name and a description in one language."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """What an administrator tells of a destination. Degrees of WGS 84; words as they were sent."""

    words: tuple[tuple[str, Words], ...]
    latitude: float
    longitude: float
    time_zone: str = ""
    currency: str = ""

    def check(self) -> None:
        """Raise InvalidArgument with every rule that is broken."""
        refuse(self.violations())

    def violations(self) -> Iterator[Violation]:
        """The rules that are broken."""
        counts = Counter(locale for locale, _ in self.words)
        if FIRST_LOCALE not in counts:
            yield Violation("words", "takes English at least")
        for index, (locale, words) in enumerate(self.words):
            if counts[locale] > 1:
                yield Violation(f"words[{index}].locale", "is there more than once")
            if not words.name.strip():
                yield Violation(f"words[{index}].name", "is required")
        # Written so that a NaN is outside.
        if not -90 <= self.latitude <= 90:
            yield Violation("position.latitude", "must be from -90 to 90")
        if not -180 <= self.longitude <= 180:
            yield Violation("position.longitude", "must be from -180 to 180")

    def by_locale(self) -> Mapping[str, Words]:
        """The words by their language."""
        return dict(self.words)


@dataclass(frozen=True, slots=True)
class New:
    """A destination that is to be: its identifier, what it is and lies in, and what is told."""

    destination_id: str
    kind: str
    parent_id: str
    telling: Telling
    popularity: int = 0

    def check(self) -> None:
        """Raise InvalidArgument with every rule that is broken."""
        refuse(self._violations())

    def _violations(self) -> Iterator[Violation]:
        if self.kind not in set(Kind):
            yield Violation("kind", "is not one of the values there are")
        else:
            form, otherwise = _FORMS[Kind(self.kind)]
            if not form.fullmatch(self.destination_id):
                yield Violation("destinationId", otherwise)
            if bool(self.parent_id) == (self.kind == Kind.COUNTRY):
                yield Violation("parentId", "is for cities and points of interest, and required")
        yield from self.telling.violations()


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination as it is read.

    `prices` are the sum and the lowest of what flights cost, in minor units, and their number.
    """

    destination_id: str
    kind: str
    country_code: str
    parent_id: str | None
    latitude: float
    longitude: float
    time_zone: str
    currency: str
    popularity: int
    name_en: str
    description_en: str
    name_fr: str
    description_fr: str
    rating_sum: int
    review_count: int
    version: int
    prices: list[int | None] = field(default_factory=list)

    def words(self, language: str) -> Words:
        """What is told of it in a language; in English where nobody has written that."""
        french = language == "fr"
        return Words(
            (french and self.name_fr) or self.name_en,
            (french and self.description_fr) or self.description_en,
        )

    @property
    def rating(self) -> float:
        """The mean of the ratings; 0 without any."""
        return self.rating_sum / self.review_count if self.review_count else 0.0


def folded(text: str) -> list[str]:
    """The words of a text as they are compared: without case, accents and punctuation."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return _WORD.findall(plain.translate(_PLAIN))


def known_form(destination_ids: Iterator[str]) -> list[str]:
    """Those that may be identifiers at all."""
    return [each for each in destination_ids if _ID.fullmatch(each)]


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed; an empty text leaves out nothing."""

    country: str = ""
    city: str = ""
    kind: str = ""
    query: str = ""

    @property
    def mark(self) -> str:
        """What tells the pages of one list from those of others."""
        sought = " ".join(folded(self.query)) if self.query else None
        parts = repr((self.country, self.city, self.kind, sought))
        return hashlib.sha256(parts.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list ends: its last item's match, less-is-better popularity and name."""

    match: int
    behind: int
    destination_id: str

    def token(self, listing: Listing) -> str:
        """The place as clients carry it, good for this list only."""
        return _token(f"{listing.mark} {self.match} {self.behind} {self.destination_id}")

    @classmethod
    def read(cls, token: str, listing: Listing) -> "Place | None":
        """The place of a token, None for the first page; InvalidArgument when it is not ours."""
        if not token:
            return None
        match _text(token).split(" "):
            case [mark, match, behind, name] if mark == listing.mark and _ID.fullmatch(name):
                if match in {"0", "1", "2"} and re.fullmatch(r"-?\d{1,9}", behind):
                    return cls(int(match), int(behind), name)
        raise bad_token()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of reviews ends: the moment and the identifier of its last one."""

    time: datetime
    review_id: str

    def token(self) -> str:
        """The cursor as clients carry it."""
        return _token(f"{self.time.astimezone(UTC).isoformat()} {self.review_id}")

    @classmethod
    def read(cls, token: str) -> "Cursor | None":
        """The cursor of a token, None for the first page; InvalidArgument when it is not ours."""
        if not token:
            return None
        time, _, review_id = _text(token).partition(" ")
        try:
            cursor = cls(datetime.fromisoformat(time), review_id)
            if cursor.token() == token and re.fullmatch(r"[0-9a-f-]{36}", review_id):
                return cursor
        except (ValueError, OverflowError):
            pass
        raise bad_token()


def _token(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _text(token: str) -> str:
    try:
        return urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except ValueError as problem:
        raise bad_token() from problem


def digest_of(user_id: str) -> bytes:
    """What remains of an erased user, so that nothing of theirs is kept again."""
    return hashlib.sha256(f"erased {user_id}".encode()).digest()


def refuse(violations: Iterator[Violation]) -> None:
    """Raise InvalidArgument when a rule is broken."""
    found = tuple(violations)
    if found:
        summary = "; ".join(f"{each.field}: {each.description}" for each in found)
        raise InvalidArgument("INVALID_FIELDS", summary, violations=found)


def broken(path: str, description: str) -> InvalidArgument:
    """One field breaks a rule."""
    violation = Violation(path, description)
    return InvalidArgument("INVALID_FIELDS", f"{path}: {description}", violations=(violation,))


def bad_token() -> InvalidArgument:
    """The page token was not given by this list."""
    return InvalidArgument("PAGE_TOKEN_INVALID", "the page token is not one of ours")


def no_destination() -> NotFound:
    """There is no such destination."""
    return NotFound("DESTINATION_NOT_FOUND", "there is no such destination")


def there_already() -> AlreadyExists:
    """The identifier is taken."""
    return AlreadyExists("DESTINATION_EXISTS", "there is a destination of this identifier")


def another_version() -> Aborted:
    """Somebody changed it since it was read."""
    return Aborted("ETAG_MISMATCH", "the destination has changed; read it again")


def has_places() -> FailedPrecondition:
    """Others lie in it."""
    return FailedPrecondition("HAS_PLACES", "remove the destinations that lie in it first")


def no_reviewer() -> NotFound:
    """The reviewer has been erased."""
    return NotFound("ACCOUNT_NOT_FOUND", "this account has been erased")
