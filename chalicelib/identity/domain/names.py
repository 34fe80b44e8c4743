"""Login names: one person each, however they are typed."""

import unicodedata

from chalicelib.kernel.ids import fingerprint

MAX_LOGIN = 120


def normalised_login(login: str) -> str:
    """Return the form under which a login name is unique: composed, case folded, trimmed."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def could_be_login(unique: str) -> bool:
    """Return whether a normalised login name can be one at all; only such names are looked for.

    Composing a name can make it longer than what was sent, longer even than a key of the table may be.
    """
    return 0 < len(unique) <= MAX_LOGIN and unique.isprintable() and "#" not in unique


def name_to_find(login: str) -> str:
    """Return what a login name is looked for by: its unique form, or a print of what can be none."""
    unique = normalised_login(login)
    return unique if could_be_login(unique) else fingerprint(unique)
