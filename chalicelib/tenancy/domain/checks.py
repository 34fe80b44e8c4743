"""What checks of settings share: one refusal for all faults, and words for the audit log."""

from chalicelib.kernel.errors import Fault, Invalid


def refuse_faults(faults: list[Fault]) -> None:
    """Refuse settings with faults.

    :raises Invalid: naming each.
    """
    if faults:
        said = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        raise Invalid("bad-setting", said, faults=tuple(faults))


def audit_word(value: object) -> object:
    """Return a setting's value for the audit log."""
    if isinstance(value, tuple):
        return tuple(str(each) for each in value)
    if value is None or isinstance(value, str | int):
        return value
    return str(value)
