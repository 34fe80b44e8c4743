"""Open, succeed, correct and delete tariffs, and quote by them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from chalicelib.audit import service as audit
from chalicelib.connections import service as connections
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound, TryLater
from chalicelib.kernel.period import Period
from chalicelib.kernel.quantity import plain
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tariffs import repository
from chalicelib.tariffs.domain import (
    KnownVersion,
    Rating,
    Tariff,
    TariffBook,
    Usage,
    check_follows,
    check_length,
    check_not_between,
    check_not_followed,
    check_room,
    check_tariff,
    check_versions,
    compile_tariff,
    meets,
    rate,
    rate_over,
    version_before,
)
from chalicelib.tariffs.domain.deliverable import check_deliverable, names_needed
from chalicelib.tariffs.domain.factors import PeriodFactors
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext


def open_tariff(ctx: ProjectContext, *, tariff: Tariff) -> KnownVersion:
    """Write a new version of a tariff.

    :raises Invalid: if the tariff contradicts itself, the project, or another tariff of the same class, or needs a
        measure that the project does not deliver.
    :raises Conflict: if this version exists with other content, or the project is closed.
    """
    project = ctx.project
    known, turn = repository.versions_to_change(project)
    if same := next((each for each in known if each.tariff == tariff), None):
        return same
    if any((each.tariff.id, each.tariff.version) == (tariff.id, tariff.version) for each in known):
        raise Conflict(
            "version-exists", f"version {tariff.version} of {tariff.id} exists with other content; add the next version"
        )
    _check(project, tariff, tuple(each.tariff for each in known))
    after = [*(each.tariff for each in known), tariff]
    # Both look at the project's item, and a transaction looks at an item once.
    open_yet = _measure_writes(ctx, after, entered=tariff) or [tenancy.project_open_check(ctx, project)]
    also = [*open_yet, turn, _offer_write(project, tariff.id, after), _audit_write(ctx, "tariff.opened", after=tariff)]
    try:
        repository.insert_tariff(project, tariff, also=also)
    except Refused as refused:
        if "project" in refused.labels or ("measures" in refused.labels and tenancy.enter_project(ctx).project.closed):
            raise Conflict("project-closed", "this project is closed: it accepts no new tariffs") from None
        _explain(refused, tariff.id)
        raise Conflict(
            "version-exists", f"version {tariff.version} of {tariff.id} exists with other content; add the next version"
        ) from None
    return KnownVersion(tariff, sealed=False)


def succeed_tariff(ctx: ProjectContext, *, tariff: Tariff) -> KnownVersion:
    """Add the next version of a tariff and end the last one on the day it begins.

    `tariff.version` is set here. Ending is the only possible change of a version that has rated bills.

    :raises NotFound: if there is no such tariff.
    :raises Invalid: if the version contradicts itself, the project or another tariff of the same class, or leaves days
        after the last one without a tariff.
    :raises Conflict: if another user was changing the same tariff.
    """
    project = ctx.project
    known, turn = repository.versions_to_change(project)
    last = max((each.tariff for each in known if each.tariff.id == tariff.id), key=lambda t: t.version, default=None)
    if last is None:
        raise _no_tariff(tariff.id)
    if replace(tariff, version=last.version) == last:
        return KnownVersion(last, sealed=False)  # the same request again, after its answer was lost
    if tariff.valid_from <= last.valid_from:
        raise Invalid("too-early", f"after {last.valid_from}, when version {last.version} begins", field="validFrom")
    successor = replace(tariff, version=last.version + 1)
    until = tariff.valid_from if last.valid_until is None else min(last.valid_until, tariff.valid_from)
    ended = replace(last, valid_until=until)
    others = tuple(each.tariff for each in known if each.tariff != last)
    _check(project, successor, (*others, ended))
    check_follows(successor, ended, others)
    try:
        repository.insert_successor(
            project,
            before=last,
            ended=ended,
            successor=successor,
            also=[
                turn,
                _offer_write(project, tariff.id, [successor]),
                *_measure_writes(ctx, [*others, ended, successor], entered=successor),
                _audit_write(ctx, "tariff.succeeded", after=successor),
            ],
        )
    except Refused as refused:
        _explain(refused, tariff.id)
        raise _changed() from None
    return KnownVersion(successor, sealed=False)


def correct_tariff(ctx: ProjectContext, *, tariff: Tariff) -> KnownVersion:
    """Replace a version that no run has used.

    If it begins on another day, the version before it ends on that day.

    :raises NotFound: if there is no such version.
    :raises Invalid: if the version contradicts itself, the project or another tariff of the same class.
    :raises Conflict: if it has rated bills.
    """
    project = ctx.project
    known, turn = repository.versions_to_change(project)
    before = _version(known, tariff.id, tariff.version).tariff
    others = [each.tariff for each in known if each.tariff != before]
    ended = version_before(before, others)
    moved = _moved_end(ended, tariff) if ended and tariff.valid_from != before.valid_from else None
    others = [moved if moved and each == ended else each for each in others]
    _check(project, tariff, tuple(others))
    for successor in others:
        if successor.id == tariff.id and successor.valid_from == before.valid_until:
            check_follows(successor, tariff, others)
    entry = _audit_write(ctx, "tariff.corrected", before=before, after=tariff)
    try:
        after = [*others, tariff]
        also = [turn, _offer_write(project, tariff.id, after), *_measure_writes(ctx, after, entered=tariff), entry]
        repository.replace_tariff(project, tariff, before=ended, moved=moved, also=also)
    except Refused as refused:
        _explain(refused, tariff.id)
        raise _sealed(tariff) from None
    return KnownVersion(tariff, sealed=False)


def _moved_end(ended: Tariff, successor: Tariff) -> Tariff:
    if successor.valid_from <= ended.valid_from:
        detail = f"after {ended.valid_from}, when version {ended.version} begins"
        raise Invalid("too-early", detail, field="validFrom")
    return replace(ended, valid_until=successor.valid_from)


def delete_tariff(ctx: ProjectContext, *, tariff_id: str, version: int) -> KnownVersion:
    """Delete a version that no run has used. The version that ended when it began is extended.

    So a version that was added by mistake can be undone, and no day is left without a tariff.

    :raises NotFound: if there is no such version.
    :raises Conflict: if it has rated bills, it is between two others, it is the first and others follow, or connections
        name the tariff and no later version would be left.
    """
    project = ctx.project
    known, turn = repository.versions_to_change(project)
    gone = _version(known, tariff_id, version)
    left = [each.tariff for each in known if each.tariff != gone.tariff]
    if gone.sealed:
        raise _sealed(gone.tariff)
    check_not_between(gone.tariff, left)
    before = version_before(gone.tariff, left)
    if before is None:
        check_not_followed(gone.tariff, left)
    goes_on = replace(before, valid_until=gone.tariff.valid_until) if before else None
    left = [goes_on if goes_on and each == before else each for each in left]
    entry = _audit_write(ctx, "tariff.deleted", before=gone.tariff, continued_by=goes_on)
    try:
        also = [turn, _offer_write(project, tariff_id, left), *_measure_writes(ctx, left), entry]
        repository.delete_tariff(project, gone.tariff, before=before, goes_on=goes_on, also=also)
    except Refused as refused:
        _explain(refused, tariff_id)
        raise _sealed(gone.tariff) from None
    return gone


def list_tariffs(ctx: ProjectContext, *, tariff_id: str | None = None) -> tuple[KnownVersion, ...]:
    """List the versions of one tariff, or of every tariff of the project.

    :raises NotFound: if there is no tariff with the id given.
    """
    known = repository.all_versions(ctx.project)
    if tariff_id is None:
        return known
    versions = tuple(each for each in known if each.tariff.id == tariff_id)
    if not versions:
        raise _no_tariff(tariff_id)
    return versions


def get_version(ctx: ProjectContext, *, tariff_id: str, version: int) -> KnownVersion:
    """Return one version of a tariff.

    :raises NotFound: if there is no such tariff or version.
    """
    return _chosen(list_tariffs(ctx, tariff_id=tariff_id), version)


def _chosen(versions: tuple[KnownVersion, ...], version: int) -> KnownVersion:
    found = next((each for each in versions if each.tariff.version == version), None)
    if found is None:
        raise _no_tariff(f"{versions[0].tariff.id}, version {version}")
    return found


def quote(ctx: ProjectContext, *, tariff_id: str, version: int | None, usage: Usage) -> Rating:
    """Return what a usage would cost by a tariff of the project; nothing is stored.

    Without a version, those valid on the days of the usage apply.

    :raises NotFound: if there is no such tariff or version.
    :raises Invalid: if the usage can't be rated by it, or the bill would be too long.
    """
    known = list_tariffs(ctx, tariff_id=tariff_id)
    if version is None:
        return _quoted(lambda: rate_over([compile_tariff(each.tariff) for each in known], usage))
    chosen = _chosen(known, version).tariff
    return _quoted(lambda: rate(compile_tariff(chosen), usage))


def quote_draft(tariff: Tariff, *, usage: Usage) -> Rating:
    """Return what a usage would cost by a draft of a tariff.

    :raises Invalid: if the tariff contradicts itself, the usage can't be rated by it, or the bill would be too long.
    """
    check_tariff(tariff, delivered=usage.measures)
    return _quoted(lambda: rate(compile_tariff(tariff), usage))


def _quoted(rated: Callable[[], Rating]) -> Rating:
    """Return a rating, and refuse one that no bill could be made from."""
    try:
        rating = rated()
        check_length(rating.lines)
    except ArithmeticError as error:
        raise Invalid("not-rated", f"rating failed: {type(error).__name__}") from None
    return rating


def tariff_book(project: Project, *, until_day: date) -> TariffBook:
    """Read and compile the project's tariffs, once for a whole chunk of bills.

    Versions that are valid before a day get sealed: from then on they can only be succeeded.

    :raises TryLater: if a tariff was just being changed.
    """
    known = repository.all_versions(project)
    _seal(project, known, until_day)
    return _compiled(known)


def factors_of(project: Project, period: Period) -> Mapping[str, Decimal]:
    """Return the measures that were entered for a period for all connections: a calorific value, a fuel factor.

    One request, a read unit.
    """
    return repository.find_factors(project, period).measures


def get_factors(ctx: ProjectContext, *, period: Period) -> PeriodFactors:
    """Return the factors of a period; none, if none were entered.

    :raises Invalid: for a period that is not billed here.
    """
    ctx.project.check_period(period)
    return repository.find_factors(ctx.project, period)


def set_factors(ctx: ProjectContext, *, period: Period, measures: Mapping[str, Decimal], version: int) -> PeriodFactors:
    """Replace the factors of a period. Bills that were made stay as they are. Idempotent; seven write units.

    :raises Invalid: for a period that is not billed here, or a measure that the project does not take from periods.
    :raises Conflict: if they were changed meanwhile, or a billing run is working on the period.
    """
    project = ctx.project
    project.check_period(period)
    _check_from_periods(project, measures)
    before = repository.find_factors(project, period)
    if before.measures == measures:
        return before
    after = PeriodFactors(period, measures, version + 1)
    said = [{name: plain(value) for name, value in each.measures.items()} for each in (before, after)]
    log = audit.entry_write(
        ctx,
        action="factors.changed",
        subject=("period", f"{project.id}.{period}"),
        before=dict(said[0]),
        after=dict(said[1]),
    )
    try:
        transact(
            [repository.no_run_check(project, period), repository.factors_write(project, after, version=version), log]
        )
    except Refused as refused:
        if "period" in refused.labels:
            wait = "its factors can't change until it is complete"
            raise Conflict("period-frozen", f"a billing run is working on {period}; {wait}") from None
        raise Conflict("changed", f"the factors of {period} were changed meanwhile; reload and retry") from None
    return after


def _check_from_periods(project: Project, measures: Mapping[str, Decimal]) -> None:
    known = {each.name for each in project.settings.measures if each.source == "period"}
    if unknown := sorted(measures.keys() - known):
        raise Invalid(
            "undelivered-measure",
            f"the project's settings take no measure {unknown[0]} from the period; add it there, or correct the name",
            field=f"measures.{unknown[0]}",
        )


def unsealed_book(project: Project) -> TariffBook:
    """Read and compile the project's tariffs without sealing versions."""
    return _compiled(repository.all_versions(project))


def _seal(project: Project, known: tuple[KnownVersion, ...], until_day: date) -> None:
    fresh = [each.tariff for each in known if not each.sealed and each.tariff.valid_from < until_day]
    try:
        repository.seal_versions(project, fresh)
    except Refused:
        raise TryLater("busy", "a tariff is being changed; try again in a moment") from None


def _compiled(known: tuple[KnownVersion, ...]) -> TariffBook:
    return TariffBook.of(each.tariff for each in known)


def _check(project: Project, tariff: Tariff, others: tuple[Tariff, ...]) -> None:
    check_tariff(tariff)
    check_room(others)
    settings = project.settings
    check_deliverable(tariff, {each.name: each for each in settings.measures})
    units = {tariff.unit, *(conversion.from_unit for conversion in tariff.conversions)}
    if tariff.currency != settings.currency or settings.unit not in units:
        raise Invalid(
            "other-unit",
            f"a tariff here is in {settings.currency} and takes uses in {settings.unit}",
            field="unit" if tariff.currency == settings.currency else "currency",
        )
    check_versions([tariff, *(each for each in others if meets(each, tariff))])


def _offer_write(project: Project, tariff_id: str, versions: Sequence[Tariff]) -> Action:
    """Build the write that offers a tariff to connections until its last version ends."""
    own = [each for each in versions if each.id == tariff_id]
    if not own:
        return connections.tariff_withdrawal_write(project, tariff_id=tariff_id)
    last = max(own, key=lambda each: each.valid_from)
    return connections.tariff_offer_write(project, tariff_id=tariff_id, until=last.valid_until)


def _measure_writes(ctx: ProjectContext, after: Sequence[Tariff], *, entered: Tariff | None = None) -> list[Action]:
    """Build the write of the measures that the tariffs need after a change; none, if it changes nothing about them.

    So a measure that a tariff needs stays among the project's settings, even if both are changed at once.
    """
    names = frozenset[str]().union(*map(names_needed, after))
    needs_some = entered is not None and bool(names_needed(entered))
    if not needs_some and names == frozenset(ctx.project.needed_measures):
        return []
    return [tenancy.needed_measures_write(ctx, ctx.project, names)]


def _explain(refused: Refused, tariff_id: str) -> None:
    """Raise the error for refusals that any change of a tariff can meet; use cases handle the others."""
    if "measures" in refused.labels:
        raise Conflict("tariff-changed", "the project's settings were changed meanwhile; reload and retry")
    if "tariffs" in refused.labels:
        raise _changed()
    if "offer" in refused.labels:
        raise Conflict("tariff-chosen", f"connections name the tariff {tariff_id}; give them another one first")


def _version(known: Sequence[KnownVersion], tariff_id: str, version: int) -> KnownVersion:
    for each in known:
        if (each.tariff.id, each.tariff.version) == (tariff_id, version):
            return each
    raise _no_tariff(f"{tariff_id}, version {version}")


def _audit_write(
    ctx: Context,
    action: str,
    *,
    before: Tariff | None = None,
    after: Tariff | None = None,
    continued_by: Tariff | None = None,
) -> Action:
    """Build the audit entry of a tariff, with a digest of its charges."""
    known = [tariff for tariff in (before, after) if tariff]
    subject = ("tariff", f"{ctx.project_id}.{known[0].id}.{known[0].version}")
    return audit.entry_write(
        ctx,
        action=action,
        subject=subject,
        before=_audit_facts(before),
        after=_audit_facts(after) | ({"continued_by": continued_by.version} if continued_by else {}),
    )


def _audit_facts(tariff: Tariff | None) -> dict[str, object]:
    if tariff is None:
        return {}
    return {
        "valid_from": tariff.valid_from,
        "valid_until": tariff.valid_until,
        "consumer_class": tariff.consumer_class,
        "digest": compile_tariff(tariff).document_digest,
    }


def _changed() -> Conflict:
    return Conflict("tariff-changed", "another user is changing a tariff of this project; reload and retry")


def _no_tariff(what: str) -> NotFound:
    return NotFound("not-found", f"there is no tariff {what}", field="tariffId")


def _sealed(tariff: Tariff) -> Conflict:
    return Conflict("tariff-used", f"version {tariff.version} of {tariff.id} has rated bills; add another version")
