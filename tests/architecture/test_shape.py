"""The shape of the code: every public name explained, no float near money, pure domains."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture import guards
from tests.architecture.source import CODE, ROOT, functions, modules, name, tree

_PURE = [*modules("kernel"), *sorted(CODE.glob("*/domain.py")), *sorted(CODE.glob("*/domain/**/*.py"))]
_IMPURE = {
    "boto3", "botocore", "bcrypt", "chalice", "jwt", "pydantic", "pynamodb", "os", "sys", "time", "random", "secrets",
    "socket", "uuid", "logging", "chalicelib.platform",
}  # fmt: skip
_CLOCK_CALLS = {"now", "utcnow", "today"}


def test_the_app_registers_every_blueprint() -> None:
    (registered,) = [
        ast.literal_eval(node.value)
        for node in tree(ROOT / "app.py").body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MODULES"
    ]
    made = {
        ".".join(path.relative_to(CODE).with_suffix("").parts[:2])
        for path in modules()
        if any(isinstance(node, ast.Call) and ast.unparse(node.func) == "Blueprint" for node in ast.walk(tree(path)))
    }
    assert sorted(registered) == sorted(made)


@pytest.mark.parametrize("path", modules(), ids=name)
def test_every_module_and_public_class_says_what_it_is(path: Path) -> None:
    if path == CODE / "__init__.py":
        return
    module = tree(path)
    assert ast.get_docstring(module)
    classes = [node for node in module.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    # An item of the table is named after what it stores; its attributes are what there is to say.
    silent = [one.name for one in classes if not ast.get_docstring(one) and not one.name.endswith("Item")]
    assert silent == []


@pytest.mark.parametrize("path", modules("kernel"), ids=name)
def test_every_public_function_of_the_kernel_says_what_it_will_do(path: Path) -> None:
    silent = [
        node.name
        for node in functions(path)
        if not node.name.startswith("_") and not ast.get_docstring(node) and not _is_property(node)
    ]
    nested = {"next_id"}
    assert set(silent) <= nested


@pytest.mark.parametrize("path", sorted(CODE.glob("*/service*")), ids=name)
def test_every_use_case_says_what_it_will_do(path: Path) -> None:
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    silent = [
        node.name
        for file in files
        for node in tree(file).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_float_comes_near_money_or_quantities() -> None:
    assert list(guards.floats(CODE)) == []
    assert list(guards.divisions(CODE)) == []


@pytest.mark.covers("S0-054")
def test_what_is_called_from_outside_knows_use_cases_and_no_table() -> None:
    assert list(guards.tables_known_outside(CODE)) == []


def test_what_builds_writes_is_named_after_them_and_nothing_else_is() -> None:
    assert list(guards.misnamed_writes(CODE)) == []


def test_items_entities_and_answers_are_mapped_by_name_and_not_field_by_field() -> None:
    assert list(guards.copied_fields(CODE)) == []


@pytest.mark.covers("S0-058")
def test_every_route_goes_through_the_one_decorator_of_the_platform() -> None:
    assert list(guards.routes_by_hand(CODE)) == []


def test_nothing_but_the_platform_asks_what_time_it_is() -> None:
    assert list(guards.clocks_taken(CODE)) == []


def test_no_test_needs_another_to_have_run() -> None:
    assert list(guards.handed_on(ROOT / "tests")) == []


@pytest.mark.parametrize("path", _PURE, ids=name)
def test_the_kernel_and_every_domain_ask_the_world_nothing(path: Path) -> None:
    imported: set[str] = set()
    calls: list[str] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            calls.append(node.func.attr)
    roots = {name.partition(".")[0] for name in imported} | {".".join(name.split(".")[:2]) for name in imported}
    assert roots & _IMPURE == set()
    assert _CLOCK_CALLS & set(calls) == set()
    assert "open" not in [node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)]


@pytest.mark.parametrize("path", modules(), ids=name)
def test_a_log_line_has_a_constant_name(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        on_log = isinstance(node.func.value, ast.Name) and node.func.value.id == "log"
        if on_log and node.func.attr in {"event", "failure"}:
            first = node.args[0]
            assert isinstance(first, ast.Constant), f"line {node.lineno}"
            assert re.fullmatch(r"[a-z]+(_[a-z]+)+", str(first.value)), f"line {node.lineno}"
            assert len(node.args) == 1


def test_nothing_prints() -> None:
    for path in modules():
        names = [
            node.func.id
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        assert "print" not in names, path


def test_the_readme_is_read_in_one_sitting() -> None:
    assert 20 <= len((ROOT / "README.md").read_text().splitlines()) <= 120


def test_what_is_deployed_is_locked_by_hash_and_does_not_carry_chalice_twice() -> None:
    text = (ROOT / "requirements.txt").read_text()
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==\S+", text, re.MULTILINE)
    assert {"pydantic", "pynamodb", "bcrypt", "pyjwt"} <= {one.lower() for one in pinned}
    assert "chalice" not in {one.lower() for one in pinned}
    for entry in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE):
        if "==" in entry:
            assert "--hash=sha256:" in entry, entry.splitlines()[0]


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id in {"property", "cached_property"} for one in node.decorator_list)


@pytest.mark.parametrize("path", sorted(CODE.glob("*/jobs.py")), ids=name)
def test_a8_a_schedule_goes_over_tenants_in_the_one_way_that_lets_none_hold_up_the_others(path: Path) -> None:
    for node in functions(path):
        if any("blueprint.schedule" in ast.unparse(each) for each in node.decorator_list):
            assert "for_each_tenant(" in ast.unparse(node), node.name
            assert not any(isinstance(each, ast.For) for each in ast.walk(node)), node.name
