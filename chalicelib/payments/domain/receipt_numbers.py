"""The numbers of receipts: counted by desk or month, made from the day, or given by hand."""

import hashlib
import re
from datetime import date

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.period import Period
from chalicelib.tenancy.domain import ReceiptRule

_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}\Z")
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SUFFIX_LENGTH = 6
_MONTHLY_DIGITS, _DESK_DIGITS = 3, 6


def series_name(rule: ReceiptRule, *, desk: str, day: date) -> str | None:
    """Return the name of the counter that numbers a receipt, or None if nothing is counted.

    The counter of desk MAIN is OR-MAIN, that of a month TXN-2025-08. What a project gives by hand is counted by desk
    if it is left out. `day` is a day of the client.
    """
    match rule.form:
        case "dated":
            return None
        case "monthly":
            return f"{rule.prefix}-{Period.of(day)}"
        case "series" | "given":
            return f"{rule.prefix}-{desk}"


def numbered(rule: ReceiptRule, *, desk: str, day: date, count: int) -> str:
    """Return the receipt's number at this count, from 1: OR-MAIN-000123, TXN-2025-08-001.

    It is the counter's name and the count, so no two counters give the same number. A count that needs more digits
    gets them.

    :raises AssertionError: if the rule counts nothing, or the count is below 1.
    """
    series = series_name(rule, desk=desk, day=day)
    if series is None or count < 1:
        raise AssertionError(f"receipts of the form {rule.form} have no number at the count {count}")
    digits = _MONTHLY_DIGITS if rule.form == "monthly" else _DESK_DIGITS
    return f"{series}-{count:0{digits}}"


def dated_number(rule: ReceiptRule, *, day: date, seed: str) -> str:
    """Return a number of the day and six characters: OR-20251123-A1B2C3.

    The same seed, such as the payment's id, gives the same characters: a repeated request makes no second number.
    Two seeds of a day share them once in 36 to the power of 6, so the table must still refuse a number that is taken.

    Source: S3-080.
    """
    # 256 bits, of which 31 are needed: the remainders are equally likely to within 2 to the power of -225.
    rest = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    suffix = ""
    for _ in range(_SUFFIX_LENGTH):
        rest, character = divmod(rest, len(_CHARACTERS))
        suffix += _CHARACTERS[character]
    return f"{rule.prefix}-{day.isoformat().replace('-', '')}-{suffix}"


def check_given(text: str, *, rule: ReceiptRule) -> str:
    """Check the number of a printed receipt, and return it in capitals.

    A number in the form of the project's own series is refused, for any desk: a desk that is opened later would
    count up to it, and could issue no receipt.

    :raises Invalid: saying what to change.
    """
    number = text.strip()
    if not _GIVEN.match(number):
        raise Invalid(
            "bad-receipt-number",
            f"{number[:40]!r} is not a receipt number; write 1 to 40 letters, digits, '.', '_', '-' or '/', "
            "and begin with a letter or digit",
            field="receiptNumber",
        )
    number = number.upper()
    if re.fullmatch(rf"{re.escape(rule.prefix.upper())}-.+-[0-9]+", number):
        raise Invalid(
            "counted-receipt-number",
            f"{number} has the form of the numbers that this project counts itself ({rule.prefix}-desk-digits), so a "
            "desk may count up to it; leave the number out to have it counted, or give the printed one",
            field="receiptNumber",
        )
    return number
