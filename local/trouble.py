"""Errors that stop `make run`, with messages that say what to do."""


class Trouble(Exception):
    """A start that can't continue. The message is one line and says what to do."""


class Stopped(Exception):
    """Stopped by the user before the start was finished."""
