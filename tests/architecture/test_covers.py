"""Tests claim requirement rows that exist, by code that is called; `make claims` counts and shows them."""

import ast
from pathlib import Path

import pytest

from tests.architecture import guards
from tests.architecture.source import CODE, ROOT, tree
from tests.tools.claims import Claim, claims, decided, main, report, requirements, sample

# Functions that only tests call, and may: they prepare what a claim is about.
FOR_TESTS = {
    "open_project": "opens a project without an administrator",
    "replay": "proves that a stored line explains its amount",
    "use_time": "moves the clock",
}


@pytest.fixture(scope="module")
def made() -> list[Claim]:
    return claims()


def _test(folder: Path, text: str) -> Path:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text(text)
    return folder / "tests"


def test_the_rows_that_tests_name_exist(made: list[Claim]) -> None:
    assert {claim.row for claim in made} - requirements().keys() == set()


def test_the_list_of_rows_holds_every_source() -> None:
    assert {f"S{source}-001" for source in range(5)} <= requirements().keys()
    assert len(requirements()) == 825


def test_a_row_that_is_listed_twice_is_found(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text("id\tarea\trequirement\tcheck\nS0-001\ta\tb\tc\nS0-001\ta\tb\tc\n")
    with pytest.raises(ValueError, match="twice"):
        requirements(tmp_path / "rows.tsv")


@pytest.mark.parametrize(
    "text",
    [
        'ROW = "S0-001"\n@pytest.mark.covers(ROW)\ndef test_it(): ...',
        'pytestmark = pytest.mark.covers("S0-001")\ndef test_it(): ...',
        '@pytest.mark.covers("S0-001")\ndef helper(): ...',
    ],
)
def test_a_claim_that_is_no_literal_on_a_test_is_found(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"tests/test_it\.py"):
        claims(_test(tmp_path, text))


def test_no_row_is_claimed_by_code_that_nothing_calls(made: list[Claim]) -> None:
    # A test of such a function proves a rule of arithmetic, and nothing that a utility would notice.
    waiting = guards.uncalled(CODE, ROOT / "local") - FOR_TESTS.keys()
    touching = {path: guards.touching(tree(ROOT / path), waiting) for path in {claim.path for claim in made}}
    assert [(claim.row, claim.test) for claim in made if claim.test in touching[claim.path]] == []


def test_a_claim_of_code_that_nothing_calls_is_found(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "late.py").write_text("def late_fee(): ...\ndef due(): ...\nDAYS = due()\n")
    assert guards.uncalled(tmp_path / "code") == {"late_fee"}
    helper = "def charged(days):\n    return late_fee(days)\n"
    text = helper + '@pytest.mark.covers("S1-012")\ndef test_it():\n    assert charged(11) == 1\n'
    (claim,) = claims(_test(tmp_path, text))
    assert guards.touching(ast.parse(text), {"late_fee"}) == {claim.test}
    assert guards.touching(ast.parse(text), {"due"}) == set()


def test_a_row_is_claimed_or_decided_and_never_both(made: list[Claim]) -> None:
    assert decided().keys() <= requirements().keys()
    assert {claim.row for claim in made} & decided().keys() == set()


def test_the_report_counts_every_row_once(made: list[Claim]) -> None:
    rows, claimed, answered = requirements(), {claim.row for claim in made}, decided()
    lines = list(report(rows, claimed, answered))
    counted = [line.split() for line in lines[1 : lines.index("\nOpen rows:")]]
    *areas, total = [[int(number) for number in line[1:]] for line in counted]
    assert [sum(column) for column in zip(*areas, strict=True)] == total
    assert total == [len(claimed), len(answered), len(rows) - len(claimed) - len(answered), len(rows)]
    named = {word for line in lines[len(counted) + 2 :] for word in line.split() if word.startswith("S")}
    assert named == rows.keys() - claimed - answered.keys()


def test_a_sample_shows_requirements_beside_their_tests(made: list[Claim]) -> None:
    rows = requirements()
    shown, again, other = ("\n".join(sample(rows, made, [], many=20, seed=seed)) for seed in (7, 7, 8))
    assert shown == again != other
    assert shown.count("\nCheck: ") == 20
    one = "\n".join(sample(rows, made, ["S1-041", "S0-022"], many=0, seed=None))
    assert rows["S1-041"].text in one
    assert "def test_s1_ten_units_of_a_condominium_are_billed_for_july(" in one
    assert "@pytest.mark.covers(" in one
    assert one.endswith("No test claims it.")


@pytest.mark.parametrize(
    ("arguments", "shown", "times"),
    [
        ([], "\nOpen rows:\n", 1),
        (["S1-041"], "\nS1-041 (billing): Worked example", 1),
        (["--sample", "2"], "\nCheck: ", 2),
    ],
)
def test_the_command_prints_the_report_or_what_is_asked_for(
    capsys: pytest.CaptureFixture[str], made: list[Claim], arguments: list[str], shown: str, times: int
) -> None:
    main(arguments, made)
    assert capsys.readouterr().out.count(shown) == times


def test_the_command_refuses_a_row_that_is_not_there(made: list[Claim]) -> None:
    with pytest.raises(SystemExit):
        main(["S9-999"], made)
