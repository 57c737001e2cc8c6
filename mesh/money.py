"""Exact money: integer minor units inside, `google.type.Money` on the wire, never a float."""

from dataclasses import dataclass
from decimal import Decimal

from google.type import money_pb2

# ISO 4217 currencies whose minor unit is not a hundredth, by how many decimals they have.
_DIGITS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"], 0),
    **dict.fromkeys(["RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}
_NANOS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of an ISO 4217 currency."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: str, currency: str) -> "Money":
        """From a decimal text such as `"123.45"`; ValueError when it is finer than the currency."""
        scaled = Decimal(amount).scaleb(digits(currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{amount} is finer than {currency} has it")
        return cls(int(scaled), currency)

    @classmethod
    def from_wire(cls, money: money_pb2.Money) -> "Money":
        """From a message; ValueError when it is finer than the currency."""
        nanos = money.units * _NANOS + money.nanos
        return cls.of(str(Decimal(nanos).scaleb(-9)), money.currency_code)

    def to_wire(self) -> money_pb2.Money:
        """As a message."""
        scale = 10 ** digits(self.currency)
        units, rest = divmod(abs(self.minor), scale)
        sign = -1 if self.minor < 0 else 1
        return money_pb2.Money(
            currency_code=self.currency, units=sign * units, nanos=sign * rest * (_NANOS // scale)
        )

    def __str__(self) -> str:
        amount = Decimal(self.minor).scaleb(-digits(self.currency))
        return f"{amount:f} {self.currency}"


def digits(currency: str) -> int:
    """How many decimals a currency has."""
    return _DIGITS.get(currency, 2)
