"""The leak allowance: how much of a leak's use a bill is lowered by."""

from decimal import ROUND_HALF_UP, Decimal

from chalicelib.kernel.errors import Invalid

_SHARE = Decimal("0.5")


def allowed_units(use: Decimal, usual_use: Decimal) -> Decimal:
    """Return half of what a use exceeds the usual one, in whole units, rounded half up.

    125 used, 6 are usual: 59.5, so 60. Source: B18.

    :raises Invalid: if it does not exceed the usual use.
    """
    if usual_use < 0:
        raise Invalid("bad-usual-use", "the usual use is zero or more", field="usualUse")
    units = ((use - usual_use) * _SHARE).quantize(Decimal(1), ROUND_HALF_UP)
    if units <= 0:
        raise Invalid("bad-usual-use", f"{use} is not more than the usual use of {usual_use}", field="usualUse")
    return units
