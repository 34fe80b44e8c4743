"""Read the rule of paying late, and how late a bill was paid."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.kernel.money import Money
from chalicelib.tariffs.domain.late_charges import DAYS_PER_MONTH, LateChargeKind, LateChargeRule
from tests.tools.tariff_reader.loose_tariff import Json, LooseTariff, bare, first, is_number, number, text
from tests.tools.tariff_reader.translation import currency_of

_PENALTIES = {
    "penalty", "penalties", "latefee", "latecharge", "latepenalty", "latepayment", "latepaymentpenalty", "arrears",
    "latepaymentcharge", "latepaymentfee", "latepaymentsurcharge", "lps", "dps", "overdueinterest", "lateinterest",
    "latepaymentinterest", "delayedpaymentsurcharge", "latesurcharge", "overduecharge", "overduefee", "delaycharge",
    "interestonarrears", "latechargerule", "fine", "latefine",
}  # fmt: skip
_ALONE = re.compile(r"^(.*?)_?(percent|pct|amount|fixed)$")


def with_penalty(case: Json) -> Json:
    """Move the rule of paying late to `penalty`, whatever the case calls it."""
    tariff: Json = {}
    for key, value in case["tariff"].items():
        alone = _ALONE.match(str(key).lower())
        if bare(key) in _PENALTIES:
            tariff["penalty"] = (
                value if isinstance(value, dict) else {"percent" if "%" in str(value) else "amount": value}
            )
        elif alone and bare(alone[1]) in _PENALTIES and is_number(value):
            word = "percent" if alone[2] in {"percent", "pct"} else "amount"
            tariff.setdefault("penalty", {})[word] = value
        else:
            tariff[key] = value
    return {**case, "tariff": tariff}


@dataclass(frozen=True)
class Late:
    """A case of paying late; printed figures are `scale` times ours, and `strange` is what was not understood."""

    rule: LateChargeRule
    principal: Money
    days_overdue: int
    scale: Decimal
    strange: list[str]
    waived: Money | None = None


def late_of(case: Json, *, principal: Money | None = None) -> Late:
    """Translate a case of paying late; the principal is given, or that of the bill rated."""
    source = LooseTariff(case["tariff"]["penalty"], "penalty")
    usage = LooseTariff(case["usage"], "usage")
    currency, scale = currency_of(case["tariff"])

    def money(value: object) -> Money:
        return Money.parse(text(number(value) / scale), currency)

    waived = usage.get("waived", usage.get("waiver"))
    rule_days = int(number(first(source.get("grace_days"), source.get("grace"), source.get("grace_period_days"), 0)))
    days = _days_overdue(usage)
    months = first(usage.get("months_late"), usage.get("months_overdue"), usage.get("late_months"), usage.get("months"))
    if days is None and months is None:
        days = rule_days + 1 if usage.says("late") or usage.says("paid_late") or usage.says("overdue") else 0
    overdue = days if days is not None else DAYS_PER_MONTH * int(number(months)) + rule_days
    step = _step(source, overdue)
    percent = _percent(
        step, "later_percent", "monthly_percent", "percent", "percentage", "pct", "rate", "daily_percent"
    )
    yearly = _percent(step, "annual_percent", "yearly_percent", "percent_per_year", "per_annum")
    if percent is None and yearly is not None:
        percent = yearly / 365
    amount = first(step.get("fixed_amount"), step.get("amount"), step.get("fee"), step.get("per_day"))
    kind = str(first(source.get("kind"), source.get("type"), source.get("mode"), ""))
    if "interest" in bare(kind) and yearly is not None and "month" not in bare(kind):
        kind = "daily"
    minimum = first(*(source.get(word) for word in ("minimum", "min", "floor")))
    maximum = first(*(source.get(word) for word in ("cap", "maximum", "max", "max_amount", "maximum_amount")))
    if percent is not None and amount is not None and "great" in bare(kind):
        minimum, amount = first(minimum, amount), None
    rule = LateChargeRule(
        kind=_late_kind(kind, by_percent=percent is not None),
        percent=percent or Decimal(0),
        amount=money(amount) if amount is not None else None,
        first_percent=_percent(source, "first_percent", "first_month_percent", "initial_percent"),
        grace_days=rule_days,
        minimum=money(minimum) if minimum is not None else None,
        maximum=money(maximum) if maximum is not None and number(maximum) else None,  # 0 is no cap
    )
    alone = principal is None
    if principal is None:
        owed = money(
            first(*(usage.get(key) for key in ("bill_total", "principal", "bill", "balance", "amount", "due")))
        )
        paid = first(usage.get("paid"), usage.get("amount_paid"), 0)
        principal = owed - money(paid)
    for key in ("on", "rounding"):
        source.get(key)  # of the unpaid principal, and rounded once at the end: so it is here always
    strange = source.not_understood() + (usage.not_understood() if alone else [])
    all_of_it = Money.parse("999999999999", currency) if waived is True else None
    part = money(waived) if is_number(waived) else all_of_it
    return Late(rule, principal, overdue, scale, strange, part)


def _step(source: LooseTariff, overdue: int) -> LooseTariff:
    """Rules in steps by days: the highest one reached counts."""
    steps = source.get("steps", source.get("tiers"))
    if not isinstance(steps, list):
        return source
    reached = LooseTariff({"percent": "0"}, "steps")
    for at, entry in enumerate(steps):
        step = LooseTariff(entry, f"steps[{at}]")
        if overdue > int(number(first(step.get("over_days"), step.get("after_days"), step.get("over"), 0))):
            reached = step
    return reached


def _percent(source: LooseTariff, *words: str) -> Decimal | None:
    """Read a percentage; a rate below one is a share of one: 0.05 is 5 %."""
    for word in words:
        value = source.get(word)
        if value is not None and bare(word) in {bare(key) for key in source.raw}:
            share = word == "rate" and number(value) < 1 and "%" not in str(value)
            return number(value) * 100 if share else number(value)
    return None


def _days_overdue(usage: LooseTariff) -> int | None:
    due, paid = (
        usage.get("due_date", usage.get("due_on")),
        first(*(usage.get(k) for k in ("paid_date", "paid_on", "on"))),
    )
    if isinstance(due, str) and isinstance(paid, str):
        return (date.fromisoformat(paid) - date.fromisoformat(due)).days
    days = first(*(usage.get(key) for key in ("days_overdue", "days_late", "overdue_days", "late_days")))
    return None if days is None else int(number(days))


def _late_kind(stated: str, *, by_percent: bool) -> LateChargeKind:
    words = bare(stated)
    if "compound" in words:
        return "monthly-compound"
    if "once" in words or "flat" in words or "single" in words:
        return "percent-once" if by_percent else "fixed-once"
    if "day" in words or "daily" in words:
        return "percent-per-day" if by_percent else "fixed-per-day"
    if "month" in words or "simple" in words:
        return "monthly-simple"
    return "percent-once" if by_percent else "fixed-once"
