"""The local AWS: start it, create the resources of the deployed stack, and stop it in order."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import yaml
from botocore.exceptions import ClientError
from chalice.package import YAMLTemplateSerializer

from local.trouble import Stopped, Trouble

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "infra" / "resources.yaml"
STACK = "meterbook"

_PYTHON = Path(sys.prefix) / "local-aws" / "bin" / "python"
_SERVER = Path(__file__).with_name("aws_server.py")
_REGION = "us-east-1"
_START_SECONDS = 90
_STOP_SECONDS = 30
_LOCAL_KINDS = {
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::S3::Bucket",
    "AWS::Events::Rule",
}
# The template's outputs, and the environment variable of each.
_SETTINGS = {
    "TableName": "METERBOOK_TABLE",
    "BucketName": "METERBOOK_BUCKET",
    "BillingQueueUrl": "METERBOOK_BILLING_QUEUE",
    "MailQueueUrl": "METERBOOK_MAIL_QUEUE",
}
_SENDER = "no-reply@meterbook.example"
_OUTPUTS = {*_SETTINGS, "ImportQueueUrl"}


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running local AWS. Its standard input is a pipe, whose end tells it that this process is gone."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return endpoint_url(self.port)

    def save(self) -> None:
        """Write the present state to disk, and have every later change written."""
        httpx.post(f"{self.url}/_meterbook/save", timeout=30, trust_env=False).raise_for_status()

    def keep(self) -> None:
        """Have every change from now on written to disk."""
        httpx.post(f"{self.url}/_meterbook/keep", timeout=30, trust_env=False).raise_for_status()

    def stop(self) -> None:
        """Stop it in order, so that it saves its state."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._forget()

    def kill(self) -> None:
        """Stop it at once; it saves nothing."""
        self.process.kill()
        self._forget()

    def _forget(self) -> None:
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


def endpoint_url(port: int) -> str:
    """Return the URL that all AWS clients here use."""
    return f"http://127.0.0.1:{port}"


def leave_own_account() -> None:
    """Remove the shell's variables of a real account: profile, session, endpoints, region."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION=_REGION,
        AWS_REGION=_REGION,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    without_proxy = [*filter(None, [os.environ.get("NO_PROXY")]), "127.0.0.1", "localhost"]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(without_proxy)


def point_clients_at(port: int) -> None:
    """Make all AWS clients of this process use the local AWS."""
    leave_own_account()
    os.environ["AWS_ENDPOINT_URL"] = endpoint_url(port)


def is_taken(port: int) -> bool:
    """Return whether a process on this machine already listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start(
    port: int, *, folder: Path, keep_state: bool, held: tuple[int, ...] = (), stopping: Callable[[], bool] = bool
) -> LocalAws:
    """Start the local AWS on a port of 127.0.0.1 and wait until it answers.

    `held` are file descriptors (a lock) that it keeps open as long as it runs. Its log is aws.log in the folder.

    :raises Trouble: if it is not installed or does not start.
    :raises Stopped: if `stopping` is set meanwhile.
    """
    if not _PYTHON.exists():
        raise Trouble("the local AWS is not installed; run: make install")
    log = folder / "aws.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(_PYTHON), str(_SERVER)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=_environment(port, folder, keep_state=keep_state),
            start_new_session=True,  # Ctrl-C in the terminal is for this process, which then stops it in order
            pass_fds=held,
        )
    running = LocalAws(process, port)
    try:
        _wait_until_up(running, log, stopping)
    except BaseException:
        running.kill()
        raise
    return running


def _environment(port: int, folder: Path, *, keep_state: bool) -> dict[str, str]:
    # No other variables of the shell: they may be settings for another ministack.
    kept = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": _REGION,
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1" if keep_state else "0",
        "S3_PERSIST": "1" if keep_state else "0",
        "STATE_DIR": str(folder / "aws"),
        "S3_DATA_DIR": str(folder / "aws-files"),
        "TMPDIR": str(folder),
        # Listeners that are not needed here.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It would remove other containers of this machine.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        "LOG_LEVEL": "WARNING",
    }


def _wait_until_up(running: LocalAws, log: Path, stopping: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if stopping():
            raise Stopped
        if running.process.poll() is not None:
            raise Trouble(f"the local AWS stopped while starting; its log {log} says why")
        try:
            if httpx.get(f"{running.url}/_ministack/health", timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise Trouble(f"the local AWS did not answer within {_START_SECONDS} seconds; its log {log} may say why")


def local_template(path: Path = TEMPLATE) -> str:
    """Return the part of a stack's template that the local AWS needs: tables, queues, buckets and rules."""
    whole = YAMLTemplateSerializer().load_template(path.read_text(), str(path))
    local: dict[str, Any] = {key: whole[key] for key in ("Mappings", "Conditions") if key in whole}
    local["Parameters"] = {name: one for name, one in whole["Parameters"].items() if "Default" in one}
    local["Parameters"]["AllowedOrigins"] = {"Type": "CommaDelimitedList", "Default": _allowed_origins()}
    local["Resources"] = {
        name: resource for name, resource in whole["Resources"].items() if resource.get("Type") in _LOCAL_KINDS
    }
    local["Outputs"] = {name: output for name, output in whole["Outputs"].items() if name in _OUTPUTS}
    return yaml.safe_dump(local)


def compressed_from() -> int:
    """Return the size in bytes from which API Gateway compresses an answer."""
    size: int = _rest_api()["MinimumCompressionSize"]
    return size


def throttle() -> tuple[int, int]:
    """Return how many requests a second, and how many at once, the deployed gateway accepts."""
    (setting,) = _rest_api()["MethodSettings"]
    return setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]


def requests_per_address() -> int:
    """Return how many requests in five minutes the deployed AWS WAF lets one address send; 0 for any number.

    The shell may say another number, as a deployment may.
    """
    whole = YAMLTemplateSerializer().load_template(TEMPLATE.read_text(), str(TEMPLATE))
    usual: int = whole["Parameters"]["RequestsPerAddress"]["Default"]
    return int(os.environ.get("METERBOOK_REQUESTS_PER_ADDRESS") or usual)


def _rest_api() -> dict[str, Any]:
    whole = YAMLTemplateSerializer().load_template(TEMPLATE.read_text(), str(TEMPLATE))
    properties: dict[str, Any] = whole["Resources"]["RestAPI"]["Properties"]
    return properties


def template_print(template: str) -> str:
    """Return a hash of a template."""
    return sha256(template.encode()).hexdigest()[:16]


def apply_template(template: str) -> dict[str, str]:
    """Create or update the stack and return its outputs by name.

    :raises Trouble: if the local AWS refuses it.
    """
    stacks = boto3.client("cloudformation")
    try:
        if stack_outputs() is None:
            stacks.create_stack(StackName=STACK, TemplateBody=template)
        else:
            stacks.update_stack(StackName=STACK, TemplateBody=template)
    except ClientError as error:
        raise Trouble(f"the local AWS refuses infra/resources.yaml: {error}") from None
    status = _settled(stacks)
    outputs = stack_outputs()
    if outputs is None:
        raise Trouble(f"infra/resources.yaml could not be applied to the local AWS ({status}); aws.log says why")
    return outputs


def stack_outputs() -> dict[str, str] | None:
    """Return the outputs of the stack, or None if there is no complete one."""
    try:
        stack = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError:
        return None
    if stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def settings_from(outputs: dict[str, str]) -> dict[str, str]:
    """Return the environment variables that name Meterbook's table, bucket and queues."""
    ours = {"METERBOOK_MAIL_SENDER": _SENDER, "METERBOOK_ALLOWED_ORIGINS": _allowed_origins()}
    return {variable: outputs[name] for name, variable in _SETTINGS.items()} | ours


def _allowed_origins() -> str:
    """Return the web origins that the shell's variable allows; any, if it is not set."""
    return os.environ.get("METERBOOK_ALLOWED_ORIGINS") or "*"


def let_mails_out() -> None:
    """Let the local AWS accept mails from our sender. It keeps them and sends none."""
    boto3.client("ses").verify_email_identity(EmailAddress=_SENDER)


def is_whole(outputs: dict[str, str]) -> bool:
    """Return whether the stack's resources really exist."""
    try:
        boto3.client("dynamodb").describe_table(TableName=outputs["TableName"])
        boto3.client("s3").head_bucket(Bucket=outputs["BucketName"])
        for queue in [url for name, url in outputs.items() if name.endswith("QueueUrl")]:
            boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    except (ClientError, KeyError):
        return False
    return True


def _settled(stacks: "CloudFormationClient") -> str:
    while True:
        status = stacks.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(0.05)
