"""Look up adjustments: by id, by connection, by bill, and those that wait for a second person."""

from collections.abc import Iterable

from chalicelib.adjustments import repository
from chalicelib.adjustments.domain import Adjustment, AdjustmentState, parse_adjustment_id
from chalicelib.bills.domain import parse_bill_id
from chalicelib.connections import service as connections
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.page import Page, choose_page
from chalicelib.tenancy.domain import ProjectContext

_PUBLISHED = frozenset({"posted", "reversed"})


def get_adjustment(ctx: ProjectContext, *, adjustment_id: str) -> Adjustment:
    """Return one adjustment that the actor may see; a consumer gets only their own that was posted.

    :raises NotFound: for any other.
    """
    found = repository.find_adjustment(ctx.project, parse_adjustment_id(adjustment_id))
    if found is None or not _seen(ctx, [found]):
        raise NotFound("not-found", "there is no adjustment with this id")
    return found


def list_adjustments(
    ctx: ProjectContext,
    *,
    account: str | None,
    bill_id: str | None,
    state: AdjustmentState | None,
    limit: int,
    cursor: str | None,
) -> Page[Adjustment]:
    """List adjustments of a connection or bill, newest first; or those in a state, without it those that are pending.

    :raises NotFound: for an id that is not a valid one of a bill.
    """
    of_account = parse_bill_id(bill_id)[1] if bill_id else account

    def read(some: int, at: str | None) -> Page[Adjustment]:
        if of_account is not None:
            return repository.account_page(ctx.project, of_account, limit=some, cursor=at)
        return repository.state_page(ctx.project, state or "pending", limit=some, cursor=at)

    def choose(found: tuple[Adjustment, ...]) -> list[Adjustment]:
        wanted = [each for each in found if bill_id in {None, each.bill_id} and account in {None, each.account}]
        return _seen(ctx, [each for each in wanted if state in {None, each.state}])

    return choose_page(read, choose, limit=limit, cursor=cursor)


def list_adjustments_of_connection(
    ctx: ProjectContext, *, account: str, limit: int, cursor: str | None
) -> Page[Adjustment]:
    """List the adjustments of a connection, newest first; a consumer sees only their own that were posted.

    :raises NotFound: for an unknown connection, or another consumer's.
    """
    connection = connections.get_connection_ever_held(ctx, account=account)
    return list_adjustments(ctx, account=connection.account, bill_id=None, state=None, limit=limit, cursor=cursor)


def _seen(ctx: ProjectContext, found: Iterable[Adjustment]) -> list[Adjustment]:
    if not ctx.actor.may("payments.read"):
        return [each for each in found if ctx.actor.owns(each.holder) and each.state in _PUBLISHED]
    known = list(found)
    within = connections.accounts_within_reach(ctx, ctx.project, {each.account for each in known})
    return [each for each in known if each.account in within]
