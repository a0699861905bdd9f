"""What `make docs` builds the site from: pages, pictures, the reference and the navigation. `make docs` is the rest."""

import ast
import importlib
import json
import re
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import pyview
from scripts.site.diagram import drawn
from scripts.site.pages import prepared
from scripts.site.pictures import size
from scripts.site.publish import publish
from scripts.site.reference import TASKS
from tests.docs.pages import PAGES, ROOT, blocks
from tests.test_public_names import PUBLIC

Described = type | FunctionType
IMAGES = ROOT / "docs" / "images"
NAMED = sorted(
    {name for page in PAGES for name in re.findall(r"images/([\w-]+)\.", page.read_text(encoding="utf-8"))}
)


def imported(path: str) -> object:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def names_in_the_documentation() -> set[tuple[str, str]]:
    """Return what visible code of the documentation imports, as module and name."""
    found = set()
    for block in [block for page in PAGES for block in blocks(page) if block.language == "python"]:
        if not block.hidden and "from pyview" in block.code and "# future-tstrings" not in block.code:
            for node in ast.walk(ast.parse(block.code)):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pyview"):
                    found |= {(node.module, alias.name) for alias in node.names}
    return found


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.page)
def test_a_page_of_the_reference_has_names_that_can_be_imported(task: object) -> None:
    assert isinstance(task, type(TASKS[0]))
    assert task.paths
    assert all(imported(path) is not None for path in task.paths)


def test_every_public_name_is_in_the_reference_once() -> None:
    paths = [path for task in TASKS for path in task.paths]
    assert len(paths) == len(set(paths))
    described = {id(imported(path)) for path in paths}
    public = {(module, name) for module, names in PUBLIC.items() for name in names}
    public |= {("pyview", name) for name in pyview.__all__} | names_in_the_documentation()
    wanted = {f"{module}.{name}": imported(f"{module}.{name}") for module, name in sorted(public)}
    # An object, such as `pyview.js`, is described by its class.
    missing = [
        path
        for path, value in wanted.items()
        if not ({id(value), id(type(value))} & described or isinstance(value, ModuleType))
    ]
    assert not missing, f"add to a page of scripts/site/reference.py: {missing}"


def test_every_name_of_the_reference_has_a_docstring() -> None:
    values = {path: imported(path) for task in TASKS for path in task.paths}
    bare = [path for path, value in values.items() if isinstance(value, Described) and not value.__doc__]
    assert not bare, bare


@pytest.mark.parametrize("name", NAMED)
def test_a_picture_exists_in_both_themes_and_a_script_makes_it(name: str) -> None:
    if name.endswith("-dark"):
        name = name.removesuffix("-dark")
    light, dark = IMAGES / f"{name}.webp", IMAGES / f"{name}-dark.webp"
    assert size(light) == size(dark)
    assert name in picture_names(), f"scripts/pictures.py does not make {name}"


def picture_names() -> set[str]:
    """Return the names of the pictures that the script makes. It is not imported: it needs a browser."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "scripts").glob("*pictures*.py"))
    return set(re.findall(r'\bPicture\(\s*"([\w-]+)"', source))


def test_no_picture_is_left_over() -> None:
    files = {path.stem.removesuffix("-dark") for path in IMAGES.iterdir()}
    assert files == {name.removesuffix("-dark") for name in NAMED} == picture_names()


def test_every_page_is_in_the_navigation_once() -> None:
    listed = re.findall(r": ([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    written = [page.name for page in PAGES[1:]] + [f"{task.page}.md" for task in TASKS]
    assert sorted(listed) == sorted(written), (
        "each page of docs/ has one place in the navigation of mkdocs.yml"
    )


def test_a_page_for_the_site_has_no_tests_and_both_pictures() -> None:
    test, code = "<!-- python\nassert '```'\n-->", "```python\n# a.py\n\nx = '<!-- y -->'\n```"
    page = prepared(f"# A\n\n{test}\n\n{code}\n\n![B](images/counter.webp)\n")
    assert "assert" not in page
    assert "```python title=\"a.py\"\nx = '<!-- y -->'\n```" in page
    assert "![B](images/counter.webp#only-light){ width=720 height=320" in page
    assert "![B](images/counter-dark.webp#only-dark){ width=720 height=320" in page


def test_links_out_of_the_documentation_need_a_repository() -> None:
    text = "See [the code](../examples/library).\n"
    assert prepared(text) == "See the code.\n"
    assert prepared(text, "https://host/x") == "See [the code](https://host/x/blob/main/examples/library).\n"


def test_a_block_of_code_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(ValueError, match="not closed"):
        prepared("```python\nx = 1\n")


def test_a_flow_chart_is_drawn_with_its_labels() -> None:
    chart = drawn(["flowchart TD", '    a["one, <two>"] --> b', "    a --> c", "    b --> c"])
    assert chart.count("<rect") == 3
    assert "one, &lt;two&gt;" in chart
    with pytest.raises(ValueError, match="circle"):
        drawn(["flowchart TD", "    a --> b", "    b --> a"])
    with pytest.raises(ValueError, match="not '    a -> b'"):
        drawn(["flowchart TD", "    a -> b"])


def test_the_size_of_other_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.webp").write_bytes(b"\x89PNG" + bytes(40))
    with pytest.raises(ValueError, match="no picture in WebP"):
        size(tmp_path / "a.webp")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built version with two pages."""
    for path in ("index.html", "forms/index.html"):
        (tmp_path / "built" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "built" / path).write_text(path)
    (tmp_path / "built" / "404.html").write_text('<a href="/forms/"></a><a href="https://x/">{"base": "/"}')
    return tmp_path / "built"


def test_a_version_is_published_beside_earlier_ones(built: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    for older in ("0.0", "0.0.9-notes"):
        (site / older).mkdir(parents=True)
    (site / "0.0" / "404.html").write_text("old")
    version = publish(site, built)
    assert publish(site, built) == version
    listed = json.loads((site / "versions.json").read_text())
    assert [(one["version"], one["aliases"]) for one in listed] == [(version, ["latest"]), ("0.0", [])]
    assert (site / "latest" / "forms" / "index.html").read_text() == "forms/index.html"
    assert (site / "0.0" / "404.html").read_text() == "old"
    assert (site / "404.html").read_text() == (
        '<a href="/latest/forms/"></a><a href="https://x/">{"base": "/latest/"}'
    )
    assert f"/{version}/forms/</loc>" in (site / version / "sitemap.xml").read_text()


def test_an_old_version_does_not_become_the_newest(built: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "9.10").mkdir(parents=True)
    (site / "9.9").mkdir()
    (site / "9.10" / "404.html").write_text("newest")
    publish(site, built)
    assert (site / "latest" / "404.html").read_text() == "newest"
    assert [one["version"] for one in json.loads((site / "versions.json").read_text())][:2] == ["9.10", "9.9"]
