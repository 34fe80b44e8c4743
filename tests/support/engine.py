"""One local AWS for each test process, with the very resources of infra/resources.yaml."""

import contextlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.platform import dynamo
from local import aws
from local.events import sqs

ROOT_KEYS = {"root": "a-root-secret-of-at-least-32-characters-for-tests"}
TOKEN_KEYS = {"test": "a-secret-of-at-least-32-characters-for-tests"}


@dataclass(frozen=True, slots=True)
class Engine:
    """The running local AWS and the names of what is in it."""

    url: str
    table: str
    bucket: str
    billing_queue: str
    import_queue: str
    mail_queue: str

    def forget_messages(self) -> None:
        """Take everything out of the queues."""
        for queue in (self.billing_queue, self.import_queue, self.mail_queue):
            sqs().purge_queue(QueueUrl=queue)

    def forget_items(self) -> None:
        """Put an empty table in the place of the table, in no more time than reading a few items."""
        table = dynamo.client().describe_table(TableName=self.table)["Table"]
        dynamo.client().update_table(TableName=self.table, DeletionProtectionEnabled=False)
        dynamo.client().delete_table(TableName=self.table)
        dynamo.client().create_table(
            TableName=self.table,
            KeySchema=table["KeySchema"],
            AttributeDefinitions=table["AttributeDefinitions"],
            GlobalSecondaryIndexes=[
                {"IndexName": index["IndexName"], "KeySchema": index["KeySchema"], "Projection": index["Projection"]}
                for index in table["GlobalSecondaryIndexes"]
            ],
            BillingMode="PAY_PER_REQUEST",
        )


@contextmanager
def running_engine() -> Iterator[Engine]:
    """Start the local AWS without state and set the environment that the app reads."""
    with tempfile.TemporaryDirectory(prefix="meterbook-") as folder:
        port = free_port()
        running = aws.start(port, folder=Path(folder), keep_state=False)
        try:
            aws.point_clients_at(port)
            outputs = aws.apply_template(aws.local_template())
            aws.let_mails_out()
            os.environ.update(
                aws.settings_from(outputs),
                METERBOOK_TOKEN_KEYS=json.dumps(TOKEN_KEYS),
                METERBOOK_ROOT_KEYS=json.dumps(ROOT_KEYS),
                METERBOOK_BCRYPT_COST="4",
                METERBOOK_PAYMENT_GATEWAY="/simulated-gateway",
            )
            dynamo.connect()
            yield Engine(
                url=running.url,
                table=outputs["TableName"],
                bucket=outputs["BucketName"],
                billing_queue=outputs["BillingQueueUrl"],
                import_queue=outputs["ImportQueueUrl"],
                mail_queue=outputs["MailQueueUrl"],
            )
        finally:
            running.kill()


def free_port() -> int:
    """Find a port that nobody uses, below those that the system gives to outgoing connections.

    One of the latter could be taken again, by any request of another test, before a server of ours listens there.
    """
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
