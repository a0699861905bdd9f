"""The picture in docs/architecture.md agrees with the imports, and files that it names exist."""

import re

import pytest

from tests.docs.pages import ROOT
from tests.test_architecture import folder_imports

Graph = dict[str, set[str]]

PLACES = (ROOT, ROOT / "pyview", ROOT / "tests")

PICTURE = (ROOT / "docs/architecture.md").read_text().split("```mermaid\n")[1].split("```")[0]
ARROWS = re.findall(r"^ *(\w+)(?:\[.*?\])? --> (\w+)", PICTURE, re.MULTILINE)
LABELS = dict(re.findall(r"(\w+)\[\"(.+?)\"\]", PICTURE))


def members(node: str) -> list[str]:
    """Return the folders and modules of a node, as the list of the page writes them."""
    names = LABELS.get(node, node).split(", ")
    return [f"{name}/" if (ROOT / "pyview" / name).is_dir() else name for name in names]


NODES = {name: node for arrow in ARROWS for node in arrow for name in members(node)}


def real_graph() -> Graph:
    """Return which nodes really import from which."""
    graph: Graph = {node: set() for node in NODES.values()}
    for name, imported in folder_imports().items():
        if name in NODES:
            graph[NODES[name]].update(NODES[other] for other in imported if other in NODES)
    return {node: others - {node} for node, others in graph.items()}


def reachable(graph: Graph, node: str) -> set[str]:
    found: set[str] = set()
    waiting = [*graph.get(node, ())]
    while waiting:
        following = waiting.pop()
        if following not in found:
            found.add(following)
            waiting.extend(graph.get(following, ()))
    return found


def test_every_folder_is_in_the_picture() -> None:
    folders = {name for name in folder_imports() if name.endswith("/")} - {"vendor/"}
    assert folders <= NODES.keys(), folders - NODES.keys()


def test_every_arrow_is_an_import() -> None:
    real = real_graph()
    wrong = [f"{node} --> {other}" for node, other in ARROWS if other not in real[node]]
    assert not wrong, f"no such import: {wrong}"


def test_every_import_is_implied_by_the_arrows() -> None:
    drawn: Graph = {}
    for node, other in ARROWS:
        drawn.setdefault(node, set()).add(other)
    missing = {node: others - reachable(drawn, node) for node, others in real_graph().items()}
    arrows = [f"{node} --> {other}" for node, others in missing.items() for other in sorted(others)]
    assert not arrows, f"add to the picture: {arrows}"


def test_no_arrow_is_implied_by_others() -> None:
    for node, other in ARROWS:
        rest: Graph = {}
        for start, end in ARROWS:
            if (start, end) != (node, other):
                rest.setdefault(start, set()).add(end)
        assert other not in reachable(rest, node), f"{node} --> {other} follows from other arrows"


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_named_files_exist(page: str) -> None:
    names = re.findall(r"`((?:[\w.<>-]+/)+[\w.-]*)`", (ROOT / page).read_text())
    # Files of the examples in CONTRIBUTING.md, and files that `make` builds.
    invented = re.compile(r"things|widgets|<|^\.build/")
    missing = [
        name
        for name in names
        if not invented.search(name) and not any((folder / name).exists() for folder in PLACES)
    ]
    assert names
    assert not missing, f"{page} names files that do not exist: {missing}"
