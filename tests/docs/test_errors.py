"""docs/errors.md lists what the code can answer: every code with its statuses, and no dead one."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from chalicelib.kernel import errors
from chalicelib.platform.problems import CODES, STATUS_OF_CODE, STATUS_OF_KIND, statuses_of
from chalicelib.platform.schema import Problem
from tests.support.endpoints import ALL
from tests.support.markdown import code_blocks, code_words, table_rows

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = _ROOT / "docs" / "errors.md"
_KINDS = {kind.__name__: status for kind, status in STATUS_OF_KIND.items()}
_INVALID_WHAT = {"invalid-body", "invalid-query"}  # the one code that is put together: f"invalid-{what}"
_OF_WHOLE_FILES = {
    "not-text",
    "not-csv",
    "bad-header",
    "too-many-rows",
    "bad-json",
    "no-match",
    "no-months",
    "sender-not-permitted",
    "ambiguous-date",
    "ambiguous-number",
    "bad-text",
    "bad-workbook",
    "damaged-cell",
    "missing",
    "other-kind",
    "too-large-workbook",
}  # raised, then told in the import's report


def calls(folder: str) -> Iterator[tuple[str, ast.Call]]:
    """Return every call in a folder's code, by the called name."""
    for path in sorted((_ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def texts(call: ast.Call) -> list[str]:
    """Return the arguments of a call that are plain text."""
    return [part.value for part in call.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def answered() -> dict[str, set[int]]:
    """Return every code that the API can answer, with its statuses."""
    found: dict[str, set[int]] = defaultdict(set)
    for name, call in calls("chalicelib"):
        if name in _KINDS:
            first = call.args[0]
            codes = {first.value} if isinstance(first, ast.Constant) else _INVALID_WHAT
            for code in codes:
                found[str(code)].add(STATUS_OF_CODE.get(str(code), _KINDS[name]))
        elif name == "_response" and isinstance(call.args[0], ast.Constant):
            found[texts(call)[0]].add(int(str(call.args[0].value)))
    return found


def test_every_class_of_error_has_a_status() -> None:
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.MeterbookError) and kind is not errors.MeterbookError
    }
    assert kinds == set(_KINDS)


def test_every_raised_code_has_its_statuses_in_one_table_and_none_stands_there_unused() -> None:
    stated = {code: set(statuses_of(code)) for codes in CODES.values() for code in codes}
    assert stated == {code: statuses for code, statuses in answered().items() if code not in _OF_WHOLE_FILES}


def test_every_code_of_the_api_is_listed_with_its_statuses_and_no_other() -> None:
    listed = {
        code_words(row[0])[0]: tuple(int(one) for one in row[1].split(",")) for row in _rows("## Codes of the API")
    }
    assert listed == {code: statuses_of(code) for codes in CODES.values() for code in codes}


def test_every_code_is_answered_by_an_operation_or_named_as_one_that_none_answers() -> None:
    every = {code for codes in CODES.values() for code in codes}
    answered_by_some = {code for one in ALL for code in one.error_codes}
    (sentence,) = re.findall(r"No operation answers with ([^.]+)\.", _PAGE.read_text())
    assert answered_by_some == every - set(code_words(sentence))


def test_every_code_of_a_report_is_listed_and_no_other() -> None:
    refusals = [call.args[2] for name, call in calls("chalicelib") if name == "Refusal"]
    codes = {str(code.value) for code in refusals if isinstance(code, ast.Constant)}
    raised = answered().keys() & _OF_WHOLE_FILES
    flags = {"late", "high_use", "no_use", "rollover"}

    assert _listed("## Codes of an import's report") == codes | raised | flags


def test_every_code_of_the_gateway_is_listed_and_no_other() -> None:
    deployed = set(re.findall(r'"code":"([a-z-]+)"', (_ROOT / "infra" / "resources.yaml").read_text()))
    laptop = {texts(call)[0] for name, call in calls("local") if name == "problem"}

    assert _listed("## Codes of the gateway") == deployed | laptop


def test_the_example_has_the_fields_of_a_problem() -> None:
    (example,) = [block for block in code_blocks(_PAGE) if block.language == "json"]

    assert Problem.model_validate(json.loads(example.text)).code == "invalid-body"


def _rows(heading: str) -> list[list[str]]:
    return table_rows(_PAGE, heading)


def _listed(heading: str) -> set[str]:
    return {word for row in _rows(heading) for word in code_words(row[0])}
