"""What the house rules forbid, found in any tree of code: in ours it must find nothing, in a spoilt copy the fault."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import tree

# Every feature may handle money or quantities, so a float is forbidden everywhere but here. Paths may name a folder.
MAY_USE_FLOATS = {
    "platform/dynamo/attributes.py": "rejects floats that are about to be stored",
    "platform/dynamo/retrying.py": "seconds to wait before a retry",
    "platform/heartbeat.py": "seconds to wait before a beat",
}
# `/` of two whole numbers is a float, which no type checker minds where a number is expected.
MAY_DIVIDE = {
    "tariffs/domain": "exact decimals and fractions; whole amounts are split by // and %",
    "kernel/quantity.py": "decimals, by one function that takes nothing else",
}
# What a route or a job may know of the platform: how it is called, how it refuses and what it logs, and nothing of the
# table.
OUTER_PLATFORM = {"auth", "clock", "http", "jobs", "log", "messages", "problems", "request_parsing", "schema"}
# A plain shape that an answer shows.
SHAPES = {"chalicelib.platform.storage.UploadForm"}
# What builds writes for a transaction is called by what it builds.
MAY_BUILD_WRITES = {"platform/transaction.py": "gives each kind of write the table's own word for it"}

_BUILDER = re.compile(r".+_(?:write|check)(s?)")
_STORES = {"pynamodb", "boto3", "botocore"}
_EXACT_MATH = {"ceil", "floor", "gcd", "lcm", "prod"}
_CLOCKS = {"now", "utcnow", "today", "fromtimestamp", "time", "time_ns", "monotonic"}
_CLOCK_OWNERS = {"datetime", "date", "time", "clock"}
# What makes a float without naming one: operators as functions, spans in seconds, JSON that is read by the library.
_MAKES_FLOATS = {"truediv", "itruediv", "total_seconds", "fromhex"}
_INEXACT = {"statistics", "numpy", "random"}


def floats(code: Path) -> Iterator[str]:
    """Find float literals, the name float, and modules that compute in floats, in every module below a folder."""
    for path, where in _modules(code, MAY_USE_FLOATS):
        for node in ast.walk(tree(path)):
            literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            named = (isinstance(node, ast.Name) and node.id == "float") or (
                isinstance(node, ast.Attribute) and node.attr in {"float", *_MAKES_FLOATS}
            )
            if literal or named or _computes_in_floats(node) or _negative_power(node):
                yield f"{where}:{getattr(node, 'lineno', 0)}"


def _negative_power(node: ast.AST) -> bool:
    """Tell whether a whole number is raised to a negative one, which gives a float."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.left, ast.Constant)):
        return False
    return isinstance(node.right, ast.UnaryOp) and isinstance(node.right.op, ast.USub)


def divisions(code: Path) -> Iterator[str]:
    """Find true divisions, which make a float of two whole numbers."""
    for path, where in _modules(code, MAY_DIVIDE):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div) and not _joins_paths(node):
                yield f"{where}:{node.lineno}"


def tables_known_outside(code: Path) -> Iterator[str]:
    """Find what routes, jobs and schemas know of the table: a client of AWS, a repository, or the inner platform."""
    for path, where in _modules(code, {}):
        if not {"routes", "jobs", "schemas"} & {*path.relative_to(code).with_suffix("").parts[1:]}:
            continue
        for name in sorted(imports(path, code)):
            parts = name.split(".")
            inner = (
                parts[1:2] == ["platform"] and not (parts[2:3] and parts[2] in OUTER_PLATFORM) and name not in SHAPES
            )
            through = bool({"repository", "dynamo", "keys"} & {*parts})  # a name that another module only imports
            if parts[0] in _STORES or inner or through:
                yield f"{where}: {name}"
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in {"repository", "dynamo"}:
                yield f"{where}:{node.lineno}"


def routes_by_hand(code: Path) -> Iterator[str]:
    """Find routes that are registered past the one decorator that checks token, permission, body and errors."""
    for path, where in _modules(code, {"platform": "registers every route, and the document of the API"}):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "route":
                yield f"{where}:{node.lineno}"


def clocks_taken(code: Path) -> Iterator[str]:
    """Find calls that ask what time it is, anywhere but in the platform: elsewhere the time comes with the context."""
    for path, where in _modules(code, {"platform": "gives the time to everybody else"}):
        module = tree(path)
        borrowed = dict(_names_of_clocks(module))
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CLOCKS:
                owner = node.func.value
                name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                if borrowed.get(name, name) in _CLOCK_OWNERS:
                    yield f"{where}:{node.lineno}"
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and borrowed.get(node.func.id) == "()":
                yield f"{where}:{node.lineno}"


def _names_of_clocks(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Give the names under which a module imports what tells the time: whose it is, or `()` for a function."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if isinstance(node, ast.ImportFrom) and node.module == "time" and alias.name in _CLOCKS:
                    yield alias.asname or alias.name, "()"
                elif alias.name in _CLOCK_OWNERS:
                    yield alias.asname or alias.name, alias.name


def misnamed_writes(code: Path) -> Iterator[str]:
    """Find functions whose name and return type don't agree on whether they only build writes for a transaction.

    `..._write` and `..._check` return one Action, `..._writes` and `..._checks` several, and nothing else does.
    """
    for path, where in _modules(code, MAY_BUILD_WRITES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                named = _BUILDER.fullmatch(node.name)
                says = None if named is None else "several" if named[1] else "one"
                if says != _writes_built(node.returns):
                    yield f"{where}:{node.lineno}"


def _writes_built(returns: ast.expr | None) -> str | None:
    """Tell whether a return type is one Action or several; None for all others, also for an Action among others."""
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        returns = ast.parse(returns.value, mode="eval").body
    if isinstance(returns, ast.Subscript):
        items = returns.slice.elts if isinstance(returns.slice, ast.Tuple) else [returns.slice]
        kinds = {_writes_built(item) for item in items if ast.unparse(item) != "..."}
        return "several" if kinds == {"one"} else None
    if isinstance(returns, ast.BinOp):
        return _writes_built(returns.left) or _writes_built(returns.right)
    return "one" if returns and ast.unparse(returns).rpartition(".")[2] == "Action" else None


def copied_fields(code: Path) -> Iterator[str]:
    """Find items, entities and answers built field by field in a repository, in schemas or in routes.

    `to_item`, `to_entity` and an answer's `of` copy by name, so a field that is added can't be forgotten here.
    """
    for path, where in _modules(code, {}):
        if {"repository", "schemas", "routes"} & {*path.relative_to(code).with_suffix("").parts[1:]}:
            yield from (
                f"{where}:{node.lineno}"
                for node in ast.walk(tree(path))
                if isinstance(node, ast.Call) and _builds(node.func) and _fields_of_one_thing(node) > 2
            )


def _builds(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name == "cls" or name[:1].isupper()


def _fields_of_one_thing(call: ast.Call) -> int:
    """Count the values that a call takes from the attributes of one variable, self excepted."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    things = Counter(ast.unparse(value.value) for value in values if isinstance(value, ast.Attribute))
    del things["self"]
    return max(things.values(), default=0)


def imports(path: Path, code: Path) -> set[str]:
    """Name all that a module imports, each name with its module, and relative imports by where they lead."""
    package = ("chalicelib", *path.relative_to(code).parent.parts)
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def _modules(code: Path, but: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """List the modules below a folder with their place in it, but for some."""
    for path in sorted(code.rglob("*.py")):
        where = path.relative_to(code).as_posix()
        if not any(where == one or where.startswith(f"{one}/") for one in but):
            yield path, where


def _joins_paths(node: ast.BinOp | ast.AugAssign) -> bool:
    """Tell whether a `/` puts a file's name behind a folder."""
    part = node.right if isinstance(node, ast.BinOp) else node.value
    return isinstance(part, ast.JoinedStr) or (isinstance(part, ast.Constant) and isinstance(part.value, str))


def _computes_in_floats(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return bool(_INEXACT & {alias.name.partition(".")[0] for alias in node.names})
    if isinstance(node, ast.ImportFrom) and not node.level:
        inexact = node.module == "math" and not {alias.name for alias in node.names} <= _EXACT_MATH
        borrowed = node.module == "operator" and bool(_MAKES_FLOATS & {alias.name for alias in node.names})
        return inexact or borrowed or str(node.module).partition(".")[0] in _INEXACT
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "math":
        return node.attr not in _EXACT_MATH
    return False


def handed_on(tests: Path) -> Iterator[str]:
    """Find tests that write into what they were given: the next test would need them, and fail when run alone."""
    for path in sorted(tests.rglob("test_*.py")):
        for test in ast.walk(tree(path)):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                given = {argument.arg for argument in (*test.args.args, *test.args.kwonlyargs)}
                yield from (
                    f"{path.relative_to(tests).as_posix()}:{node.lineno}"
                    for node in ast.walk(test)
                    if isinstance(node, ast.stmt) and (isinstance(node, ast.Global) or given & _written_into(node))
                )


def _written_into(node: ast.AST) -> set[str]:
    """Name the variables whose parts an assignment sets."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    names = set()
    for target in targets:
        owner: ast.AST = target
        while isinstance(owner, ast.Subscript | ast.Attribute):
            owner = owner.value
        if owner is not target and isinstance(owner, ast.Name):
            names.add(owner.id)
    return names


def uncalled(*folders: Path) -> set[str]:
    """Name the top-level functions of the first folder that no module of any folder calls, passes on or decorates."""
    modules = [tree(path) for folder in folders for path in sorted(folder.rglob("*.py"))]
    used = set[str]().union(*map(_names, modules))
    return {
        node.name
        for path in folders[0].rglob("*.py")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.decorator_list and node.name not in used
    }


def touching(module: ast.Module, names: set[str]) -> set[str]:
    """Name the tests of a module that use one of some names, themselves or through a helper of the module."""
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    helpers = {one.name for one in functions if not one.name.startswith("test_") and names & _names(one)}
    return {one.name for one in functions if one.name.startswith("test_") and (names | helpers) & _names(one)}


def _names(node: ast.AST) -> set[str]:
    return {
        one.id if isinstance(one, ast.Name) else one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Name | ast.Attribute)
    }
