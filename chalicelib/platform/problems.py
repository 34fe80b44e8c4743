"""Errors as HTTP answers: the status of each code, in the form of RFC 9457."""

from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Response
from pydantic import BaseModel
from pynamodb.exceptions import PynamoDBException

from chalicelib.kernel import errors
from chalicelib.kernel.errors import Fault, MeterbookError
from chalicelib.platform import log
from chalicelib.platform.schema import Problem, ProblemField
from chalicelib.platform.validation import has_field, in_body, sentence

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
AWS_ERRORS = (PynamoDBException, ClientError, BotoCoreError)

STATUS_OF_KIND: Mapping[type[MeterbookError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooMany: 429,
    errors.TryLater: 503,
}
STATUS_OF_CODE = {"too-large": 413, "not-json": 415, "key-reused": 422}  # the others by the error's class
_TITLES = {
    400: "Bad request",
    401: "Sign in first",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Key used for another request",
    429: "Too many requests",
    500: "Our mistake",
    503: "Try again in a moment",
}
_TRY_LATER = {
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
# Every error code, by its HTTP status; docs/errors.md explains each.
CODES: Mapping[int, tuple[str, ...]] = {
    status: tuple(codes.split())
    for status, codes in {
        400: """
            above-bill above-counted above-credit above-due account-given account-missing amount-too-large
            back-dated-waiver bad-amount bad-area bad-cursor bad-cycle bad-date bad-day bad-desk bad-email
            bad-file-name bad-filter bad-idempotency-key bad-late-charge bad-login bad-mapping bad-measure
            bad-method bad-name bad-number bad-period bad-receipt-number bad-register bad-reset bad-role bad-setting
            bad-settlement bad-usual-use before-bill before-installed below-previous bill-too-long bill-twice
            check-number consumer-given consumer-missing consumer-profile counted-receipt-number due-too-early
            fact-missing fact-not-needed future-date impossible-reading invalid-body invalid-query invalid-tariff
            leaves-gap meter-missing missing-measure month-closed month-not-over name-missing negative-use no-areas
            no-change no-days no-part-payments no-tariff not-after-last not-in-area not-last-month not-rated
            not-your-connection nothing-to-correct nothing-to-estimate-by nothing-to-find number-missing other-desk
            other-holder other-period other-person other-unit overlapping-versions project-missing
            reading-below-last reading-missing reading-twice reason-missing receipt-given received-too-little
            register-missing repeated-parameter same-meter tariff-missing too-early too-many-bills too-many-measures
            undelivered-measure unit-mismatch unknown-adjustment unknown-area unknown-brand unknown-class
            unknown-currency unknown-cycle unknown-mapping unknown-meter-size unknown-parameter unknown-permission
            unknown-project unknown-register unknown-role unknown-tariff weak-password wrong-order wrong-password
        """,
        401: """
            bad-login bad-refresh-token bad-signature bad-ticket bad-token no-token session-ended token-expired
        """,
        403: "forbidden no-consumer no-self-registration role-too-high",
        404: "no-connection no-report no-such-project not-found",
        409: """
            account-taken already-decided already-read already-reversed already-used ambiguous-meter area-taken
            area-used below-previous bill-voided billed brand-taken brand-used cash-accepted changed client-taken
            connection-used consumer-connected consumer-deleted consumer-login consumer-not-active consumer-owes
            cycle-named cycle-taken cycle-used desk-taken device-disabled due-day-changed email-taken fixed-role
            fixed-setting handed-over has-meter implausible-amount implausible-reading impossible-reading
            in-progress last-superuser later-bill later-reading login-exists login-taken measure-needed
            meter-exchanged meter-taken never-billed no-credit no-gateway no-meter no-reading no-session not-active
            not-confirmed not-posted not-prepaid not-voidable nothing-due nothing-to-review other-consumer
            period-frozen project-closed project-taken project-used reading-waits receipt-taken replayed role-exists
            role-used rounds-differ run-open session-closed session-open still-served superseded superuser-exists
            tariff-between
            tariff-changed tariff-chosen tariff-followed tariff-used too-long-ago too-many-changes too-many-charges
            too-many-mappings too-many-readings use-unread version-exists withdrawn wrong-order wrong-status
            yourself
        """,
        413: "too-large",
        415: "not-json",
        422: "key-reused",
        429: "too-many-registrations too-many-resets too-many-tries",
        500: "internal",
        503: "busy",
    }.items()
}
_OUR_MISTAKE = "something went wrong on our side; it is logged"


def statuses_of(code: str) -> tuple[int, ...]:
    """Return the HTTP statuses of a code: two if either the request or the stored state may be at fault."""
    return tuple(status for status, codes in CODES.items() if code in codes)


def status_of(error: MeterbookError) -> int:
    """Return the HTTP status of an error."""
    by_kind = next(status for kind, status in STATUS_OF_KIND.items() if isinstance(error, kind))
    return STATUS_OF_CODE.get(error.code, by_kind)


def refusal(
    error: MeterbookError, request_id: str, body: type[BaseModel] | None, query: type[BaseModel] | None = None
) -> Response:
    """Answer a refused request; `body` and `query` are the schemas of what it may carry.

    What is not found may be named by the path or by a field: only a field is a fault.
    """
    faults = tuple(Fault(in_body(fault.field, body), fault.message) for fault in error.faults)
    if isinstance(error, errors.NotFound):
        faults = tuple(fault for fault in faults if has_field(fault.field, body) or has_field(fault.field, query))
    response = _response(status_of(error), error.code, _detail(error, faults), request_id, faults)
    if isinstance(error, errors.TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _detail(error: MeterbookError, faults: tuple[Fault, ...]) -> str:
    """Return the first fault of a request, and the number of others."""
    if not faults:
        return str(error)
    field, message = faults[0].field, faults[0].message
    named = field and message.lower().startswith((f"{field} ".lower(), f"{field.rpartition('.')[2]} ".lower()))
    first = message if named or not field else f"{field}: {sentence(message)}"
    return first + (f" (and {len(faults) - 1} more, see errors)" if len(faults) > 1 else "")


def outage(error: Exception, request_id: str) -> Response:
    """Answer when an AWS call failed: 503 if a retry may help, 500 if it is our mistake."""
    cause = getattr(error, "cause", None) or error
    code = getattr(cause, "response", {}).get("Error", {}).get("Code", "")
    log.failure("aws_call_failed", request_id=request_id, error=type(cause).__name__, code=code)
    if code in _TRY_LATER or (isinstance(cause, BotoCoreError) and not code):
        return _response(503, "busy", "the table is busy; try again in a moment", request_id)
    return internal_error(request_id)


def internal_error(request_id: str) -> Response:
    """Answer when our code failed, without revealing any detail."""
    return _response(500, "internal", _OUR_MISTAKE, request_id)


def _response(status: int, code: str, detail: str, request_id: str, faults: tuple[Fault, ...] = ()) -> Response:
    headers: dict[str, str | list[str]] = {"Content-Type": "application/problem+json", **SECURITY_HEADERS}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503 or code == "in-progress":
        headers["Retry-After"] = "2"
    return Response(problem_json(status, code, detail, request_id, faults), headers, status)


def problem_json(status: int, code: str, detail: str, request_id: str, faults: tuple[Fault, ...] = ()) -> str:
    """Format an error as RFC 9457 problem details. Its messages are sentences, as rules write them or not."""
    return Problem(
        type=f"urn:meterbook:problem:{code}",
        title=_TITLES[status],
        status=status,
        detail=sentence(detail),
        code=code,
        request_id=request_id,
        errors=[ProblemField(field=fault.field, message=sentence(fault.message)) for fault in faults],
    ).model_dump_json(by_alias=True)
