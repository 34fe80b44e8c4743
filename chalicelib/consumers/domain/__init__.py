"""The rules of consumers: no clock, no table, no HTTP."""

from chalicelib.consumers.domain.people import Consumer, ConsumerChanges, ConsumerStatus

__all__ = ["Consumer", "ConsumerChanges", "ConsumerStatus"]
