"""Add, list and change billing cycles. A project's settings name its cycle, so tenancy deletes cycles."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from chalicelib.audit import service as audit
from chalicelib.cycles import repository
from chalicelib.cycles.domain import BillingCycle, check_cycle
from chalicelib.kernel.context import Context
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.ids import slug
from chalicelib.platform.transaction import Action, Refused


def open_cycle(ctx: Context, *, cycle: BillingCycle) -> BillingCycle:
    """Add a billing cycle. Idempotent: if it exists with the same settings, return it.

    :raises Invalid: for an invalid id or setting.
    :raises Conflict: if the id is taken by a cycle with other settings.
    """
    slug(cycle.id, "a billing cycle's id", field="id")
    check_cycle(cycle)
    try:
        repository.insert_cycle(ctx.client, cycle, also=[audit_write(ctx, "opened", None, cycle)])
    except Refused:
        made = repository.find_cycle(ctx.client, cycle.id)
        if made and made.says_the_same(cycle):
            return made
        raise Conflict(
            "cycle-taken", f"there is a billing cycle {cycle.id} already; choose another id", field="id"
        ) from None
    return cycle


def get_cycle(ctx: Context, *, cycle_id: str) -> BillingCycle:
    """Return one billing cycle.

    :raises NotFound: if the client has none with this id.
    """
    try:
        cycle = repository.find_cycle(ctx.client, slug(cycle_id, "a billing cycle's id"))
    except Invalid:
        cycle = None
    if cycle is None:
        raise NotFound("not-found", "there is no billing cycle with this id")
    return cycle


def find_cycle(client_id: str, cycle_id: str) -> BillingCycle | None:
    """Return a billing cycle, or None. One read unit."""
    return repository.find_cycle(client_id, cycle_id)


def list_cycles(
    ctx: Context, *, generating_on: date | None = None, active: bool | None = None
) -> tuple[BillingCycle, ...]:
    """List the client's billing cycles: all, those that make bills on a day, or those that are active or not."""
    return tuple(
        cycle
        for cycle in repository.all_cycles(ctx.client)
        if (generating_on is None or cycle.generates_on(generating_on)) and active in {None, cycle.active}
    )


def change_cycle(ctx: Context, *, cycle_id: str, version: int, changes: Mapping[str, Any]) -> BillingCycle:
    """Change settings of a cycle, by name, effective from the next run.

    Existing bills keep their due day.

    :raises NotFound: if the client has none with this id.
    :raises Invalid: for an invalid setting.
    :raises Conflict: if it was changed meanwhile.
    """
    before = get_cycle(ctx, cycle_id=cycle_id)
    after = replace(before, **changes, version=version + 1)
    check_cycle(after)
    try:
        repository.change_cycle(ctx.client, after, version=version, also=[audit_write(ctx, "changed", before, after)])
    except Refused:
        raise Conflict("changed", "this billing cycle was changed meanwhile; reload and retry") from None
    return after


def cycle_count_writes(client_id: str, *, before: str | None, after: str | None) -> list[Action]:
    """Build the writes that count a project's change of cycle; none if it is the same.

    Label `cycle` is refused if the cycle does not exist (see `unknown_cycle`).
    """
    if before == after:
        return []
    leave = [repository.cycle_exit_write(client_id, before)] if before else []
    return [*leave, repository.cycle_entry_write(client_id, after)] if after else leave


def cycle_use_write(client_id: str, *, cycle_id: str) -> Action:
    """Build the write that marks a cycle as used, so that it can't be deleted."""
    return repository.cycle_use_write(client_id, cycle_id)


def cycle_delete_writes(ctx: Context, *, cycle: BillingCycle, projects: int) -> list[Action]:
    """Build the writes that delete a cycle which was never used and which `projects` projects name.

    Label `cycle` is refused if it was used, changed, or named by another project meanwhile.
    """
    return [
        repository.cycle_delete_write(ctx.client, cycle, projects=projects),
        audit_write(ctx, "deleted", cycle, None),
    ]


def unknown_cycle(cycle_id: str | None) -> Invalid:
    """Return the error for a project that names an unknown cycle."""
    return Invalid(
        "unknown-cycle", f"no cycle {cycle_id}; see GET /api/clients/{{clientId}}/billing-cycles", field="billingCycle"
    )


def audit_write(ctx: Context, action: str, before: BillingCycle | None, after: BillingCycle | None) -> Action:
    """Build the audit entry of a cycle."""
    cycle = after or before
    if cycle is None:
        raise AssertionError("nothing became of no cycle")
    return audit.entry_write(
        ctx,
        action=f"billing-cycle.{action}",
        subject=("billing-cycle", cycle.id),
        before=before.facts() if before else None,
        after=after.facts() if after else None,
    )
