"""Charge an amount freely: a connection fee, a reconnection fee, a debit note. It is a bill of its own."""

from chalicelib.adjustments.service.posting import ATTEMPTS, changed
from chalicelib.bills import service as bills
from chalicelib.bills.domain import Bill, Charge
from chalicelib.connections import service as connections
from chalicelib.ledger import service as ledger
from chalicelib.platform import dynamo
from chalicelib.platform.transaction import Refused, transact
from chalicelib.tenancy.domain import ProjectContext


def charge_connection(ctx: ProjectContext, *, account: str, charge: Charge) -> Bill:
    """Charge the consumer of a connection an amount: a bill of kind `charge`, without a reading.

    A repeated request gets the bill that the first one made.

    :raises NotFound: for an unknown connection, or one out of the actor's reach.
    :raises Invalid: for an amount that is not above zero, or a due day that is not after today.
    """
    connection = connections.get_connection(ctx, account=account)
    act_id = ctx.new_id()
    today = ledger.booking_day(ctx.project, ctx.now)
    for attempt in range(ATTEMPTS):
        if stored := bills.find_charge(ctx.project, connection.account, act_id, day=today):
            return stored
        bill, writes = bills.charge_bill(ctx, connection, charge, act_id=act_id)
        try:
            transact(writes)
        except Refused:  # another charge got its number
            dynamo.pause(attempt)
        else:
            return bill
    raise changed()
