"""Every key of the table, in one place. Each partition starts with its client; docs/data-model.md draws them.

`#` separates parts and can't occur in a client, project, account or meter number, so no tenant's prefix is another's.
"""

from datetime import date

from chalicelib.kernel.ids import shard_of
from chalicelib.kernel.period import Period

Key = tuple[str, str]


def shard_name(shard: int) -> str:
    """Format a shard number for keys: 7 -> 0007."""
    return f"{shard:04}"


# --- the audit log
def audit_entry(client_id: str, month: Period, place: str) -> Key:
    return f"{client_id}#AUDIT#{month}", f"ENTRY#{place}"


def audit_seal(client_id: str, day: date | None) -> Key:
    return f"{client_id}#AUDIT-SEALS", f"SEAL#{day.isoformat() if day else ''}"


def audit_subject(client_id: str, kind: str, subject_id: str) -> str:
    return f"{client_id}#AUDIT-OF#{kind}#{subject_id}"


# --- answers to requests that carry an Idempotency-Key
def kept_answer(client_id: str, request: str) -> Key:
    return f"{client_id}#ANSWER#{request}", "ANSWER"


# --- tenancy
# Keys that belong to no tenant start with "~", which no client id can: the list of projects that schedules read, and
# counts of public requests.
DIRECTORY = "~DIRECTORY"


def stranger_count(kind: str, window: str, whose: str) -> Key:
    """Return the key of the count of a network's public requests; the client that they name may not exist."""
    return f"~COUNT#{whose}", f"{kind}#{window}"


def directory_entry(client: str, project: str) -> Key:
    return DIRECTORY, f"{client}#{project}"


def client(client_id: str) -> Key:
    return f"{client_id}#CONFIG", "CLIENT"


def project(client_id: str, project_id: str) -> Key:
    return f"{client_id}#CONFIG", f"PROJECT#{project_id}"


def former_settings(client_id: str, project_id: str, version: int | None) -> Key:
    """Return the key of former settings of a project or the client; without a version, the prefix of all of them."""
    return f"{client_id}#CONFIG", f"FORMER#{project_id}#" + ("" if version is None else f"{version:06}")


# --- billing cycles
def billing_cycle(client_id: str, cycle_id: str) -> Key:
    return f"{client_id}#CYCLES", f"CYCLE#{cycle_id}"


# --- areas
def area(client_id: str, code: str) -> Key:
    return f"{client_id}#AREAS", f"AREA#{code}"


# --- identity
def user(client_id: str, user_id: str) -> Key:
    return f"{client_id}#USER#{user_id}", "USER"


def users(client_id: str, *, consumers: bool) -> str:
    return f"{client_id}#USERS#{'CONSUMERS' if consumers else 'STAFF'}"


def access(client_id: str, user_id: str) -> Key:
    return f"{client_id}#USER#{user_id}", "ACCESS"


def login_name(client_id: str, normalised: str) -> Key:
    return f"{client_id}#LOGIN#{normalised}", "LOGIN"


def login_tries(client_id: str, printed: str) -> Key:
    return f"{client_id}#TRIES#{printed}", "TRIES"


def sign_in_count(client_id: str, kind: str, window: str, whose: str) -> Key:
    return f"{client_id}#COUNT#{whose}", f"{kind}#{window}"


def login_events(client_id: str, month: Period) -> str:
    return f"{client_id}#LOGINS#{month}"


def login_event(client_id: str, month: Period, place: str) -> Key:
    return login_events(client_id, month), place


def logins_of(client_id: str, user_id: str) -> str:
    return f"{client_id}#USER-LOGINS#{user_id}"


def password_reset(client_id: str, user_id: str) -> Key:
    return f"{client_id}#RESET#{user_id}", "RESET"


def role(client_id: str, name: str) -> Key:
    return f"{client_id}#ROLES", f"ROLE#{name}"


def superusers(client_id: str) -> Key:
    return f"{client_id}#ROLES", "SUPERUSERS"


# --- consumers
def consumer(client_id: str, consumer_id: str) -> Key:
    return f"{client_id}#CONSUMER#{consumer_id}", "CONSUMER"


def consumers(client_id: str) -> str:
    return f"{client_id}#CONSUMERS"


def consumers_by_name(client_id: str, status: str) -> str:
    return f"{client_id}#CONSUMERS#{status}"


def consumer_name_place(folded_name: str, consumer_id: str) -> str:
    return f"{folded_name}#{consumer_id}"


def consumer_word(client_id: str, word: str, consumer_id: str) -> Key:
    return consumer_words(client_id, word), f"{word}#{consumer_id}"


def consumer_words(client_id: str, word: str) -> str:
    return f"{client_id}#NAMES#{word[0]}"


def registrations(client_id: str, hour: str, whose: str) -> Key:
    return f"{client_id}#REGISTRATIONS#{hour}", whose


def meter_brand(client_id: str, brand_id: str) -> Key:
    return f"{client_id}#METER-BRANDS", f"BRAND#{brand_id}"


def consumer_link(client_id: str, consumer_id: str, project_id: str, account: str) -> Key:
    return f"{client_id}#CONSUMER#{consumer_id}", f"CONNECTION#{project_id}#{account}"


def former_link(client_id: str, consumer_id: str, project_id: str, account: str) -> Key:
    return f"{client_id}#CONSUMER#{consumer_id}", f"CONNECTION-HAD#{project_id}#{account}"


def connection(client_id: str, project_id: str, account: str, shards: int) -> Key:
    return connections(client_id, project_id, shard_of(account, shards)), f"CONNECTION#{account}"


def connections(client_id: str, project_id: str, shard: int) -> str:
    return f"{client_id}#{project_id}#CONNECTIONS#{shard_name(shard)}"


def idle_connections(client_id: str, project_id: str, shard: int) -> str:
    return f"{client_id}#{project_id}#IDLE#{shard_name(shard)}"


def idle_connection_place(status: str, account: str) -> str:
    return f"{status}#{account}"


def connection_event(client_id: str, project_id: str, account: str, place: str) -> Key:
    return f"{client_id}#{project_id}#HISTORY#{account}", f"EVENT#{place}"


def connections_by_area(client_id: str, project_id: str) -> str:
    return f"{client_id}#{project_id}#PLACES"


WALKING = "!"
"""What the places of connections with a number in the walking order of their area begin with."""


def area_place(area: str, rest: str) -> str:
    # The dot after the area: the keys of everything inside it begin with this, and no others do.
    return f"{area}.#{rest}"


def walking_place(order: int | None, account: str) -> str:
    # Those with a number come first, in its order: an exclamation mark is below every letter and digit.
    return account if order is None else f"{WALKING}{order:06}#{account}"


def meter_number(client_id: str, project_id: str, normalised: str, brand: str | None) -> Key:
    return f"{client_id}#{project_id}#METER#{normalised}", f"METER#{brand}" if brand else "METER"


def sequence(client_id: str, project_id: str, name: str) -> Key:
    return f"{client_id}#{project_id}#SEQUENCES", name


# --- service desk
def connection_request(client_id: str, request_id: str) -> Key:
    return f"{client_id}#REQUEST#{request_id}", "REQUEST"


def connection_requests(client_id: str, status: str) -> str:
    return f"{client_id}#REQUESTS#{status}"


def connection_requests_of(client_id: str, consumer_id: str) -> str:
    return f"{client_id}#CONSUMER#{consumer_id}#REQUESTS"


def issue(client_id: str, issue_id: str) -> Key:
    return f"{client_id}#ISSUE#{issue_id}", "ISSUE"


def issue_response(client_id: str, issue_id: str, response_id: str) -> Key:
    return f"{client_id}#ISSUE#{issue_id}", f"RESPONSE#{response_id}"


def issues(client_id: str, status: str) -> str:
    return f"{client_id}#ISSUES#{status}"


def issues_of(client_id: str, consumer_id: str) -> str:
    return f"{client_id}#CONSUMER#{consumer_id}#ISSUES"


# --- tariffs
def tariff(client_id: str, project_id: str, tariff_id: str, version: int) -> Key:
    return f"{client_id}#{project_id}#TARIFFS", f"TARIFF#{tariff_id}#{version:06}"


def tariff_changes(client_id: str, project_id: str) -> Key:
    """Return the key of the item before all versions: one query by prefix reads it together with them."""
    return f"{client_id}#{project_id}#TARIFFS", "TARIFF"


def tariff_offer(client_id: str, project_id: str, tariff_id: str) -> Key:
    return f"{client_id}#{project_id}#TARIFFS", f"OFFER#{tariff_id}"


# --- periods: readings and bills
def period(client_id: str, project_id: str, month: Period) -> Key:
    return f"{client_id}#{project_id}#PERIODS", f"PERIOD#{month}"


def period_factors(client_id: str, project_id: str, month: Period) -> Key:
    return f"{client_id}#{project_id}#PERIODS", f"FACTORS#{month}"


def period_shard(client_id: str, project_id: str, month: Period, shard: int) -> str:
    return f"{client_id}#{project_id}#{month}#{shard_name(shard)}"


def reading(client_id: str, project_id: str, month: Period, account: str, number: int, shards: int) -> Key:
    return period_shard(client_id, project_id, month, shard_of(account, shards)), reading_place(account, number)


def reading_place(account: str, number: int) -> str:
    # Nearly all rounds have one reading of a connection, so the first one has the shortest place.
    return f"READING#{account}" if number == 1 else f"READING#{account}#{number:03}"


def readings_range(first: str, last: str) -> tuple[str, str]:
    """Return the first and last place of the readings of accounts from one to another."""
    return f"READING#{first}", f"READING#{last}#~"


def visit(client_id: str, project_id: str, month: Period, account: str, on: date, shards: int) -> Key:
    place = f"VISIT#{account}#{on.isoformat()}"
    return period_shard(client_id, project_id, month, shard_of(account, shards)), place


def visits_range(first: str, last: str) -> tuple[str, str]:
    """Return the first and last place of the visits to accounts from one to another."""
    return f"VISIT#{first}#", f"VISIT#{last}#~"


def bill(
    client_id: str, project_id: str, month: Period, account: str, number: int, shards: int, *, revision: int = 1
) -> Key:
    place = f"BILL#{account}#{number}" if revision == 1 else f"BILL#{account}#{number}#r{revision}"
    return period_shard(client_id, project_id, month, shard_of(account, shards)), place


def bills_range(first: str, last: str) -> tuple[str, str]:
    """Return the first and last place of the bills of accounts from one to another."""
    return f"BILL#{first}#", f"BILL#{last}#~"


def account_view(client_id: str, project_id: str, account: str) -> str:
    return f"{client_id}#{project_id}#ACCOUNT#{account}"


def account_bill_place(month: Period, number: int, revision: int = 1) -> str:
    place = f"{month}#BILL#{number:03}"
    return place if revision == 1 else f"{place}#r{revision:02}"


def pending_readings(client_id: str, project_id: str, shard: int) -> str:
    return f"{client_id}#{project_id}#PENDING#{shard_name(shard)}"


# --- the ledger: what happened to the money of an account
def ledger_entry(
    client_id: str, project_id: str, account: str, booked_on: date, recorded_ms: int, entry_id: str
) -> Key:
    # The instant orders the entries of a day: ids that derive from a request's key don't.
    return account_view(client_id, project_id, account), f"ENTRY#{booked_on.isoformat()}#{recorded_ms:013}#{entry_id}"


def ledger_entries_range(first: date | None, last: date | None) -> tuple[str, str]:
    """Return the first and last place of the entries that were booked from one day to another."""
    return f"ENTRY#{first.isoformat() if first else ''}", f"ENTRY#{last.isoformat() if last else ''}~"


def position(client_id: str, project_id: str, account: str, holder: str | None) -> Key:
    return account_view(client_id, project_id, account), f"POSITION#{holder or ''}"


# --- cashier sessions
def cashier_session(client_id: str, project_id: str, session_id: str) -> Key:
    return f"{client_id}#{project_id}#CASHIER-SESSION#{session_id}", "SESSION"


def cashier_sessions(client_id: str, project_id: str) -> str:
    return f"{client_id}#{project_id}#CASHIER-SESSIONS"


def cashier_sessions_of(client_id: str, project_id: str, cashier: str) -> str:
    return f"{client_id}#{project_id}#CASHIER-SESSIONS#{cashier}"


def cashier_session_place(opened_on: date, opened_ms: int, session_id: str) -> str:
    return f"{opened_on.isoformat()}#{opened_ms:013}#{session_id}"


def till(client_id: str, project_id: str, cashier: str) -> Key:
    """Return the key of a cashier's open session: it is one."""
    return f"{client_id}#{project_id}#TILL#{cashier}", "TILL"


def taken_desk(client_id: str, project_id: str, desk: str) -> Key:
    return f"{client_id}#{project_id}#DESKS", f"DESK#{desk}"


# --- payments
def payment(client_id: str, project_id: str, payment_id: str) -> Key:
    return f"{client_id}#{project_id}#PAYMENT#{payment_id}", "PAYMENT"


def payments_of_month(client_id: str, project_id: str, month: Period) -> str:
    return f"{client_id}#{project_id}#PAYMENTS#{month}"


def paid_in_month(client_id: str, project_id: str, paid_on: date, payment_id: str) -> Key:
    return payments_of_month(client_id, project_id, Period.of(paid_on)), f"{paid_on.isoformat()}#{payment_id}"


def receipt(client_id: str, project_id: str, number: str, payment_id: str) -> Key:
    return f"{client_id}#{project_id}#RECEIPT#{number}", payment_id


def receipt_number(client_id: str, project_id: str, number: str) -> Key:
    """Return the key of the item that keeps a number from being used twice."""
    return f"{client_id}#{project_id}#RECEIPT-NUMBER#{number}", "NUMBER"


def receipt_series(client_id: str, project_id: str, name: str) -> Key:
    return sequence(client_id, project_id, f"RECEIPTS#{name}")


# --- lines of bank files that no rule could match
def bank_line(client_id: str, project_id: str, line_id: str) -> Key:
    return f"{client_id}#{project_id}#BANK-LINE#{line_id}", "LINE"


def bank_lines(client_id: str, project_id: str, state: str) -> str:
    return f"{client_id}#{project_id}#BANK-LINES#{state}"


def bank_line_place(paid_on: date, line_id: str) -> str:
    return f"{paid_on.isoformat()}#{line_id}"


# --- adjustments
def adjustment(client_id: str, project_id: str, adjustment_id: str) -> Key:
    return f"{client_id}#{project_id}#ADJUSTMENT#{adjustment_id}", "ADJUSTMENT"


def adjustments_of(client_id: str, project_id: str, account: str) -> str:
    return f"{client_id}#{project_id}#ADJUSTMENTS-OF#{account}"


def adjustments_in_state(client_id: str, project_id: str, state: str) -> str:
    return f"{client_id}#{project_id}#ADJUSTMENTS#{state}"


def adjustment_place(asked_ms: int, adjustment_id: str) -> str:
    return f"{asked_ms:013}#{adjustment_id}"


# --- corrections of what was billed
def correction(client_id: str, project_id: str, correction_id: str) -> Key:
    return f"{client_id}#{project_id}#CORRECTION#{correction_id}", "CORRECTION"


# --- what consumers mean to pay: at the gateway, or in cash at the office
def payment_intent(client_id: str, project_id: str, intent_id: str) -> Key:
    return f"{client_id}#{project_id}#INTENT#{intent_id}", "INTENT"


def payment_intents_of(client_id: str, project_id: str, kind: str, consumer_id: str) -> str:
    return f"{client_id}#{project_id}#INTENTS-OF#{consumer_id}#{kind}"


def payment_intents(client_id: str, project_id: str, kind: str, state: str) -> str:
    return f"{client_id}#{project_id}#INTENTS#{kind}#{state}"


# --- units sold in advance
def prepaid_balance(client_id: str, project_id: str, account: str) -> Key:
    return f"{client_id}#{project_id}#PREPAID#{account}", "BALANCE"


def prepaid_sale(client_id: str, project_id: str, account: str, sale_id: str) -> Key:
    return f"{client_id}#{project_id}#PREPAID#{account}", f"SALE#{sale_id}"


# --- devices
def device(client_id: str, project_id: str, device_id: str) -> Key:
    return f"{client_id}#{project_id}#DEVICES", f"DEVICE#{device_id}"


def device_push(client_id: str, request: str) -> Key:
    return f"{client_id}#PUSH#{request}", "PUSH"


# --- announced files
def file_import(client_id: str, project_id: str, import_id: str) -> Key:
    return f"{client_id}#{project_id}#IMPORT#{import_id}", "IMPORT"


def file_imports(client_id: str, project_id: str, kind: str) -> str:
    return f"{client_id}#{project_id}#IMPORTS#{kind}"


def import_mapping(client_id: str, project_id: str, mapping_id: str) -> Key:
    return f"{client_id}#{project_id}#MAPPINGS", f"MAPPING#{mapping_id}"


# --- billing runs
def billing_run(client_id: str, project_id: str, run_id: str) -> Key:
    return f"{client_id}#{project_id}#RUN#{run_id}", "RUN"


def billing_runs(client_id: str, project_id: str) -> str:
    return f"{client_id}#{project_id}#RUNS"


def open_runs(client_id: str, project_id: str) -> str:
    return f"{client_id}#{project_id}#OPEN-RUNS"


def run_chunk(client_id: str, project_id: str, run_id: str, shard: int) -> Key:
    return f"{client_id}#{project_id}#RUN#{run_id}", f"CHUNK#{shard_name(shard)}"


def run_exception(client_id: str, project_id: str, run_id: str, place: str) -> Key:
    return f"{client_id}#{project_id}#RUN#{run_id}", f"EXCEPTION#{place}"
