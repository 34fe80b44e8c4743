"""Login names, in a form that is unique however they are typed."""

import unicodedata

from chalicelib.kernel.ids import fingerprint

MAX_LOGIN = 120


def normalised_login(login: str) -> str:
    """Return the form under which a login name is unique: composed, case folded, trimmed."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def could_be_login(unique: str) -> bool:
    """Return whether a normalised login name is possible; only such names are looked up.

    Normalising can make a name longer than what was sent, even longer than a key of the table may be.
    """
    return 0 < len(unique) <= MAX_LOGIN and unique.isprintable() and "#" not in unique


def name_to_find(login: str) -> str:
    """Return the form in which a login name is looked up: its unique form, or a hash if it is not possible."""
    unique = normalised_login(login)
    return unique if could_be_login(unique) else fingerprint(unique)
