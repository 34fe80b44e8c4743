"""A Context says who asks; a permission, never a role, decides."""

import pytest

from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.errors import Forbidden
from tests.support.examples import NOW


def _context(*permissions: str) -> Context:
    return Context("a", Actor("someone", "any", frozenset(permissions), consumer_id="c"), NOW, lambda: "id")


@pytest.mark.parametrize(
    ("held", "or_own", "enough"),
    [
        ("bills.read", False, True),
        ("bills.read", True, True),
        ("bills.read.own", True, True),
        ("bills.read.own", False, False),
        ("bills.generate", True, False),
        ("bills", True, False),
    ],
)
def test_the_own_form_of_a_permission_is_enough_only_where_it_is_asked_for(
    held: str, *, or_own: bool, enough: bool
) -> None:
    if enough:
        _context(held).require("bills.read", or_own=or_own)
    else:
        with pytest.raises(Forbidden, match=r"bills\.read"):
            _context(held).require("bills.read", or_own=or_own)


def test_nobody_owns_what_belongs_to_nobody() -> None:
    staff = Actor("s", "admin", frozenset())
    assert not staff.owns(None)
    assert not staff.owns("c")
    assert _context().actor.owns("c")
    assert not _context().actor.owns("d")
