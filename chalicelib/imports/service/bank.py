"""Import a bank's file: post what a rule matches, and keep the rest for a person."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from chalicelib.audit import service as audit
from chalicelib.bills import service as bills
from chalicelib.connections import service as connections
from chalicelib.files import service as files
from chalicelib.files.domain.record import FileImport, ImportResult
from chalicelib.identity import service as identity
from chalicelib.imports import repository
from chalicelib.imports.domain.bank import (
    BankFile,
    BankLine,
    BankLineState,
    OpenBill,
    Outcome,
    Posted,
    Transfer,
    intake_of,
    matching_bills,
    parse,
)
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.context import Actor
from chalicelib.kernel.errors import Conflict, Invalid, MeterbookError, NotFound, TryLater
from chalicelib.kernel.ids import known_ulid
from chalicelib.kernel.page import Page
from chalicelib.ledger import service as ledger
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment, Tender
from chalicelib.payments.service import Order
from chalicelib.platform.transaction import Action, Refused, transact
from chalicelib.tenancy.domain import ProjectContext

METHOD, DESK = "transfer", "BANK"
_PERMISSIONS = frozenset({"payments.record", "connections.read", "bills.read"})
"""What posting a transfer needs: its sender was allowed to record payments when the import began."""


def check_transfers(ctx: ProjectContext) -> None:
    """Check that a project takes transfers, as bank files bring them.

    :raises Invalid: if it does not.
    """
    if METHOD not in {method.name for method in ctx.project.settings.payments.methods}:
        message = f"payments by {METHOD} are not among the methods of this project: add it to its settings first"
        raise Invalid("bad-method", message, field="fileName")


def run_bank_import(ctx: ProjectContext, *, import_id: str) -> FileImport:
    """Post the transfers of an uploaded file, and write its report.

    A transfer is known by its reference, or else by its facts: the same file, or another one with the same transfers,
    changes nothing. Idempotent: delivered twice or resumed after a crash, it gives the same payments. A line that a
    rule matches costs as much as a payment at the counter.

    :raises NotFound: if no such file was announced.
    """
    today = local_day(ctx.now, ctx.project.settings.timezone)
    return files.run_import(
        ctx,
        kind="bank",
        import_id=import_id,
        check_sender=lambda record: identity.check_may_still(
            ctx, user_id=record.requested_by, permission="payments.record"
        ),
        parse=lambda _, content: parse(content, ctx.project, today=today),
        take_in=_take_in,
    )


def _take_in(ctx: ProjectContext, record: FileImport, file: BankFile) -> ImportResult:
    ids = [transfer.id for transfer in file.transfers]
    stored = payments.stored_payments(ctx.project, ids)
    known = repository.lines_by_id(ctx.project, [each for each in ids if each not in stored])
    sender = Actor(record.requested_by, ctx.actor.role, _PERMISSIONS, areas=record.areas)
    here = replace(ctx, actor=sender)
    outcomes: list[tuple[Outcome, bool]] = [(refusal, False) for refusal in file.refusals]
    outcomes += [_take(here, record, transfer, stored, known) for transfer in file.transfers]
    repository.insert_lines(ctx.project, [one for one, is_new in outcomes if isinstance(one, BankLine) and is_new])
    return intake_of(outcomes, blank=file.blank).with_titles(file.titles)


def _take(
    ctx: ProjectContext,
    record: FileImport,
    transfer: Transfer,
    stored: Mapping[str, Payment],
    known: Mapping[str, BankLine],
) -> tuple[Outcome, bool]:
    """Post one transfer, or say why it waits; also whether this import is the one that did so."""
    if payment := stored.get(transfer.id):
        return Posted(transfer.line, new=payment.origin == record.id), payment.origin == record.id
    if line := known.get(transfer.id):
        return replace(line, line=transfer.line), line.import_id == record.id
    try:
        payments.record_payment(ctx, order=_order_of(ctx, transfer, record.id), payment_id=transfer.id)
    except TryLater:
        raise
    except MeterbookError as error:
        return _waiting(ctx, record, transfer, error), True
    return Posted(transfer.line, new=True), True


def _waiting(ctx: ProjectContext, record: FileImport, transfer: Transfer, error: MeterbookError) -> BankLine:
    return BankLine(
        id=transfer.id,
        import_id=record.id,
        line=transfer.line,
        account=transfer.account,
        bill_id=transfer.bill_id,
        amount=transfer.amount,
        paid_on=transfer.paid_on,
        reference=transfer.reference,
        payer=transfer.payer,
        why_code=error.code,
        why=str(error),
        imported_at=ctx.now,
    )


def _order_of(ctx: ProjectContext, transfer: Transfer, import_id: str) -> Order:
    """Return what a transfer pays: the bill that it names, or those of its account that its amount fits.

    :raises MeterbookError: if it names nothing that it could pay.
    """
    tender = _tender(ctx, transfer)
    if transfer.bill_id:
        bill_ids: Sequence[str] = (transfer.bill_id,)
    elif transfer.account:
        connection = connections.get_connection(ctx, account=transfer.account)
        owed = ledger.owed_at(ctx, [connection], on=local_day(ctx.now, ctx.project.settings.timezone))[0]
        opened = [OpenBill(each.bill.id, each.due.minor) for each in owed.to_pay]
        bill_ids = matching_bills(transfer, opened, part_payments=ctx.project.settings.payments.part_payments)
    else:
        raise Invalid("no-match", "the line names neither a bill nor an account")
    return Order(tender=tender, bills=dict.fromkeys(bill_ids), source="bank", origin=import_id)


def _tender(ctx: ProjectContext, transfer: Transfer | BankLine) -> Tender:
    """Return the money of a transfer, on its day, or on the first day of open books if those of its day are closed."""
    desks, closed = ctx.project.settings.payments.desks, ctx.project.books_closed_until
    paid_on = transfer.paid_on if closed is None else max(transfer.paid_on, closed + timedelta(days=1))
    return Tender(
        method=METHOD,
        amount=transfer.amount,
        received=None,
        paid_on=paid_on,
        desk=DESK if DESK in desks else desks[0],
        reference=transfer.reference,
        notes=transfer.payer,
    )


def list_bank_lines(ctx: ProjectContext, *, state: BankLineState, limit: int, cursor: str | None) -> Page[BankLine]:
    """List the lines of bank files that wait for a person, or that one decided on."""
    return repository.lines_page(ctx.project, state, limit=limit, cursor=cursor)


def get_bank_line(ctx: ProjectContext, *, line_id: str) -> BankLine:
    """Return one line that could not be matched.

    :raises NotFound: if there is none with this id.
    """
    line = repository.find_line(ctx.project, known_ulid(line_id, "line"))
    if line is None:
        raise NotFound("not-found", "there is no line with this id")
    return line


def assign_bank_line(
    ctx: ProjectContext, *, line_id: str, bill_ids: Sequence[str] = (), account: str | None = None, note: str | None
) -> BankLine:
    """Post a waiting line as a payment of bills, or as an advance of an account. Its payment has the line's id.

    For a bill that took older dues over, money of an earlier day is paid on the bill's day; the line keeps its own.

    :raises Conflict: if the line was decided on, or nothing is due.
    :raises Invalid: if it is more than what is due on the bills.
    """
    line = get_bank_line(ctx, line_id=line_id)
    done = replace(line, state="assigned", note=note, decided_by=ctx.actor.id, decided_at=ctx.now)
    if line.state != "waiting":
        return _decided_before(ctx, line, done)
    also = partial(_assignment_writes, ctx, done)
    tender = _tender(ctx, line)
    if account:
        payments.record_advance(ctx, account=account, tender=tender, payment_id=line.id, source="bank", also=also)
    else:
        tender = _after_superseding(ctx, tender, bill_ids)
        order = Order(tender=tender, bills=dict.fromkeys(bill_ids), source="bank", origin=line.import_id)
        payments.record_payment(ctx, order=order, payment_id=line.id, also=also)
    standing = get_bank_line(ctx, line_id=line_id)
    if (standing.state, standing.note, standing.decided_by) != (done.state, done.note, done.decided_by):
        raise _decided(ctx, standing)
    return standing


def _after_superseding(ctx: ProjectContext, tender: Tender, bill_ids: Sequence[str]) -> Tender:
    """Return the money on a day that is not before any of its bills that took older dues over."""
    if tender.paid_on is None or ctx.project.settings.payments.new_bills_take != "dues":
        return tender
    known = bills.bills_by_id(ctx.project, bill_ids).values()
    days = [bill.billed_on for bill in known if bill.balance.moved_in]
    return replace(tender, paid_on=max([tender.paid_on, *days]))


def _assignment_writes(ctx: ProjectContext, done: BankLine, _: Payment) -> list[Action]:
    """Build what is written with the payment of a line: that it is assigned.

    :raises Conflict: if it was decided on meanwhile.
    """
    standing = get_bank_line(ctx, line_id=done.id)
    if standing.state != "waiting":
        raise _decided(ctx, standing)
    return [repository.decision_write(ctx.project, done), _audit_write(ctx, "bank-line.assigned", done)]


def dismiss_bank_line(ctx: ProjectContext, *, line_id: str, reason: str) -> BankLine:
    """Put a waiting line aside with a reason: it is not a payment of this utility.

    :raises Conflict: if the line was decided on.
    """
    line = get_bank_line(ctx, line_id=line_id)
    done = replace(line, state="dismissed", note=reason, decided_by=ctx.actor.id, decided_at=ctx.now)
    if line.state != "waiting":
        return _decided_before(ctx, line, done)
    try:
        writes = [repository.decision_write(ctx.project, done), _audit_write(ctx, "bank-line.dismissed", done)]
        transact(writes)
    except Refused:
        return _decided_before(ctx, get_bank_line(ctx, line_id=line_id), done)
    return done


def _decided_before(ctx: ProjectContext, line: BankLine, asked: BankLine) -> BankLine:
    """Return a line that the same person decided on in the same way, as a repeated request does.

    :raises Conflict: if it was decided otherwise.
    """
    same = (line.state, line.note, line.decided_by) == (asked.state, asked.note, ctx.actor.id)
    if same and ctx.request_key is not None:
        return line
    raise _decided(ctx, line)


def _decided(ctx: ProjectContext, line: BankLine) -> Conflict:
    on = ledger.booking_day(ctx.project, line.decided_at or ctx.now)
    return Conflict("already-decided", f"this line was {line.state} on {on}")


def _audit_write(ctx: ProjectContext, action: str, line: BankLine) -> Action:
    facts: dict[str, object] = {
        "amount": line.amount,
        "currency": line.amount.currency,
        "paid_on": line.paid_on,
        "reference": line.reference,
        "note": line.note,
    }
    return audit.entry_write(ctx, action=action, subject=("bank-line", f"{ctx.project_id}.{line.id}"), after=facts)
