"""Passwords, login names and roles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.identity.domain import BUILT_IN, ROLES, check_login, check_password, normalised_login
from chalicelib.identity.domain.roles import check_staff_role
from chalicelib.kernel.errors import Invalid
from chalicelib.tenancy.domain import PasswordRule
from local import presets

_STRICT = presets.BALILIHAN.password_rule


@pytest.mark.covers("S3-116")
@pytest.mark.parametrize("password", ["Abcdef1!", "Añejo-2025", "aB3 def!", "Abcdef1_"])
def test_a_password_with_all_that_the_rule_asks_for_passes(password: str) -> None:
    check_password(password, _STRICT)


@pytest.mark.covers("S3-116")
@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("Abcde1!", "at least 8 characters"),
        ("abcdef1!", "an upper-case letter"),
        ("ABCDEF1!", "a lower-case letter"),
        ("Abcdefg!", "a digit"),
        ("Abcdefg1", "a special character"),
        ("Abcdef 1", "a special character"),
    ],
)
def test_a_password_that_lacks_one_thing_is_refused_by_that_name(password: str, missing: str) -> None:
    with pytest.raises(Invalid, match=missing) as refusal:
        check_password(password, _STRICT)
    assert [fault.message for fault in refusal.value.faults] == [f"needs {missing}"]


@pytest.mark.covers("S3-084")
def test_the_sources_sample_password_is_told_all_that_it_lacks() -> None:
    with pytest.raises(Invalid) as refusal:
        check_password("password123", _STRICT)
    assert [fault.message for fault in refusal.value.faults] == [
        "needs an upper-case letter",
        "needs a special character",
    ]


@given(st.text(min_size=8))
def test_a_plain_rule_asks_for_length_alone(password: str) -> None:
    check_password(password, PasswordRule(min_length=8))


@pytest.mark.parametrize(
    ("login", "unique"),
    [
        ("Ana@Example.com", "ana@example.com"),
        ("  ana@example.com ", "ana@example.com"),
        ("ＡＮＡ@example.com", "ana@example.com"),
        ("STRASSE@x.de", "strasse@x.de"),
        ("straße@x.de", "strasse@x.de"),
    ],
)
def test_a_login_name_is_the_same_however_it_is_typed(login: str, unique: str) -> None:
    assert check_login(login, "email") == unique


@given(st.text(max_size=40))
def test_the_unique_form_of_a_unique_form_is_itself(login: str) -> None:
    once = normalised_login(login)
    assert normalised_login(once) == normalised_login(normalised_login(once))


@pytest.mark.parametrize(
    ("login", "kind"),
    [
        ("ana", "email"),
        ("ana@", "email"),
        ("@example.com", "email"),
        ("ana@example", "email"),
        ("a na@example.com", "email"),
        ("ana@example.com", "username"),
        ("ana maria", "username"),
        ("", "username"),
        ("   ", "username"),
        ("a#b", "username"),
        ("a＃b", "username"),
        ("a#b@example.com", "email"),
        ("a\nb", "username"),
        ("a\x00b", "username"),
        ("a\u202eb", "username"),
        ("㌖" * 120, "username"),  # grows to 720 characters, more bytes than a key holds
    ],
)
def test_what_is_no_login_name_of_that_kind_is_refused(login: str, kind: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_login(login, kind)
    assert refusal.value.code == "bad-login"


@pytest.mark.parametrize(
    "role", ["superuser", "admin", "manager", "billing_officer", "account_officer", "viewer", "field_staff"]
)
def test_staff_can_have_any_built_in_role_but_the_consumers(role: str) -> None:
    assert check_staff_role(BUILT_IN[role], role) is BUILT_IN[role]


@pytest.mark.covers("S0-049", "S4-006")
@pytest.mark.parametrize("role", ["consumer", "device", "boss", "", "Admin", "anonymous", "job"])
def test_an_unlisted_role_is_refused(role: str) -> None:
    with pytest.raises(Invalid, match="not one that staff can have"):
        check_staff_role(BUILT_IN.get(role), role)


def test_a_consumer_holds_no_permission_over_a_whole_tenant() -> None:
    assert all(permission.endswith(".own") for permission in ROLES["consumer"])
    staff = {permission for role in ROLES if role != "consumer" for permission in ROLES[role]}
    # Of a cashier's own open session, which the use case looks at.
    assert {permission for permission in staff if permission.endswith(".own")} == {"payments.reverse.own"}
