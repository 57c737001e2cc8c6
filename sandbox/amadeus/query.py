"""What a search asks for: the GET parameters and the POST body, read into one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.amadeus.document import Document
from sandbox.amadeus.geography import CURRENCIES, airports_of
from sandbox.amadeus.parameters import Parameters
from sandbox.amadeus.refusals import Refusal
from sandbox.amadeus.world import CABIN_PERCENT

MAX_OFFERS = 250
MAX_SEATED = 9
MAX_DAYS_AHEAD = 365
MAX_BOUNDS = 6
SEATED = frozenset({"ADULT", "CHILD", "SENIOR", "YOUNG", "SEATED_INFANT", "STUDENT"})
TRAVELER_TYPES = SEATED | {"HELD_INFANT"}

LOCATION = r"[A-Z]{3}"
CARRIER = r"[0-9A-Z]{2}"
UNKNOWN_PLACE = "There is no such city or airport"


@dataclass(frozen=True)
class Traveler:
    """A traveller of the search; an infant on a lap names its adult."""

    id: str
    kind: str
    adult_id: str | None = None


@dataclass(frozen=True)
class Bound:
    """One origin, destination and day of the trip, in one cabin."""

    origin: str
    destination: str
    day: date
    cabin: str


@dataclass(frozen=True)
class Query:
    """A whole search, however it came. `max_price` is per traveller, in whole units."""

    bounds: tuple[Bound, ...]
    travelers: tuple[Traveler, ...]
    currency: str = "EUR"
    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    connections: int = 2
    max_price: int | None = None
    limit: int = MAX_OFFERS

    @property
    def seats(self) -> int:
        """How many seats the travellers take."""
        return sum(traveler.kind in SEATED for traveler in self.travelers)


def from_parameters(parameters: Mapping[str, str], today: date) -> Query:
    """Read a GET search; raises Refusal that names the parameter."""
    reader = _Parameters(parameters)
    origin = reader.place("originLocationCode")
    destination = reader.place("destinationLocationCode")
    cabin = reader.option("travelClass", CABIN_PERCENT, "ECONOMY")
    bounds = [Bound(origin, destination, reader.day("departureDate", today), cabin)]
    if "returnDate" in parameters:
        back = reader.day("returnDate", today)
        if back < bounds[0].day:
            raise Refusal(425, "returnDate is before departureDate", parameter="returnDate")
        bounds.append(Bound(destination, origin, back, cabin))
    if origin == destination:
        raise Refusal(
            2668, "Origin and destination are the same", parameter="destinationLocationCode"
        )
    included, excluded = (
        reader.carriers("includedAirlineCodes"),
        reader.carriers("excludedAirlineCodes"),
    )
    if included and excluded:
        raise Refusal(2668, "Airlines are included or excluded", parameter="excludedAirlineCodes")
    return Query(
        bounds=tuple(bounds),
        travelers=_party(reader),
        currency=reader.option("currencyCode", CURRENCIES, "EUR"),
        included=included,
        excluded=excluded,
        connections=0 if reader.option("nonStop", ("true", "false"), "false") == "true" else 2,
        max_price=reader.number("maxPrice", 1, 10**9) if "maxPrice" in parameters else None,
        limit=reader.number("max", 1, MAX_OFFERS, MAX_OFFERS),
    )


def from_document(document: Document, today: date) -> Query:
    """Read a POST search; raises Refusal that points into the body."""
    criteria = document.find("searchCriteria")
    filters = criteria.find("flightFilters") if criteria else None
    for source in document.need("sources").items(1, 1):
        source.option(("GDS",))
    currency, limit, price = (
        document.find("currencyCode"),
        criteria.find("maxFlightOffers") if criteria else None,
        criteria.find("maxPrice") if criteria else None,
    )
    included, excluded = _restricted_carriers(filters)
    return Query(
        bounds=_bounds(document, filters, today),
        travelers=travelers(document.need("travelers"), "id"),
        currency=currency.option(CURRENCIES) if currency else "EUR",
        included=included,
        excluded=excluded,
        connections=_connections(filters),
        max_price=price.number(1, 10**9) if price else None,
        limit=limit.number(1, MAX_OFFERS) if limit else MAX_OFFERS,
    )


def travelers(listed: Document, id_key: str) -> tuple[Traveler, ...]:
    """Read travellers (of a search, or an offer's pricings); refuses an impossible party."""
    party: dict[str, Traveler] = {}
    for entry in listed.items(1, 18):
        adult = entry.find("associatedAdultId")
        name = entry.need(id_key)
        traveler = Traveler(
            id=name.text(),
            kind=entry.need("travelerType").option(TRAVELER_TYPES),
            adult_id=adult.text() if adult else None,
        )
        if traveler.id in party:
            raise name.refuse(4926, "Traveler ids must differ")
        party[traveler.id] = traveler
    _check_party(tuple(party.values()), listed)
    return tuple(party.values())


def _check_party(party: tuple[Traveler, ...], listed: Document) -> None:
    if sum(traveler.kind in SEATED for traveler in party) > MAX_SEATED:
        raise listed.refuse(10661, f"At most {MAX_SEATED} seated travelers")
    adults = {traveler.id for traveler in party if traveler.kind in SEATED - {"CHILD"}}
    laps = [traveler.adult_id for traveler in party if traveler.kind == "HELD_INFANT"]
    if len(set(laps)) != len(laps) or not adults.issuperset(str(lap) for lap in laps):
        raise listed.refuse(2668, "Every held infant needs an adult of its own")
    if not any(traveler.kind in SEATED for traveler in party):
        raise listed.refuse(2668, "Nobody takes a seat")


def _party(reader: "_Parameters") -> tuple[Traveler, ...]:
    adults, children, infants = (
        reader.number("adults", 1, 9),
        reader.number("children", 0, 9, 0),
        reader.number("infants", 0, 9, 0),
    )
    if adults + children > MAX_SEATED:
        raise Refusal(10661, f"At most {MAX_SEATED} seated travelers", parameter="adults")
    if infants > adults:
        raise Refusal(2668, "There are more infants than adults", parameter="infants")
    kinds = ["ADULT"] * adults + ["CHILD"] * children
    seated = [Traveler(str(index), kind) for index, kind in enumerate(kinds, 1)]
    held = [
        Traveler(str(len(seated) + index), "HELD_INFANT", str(index))
        for index in range(1, infants + 1)
    ]
    return (*seated, *held)


def _bounds(document: Document, filters: Document | None, today: date) -> tuple[Bound, ...]:
    cabins = _restricted_cabins(filters)
    bounds: list[Bound] = []
    for entry in document.need("originDestinations").items(1, MAX_BOUNDS):
        name = entry.need("id").text()
        origin = entry.need("originLocationCode").text(LOCATION)
        destination = entry.need("destinationLocationCode")
        for place in (entry.need("originLocationCode"), destination):
            if not airports_of(place.text(LOCATION)):
                raise place.refuse(4926, UNKNOWN_PLACE)
        when = entry.need("departureDateTimeRange").need("date")
        if destination.text(LOCATION) == origin:
            raise destination.refuse(2668, "Origin and destination are the same")
        day = when.day()
        problem = _date_problem(day, today)
        if problem or (bounds and day < bounds[-1].day):
            code, detail = problem or (425, "Dates must not run backwards")
            raise when.refuse(code, detail)
        cabin = cabins.get(name) or cabins.get("*") or "ECONOMY"
        bounds.append(Bound(origin, destination.text(LOCATION), day, cabin))
    return tuple(bounds)


def _restricted_cabins(filters: Document | None) -> dict[str, str]:
    """The cabin by origin-destination id; "*" is for those that no restriction names."""
    restrictions = filters.find("cabinRestrictions") if filters else None
    cabins: dict[str, str] = {}
    for entry in restrictions.items(1, MAX_BOUNDS) if restrictions else []:
        cabin = entry.need("cabin").option(CABIN_PERCENT)
        named = entry.find("originDestinationIds")
        for name in [item.text() for item in named.items(1, MAX_BOUNDS)] if named else ["*"]:
            cabins[name] = cabin
    return cabins


def _restricted_carriers(filters: Document | None) -> tuple[frozenset[str], frozenset[str]]:
    restrictions = filters.find("carrierRestrictions") if filters else None
    if restrictions is None:
        return frozenset(), frozenset()
    chosen = []
    for key in ("includedCarrierCodes", "excludedCarrierCodes"):
        codes = restrictions.find(key)
        listed = codes.items(1, 99) if codes else []
        chosen.append(frozenset(item.text(CARRIER) for item in listed))
    if all(chosen):
        raise restrictions.refuse(2668, "Carriers are included or excluded")
    return chosen[0], chosen[1]


def _connections(filters: Document | None) -> int:
    restriction = filters.find("connectionRestriction") if filters else None
    most = restriction.find("maxNumberOfConnections") if restriction else None
    return most.number(0, 2) if most else 2


def _date_problem(day: date, today: date) -> tuple[int, str] | None:
    if day < today:
        return 425, "Date/Time is in the past"
    if day > today + timedelta(days=MAX_DAYS_AHEAD):
        return 425, f"Date is more than {MAX_DAYS_AHEAD} days ahead"
    return None


class _Parameters(Parameters):
    """What only a flight search has: places of the network, days to travel, carriers."""

    def place(self, name: str) -> str:
        """A city or airport that is there."""
        code = self.text(name, LOCATION)
        if not airports_of(code):
            raise Refusal(4926, UNKNOWN_PLACE, parameter=name)
        return code

    def day(self, name: str, today: date) -> date:
        """A day that can be travelled on."""
        try:
            day = date.fromisoformat(self.text(name, r"\d{4}-\d{2}-\d{2}"))
        except ValueError as error:
            raise Refusal(477, "A date YYYY-MM-DD expected", parameter=name) from error
        problem = _date_problem(day, today)
        if problem:
            raise Refusal(problem[0], problem[1], parameter=name)
        return day

    def carriers(self, name: str) -> frozenset[str]:
        """Airlines by their codes, none when the parameter is absent."""
        if name not in self:
            return frozenset()
        return frozenset(self.text(name, rf"{CARRIER}(,{CARRIER}){{0,98}}").split(","))
