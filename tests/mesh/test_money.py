"""Money is exact, in every currency, in both directions."""

import pytest
from google.type import money_pb2
from hypothesis import given
from hypothesis import strategies as st

from mesh.money import Money


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_money_survives_the_wire(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.from_wire(money.to_wire()) == money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("123.45", "EUR", 12345), ("1200", "JPY", 1200), ("1.234", "KWD", 1234), ("-0.5", "USD", -50)],
)
def test_decimal_text_becomes_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.of(text, currency).minor == minor


def test_an_amount_finer_than_its_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="finer"):
        Money.of("0.001", "EUR")


def test_units_and_nanos_have_the_same_sign() -> None:
    assert Money(-150, "EUR").to_wire() == money_pb2.Money(
        currency_code="EUR", units=-1, nanos=-500_000_000
    )
