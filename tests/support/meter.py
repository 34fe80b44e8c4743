"""Counts what AWS would bill: requests at the botocore edge, write units as the engine says, read units by rule.

The local engine is right about the write units of single and transactional writes; it leaves the indexes out of PartiQL
batches and is wrong about queries, so these two are worked out here by DynamoDB's published rules from the items that
were really sent and received.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from chalicelib.platform import dynamo, queue, storage

AttributeMap = dict[str, dict[str, Any]]
_INDEX_KEYS = ("g1p", "g2p")


@dataclass
class Meter:
    """What was asked of AWS meanwhile."""

    requests: Counter[str] = field(default_factory=Counter)
    write_units: Decimal = Decimal(0)
    read_units: Decimal = Decimal(0)
    sent: threading.local = field(default_factory=threading.local)  # several threads may ask at once

    def as_lock(self) -> dict[str, Any]:
        """Print the counts for the lock file."""
        return {
            "requests": dict(sorted(self.requests.items())),
            "write_units": format(self.write_units.normalize(), "f"),
            "read_units": format(self.read_units.normalize(), "f"),
        }

    def ask_for_capacity(self, params: dict[str, Any], model: Any, **_: Any) -> None:  # noqa: ANN401
        if model.service_model.service_name == "dynamodb":
            params["ReturnConsumedCapacity"] = "TOTAL"
        self.sent.params = params

    def after_call(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:  # noqa: ANN401
        self.requests[model.name] += 1
        if model.service_model.service_name != "dynamodb":
            return
        if model.name == "BatchExecuteStatement":
            for statement in self.sent.params["Statements"]:
                self.write_units += _insert_units(statement["Parameters"], statement["Statement"])
        elif model.name in {"Query", "GetItem", "BatchGetItem"}:
            self.read_units += _read_units(model.name, self.sent.params, parsed)
        else:
            capacity = parsed.get("ConsumedCapacity", [])
            reported = capacity if isinstance(capacity, list) else [capacity]
            self.write_units += sum(Decimal(str(one["CapacityUnits"])) for one in reported)


def size_of(item: AttributeMap) -> int:
    """Return an item's size in bytes by DynamoDB's rule: names, values, two digits a byte."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    kind, content = next(iter(value.items()))
    if kind == "N":
        digits = str(content).lstrip("-").replace(".", "").strip("0")
        return (len(digits) + 1) // 2 + 1 + str(content).startswith("-")
    return 1 if kind in {"BOOL", "NULL"} else len(str(content).encode())


def _insert_units(values: list[dict[str, Any]], statement: str) -> int:
    names = [part.split("'")[1] for part in statement.partition("VALUE {")[2].split(",")]
    item = dict(zip(names, values, strict=True))
    copies = 1 + sum(key in item for key in _INDEX_KEYS)
    return _begun(size_of(item), 1024) * copies


def _read_units(name: str, sent: dict[str, Any], parsed: dict[str, Any]) -> Decimal:
    if name == "Query":
        each = [sum(size_of(item) for item in parsed["Items"])]
        consistent = sent.get("ConsistentRead", False)
    elif name == "GetItem":
        each = [size_of(parsed.get("Item", {}))]
        consistent = sent.get("ConsistentRead", False)
    else:
        (request,) = sent["RequestItems"].values()
        found = next(iter(parsed["Responses"].values()))
        each = [size_of(item) for item in found] + [0] * (len(request["Keys"]) - len(found))
        consistent = request.get("ConsistentRead", False)
    units = sum(max(1, _begun(size, 4096)) for size in each)
    return Decimal(units) if consistent else Decimal(units) / 2


def _begun(size: int, step: int) -> int:
    return int((Decimal(size) / step).to_integral_value(ROUND_CEILING))


@contextmanager
def metered() -> Iterator[Meter]:
    """Count all AWS requests and units used meanwhile."""
    meter = Meter()
    hooks: list[tuple[str, Callable[..., Any]]] = [
        ("before-parameter-build.*.*", meter.ask_for_capacity),
        ("after-call.*.*", meter.after_call),
    ]
    clients: list[Any] = [dynamo.client(), queue._client(), storage._client()]
    for client in clients:
        for name, hook in hooks:
            client.meta.events.register(name, hook)
    try:
        yield meter
    finally:
        for client in clients:
            for name, hook in hooks:
                client.meta.events.unregister(name, hook)
