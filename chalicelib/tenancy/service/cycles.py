"""A project's billing cycle: its due rule, its first use, and its deletion."""

from dataclasses import replace

from chalicelib.cycles import service as cycles
from chalicelib.cycles.domain import BillingCycle, DueByCycle, DueRule
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, TryLater
from chalicelib.platform.transaction import Refused
from chalicelib.tenancy import repository
from chalicelib.tenancy.domain import LateChargeRule, Project, without_cycle
from chalicelib.tenancy.service.projects import change_audit_write, continued

# A transaction has at most a hundred actions, and each project that loses its cycle takes three.
_MOST_LET_GO = 30


def delete_cycle(ctx: Context, *, cycle_id: str) -> tuple[BillingCycle, tuple[Project, ...]]:
    """Delete a billing cycle, and remove it from the projects that name it; bills stay due as before.

    Source: S2-166, S2-368, S2-378.

    :raises NotFound: if the client has none with this id.
    :raises Conflict: if a reading or run has used it, or it or one of its projects was changed meanwhile.
    """
    cycle = cycles.get_cycle(ctx, cycle_id=cycle_id)
    naming = [each for each in repository.all_projects(ctx.client) if each.settings.billing_cycle == cycle.id]
    if len(naming) > _MOST_LET_GO:
        raise Conflict("cycle-named", f"{len(naming)} projects name this cycle; give some of them another one first")
    freed: list[Project] = []
    writes = cycles.cycle_delete_writes(ctx, cycle=cycle, projects=len(naming))
    for before in naming:
        settings = without_cycle(before.settings, due_days=cycle.due_days, grace_days=cycle.grace_days)
        after = replace(continued(before, settings), version=before.version + 1)
        writes += repository.cycle_removal_writes(before, after, by=ctx.actor.id, at=ctx.now)
        writes.append(change_audit_write(ctx.in_project(before.id), before, after))
        freed.append(after)
    try:
        repository.commit(writes)
    except Refused:
        if cycles.get_cycle(ctx, cycle_id=cycle.id).used:
            raise Conflict("cycle-used", "a reading or run has used this cycle; set it inactive instead") from None
        raise Conflict("changed", "this cycle or a project that names it was changed meanwhile; try again") from None
    return cycle, tuple(freed)


def stay_with_cycle(project: Project) -> None:
    """Mark a project's billing cycle as used, before the first reading or run under it.

    Four write units, once for a project and cycle. Of several first readings at once, one writes the mark. If the
    reading or run then fails, the cycle can no longer be deleted, which is harmless.

    :raises TryLater: if the cycle was just deleted, or the project just got another one.
    """
    named = project.settings.billing_cycle
    if named is None or project.under_cycle:
        return
    try:
        repository.commit(
            [cycles.cycle_use_write(project.client, cycle_id=named), repository.cycle_mark_write(project)]
        )
    except (Refused, TryLater):
        now = repository.find_project(project.client, project.id, consistent=True)
        if now is None or not now.under_cycle or now.settings.billing_cycle != named:
            raise _being_changed() from None


def due_rule(project: Project) -> DueRule:
    """Return the rule for due days of a project, which its settings or its billing cycle has.

    :raises TryLater: if the cycle was just deleted.
    """
    due = project.settings.due
    return _cycle_of(project).due_rule if isinstance(due, DueByCycle) else due


def late_charge_rule(project: Project) -> LateChargeRule | None:
    """Return what paying late costs in a project, with the grace of its billing cycle where the cycle decides.

    None: nothing. Source: S2-294. Half a read unit where the cycle decides, none elsewhere.

    :raises TryLater: if the cycle was just deleted.
    """
    rule = project.settings.late_charge
    if rule is None or rule.grace_days is not None:
        return rule
    return rule.with_grace(_cycle_of(project).grace_days if project.settings.billing_cycle else 0)


def _cycle_of(project: Project) -> BillingCycle:
    cycle = cycles.find_cycle(project.client, str(project.settings.billing_cycle))
    if cycle is None:
        raise _being_changed()
    return cycle


def _being_changed() -> TryLater:
    return TryLater("busy", "the project's billing cycle is being changed; send the request again")
