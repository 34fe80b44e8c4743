"""A refusal of a request names the field that is at fault."""

import ast

from tests.architecture.source import CODE, modules, tree

# About a whole request, or about what is stored already.
_OF_NO_FIELD = {
    "amount-too-large", "bill-too-long", "consumer-profile", "invalid-tariff", "not-json", "not-rated", "too-large"
}  # fmt: skip
# The kernel reads values and does not know whose they are; files are told line by line, with the column.
_WITHOUT_FIELDS = {"kernel", "files", "imports"}


def test_a_request_that_is_refused_for_a_field_names_it() -> None:
    silent = {
        node.args[0].value
        for path in modules()
        if path.relative_to(CODE).parts[0] not in _WITHOUT_FIELDS
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Invalid"
        if not node.keywords and isinstance(node.args[0], ast.Constant)
    }
    assert silent == _OF_NO_FIELD
