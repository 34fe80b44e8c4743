"""What is written by hand for the deployment: the template of resources, the policies, Chalice's configuration."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.cli.factory import CLIFactory
from chalice.deploy.validate import validate_configuration
from chalice.package import YAMLTemplateSerializer

from chalicelib.platform import log
from chalicelib.platform.problems import SECURITY_HEADERS
from chalicelib.platform.schema import Problem
from chalicelib.platform.settings import Environment

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE: dict[str, Any] = YAMLTemplateSerializer().load_template((ROOT / "infra" / "resources.yaml").read_text())
RESOURCES = TEMPLATE["Resources"]
CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())
POLICIES = {path.stem.removeprefix("policy-"): path for path in (ROOT / ".chalice").glob("policy-*.json")}
LOCAL_KINDS = {
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::S3::Bucket",
    "AWS::Events::Rule",
}


def references(part: object) -> Iterator[str]:
    """Find the names that a piece of a template refers to."""
    if isinstance(part, list):
        for one in part:
            yield from references(one)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0]
            elif key == "Fn::Sub":
                yield from (name.partition(".")[0] for name in re.findall(r"\${([^}]+)}", value))
            else:
                yield from references(value)


def statements(function: str) -> list[dict[str, Any]]:
    return list(json.loads(POLICIES[function].read_text())["Statement"])


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def test_what_the_laptop_applies_refers_to_nothing_that_only_the_cloud_has() -> None:
    local = {name for name, resource in RESOURCES.items() if resource["Type"] in LOCAL_KINDS}
    known = local | TEMPLATE["Parameters"].keys()
    for part in [RESOURCES[name] for name in local] + list(TEMPLATE["Outputs"].values()):
        assert {name for name in references(part) if not name.startswith("AWS::")} <= known


def test_the_outputs_that_the_laptop_reads_exist() -> None:
    assert TEMPLATE["Outputs"].keys() >= {
        "TableName",
        "BucketName",
        "BillingQueueUrl",
        "ImportQueueUrl",
        "MailQueueUrl",
    }


def test_the_table_is_hard_to_lose() -> None:
    table = RESOURCES["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = table["Properties"]
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}


def test_nobody_in_the_world_can_read_the_bucket_and_nobody_at_all_in_the_clear() -> None:
    properties = RESOURCES["Bucket"]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    (refusal,) = RESOURCES["BucketOverTlsOnly"]["Properties"]["PolicyDocument"]["Statement"]
    assert (refusal["Effect"], refusal["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_an_alarm_watches_the_very_metric_that_failures_are_counted_by() -> None:
    alarm = RESOURCES["FailuresAlarm"]["Properties"]
    (counted,) = log._count_of(log._FAILURES)["_aws"]["CloudWatchMetrics"]
    assert alarm["Namespace"] == counted["Namespace"]
    assert [alarm["MetricName"]] == [metric["Name"] for metric in counted["Metrics"]]
    assert [[dimension["Name"] for dimension in alarm["Dimensions"]]] == counted["Dimensions"]


def test_every_dead_letter_queue_keeps_its_messages_longest_and_wakes_somebody() -> None:
    queues = {name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::SQS::Queue"}
    dead_letters = {name for name in queues if name.endswith("DeadLetters")}
    alarms = [resource["Properties"] for resource in RESOURCES.values() if resource["Type"] == "AWS::CloudWatch::Alarm"]
    watched = {name for alarm in alarms if alarm["Namespace"] == "AWS/SQS" for name in references(alarm["Dimensions"])}
    assert watched == dead_letters
    for name in dead_letters:
        assert RESOURCES[name]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    for name in queues - dead_letters:
        redrive = RESOURCES[name]["Properties"]["RedrivePolicy"]
        assert redrive["maxReceiveCount"] == 5
        assert set(references(redrive)) <= dead_letters


@pytest.mark.parametrize("kind", RESOURCES["RestAPI"]["Properties"]["GatewayResponses"])
def test_the_gateway_answers_in_the_words_of_the_api(kind: str) -> None:
    answer = RESOURCES["RestAPI"]["Properties"]["GatewayResponses"][kind]
    headers = answer["ResponseParameters"]["Headers"]
    assert headers["Content-Type"] == "'application/problem+json'"
    assert headers["Access-Control-Allow-Origin"] == "'*'"
    (text,) = answer["ResponseTemplates"].values()
    # The gateway fills variables in and nothing else; this one comes with its quotes.
    problem = Problem.model_validate_json(text.replace("$context.error.messageString", '"why"'))
    assert str(problem.status) == answer["StatusCode"]
    assert problem.type == f"urn:meterbook:problem:{problem.code}"


@pytest.mark.parametrize("kind", RESOURCES["RestAPI"]["Properties"]["GatewayResponses"])
def test_the_gateways_answers_carry_the_security_headers_of_the_app(kind: str) -> None:
    headers = RESOURCES["RestAPI"]["Properties"]["GatewayResponses"][kind]["ResponseParameters"]["Headers"]
    assert {name: headers[name] for name in SECURITY_HEADERS} == {
        name: f"'{value}'" for name, value in SECURITY_HEADERS.items()
    }
    assert headers["Strict-Transport-Security"] == {"Fn::Sub": "'${Hsts}'"}


def test_a17_hosts_below_the_apis_are_bound_only_where_the_stage_says_so() -> None:
    hsts = TEMPLATE["Parameters"]["Hsts"]
    assert hsts["Default"] == Environment.model_fields["hsts"].default == "max-age=63072000"
    assert hsts["AllowedValues"] == ["max-age=63072000", "max-age=63072000; includeSubDomains"]


def test_f15_which_pages_may_call_the_api_has_to_be_said() -> None:
    assert "Default" not in TEMPLATE["Parameters"]["AllowedOrigins"]
    assert Environment.model_fields["allowed_origins"].default == ""
    (rule,) = RESOURCES["Bucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == {"Ref": "AllowedOrigins"}


def test_a6_a_deployment_without_its_secrets_fails_before_it_changes_anything() -> None:
    # CloudFormation looks parameters of this type up before it makes a change set, and refuses a name without value.
    kinds = {name: one["Type"] for name, one in TEMPLATE["Parameters"].items() if name.endswith("KeysParameter")}
    assert kinds == dict.fromkeys(("TokenKeysParameter", "RootKeysParameter"), "AWS::SSM::Parameter::Name")


def test_f11_one_address_is_refused_before_it_has_used_up_what_all_have_together() -> None:
    limit = TEMPLATE["Parameters"]["RequestsPerAddress"]["Default"]
    (setting,) = RESOURCES["RestAPI"]["Properties"]["MethodSettings"]
    (rule,) = RESOURCES["AddressLimit"]["Properties"]["Rules"]
    rate = rule["Statement"]["RateBasedStatement"]
    assert (rate["Limit"], rate["AggregateKeyType"]) == ({"Ref": "RequestsPerAddress"}, "IP")
    assert limit <= setting["ThrottlingRateLimit"] * rate["EvaluationWindowSec"] / 10
    refusal = rule["Action"]["Block"]["CustomResponse"]
    body = RESOURCES["AddressLimit"]["Properties"]["CustomResponseBodies"][refusal["CustomResponseBodyKey"]]
    problem = Problem.model_validate_json(body["Content"])
    assert (problem.status, problem.code) == (refusal["ResponseCode"], "busy") == (429, "busy")
    headers = {one["Name"]: one["Value"] for one in refusal["ResponseHeaders"]}
    assert SECURITY_HEADERS.items() <= headers.items()
    assert {name: headers[name] for name in ("Retry-After", "Access-Control-Allow-Origin")} == {
        "Retry-After": "300",
        "Access-Control-Allow-Origin": "*",
    }


def test_f11_no_address_is_counted_where_all_requests_come_from_cloudfront() -> None:
    made = {name for name, one in RESOURCES.items() if one["Type"].startswith("AWS::WAFv2::")}
    assert made == {"AddressLimit", "AddressLimitOfTheApi"}
    assert {RESOURCES[name]["Condition"] for name in made} == {"LimitsAddresses"}
    assert TEMPLATE["Conditions"]["LimitsAddresses"] == {
        "Fn::And": [
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "RequestsPerAddress"}, "0"]}]},
            {"Fn::Equals": [{"Ref": "BehindCloudFront"}, "false"]},
        ]
    }


def test_the_gateway_refuses_a_flood_and_says_when_to_come_again() -> None:
    (setting,) = RESOURCES["RestAPI"]["Properties"]["MethodSettings"]
    assert (setting["ResourcePath"], setting["HttpMethod"]) == ("/*", "*")
    assert 0 < setting["ThrottlingRateLimit"] <= setting["ThrottlingBurstLimit"] <= 1_000
    throttled = RESOURCES["RestAPI"]["Properties"]["GatewayResponses"]["THROTTLED"]
    assert throttled["StatusCode"] == "429"
    assert throttled["ResponseParameters"]["Headers"]["Retry-After"] == "'2'"


def test_the_gateway_compresses_what_is_worth_it() -> None:
    assert RESOURCES["RestAPI"]["Properties"]["MinimumCompressionSize"] == 1024


def test_secrets_are_named_in_the_template_and_never_given() -> None:
    parameters = TEMPLATE["Parameters"]
    for name, parameter in parameters.items():
        if any(word in name.lower() for word in ("key", "secret", "password", "token")):
            assert name.endswith("Parameter"), f"{name} would hold a secret itself"
            assert parameter["Default"].startswith("/meterbook/")


def test_an_unknown_path_is_not_found_with_and_without_a_token() -> None:
    answers = RESOURCES["RestAPI"]["Properties"]["GatewayResponses"]
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == "404"
    assert answers["INVALID_SIGNATURE"]["StatusCode"] == "404"


def test_the_functions_are_given_every_setting_that_the_code_reads() -> None:
    # The laptop's way to the keys, quick tests, and the simulated gateway, which is never deployed.
    elsewhere = {"token_keys", "root_keys", "bcrypt_cost", "payment_gateway"}
    read = {f"METERBOOK_{name.upper()}" for name in Environment.model_fields.keys() - elsewhere}
    given = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    for function in ("APIHandler", "SendMails"):
        given |= set(RESOURCES[function]["Properties"]["Environment"]["Variables"])
    assert read == given


@pytest.mark.parametrize("function", POLICIES)
def test_a_policy_names_each_action_and_each_resource(function: str) -> None:
    for statement in statements(function):
        assert statement["Effect"] == "Allow"
        assert not [action for action in actions(statement) if "*" in action]
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            if actions(statement) == ["ses:SendEmail"]:
                # SES asks for the recipient's identity too while the account is in its sandbox, and for configuration
                # sets; what is not ours of these, the condition shuts: nobody else can be the sender.
                assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailSender"}}}
                continue
            owners = [name for name in references(resource) if not name.startswith("AWS::")]
            assert owners, f"{resource} belongs to nothing of this stack"
            assert set(owners) <= RESOURCES.keys() | {"TokenKeysParameter", "RootKeysParameter"}


def test_every_function_has_a_policy_of_its_own_and_no_other_exists() -> None:
    functions = CONFIG["lambda_functions"]
    assert {name: settings["iam_policy_file"] for name, settings in functions.items()} == {
        name: path.name for name, path in POLICIES.items()
    }
    assert CONFIG["autogen_policy"] is False


def test_the_api_alone_reads_the_token_keys() -> None:
    assert _readers("TokenKeysParameter") == {"api_handler"}


def test_root_keys_are_read_by_who_makes_and_checks_seals() -> None:
    assert _readers("RootKeysParameter") == {"api_handler", "seal_audit_logs"}


def _readers(parameter: str) -> set[str]:
    return {
        name
        for name in POLICIES
        for statement in statements(name)
        if actions(statement) == ["ssm:GetParameter"] and parameter in references(statement["Resource"])
    }


def test_the_api_can_neither_delete_what_counts_nor_read_uploads() -> None:
    allowed = [action for statement in statements("api_handler") for action in actions(statement)]
    assert not [action for action in allowed if "Scan" in action]
    deletions = [one for one in statements("api_handler") if any("Delete" in action for action in actions(one))]
    # Tariffs that rated nothing, claims of login names, counts of wrong passwords, roles that nobody has and used-up
    # resets may go; bills, readings, users and the audit log may not.
    places = [one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for one in deletions]
    what_counts = ("#AUDIT", "#USER#", "#BILL", "#PERIODS", "#CONFIG", "#LOGINS", "#RUN", "#IMPORT")
    assert len(places) == 1
    assert not [place for place in places[0] if place == "*" or any(part in place for part in what_counts)]
    (reading,) = (one for one in statements("api_handler") if actions(one) == ["s3:GetObject"])
    assert reading["Resource"] == {"Fn::Sub": "${Bucket.Arn}/*/imports/*.report.json"}


def test_a_report_that_is_not_there_yet_can_be_told_from_a_forbidden_one() -> None:
    # Without s3:ListBucket, S3 answers 403 for a missing object, and polling an unfinished import would be a 500.
    assert any("s3:ListBucket" in actions(statement) for statement in statements("api_handler"))


@pytest.mark.parametrize("stage", CONFIG["stages"])
def test_chalice_finds_nothing_wrong_with_the_configuration(stage: str) -> None:
    validate_configuration(CLIFactory(str(ROOT), environ=dict(os.environ)).create_config_obj(stage))


def test_the_package_ships_no_second_chalice() -> None:
    assert "chalice==" not in (ROOT / "requirements.txt").read_text()
