"""Every function may do what it does, and nothing that it does not: its policy is compared with its AWS calls."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.model import OperationModel
from chalice.app import Chalice

from chalicelib.platform import clock, dynamo, mail, queue, settings, storage
from local import events
from local.events import ScheduledHandler
from tests.support.catalogue import CHANGING, CREATING, good_request, open_sandbox
from tests.support.endpoints import ALL, needed_query
from tests.support.engine import Engine
from tests.support.fixture_world import open_world
from tests.support.http import Api
from tests.support.mails import mails_to, token_in
from tests.support.queues import deliver_to, drain
from tests.support.utilities import NOVEMBER, Utility, open_condominium, open_waterworks

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("api_handler", "generate_bills", "import_readings", "send_mails", "resume_runs", "seal_audit_logs")
# An IAM action, a resource as policies name it (Table, Table/index/account, Bucket/a/b.csv), and what a condition may
# ask for: the partition of an item, the sender of a mail.
Use = tuple[str, str, str]
Grant = tuple[str, str, str]  # the same, each as a pattern; without a condition the last one is *

# Granted for what no call of this walk shows.
OUT_OF_SIGHT: dict[str, set[tuple[str, str]]] = {
    "api_handler": {
        ("s3:ListBucket", "Bucket"),  # makes S3 answer 404 for a missing report
        ("ssm:GetParameter", "TokenKeysParameter"),  # the laptop has its keys in the environment
        ("ssm:GetParameter", "RootKeysParameter"),
    },
    "generate_bills": {
        ("dynamodb:BatchGetItem", "Table"),  # for a connection that is newer than the list of them
        ("sqs:ReceiveMessage", "BillingQueue"),  # these three Lambda does for the function
        ("sqs:DeleteMessage", "BillingQueue"),
        ("sqs:GetQueueAttributes", "BillingQueue"),
    },
    "import_readings": {
        ("sqs:ReceiveMessage", "ImportQueue"),
        ("sqs:DeleteMessage", "ImportQueue"),
        ("sqs:GetQueueAttributes", "ImportQueue"),
    },
    "send_mails": {
        ("sqs:ReceiveMessage", "MailQueue"),
        ("sqs:DeleteMessage", "MailQueue"),
        ("sqs:GetQueueAttributes", "MailQueue"),
    },
    "resume_runs": {("sqs:SendMessage", "ResumeRunsDeadLetters")},  # Lambda's, after a failure
    "seal_audit_logs": {
        ("sqs:SendMessage", "SealAuditLogsDeadLetters"),  # Lambda's, after a failure
        ("ssm:GetParameter", "RootKeysParameter"),
    },
}


class Observer:
    """Notes which permissions each function's calls would need."""

    def __init__(self, engine: Engine) -> None:
        self.used: dict[str, set[Use]] = defaultdict(set)
        self._names = {
            engine.table: "Table",
            engine.bucket: "Bucket",
            engine.billing_queue: "BillingQueue",
            engine.mail_queue: "MailQueue",
        }
        self._function: str | None = None

    def lend(self, function: str, use: Use) -> None:
        """Note what somebody does with a function's signature."""
        self.used[function].add(use)

    @contextmanager
    def acting(self, function: str) -> Iterator[None]:
        self._function = function
        yield
        self._function = None

    def note(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        if self._function:
            services = {"DynamoDB": "dynamodb", "S3": "s3", "SESv2": "ses", "SQS": "sqs"}
            service = services[str(model.service_model.service_id)]
            self.used[self._function] |= set(self._uses(service, model.name, params))

    def _uses(self, service: str, operation: str, params: dict[str, Any]) -> Iterator[Use]:
        if service == "dynamodb":
            yield from self._uses_of_table(operation, params)
        elif service == "s3" and "Key" in params:  # signing a form names no key
            yield f"s3:{operation}", f"{self._names[params['Bucket']]}/{params['Key']}", ""
        elif service == "sqs":
            yield f"sqs:{operation.removesuffix('Batch')}", self._names[params["QueueUrl"]], ""
        elif service == "ses":
            sender, (to,) = params["FromEmailAddress"], params["Destination"]["ToAddresses"]
            ours = "MailSender" if sender == settings.mail_sender() else sender
            # A12: a domain or an address may be verified; in the sandbox SES asks for the recipient's identity as well,
            # and where the sender's identity has a configuration set, for that one.
            identities = (sender, sender.partition("@")[2], to)
            for place in (*(f"identity/{one}" for one in identities), "configuration-set/default"):
                yield f"ses:{operation}", place, ours

    def _uses_of_table(self, operation: str, params: dict[str, Any]) -> Iterator[Use]:
        if operation == "TransactWriteItems":
            actions = {
                "ConditionCheck": "ConditionCheckItem",
                "Put": "PutItem",
                "Update": "UpdateItem",
                "Delete": "DeleteItem",
            }
            for item in params["TransactItems"]:
                ((kind, request),) = item.items()
                yield f"dynamodb:{actions[kind]}", self._names[request["TableName"]], _partition(request)
        elif operation == "BatchExecuteStatement":
            for statement in params["Statements"]:
                verb, table = re.findall(r'^(\w+) INTO "([^"]+)"', statement["Statement"])[0]
                yield f"dynamodb:PartiQL{verb.title()}", self._names[table], ""
        elif operation == "BatchGetItem":
            for table in params["RequestItems"]:
                yield "dynamodb:BatchGetItem", self._names[table], ""
        else:
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            yield f"dynamodb:{operation}", self._names[params["TableName"]] + index, _partition(params)


def _partition(request: dict[str, Any]) -> str:
    """Return the partition of the one item that a request names, if it names one."""
    key = request.get("Key") or request.get("Item") or {}
    return str(next(iter(key.get("pk", {"S": ""}).values())))


def granted(function: str) -> set[Grant]:
    """Read what a policy allows, apart from the function's own log."""
    return grants_of(json.loads((ROOT / ".chalice" / f"policy-{function}.json").read_text()))


def grants_of(policy: dict[str, Any]) -> set[Grant]:
    """Return a policy's grants one by one: an action, a resource, and a value that its condition lets through."""
    grants: set[Grant] = set()
    for statement in policy["Statement"]:
        actions, resources = statement["Action"], statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            for action in actions if isinstance(actions, list) else [actions]:
                if not action.startswith("logs:"):
                    grants |= {(action, _resource_name(resource), one) for one in _let_through(statement)}
    return grants


def _let_through(statement: dict[str, Any]) -> list[str]:
    """Read the one condition that a statement may have; a kind that we can't evaluate is a mistake."""
    match statement.get("Condition", {}):
        case {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": patterns}, **others} if not others:
            return list(patterns)
        case {"StringEquals": {"ses:FromAddress": {"Ref": name}}, **others} if not others:
            return [str(name)]
        case {**others} if not others:
            return ["*"]
        case condition:
            raise AssertionError(f"no test evaluates the condition {condition}")


def allows(grants: set[Grant], use: Use) -> bool:
    """Return whether one of a policy's grants lets a use through."""
    return any(use[0] == one[0] and fnmatchcase(use[1], one[1]) and fnmatchcase(use[2], one[2]) for one in grants)


def _resource_name(resource: dict[str, Any]) -> str:
    if "Fn::GetAtt" in resource:
        return str(resource["Fn::GetAtt"][0])
    if ":ses:" in resource["Fn::Sub"]:
        return str(resource["Fn::Sub"]).rpartition(":")[2]
    return re.sub(r".*\${(\w+)(\.Arn)?}", r"\1", resource["Fn::Sub"])


@pytest.fixture(scope="module")
def observer(engine: Engine, app: Chalice) -> Iterator[Observer]:
    observer = Observer(engine)
    clients = [dynamo.client(), storage._client(), queue._client(), mail._client()]
    for client in clients:
        client.meta.events.register("provide-client-params", observer.note)
    yield observer
    for client in clients:
        client.meta.events.unregister("provide-client-params", observer.note)


def upload(observer: Observer, staff: Api, utility: Utility, file: str, kind: str = "readings") -> str:
    announced = staff.post(
        f"{utility.base}/{kind}/imports", {"fileName": "f.json" if kind == "history" else "f.csv"}
    ).expect(201)
    form = announced["upload"]
    posted = httpx.post(
        form["url"], data=form["fields"], files={"file": ("r.csv", file.encode())}, trust_env=False, timeout=60
    )
    assert posted.status_code == 204
    observer.lend("api_handler", ("s3:PutObject", f"Bucket/{form['fields']['key']}", ""))
    return str(announced["id"])


def registry(account: str | None) -> str:
    """Return a registry of two lines: one consumer's, and one whose meter is taken."""
    consumer_class, number = ("unit", f"{account}M-7") if account else ("residential", "")
    header = f"meter,class,area,first_name,last_name{',account' if account else ''}\n"
    line = f"M-7,{consumer_class},North,Eva,Luna{f',{number}' if account else ''}\n"
    return header + line + line.replace("M-7,", "M-1,", 1)


def history(account: str | None) -> str:
    """Return a month of a unit's history, with a payment; of nobody's where numbers are made."""
    paid = {"paymentDate": "2025-10-09", "amount": "1.00", "method": "cash"}
    units = {account or "nobody": {"prior": 0, "current": 1, "payments": [paid]}}
    return json.dumps({"months": [{"year": 2025, "month": 9, "readingDate": "2025-10-01", "units": units}]})


def clockwork(app: Chalice, name: str) -> ScheduledHandler:
    """Return the handler of one schedule."""
    (found,) = [one for one in events.scheduled_handlers(app) if one.name == name]
    return found


def walk(observer: Observer, app: Chalice, utility: Utility, *, account: str | None) -> None:
    """Go from two meters to two bills, by file and by hand."""
    with observer.acting("api_handler"):
        wrong = {"clientId": utility.client, "login": "admin", "password": "mistyped"}
        utility.api.post("/api/auth/login", wrong).expect(401)
        wrong["login"] = "admin@example.com"
        utility.api.post("/api/auth/login", wrong).expect(401)
        staff = utility.as_staff("admin")  # which forgets the mistyped one
        numbers = []
        for meter in ("M-1", "M-2"):
            consumer = staff.post(utility.consumers, {"firstName": "Ana", "lastName": meter}).expect(201)
            connection = {"consumerId": consumer["id"], "meterNumber": meter, "area": "North", "initialReading": "0"}
            connection["consumerClass"] = "residential" if account is None else "unit"
            if account:
                connection["accountNumber"] = f"{account}{meter}"
            numbers.append(staff.post(f"{utility.base}/connections", connection).expect(201)["accountNumber"])
        moved = {"meterNumber": "M-3", "finalReading": "0", "reason": "Stuck", "on": "2025-11-01"}
        staff.post(f"{utility.base}/connections/{numbers[1]}/meter-exchanges", moved).expect(200)
        import_id = upload(observer, staff, utility, "meter_number,reading,read_on\nM-1,10,2025-11-05\n")
    with observer.acting("import_readings"):
        deliver_to(app, "meterbook-imports")
    with observer.acting("api_handler"):
        upload(observer, staff, utility, registry(account), "registry")
    with observer.acting("import_readings"):
        deliver_to(app, "meterbook-imports")
    for _ in range(2):  # again, it looks for what the first one wrote
        with observer.acting("api_handler"):
            upload(observer, staff, utility, history(f"{account}M-7" if account else None), "history")
        with observer.acting("import_readings"):
            deliver_to(app, "meterbook-imports")
    with observer.acting("api_handler"):
        staff.get(f"{utility.base}/readings/imports/{import_id}/report").expect(200)
        staff.get(f"{utility.base}/readings/imports").expect(200)
        (brought,) = staff.get(f"{utility.base}/registry/imports").expect(200)["items"]
        assert (brought["counts"]["accepted"], brought["counts"]["refused"]) == (1, 1)
        by_hand = {"meterNumber": "M-3", "reading": "20", "readOn": "2025-11-05"}
        reading = staff.post(f"{utility.base}/readings", by_hand).expect(201)
        staff.put(f"{utility.base}/readings/{reading['id']}", {"reading": "21", "readOn": "2025-11-05"}).expect(200)
        staff.get(f"{utility.base}/readings/pending").expect(200)
        staff.post(f"{utility.base}/readings/confirmations", {}).expect(200)
        known = staff.get(f"{utility.base}/tariffs").expect(200)["items"][0]["id"]
        sheet = staff.get(f"{utility.base}/tariffs/{known}/versions/1").expect(200)["sheet"] | {"consumerClass": "none"}
        staff.post(f"{utility.base}/tariffs", {"id": "spare", "sheet": sheet}).expect(201)
        staff.delete(f"{utility.base}/tariffs/spare/versions/1").expect(200)
        run = staff.post(f"{utility.base}/billing-runs", {"period": reading["period"]}).expect(202)
    with observer.acting("resume_runs"):
        events.tick(clockwork(app, "resume_runs"))
    with observer.acting("generate_bills"):
        drain(app, "meterbook-billing")
    clock.use_time(lambda: datetime.now(UTC) + timedelta(days=2))
    with observer.acting("seal_audit_logs"):
        events.tick(clockwork(app, "seal_audit_logs"))
    clock.use_time(None)
    with observer.acting("api_handler"):
        assert staff.get(f"{utility.base}/billing-runs/{run['id']}").expect(200)["status"] == "complete"
        assert len(staff.get(f"{utility.base}/bills", period=reading["period"]).expect(200)["items"]) == 2
        staff.get(f"{utility.base}/connections/{numbers[0]}/bills").expect(200)
        staff.get(f"{utility.base}/payments", month="2025-10").expect(200)


def forget_a_password(observer: Observer, app: Chalice, utility: Utility) -> None:
    """Go from a forgotten password to a new one."""
    viewer = {"clientId": utility.client, "login": "viewer@example.com"}
    with observer.acting("api_handler"):
        utility.api.post("/api/auth/password-reset", viewer).expect(202)
    with observer.acting("send_mails"):
        drain(app, "meterbook-mails")
    token = token_in(mails_to("viewer@example.com")[-1])
    with observer.acting("api_handler"):
        body = {"token": token, "password": "Another-horse-1"}
        utility.api.post("/api/auth/password-reset/confirmation", body).expect(200)


def change_addresses(observer: Observer, utility: Utility) -> None:
    """Return a user, who signs in by it, and a consumer another e-mail address each; the old ones are free then."""
    staff, users = utility.as_staff("admin"), f"/api/clients/{utility.client}/users"
    with observer.acting("api_handler"):
        body = {"login": "old@example.com", "name": "Ana", "password": "Another-horse-1", "role": "viewer"}
        user = staff.post(users, body).expect(201)["id"]
        staff.patch(f"{users}/{user}", {"email": "new@example.com"}).expect(200)
        person = {"firstName": "Ana", "lastName": "Luna", "email": "luna@example.com"}
        consumer = staff.post(utility.consumers, person).expect(201)
        changed = person | {"email": "ana@example.com", "version": consumer["version"]}
        staff.patch(f"{utility.consumers}/{consumer['id']}", changed).expect(200)


@pytest.fixture(scope="module")
def used(observer: Observer, app: Chalice, api: Api) -> dict[str, set[Use]]:
    walk(observer, app, open_waterworks(api), account=None)  # readings wait for confirmation
    condominium = open_condominium(api)
    walk(observer, app, condominium, account="A-")  # readings count at once
    drain(app, "meterbook-mails")
    forget_a_password(observer, app, condominium)
    change_addresses(observer, condominium)
    world = open_world(app, api)
    clock.use_time(lambda: NOVEMBER)
    sandbox = open_sandbox(api)
    for one in (one for one in ALL if one.method == "GET"):
        with observer.acting("api_handler"):
            world.someone_for(one.path).get(world.fill(one.path, world.ids_to_read), **needed_query(one)).expect(200)
    for number, row in enumerate(CREATING):
        with observer.acting("api_handler"):
            good_request(sandbox, row, number).send(key=f"walk-{number}")
    for number, row in enumerate(CHANGING, start=100):
        change = good_request(sandbox, row, number)
        with observer.acting("api_handler"):
            assert change.send().status in {200, 201}, row
    clock.use_time(None)
    return observer.used


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_all_that_it_does(used: dict[str, set[Use]], function: str) -> None:
    grants = granted(function)
    assert [use for use in used[function] if not allows(grants, use)] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_nothing_that_it_does_not(used: dict[str, set[Use]], function: str) -> None:
    idle = {grant for grant in granted(function) if not any(allows({grant}, use) for use in used[function])}
    assert {(action, place) for action, place, _ in idle} == OUT_OF_SIGHT[function], idle


def test_a_key_that_a_condition_leaves_out_is_refused() -> None:
    leading = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*#AREAS"]}}
    statement = {"Action": "dynamodb:DeleteItem", "Resource": {"Fn::GetAtt": ["Table", "Arn"]}, "Condition": leading}
    grants = grants_of({"Statement": [statement]})
    assert allows(grants, ("dynamodb:DeleteItem", "Table", "AVII#AREAS"))
    assert not allows(grants, ("dynamodb:DeleteItem", "Table", "AVII#CYCLES"))
    with pytest.raises(AssertionError, match="no test evaluates"):
        grants_of({"Statement": [statement | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]})
