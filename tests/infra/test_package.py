"""What `make package` builds: built once, then linted, looked into, and started as Lambda would."""

import json
import marshal
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from chalicelib.onboarding import service as onboarding
from chalicelib.platform import clock
from infra import package
from tests.support.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.prefix) / "template-lint" / "bin"
pytestmark = pytest.mark.slow

HANDLERS = {
    "APIHandler": "app.app",
    "GenerateBills": "chalicelib.billing.jobs.generate_bills",
    "ImportReadings": "chalicelib.imports.jobs.import_readings",
    "SendMails": "chalicelib.identity.jobs.send_mails",
    "ResumeRuns": "chalicelib.billing.jobs.resume_runs",
    "SealAuditLogs": "chalicelib.tenancy.jobs.seal_audit_logs",
}
# Nothing but the package and the standard library: no site-packages, no working directory, no PYTHON* variables.
START = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
module, _, name = sys.argv[2].rpartition(".")
handler = getattr(importlib.import_module(module), name)
assert callable(handler)
if len(sys.argv) > 3:
    print(json.dumps(handler(json.loads(sys.argv[3]), None)))
"""
CALLS = """
import sys
sys.path.insert(0, sys.argv[1])
import boto3
from chalicelib.platform.storage import upload_form
for service in sys.argv[2:]:
    boto3.client(service)
upload_form("a/b/imports/c.csv", content_type="text/csv", max_bytes=1)
"""

# Data that lies beside the code is found in the package, all of it.
DATA = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from chalicelib.onboarding.service import list_presets
from chalicelib.tariffs.schemas import library
for found, folder in ((library(), "tariffs/library"), (list_presets(), "onboarding/presets")):
    assert len(found) == len(list(Path(sys.argv[2], folder).glob("*.json"))) > 3
"""


_TEMPLATE_LIMIT_BYTES = 1024 * 1024
_API_DEPLOYMENT = "AWS::ApiGateway::Deployment"


@dataclass(frozen=True)
class Built:
    text: str
    zip: Path
    code: Path

    @cached_property
    def template(self) -> dict[str, Any]:
        template: dict[str, Any] = json.loads(self.text)
        return template

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        resources = self.template["Resources"].items()
        return {name: one["Properties"] for name, one in resources if one["Type"] == "AWS::Serverless::Function"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("package")
    made = package.build(folder, stage="prod", runtime=package.running_python())
    sys.stdout.write(f"zip: {made.zipped_bytes / 1e6:.1f} MB, {made.unzipped_bytes / 1e6:.1f} MB unzipped\n")
    with zipfile.ZipFile(made.code) as archive:
        archive.extractall(folder / "task")
    return Built(made.template.read_text(), made.code, folder / "task")


@pytest.fixture(scope="module")
def lint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the templates are that are linted."""
    return tmp_path_factory.mktemp("lint")


@pytest.fixture(scope="module")
def faults(built: Built, lint: Path) -> dict[str, list[str]]:
    """What the linter says of the template, before and after the transform, and of a broken one: in one process."""
    whole, broken = lint / "whole.json", lint / "broken.json"
    whole.write_text(json.dumps(built.template))
    broken.write_text(whole.read_text().replace("${BillingQueue.Arn}", "${NoQueue.Arn}"))
    transform = [str(LINTER / "python"), str(ROOT / "tests" / "infra" / "transform.py"), str(whole), str(broken)]
    subprocess.run(transform, env={"AWS_DEFAULT_REGION": "eu-west-1"}, check=True)
    templates = [whole, *sorted(lint.glob("*.transformed.json"))]
    assert len(templates) == 3
    command = [str(LINTER / "cfn-lint"), "--format", "json", *map(str, templates)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    said: dict[str, list[str]] = {path.name: [] for path in templates}
    for fault in json.loads(done.stdout):
        said[Path(fault["Filename"]).name].append(fault["Message"])
    assert "AWS::Serverless" not in (lint / "whole.transformed.json").read_text()
    return said


def start(built: Built, code: str, *arguments: str, **variables: str) -> str:
    """Run code in a fresh process that sees only the package, with Lambda's variables."""
    environment = {
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "METERBOOK_TABLE": "table",
        "METERBOOK_BUCKET": "bucket",
        "METERBOOK_BILLING_QUEUE": "https://sqs.eu-west-1.amazonaws.com/123456789012/billing",
        **variables,
    }
    command = [sys.executable, "-I", "-S", "-c", code, str(built.code), *arguments]
    done = subprocess.run(command, env=environment, cwd=os.sep, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def invoke(built: Built, handler: str, event: dict[str, Any]) -> Any:  # noqa: ANN401
    lines = start(built, START, handler, json.dumps(event)).splitlines()  # the answer comes after the log
    return json.loads(lines[-1])


def request(method: str, path: str, body: str = "", token: str = "", **names: str) -> dict[str, Any]:
    return {
        "requestContext": {"httpMethod": method, "resourcePath": path, "path": path, "requestId": "r-1"},
        "headers": {"content-type": "application/json", "authorization": f"Bearer {token}"},
        "multiValueQueryStringParameters": None,
        "pathParameters": names,
        "stageVariables": None,
        "body": body,
        "isBase64Encoded": False,
    }


def test_the_template_has_no_fault_before_and_after_the_transform(faults: dict[str, list[str]]) -> None:
    assert faults["whole.json"] == []
    assert faults["whole.transformed.json"] == []


def test_the_linter_would_see_a_queue_that_does_not_exist(faults: dict[str, list[str]]) -> None:
    # What events refer to is only looked at in the transformed template.
    assert any("'NoQueue' is not one of" in fault for fault in faults["broken.transformed.json"])


def test_exactly_these_functions_are_deployed(built: Built) -> None:
    assert {name: function["Handler"] for name, function in built.functions.items()} == HANDLERS


@pytest.mark.parametrize("handler", HANDLERS.values())
def test_a_handler_starts_in_a_fresh_process_and_finds_all_its_byte_code(built: Built, handler: str) -> None:
    before = sorted(built.code.rglob("*"))
    start(built, START, handler)
    assert sorted(built.code.rglob("*")) == before, "Lambda would compile these at every cold start"


def test_the_packaged_api_answers(built: Built) -> None:
    document = invoke(built, "app.app", request("GET", "/api/openapi.json"))
    assert document["statusCode"] == 200
    assert json.loads(document["body"])["openapi"].startswith("3.1")
    refused = invoke(built, "app.app", request("POST", "/api/auth/login", body="{}"))
    assert (refused["statusCode"], refused["headers"]["Content-Type"]) == (400, "application/problem+json")


def test_the_packaged_api_has_its_page_its_tariffs_and_its_presets(built: Built) -> None:
    page = invoke(built, "app.app", request("GET", "/api/docs"))
    script = re.search(r'src="(docs/[^"]+)"', page["body"])
    assert script
    assert len(invoke(built, "app.app", request("GET", f"/api/{script[1]}"))["body"]) > 1_000_000
    start(built, DATA, str(ROOT / "chalicelib"))


def test_a1_the_packaged_api_opens_a_client_with_the_tariffs_and_presets_that_it_carries(
    built: Built, engine: Engine
) -> None:
    """What is opened comes from files of the zip; everything is asked of the packaged handler, on the local AWS."""
    given = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "METERBOOK_"))}

    def answer(event: dict[str, Any]) -> Any:  # noqa: ANN401
        lines = start(built, START, HANDLERS["APIHandler"], json.dumps(event), **given).splitlines()
        replied = json.loads(lines[-1])
        assert replied["statusCode"] in {200, 201}, replied["body"]
        return json.loads(replied["body"])

    administrator = {"login": "ana", "name": "Ana Reyes", "password": "Correct-horse-7"}
    opening = {"presetId": "balilihan", "name": "New Town", "administrator": administrator}
    ticket = onboarding.write_ticket("packaged-town", now=clock.now())
    answer(request("POST", "/api/clients", json.dumps(opening | {"ticket": ticket})))
    login = {"clientId": "packaged-town", "login": "ana", "password": "Correct-horse-7"}
    token = answer(request("POST", "/api/auth/login", json.dumps(login)))["accessToken"]

    for path, folder in (("/api/presets", "onboarding/presets"), ("/api/tariff-library", "tariffs/library")):
        files = list((ROOT / "chalicelib" / folder).glob("*.json"))
        assert len(answer(request("GET", path, token=token))["items"]) == len(files) > 3
    client = {"clientId": "packaged-town"}
    (project, *_) = answer(request("GET", "/api/clients/{clientId}/projects", token=token, **client))["items"]
    tariffs = "/api/clients/{clientId}/projects/{projectId}/tariffs"
    assert answer(request("GET", tariffs, token=token, projectId=project["id"], **client))["items"]


@pytest.mark.parametrize("name", ["GenerateBills", "ImportReadings", "SendMails"])
def test_the_packaged_queue_handlers_take_an_empty_batch(built: Built, name: str) -> None:
    assert invoke(built, HANDLERS[name], {"Records": []}) is None


def test_every_aws_service_that_the_code_calls_can_be_called_from_the_package(built: Built) -> None:
    code = "".join(module.read_text() for module in (ROOT / "chalicelib").rglob("*.py"))
    called = {*re.findall(r'boto3\.client\(\s*"(\w+)"', code), "dynamodb"}  # PynamoDB makes that one
    assert called == package.SERVICES
    start(built, CALLS, *called)


def test_a_message_stays_invisible_for_six_times_the_functions_timeout(built: Built) -> None:
    for function in built.functions.values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                name = event["Properties"]["Queue"]["Fn::Sub"].removeprefix("${").removesuffix(".Arn}")
                queue = built.template["Resources"][name]["Properties"]
                assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_whatever_fails_for_good_is_kept_somewhere(built: Built) -> None:
    for name in HANDLERS.keys() - {"APIHandler"}:
        function = built.functions[name]
        (event,) = function["Events"].values()
        if event["Type"] == "SQS":
            queue = event["Properties"]["Queue"]["Fn::Sub"].removeprefix("${").removesuffix(".Arn}")
            assert built.template["Resources"][queue]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]
        else:
            assert event["Properties"]["DeadLetterConfig"]["Arn"]  # for a tick that can't be delivered
            assert function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"]  # for one that fails


def test_every_function_logs_where_logs_expire_and_its_errors_wake_somebody(built: Built) -> None:
    resources = built.template["Resources"]
    alarms = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"]
    watched = {dimension["Value"].get("Ref") for alarm in alarms for dimension in alarm["Dimensions"]}
    for name, function in built.functions.items():
        group = resources[function["LoggingConfig"]["LogGroup"]["Ref"]]
        # Seals are looked up for as long as the audit log is kept.
        assert group["Properties"]["RetentionInDays"] == (3653 if name == "SealAuditLogs" else 90)
        assert name in watched


def test_every_function_has_a_role_of_its_own(built: Built) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in built.functions.values()]
    assert len(set(roles)) == len(HANDLERS)


def test_a18_every_path_has_its_preflights_answered_by_the_function(built: Built) -> None:
    paths = built.template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"].values()
    assert {methods["options"]["x-amazon-apigateway-integration"]["type"] for methods in paths} == {"aws_proxy"}
    assert "AllowedOrigin" not in json.dumps(built.template["Resources"]["RestAPI"])


def test_a18_a_changed_origin_reaches_preflights_without_a_new_deployment_of_the_api(built: Built) -> None:
    asked = request("OPTIONS", "/api/auth/login")
    asked["headers"] = {"origin": "https://portal.example.com", "access-control-request-method": "POST"}
    for origins, named in (("https://portal.example.com", "https://portal.example.com"), ("https://a.example", None)):
        variables = {"METERBOOK_ALLOWED_ORIGINS": origins}
        reply = json.loads(start(built, START, "app.app", json.dumps(asked), **variables).splitlines()[-1])
        assert (reply["statusCode"], reply["headers"].get("Access-Control-Allow-Origin")) == (204, named)


def test_a4_a_deployment_that_changes_parameters_alone_reaches_the_stage(
    faults: dict[str, list[str]], lint: Path
) -> None:
    """Both have the same API; only a deployment of its own makes the stage answer with what is new."""
    assert faults["whole.transformed.json"] == []
    used = [
        {name for name, one in json.loads(path.read_text())["Resources"].items() if one["Type"] == _API_DEPLOYMENT}
        for path in (lint / "whole.transformed.json", lint / "broken.transformed.json")
    ]
    assert [len(names) for names in used] == [1, 1]
    assert used[0] != used[1]


def test_a5_the_alarm_counts_under_the_name_and_stage_that_the_api_has(
    built: Built, faults: dict[str, list[str]], lint: Path
) -> None:
    resources = json.loads((lint / "whole.transformed.json").read_text())["Resources"]
    (stage,) = [name for name, one in resources.items() if one["Type"] == "AWS::ApiGateway::Stage"]
    counted = {one["Name"]: one["Value"] for one in resources["ApiServerErrorsAlarm"]["Properties"]["Dimensions"]}
    api = built.template["Resources"]["RestAPI"]["Properties"]
    assert faults["whole.transformed.json"] == []
    assert counted == {"ApiName": api["Name"], "Stage": {"Ref": stage}}
    assert api["DefinitionBody"]["info"]["title"] == api["Name"] == {"Ref": "AWS::StackName"}


def test_every_path_that_answers_get_answers_head_and_is_compressed(built: Built) -> None:
    api = built.template["Resources"]["RestAPI"]["Properties"]
    assert api["MinimumCompressionSize"] == 1024
    paths = api["DefinitionBody"]["paths"].values()
    assert {"get" in methods for methods in paths} == {True, False}
    assert all(("get" in methods) == ("head" in methods) for methods in paths)


def test_the_api_fits_into_the_gateways_300_resources(built: Built) -> None:
    paths = built.template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    steps = [path.strip("/").split("/") for path in paths]
    assert len({tuple(one[:end]) for one in steps for end in range(len(one) + 1)}) <= 300


def test_the_zip_holds_our_code_the_locked_packages_and_nothing_else(built: Built) -> None:
    names = zipfile.ZipFile(built.zip).namelist()
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    shipped = {name.partition("-")[0] for name in names if name.endswith(".dist-info/METADATA")}
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in shipped} == set(locked)
    tops = {name.partition("/")[0] for name in names}
    assert tops.isdisjoint({"tests", "local", "docs", "infra", ".chalice", "pip", "setuptools", "wheel", "moto"})
    listed = subprocess.run(
        ["git", "ls-files", "chalicelib", "app.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ours = set(listed.stdout.split())
    owned = {name for name in names if name.startswith(("chalicelib/", "app.")) and not name.endswith(".pyc")}
    assert owned == ours
    assert {name for name in names if name.startswith("chalice/") and name.endswith(".py")} == {
        "chalice/__init__.py",
        "chalice/app.py",
    }


def test_byte_code_is_never_checked_and_does_not_tell_where_it_was_made(built: Built) -> None:
    archive = zipfile.ZipFile(built.zip)
    for name in archive.namelist():
        if name.endswith(".pyc"):
            content = archive.read(name)
            assert int.from_bytes(content[4:8], "little") == 0b01, name  # hash-based, unchecked
            assert marshal.loads(content[16:]).co_filename.startswith("/var/task/"), name


def test_the_same_sources_make_the_same_zip(built: Built, tmp_path: Path) -> None:
    again = package.build(tmp_path, stage="prod", runtime=package.running_python())
    assert again.code.read_bytes() == built.zip.read_bytes()


@pytest.mark.parametrize("stage", ["stagng", "Prod", ""])
def test_a14_a_stage_that_is_not_configured_is_not_packaged(tmp_path: Path, stage: str) -> None:
    with pytest.raises(RuntimeError, match=f"there is no stage {stage}: .chalice/config.json has dev, prod"):
        package.build(tmp_path, stage=stage, runtime=package.running_python())
    assert list(tmp_path.iterdir()) == []


def test_a13_every_function_has_the_runtime_that_was_asked_for(built: Built) -> None:
    assert {function["Runtime"] for function in built.functions.values()} == {package.running_python()}


def test_a13_another_python_than_the_runtimes_packages_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="the runtime is python3"):
        package.build(tmp_path, stage="prod", runtime="python3.1")
    assert list(tmp_path.iterdir()) == []


def test_a13_what_is_packaged_without_a_word_is_for_the_pinned_runtime() -> None:
    command = subprocess.run(["make", "--dry-run", "package"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--runtime" not in command.stdout
    assert package.RUNTIME == "python3.13"


def test_a10_the_template_is_far_from_the_megabyte_that_cloudformation_takes(built: Built) -> None:
    assert len(built.text.encode()) < _TEMPLATE_LIMIT_BYTES / 2
    # `aws cloudformation package` indents what it writes, so that must be undone before it is deployed.
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    (compacted,) = re.findall(r"-m json.tool --compact build/packaged.json (\S+)", runbook)
    assert re.findall(r"cloudformation deploy --template-file (\S+)", runbook) == [compacted]
