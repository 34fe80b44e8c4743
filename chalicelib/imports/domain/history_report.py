"""The report of a history's import: counts, and the lines that a person should look at."""

from collections.abc import Iterable

from chalicelib.files.domain.record import ImportCounts, ImportResult, Refusal, ReportLine
from chalicelib.imports.domain.history import AdditionalPayments, Outcome, Taken
from chalicelib.imports.domain.history_fields import in_words
from chalicelib.imports.domain.history_file import Entry
from chalicelib.imports.domain.history_opened import Opened


def intake_of(outcomes: Iterable[Outcome | Opened], *, blank: int) -> ImportResult:
    """Return the counts of the outcomes, and the lines of the report in order."""
    every = list(outcomes)
    refused = [one for one in every if isinstance(one, Refusal)]
    taken = [one for one in every if isinstance(one, Taken | AdditionalPayments | Opened)]
    flagged = [_shown(one.entry) for one in taken if isinstance(one, Taken) and one.shows_change]
    counts = ImportCounts(
        rows=len(every),
        accepted=len(taken),
        unchanged=len(every) - len(taken) - len(refused),
        refused=len(refused),
        flagged=len(flagged),
        blank=blank,
    )
    lines = [*(one.as_line() for one in refused), *flagged]
    return ImportResult(counts, tuple(sorted(lines, key=lambda line: int(line["line"]))))


def _shown(entry: Entry) -> ReportLine:
    reason = "this begins at 0 below the month before: taken as a new meter. If it was none, correct the month before"
    refusal = in_words(
        entry.month.period, entry.unit, Refusal(entry.line, f"{entry.place}.prior", "meter-changed", reason)
    )
    return refusal.as_line() | {"kind": "flagged"}
