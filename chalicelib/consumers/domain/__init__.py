"""The rules of consumers: no clock, no table, no HTTP."""

from chalicelib.consumers.domain.people import Consumer, ConsumerChanges, ConsumerStatus, ProfileChanges, words_of

__all__ = ["Consumer", "ConsumerChanges", "ConsumerStatus", "ProfileChanges", "words_of"]
