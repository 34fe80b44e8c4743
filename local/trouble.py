"""What can stop `make run`, in words that say what to do about it."""


class Trouble(Exception):
    """A start that can't go on. Its message is one line and says what to do."""


class Stopped(Exception):
    """Somebody asked for the stop before the start was finished."""
