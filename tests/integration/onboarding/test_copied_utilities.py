"""Most utilities that tests open are copies of one that was opened: a copy is stored like the original."""

import re

from tests.support import table
from tests.support.http import Api
from tests.support.utilities import Utility, open_condominium, open_waterworks


def test_a_copied_utility_differs_from_an_opened_one_in_its_name_and_ids_alone(api: Api) -> None:
    for open_utility in (open_waterworks, open_condominium):
        opened, copied = open_utility(api), open_utility(api)
        assert _without_ids(opened) == _without_ids(copied)
        assert _ids(opened).isdisjoint(_ids(copied))
        copied.as_staff().get(copied.base).expect(200)


def _items(utility: Utility) -> str:
    return "\n".join(sorted(f"{key} {item}" for key, item in table.items_about(utility.client).items()))


def _ids(utility: Utility) -> set[str]:
    return set(table.ID.findall(_items(utility)))


def _without_ids(utility: Utility) -> list[str]:
    return re.sub(table.ID, "id", _items(utility)).replace(utility.client, "client").splitlines()
