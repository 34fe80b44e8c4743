"""Money: whole minor units and a currency. No float comes near it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from chalicelib.kernel.errors import Invalid

# ISO 4217 minor-unit exponents that are not 2.
_ZERO_EXPONENT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
_THREE_EXPONENT = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
_EXPONENTS = dict.fromkeys(_ZERO_EXPONENT, 0) | dict.fromkeys(_THREE_EXPONENT, 3)
_TWO_EXPONENT = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
    CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS
    VES WST XCD YER ZAR ZMW ZWG
""".split()
_EXPONENTS |= dict.fromkeys(_TWO_EXPONENT, 2)
LARGEST_MINOR = 10**15 - 1
"""The largest amount that a line or a bill can have, in minor units: 9,999,999,999,999.99 pesos."""

_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,3})?\Z", re.ASCII)


def exponent_of(currency: str) -> int:
    """Return the number of decimal places of a currency's minor unit (PHP 2, JPY 0, KWD 3).

    :raises Invalid: for a code that is not a currency in use.
    """
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise Invalid(
            "unknown-currency",
            f"{currency!r} is not an ISO 4217 currency code in use, such as PHP or USD",
            field="currency",
        ) from None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole minor units of one currency: Money(27500, "PHP") is 275.00 pesos."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return an amount of zero in a currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Parse an amount such as "25.06".

        :raises Invalid: if it is not a plain decimal, or finer than the currency's minor unit.
        """
        places = exponent_of(currency)
        if not _AMOUNT.match(text):
            raise Invalid("bad-amount", f"{text[:40]!r} is not an amount; write it like 25.06")
        minor = Decimal(text).scaleb(places)
        if minor != minor.to_integral_value():
            raise Invalid("bad-amount", f"{text} is finer than the minor unit of {currency} ({places} decimal places)")
        return cls(int(minor), currency)

    def __str__(self) -> str:
        places = exponent_of(self.currency)
        digits = str(abs(self.minor)).rjust(places + 1, "0")
        sign = "-" if self.minor < 0 else ""
        return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.minor + self._same_currency(other).minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.minor - self._same_currency(other).minor, self.currency)

    def _same_currency(self, other: Self) -> Self:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} can't be added: exchange is not our trade")
        return other
