"""Flight orders: what a client sends, checked, and the order that is made of it.

Amadeus has no idempotency key: the same request twice makes two orders. What a client can do is
write its own reference into `remarks.general[].text` and ask for it afterwards with the sandbox's
extension `GET /v1/booking/flight-orders?reference=<that text, exactly>`.
"""

import base64
import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

from sandbox.amadeus.document import Document
from sandbox.amadeus.offers import Composer, dictionaries
from sandbox.amadeus.pricing import Echo, echoes
from sandbox.amadeus.refusals import Refusal
from sandbox.amadeus.store import Sale, Store, wire_id
from sandbox.amadeus.world import Leg, World

OFFICE = "NCE4D31SB"
GENDERS = frozenset({"MALE", "FEMALE", "UNSPECIFIED", "UNDISCLOSED"})
REMARK_KINDS = frozenset(
    {"GENERAL_MISCELLANEOUS", "CONFIDENTIAL", "INVOICE", "QUALITY_CONTROL", "BACKOFFICE"}
    | {"FULFILLMENT", "ITINERARY", "TICKETING_MISCELLANEOUS", "TOUR_CODE"}
)
TICKETING = frozenset({"CONFIRM", "DELAY_TO_QUEUE", "DELAY_TO_CANCEL"})
ECHOED = ("remarks", "ticketingAgreement", "automatedProcess", "contacts")


@dataclass(frozen=True)
class Wish:
    """A checked order request: one party, 1 to 6 offers, our references to it."""

    data: Document
    offers: tuple[Echo, ...]
    travelers: list[dict[str, Any]]
    references: frozenset[str]

    @property
    def legs(self) -> tuple[tuple[str, Leg], ...]:
        """Every leg to be sold, by the pointer to its segment."""
        return tuple(
            pair for echo in self.offers for pair in zip(echo.pointers, echo.trip.legs, strict=True)
        )


def read(document: Document, world: World, today: date) -> Wish:
    """Check an order request; raises Refusal that points to what is wrong."""
    data = document.need("data")
    data.need("type").option(("flight-order",))
    payments = data.find("formOfPayments")
    if payments is not None:
        raise payments.refuse(477, "The consolidator pays: formOfPayments is not accepted")
    offers = echoes(data.need("flightOffers"), world, today)
    parties = {echo.trip.travelers for echo in offers}
    if len(parties) != 1:
        raise data.need("flightOffers").refuse(4926, "All offers must be for the same travelers")
    listed = data.need("travelers")
    sent = [_traveler(entry, today) for entry in listed.items(1, 18)]
    priced = sorted(traveler.id for traveler in offers[0].trip.travelers)
    if sorted(traveler["id"] for traveler in sent) != priced:
        raise listed.refuse(32171, "travelers and travelerPricings name different ids")
    _check_ticketing(data.find("ticketingAgreement"))
    return Wish(data, offers, sent, _references(data.find("remarks")))


class Desk:
    """Makes an order of a checked request, inside the transaction that sells its seats."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    def place(
        self, connection: sqlite3.Connection, wish: Wish, order_id: str, created_at: str
    ) -> dict[str, Any]:
        """Re-price, sell and store; raises Refusal 37200 (price) or 34651 (no seat left)."""
        market = self._store.market(connection, {leg.day for _, leg in wish.legs})
        composer = Composer(self._world, market, date.fromisoformat(created_at[:10]))
        for echo in wish.offers:
            _check_price(echo, composer)
        echo = wish.offers[0]
        sale = Sale(
            id=order_id,
            legs=wish.legs,
            seats=echo.trip.seats,
            references=wish.references,
            total=echo.grand_total,
            currency=echo.trip.currency,
            created_at=created_at,
        )
        sequence, pnr = self._store.place(connection, sale)
        body = _body(wish, composer, order_id, (pnr, created_at))
        self._store.keep(connection, sequence, body)
        return body


def new_id(identifier: str) -> str:
    """An opaque order id as stored; on the wire it is URL-encoded, as Amadeus' own are."""
    return base64.b64encode(f"FO1|{identifier}".encode()).decode()


def stored_id(path: str) -> str:
    """The stored form of an order id from a path, whether it came encoded or decoded."""
    return unquote(path)


def _body(wish: Wish, composer: Composer, order_id: str, record: tuple[str, str]) -> dict[str, Any]:
    offers = [composer.priced(echo.id, echo.trip) for echo in wish.offers]
    data: dict[str, Any] = {
        "type": "flight-order",
        "id": wire_id(order_id),
        "queuingOfficeId": OFFICE,
        "associatedRecords": [
            {
                "reference": record[0],
                "creationDate": record[1],
                "originSystemCode": "GDS",
                "flightOfferId": echo.id,
            }
            for echo in wish.offers
        ],
        "flightOffers": offers,
        "travelers": wish.travelers,
    }
    for key in ECHOED:
        echoed = wish.data.find(key)
        if echoed is not None:
            data[key] = echoed.value
    return {"data": data, "dictionaries": dictionaries(offers)}


def _check_price(echo: Echo, composer: Composer) -> None:
    current = composer.grand_total(echo.trip)
    if echo.grand_total != current:
        raise Refusal(
            37200,
            f"Current grandTotal price ({current}) is different from request one"
            f" ({echo.grand_total})",
            pointer=f"{echo.document.pointer}/price/grandTotal",
        )


def _traveler(entry: Document, today: date) -> dict[str, Any]:
    entry.need("id").text()
    name = entry.need("name")
    for part in ("firstName", "lastName"):
        name.need(part).text(r"[^\W\d_]([^\W\d_]|[ .'-])*", limit=56)
    born = entry.need("dateOfBirth")
    if born.day() > today:
        raise born.refuse(425, "A date of birth cannot lie in the future")
    gender = entry.find("gender")
    if gender is not None:
        gender.option(GENDERS)
    contact = entry.find("contact")
    email = contact.find("emailAddress") if contact else None
    if email is not None:
        email.text(r"[^@\s]+@[^@\s]+")
    traveler: dict[str, Any] = entry.value
    return traveler


def _check_ticketing(agreement: Document | None) -> None:
    if agreement is not None:
        agreement.need("option").option(TICKETING)


def _references(remarks: Document | None) -> frozenset[str]:
    general = remarks.find("general") if remarks else None
    texts = set()
    for remark in general.items(0, 200) if general else []:
        remark.need("subType").option(REMARK_KINDS)
        texts.add(remark.need("text").text())
    return frozenset(texts)
