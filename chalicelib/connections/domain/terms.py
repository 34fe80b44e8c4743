"""What a connection is billed by, and from which day: its class, its tariff, and the facts that tariffs charge by.

A change holds from a day until the next change of the same fact. So one with a day in the past leaves what was changed
since, and the bills of the days between stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from chalicelib.connections.domain.facts import NO_FACTS, RatingFacts

_CLASS, _TARIFF = "class", "tariff"


@dataclass(frozen=True, slots=True)
class ConnectionTerms:
    """What a connection is billed by on a day; without a tariff, its class decides."""

    consumer_class: str
    tariff_id: str | None = None
    facts: RatingFacts = NO_FACTS

    def short(self) -> dict[str, str]:
        """Return the terms as short texts by name; what has its default is left out."""
        said = {_CLASS: self.consumer_class, _TARIFF: self.tariff_id or "", **self.facts.short()}
        return {name: text for name, text in said.items() if text}

    @classmethod
    def from_short(cls, said: Mapping[str, str]) -> "ConnectionTerms":
        """Parse what `short` returned; an empty text is the default."""
        return cls(said.get(_CLASS, ""), said.get(_TARIFF) or None, RatingFacts.from_short(said))


class FormerTerms(NamedTuple):
    """Former terms: they held on the days before `until`."""

    until: date
    terms: ConnectionTerms


class TermsFrom(NamedTuple):
    """Terms with their first day (None: from the beginning) and the day on which they end (None: they go on)."""

    since: date | None
    until: date | None
    terms: ConnectionTerms


def spans_of_terms(former: Sequence[FormerTerms], present: ConnectionTerms) -> tuple[TermsFrom, ...]:
    """Return former and present terms with the days on which they hold, the oldest first."""
    ends: list[date | None] = [each.until for each in former]
    every = [*(each.terms for each in former), present]
    return tuple(map(TermsFrom, [None, *ends], [*ends, None], every))


def terms_changed(
    spans: Sequence[TermsFrom],
    change: Mapping[str, str],
    *,
    since: date | None,
    until: date | None = None,
    for_good: bool = False,
) -> tuple[TermsFrom, ...]:
    """Return the spans after a change, of short texts by name, that holds from a day (None: from the beginning).

    It holds until the next change of the same fact, or `for_good`, and not from the day `until` on.
    A shop from March, then found to have been a factory from February: a factory in February, a shop from March.
    """
    left = dict(change)
    before: Mapping[str, str] | None = None
    made: list[tuple[date | None, dict[str, str]]] = []
    for start, terms in _split_at(_split_at(_starts(spans), since), until):
        said = terms.short()
        if _is_within(start, since, until):
            if before is not None and not for_good:
                left = {name: text for name, text in left.items() if said.get(name, "") == before.get(name, "")}
            before = said
            said = {name: text for name, text in (said | left).items() if text}
        made.append((start, said))
    return _joined(made)


def differences(newer: ConnectionTerms, older: ConnectionTerms) -> dict[str, str]:
    """Return what older terms say otherwise, as short texts by name; an empty text is the default."""
    here, there = newer.short(), older.short()
    return {name: there.get(name, "") for name in sorted(here | there) if here.get(name) != there.get(name)}


def with_differences(newer: ConnectionTerms, said: Mapping[str, str]) -> ConnectionTerms:
    """Return the older terms that differ from newer ones by what `differences` returned."""
    return ConnectionTerms.from_short({**newer.short(), **said})


def _starts(spans: Iterable[TermsFrom]) -> list[tuple[date | None, ConnectionTerms]]:
    return [(each.since, each.terms) for each in spans]


def _split_at(
    starts: list[tuple[date | None, ConnectionTerms]], day: date | None
) -> list[tuple[date | None, ConnectionTerms]]:
    """Return the first days of spans with their terms; the span that holds the day is split there."""
    if day is None or any(start == day for start, _ in starts):
        return starts
    earlier = [(start, terms) for start, terms in starts if start is None or start < day]
    return [*earlier, (day, earlier[-1][1]), *starts[len(earlier) :]]


def _is_within(start: date | None, since: date | None, until: date | None) -> bool:
    if start is None:
        return since is None
    return (since is None or start >= since) and (until is None or start < until)


def _joined(made: Sequence[tuple[date | None, dict[str, str]]]) -> tuple[TermsFrom, ...]:
    """Return spans again; neighbours that say the same are joined."""
    kept = [each for at, each in enumerate(made) if at == 0 or each[1] != made[at - 1][1]]
    ends = [*(start for start, _ in kept[1:]), None]
    return tuple(
        TermsFrom(start, end, ConnectionTerms.from_short(said)) for (start, said), end in zip(kept, ends, strict=True)
    )
