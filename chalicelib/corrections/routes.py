"""Corrections over HTTP."""

from chalice.app import Blueprint

from chalicelib.bills.domain import Bill
from chalicelib.bills.schemas import BillOut, BillView
from chalicelib.corrections import service
from chalicelib.corrections.domain import Correction, parse_correction_id
from chalicelib.corrections.schemas import (
    CorrectionOut,
    CrossedMeters,
    MisplacedReading,
    NewCorrection,
    NewCrossedMeters,
    NewMisplacedReading,
    NewVoid,
    PreviewOut,
    ReadingsToCorrect,
)
from chalicelib.kernel.clock import local_day
from chalicelib.platform.auth import user_names
from chalicelib.platform.http import endpoint
from chalicelib.tenancy.domain import ProjectContext

blueprint = Blueprint(__name__)

_PROJECT = "/api/clients/{clientId}/projects/{projectId}"
_CORRECTION = _PROJECT + "/corrections/{id}"
_RATING_ERRORS = "amount-too-large bill-too-long missing-measure no-tariff not-rated unknown-meter-size"
_READING_ERRORS = (
    "already-used bad-number below-previous forbidden impossible-reading not-found not-voidable nothing-to-correct "
    "reading-twice too-long-ago too-many-bills unknown-register"
)
_MOVING_ERRORS = (
    "already-read already-used before-installed below-previous changed forbidden future-date handed-over "
    "impossible-reading later-bill later-reading meter-exchanged missing-measure no-meter not-active not-after-last "
    "not-confirmed not-found not-voidable other-period period-frozen register-missing same-meter "
    "too-many-readings unknown-register"
)
_CROSSING_ERRORS = (
    "already-used bad-day below-previous forbidden future-date meter-exchanged not-found not-voidable rounds-differ "
    "same-meter too-long-ago too-many-bills wrong-status"
)


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/bills/{billId}/void",
    permission="adjustments.make",
    body=NewVoid,
    returns=BillOut,
    errors="already-used bill-voided changed later-bill not-voidable period-frozen too-many-changes",
)
def void_bill(ctx: ProjectContext, *, bill_id: str, body: NewVoid) -> BillOut:
    """Void a bill. It stays on record, what was paid on it becomes credit, and its reading can be billed again."""
    return _bill(ctx, service.void_bill(ctx, bill_id=bill_id, reason=body.reason))


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/corrections/preview",
    permission="adjustments.make",
    body=ReadingsToCorrect,
    returns=PreviewOut,
    errors=f"{_READING_ERRORS} {_RATING_ERRORS}",
)
def preview_correction(ctx: ProjectContext, *, body: ReadingsToCorrect) -> PreviewOut:
    """Show which readings and bills a correction would change, and by how much. It changes nothing."""
    return PreviewOut.of(service.preview_readings(ctx, said=body.said(), reason=body.reason))


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/corrections",
    permission="adjustments.make",
    body=NewCorrection,
    returns=CorrectionOut,
    status=201,
    location=_CORRECTION,
    errors=f"changed period-frozen {_READING_ERRORS} {_RATING_ERRORS}",
)
def correct_readings(ctx: ProjectContext, *, body: NewCorrection) -> CorrectionOut:
    """Correct readings that are billed, as previewed: their bills are voided and issued again, with what was paid.

    A bill that rises is due anew from today, by the project's rule; one that falls keeps its due day.
    """
    made = service.correct_readings(ctx, said=body.said(), reason=body.reason, digest=body.digest)
    return _correction(ctx, made)


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/corrections/crossed-meters/preview",
    permission="adjustments.make",
    body=CrossedMeters,
    returns=PreviewOut,
    errors=f"{_CROSSING_ERRORS} {_RATING_ERRORS}",
)
def preview_crossed_meters(ctx: ProjectContext, *, body: CrossedMeters) -> PreviewOut:
    """Show what would change if two connections got each other's meter from a day on. It changes nothing."""
    return PreviewOut.of(
        service.preview_crossed(ctx, accounts=body.account_numbers, since=body.since, reason=body.reason)
    )


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/corrections/crossed-meters",
    permission="adjustments.make",
    body=NewCrossedMeters,
    returns=CorrectionOut,
    status=201,
    location=_CORRECTION,
    errors=f"changed period-frozen {_CROSSING_ERRORS} {_RATING_ERRORS}",
)
def swap_crossed_meters(ctx: ProjectContext, *, body: NewCrossedMeters) -> CorrectionOut:
    """Give two connections each other's meter and its readings from a day on, as previewed; their bills follow."""
    made = service.swap_crossed(
        ctx, accounts=body.account_numbers, since=body.since, reason=body.reason, digest=body.digest
    )
    return _correction(ctx, made)


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/corrections/misplaced-readings/preview",
    permission="adjustments.make",
    body=MisplacedReading,
    returns=PreviewOut,
    errors=_MOVING_ERRORS,
)
def preview_misplaced_reading(ctx: ProjectContext, *, body: MisplacedReading) -> PreviewOut:
    """Show what would change if a reading were moved to the connection on which it belongs. It changes nothing."""
    return PreviewOut.of(
        service.preview_misplaced(ctx, reading_id=body.reading_id, account=body.account_number, reason=body.reason)
    )


@endpoint(
    blueprint,
    "POST",
    _PROJECT + "/corrections/misplaced-readings",
    permission="adjustments.make",
    body=NewMisplacedReading,
    returns=CorrectionOut,
    status=201,
    location=_CORRECTION,
    errors=_MOVING_ERRORS,
)
def move_misplaced_reading(ctx: ProjectContext, *, body: NewMisplacedReading) -> CorrectionOut:
    """Withdraw a reading of the wrong connection, void its bill, and enter it on the right one, as previewed."""
    made = service.move_misplaced(
        ctx, reading_id=body.reading_id, account=body.account_number, reason=body.reason, digest=body.digest
    )
    return _correction(ctx, made)


@endpoint(
    blueprint,
    "GET",
    _PROJECT + "/corrections/{correctionId}",
    permission="bills.read",
    returns=CorrectionOut,
)
def get_correction(ctx: ProjectContext, *, correction_id: str) -> CorrectionOut:
    """Show a correction that was made: the readings, and the bills that it voided and issued."""
    return _correction(ctx, service.get_correction(ctx, correction_id=parse_correction_id(correction_id)))


def _correction(ctx: ProjectContext, made: Correction) -> CorrectionOut:
    return CorrectionOut.of(made, names=user_names(ctx.client, [made.by]))


def _bill(ctx: ProjectContext, bill: Bill) -> BillOut:
    view = BillView(bill, ctx.project, local_day(ctx.now, ctx.project.settings.timezone))
    return BillOut.of(view, bill, names=user_names(ctx.client, [bill.issued_by, bill.voided_by]))
