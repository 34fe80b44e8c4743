"""The rule for new passwords."""

from chalicelib.kernel.errors import Fault, Invalid
from chalicelib.tenancy.domain import PasswordRule


def check_password(password: str, rule: PasswordRule) -> None:
    """Check a new password against the client's rule.

    :raises Invalid: naming everything that is missing. S3: Abcdef1! passes, Abcdefg1 lacks a special character.
    """
    missing = []
    if len(password) < rule.min_length:
        missing.append(f"at least {rule.min_length} characters")
    if rule.upper and not any(character.isupper() for character in password):
        missing.append("an upper-case letter")
    if rule.lower and not any(character.islower() for character in password):
        missing.append("a lower-case letter")
    if rule.digit and not any(character.isdigit() for character in password):
        missing.append("a digit")
    if rule.special and all(character.isalnum() or character.isspace() for character in password):
        missing.append("a special character")
    if missing:
        faults = tuple(Fault("password", f"needs {what}") for what in missing)
        raise Invalid("weak-password", f"password: needs {', '.join(missing)}", faults=faults)
