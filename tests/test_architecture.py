"""The folders are those of docs/architecture.md, and imports go only upwards in its list."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pyview"
PAGE = ROOT / "docs" / "architecture.md"


@cache
def listed() -> tuple[str, ...]:
    """Return folders ("wire/") and modules ("app") of the page, in its order."""
    block = PAGE.read_text().split("```text\npyview/\n")[1].split("```")[0]
    return tuple(re.findall(r"^([a-z_]+/?) {2,}\S", block, re.MULTILINE))


@cache
def modules() -> dict[str, Path]:
    """Return the modules of the package by dotted name, without `pyview` itself."""
    files = {file.relative_to(ROOT).with_suffix("").as_posix(): file for file in PACKAGE.rglob("*.py")}
    named = {name.removesuffix("/__init__").replace("/", "."): file for name, file in files.items()}
    return {name: file for name, file in named.items() if name != "pyview"}


def owner_of(module: str) -> str:
    """Return the folder or the module at the root that `module` belongs to, as the page writes it."""
    first = module.split(".")[1]
    return f"{first}/" if (PACKAGE / first).is_dir() else first


@cache
def imports(module: str) -> frozenset[str]:
    tree = ast.parse(modules()[module].read_text())
    return frozenset(_imported(ast.walk(tree)))


def _imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "pyview")
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield "a relative import"
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "pyview":
            yield from (_module_of(f"{node.module}.{alias.name}") for alias in node.names)


def _module_of(name: str) -> str:
    """Return the module that an imported name comes from: "pyview.wire.form.Params" -> "pyview.wire.form"."""
    return name if name in modules() else name.rpartition(".")[0]


def folder_imports() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {name: set() for name in listed()}
    for module in modules():
        here = owner_of(module)
        owners = {owner_of(name) for name in imports(module) if name in modules()}
        graph.setdefault(here, set()).update(owners - {here})
    return graph


@pytest.fixture(params=sorted(modules()))
def module(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_list_is_the_tree_on_disk() -> None:
    folders = {f"{entry.name}/" for entry in PACKAGE.iterdir() if (entry / "__init__.py").exists()}
    files = {entry.stem for entry in PACKAGE.glob("*.py")} - {"__init__"}
    assert sorted(listed()) == sorted(folders | files)


def test_every_folder_is_a_package() -> None:
    folders = {file.parent for file in PACKAGE.rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def test_a_folder_imports_only_from_those_above_it() -> None:
    order = {name: index for index, name in enumerate(listed())}
    wrong = [
        f"{here} imports {there}"
        for here, imported in folder_imports().items()
        for there in imported
        if order[there] > order[here]
    ]
    assert not wrong, "docs/architecture.md lists it below: " + "; ".join(sorted(wrong))


def test_folders_have_no_import_cycle() -> None:
    _check_for_cycles(folder_imports())


def test_modules_have_no_import_cycle() -> None:
    _check_for_cycles({name: set(imports(name)) for name in modules()})


def _check_for_cycles(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]), pytrace=False)


def test_it_imports_modules_and_not_the_list_for_users(module: str) -> None:
    unknown = imports(module) - modules().keys()
    assert not unknown, f"{module} must name the module, as in `from pyview.wire.form import ...`: {unknown}"


def test_it_has_no_import_inside_a_function(module: str) -> None:
    tree = ast.parse(modules()[module].read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    hidden = [
        f"{function.name}, line {node.lineno}"
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not hidden, f"{module} imports inside functions: {hidden}"


def test_the_list_was_read() -> None:
    assert {"wire/", "process/", "transport/", "app"} <= set(listed())
