"""The house is as docs/architecture.md draws it: imports go downwards, in the open, and never in a circle."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DRAWING = ROOT / "docs" / "architecture.md"
FACADE = "pyview"


@dataclass(frozen=True, order=True)
class Room:
    """A line of the drawing. Rooms compare as they are drawn: by layer, then from top to bottom."""

    layer: int
    line: int
    path: str

    def owns(self, module: str) -> bool:
        return module == self.path or module.startswith(f"{self.path}/")


@cache
def rooms() -> tuple[Room, ...]:
    block = DRAWING.read_text().split("```")[1].splitlines()
    return tuple(_rooms_in(block))


def _rooms_in(block: list[str]) -> Iterator[Room]:
    layer = -1
    for number, line in enumerate(block):
        heading = re.match(r"L(\d)  (.*)", line)
        if heading:
            layer, line = int(heading[1]), heading[2]
        # A heading names a room only where a column of spaces follows its first word.
        drawn = re.match(r"([a-z_/]+?)/?\s{3,}\S", line)
        if drawn and layer >= 0:
            yield Room(layer, number, drawn[1])


def room_of(module: str) -> Room | None:
    owners = [room for room in rooms() if room.owns(module)]
    return max(owners, key=lambda room: len(room.path), default=None)


@cache
def modules() -> dict[str, Path]:
    """Every module below pyview, by the name that the drawing uses ("wire/form"); not the facade."""
    files = (ROOT / "pyview").rglob("*.py")
    named = {file.relative_to(ROOT / "pyview").with_suffix("").as_posix(): file for file in files}
    return {name.removesuffix("/__init__"): file for name, file in named.items() if name != "__init__"}


def imports(module: str) -> set[str]:
    tree = ast.parse(modules()[module].read_text())
    return set(_imported(node for node in ast.walk(tree)))


def _imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (_drawn_name(alias.name) for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield "a relative import"
        elif isinstance(node, ast.ImportFrom) and _is_ours(node.module or ""):
            yield from (_drawn_name(f"{node.module}.{alias.name}") for alias in node.names)


def _is_ours(dotted: str) -> bool:
    return dotted.split(".")[0] == FACADE


def _drawn_name(dotted: str) -> str:
    """ "pyview.wire.form.Params" -> "wire/form"; a name of the facade, and it alone, gives "pyview"."""
    parts = dotted.split(".")[1:]
    while parts and "/".join(parts) not in modules():
        parts.pop()
    return "/".join(parts) or FACADE


@cache
def facades() -> dict[str, Path]:
    """Packages that are no room but hold some, such as "template": lists of names for users, as `pyview` is."""
    return {
        name: file
        for name, file in modules().items()
        if room_of(name) is None and any(room.path.startswith(f"{name}/") for room in rooms())
    }


@pytest.fixture(params=sorted(modules().keys() - facades().keys()))
def module(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_is_drawn(module: str) -> None:
    assert room_of(module), f"{module} is in no room of docs/architecture.md: draw it, in its layer"


def test_its_imports_go_down(module: str) -> None:
    here = room_of(module)
    there = {name: room_of(name) for name in imports(module) if name in modules()}
    upwards = [name for name, room in there.items() if here and room and room > here]
    assert not upwards, f"{module} (L{here and here.layer}) imports from above itself: {upwards}"


def test_it_does_not_know_a_facade(module: str) -> None:
    strangers = imports(module) - (modules().keys() - facades().keys())
    assert not strangers, (
        f"{module} must name the module it imports from, as in `from pyview.wire.form import ...`"
    )


def test_its_imports_are_in_the_open(module: str) -> None:
    tree = ast.parse(modules()[module].read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    hidden = [
        f"{function.name}, line {node.lineno}"
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not hidden, f"{module} imports inside functions: {hidden}"


def test_nothing_imports_in_a_circle() -> None:
    try:
        TopologicalSorter({name: imports(name) for name in modules()}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]), pytrace=False)


@pytest.mark.parametrize("facade", sorted(facades()))
def test_a_facade_shows_its_own_rooms_only(facade: str) -> None:
    own = (f"{facade}/", "former")  # and it may say what has taken the place of a name
    strangers = [name for name in imports(facade) if not name.startswith(own)]
    assert not strangers, f"pyview/{facade}/__init__.py lists names of other rooms: {strangers}"


def test_every_room_exists() -> None:
    missing = [room.path for room in rooms() if not any(room.owns(name) for name in modules())]
    assert not missing, f"docs/architecture.md draws rooms that are not there: {missing}"


def test_the_drawing_was_read() -> None:
    assert {room.layer for room in rooms()} == set(range(8))
    assert room_of("live_dashboard") == max(room for room in rooms() if room.layer == 6)
