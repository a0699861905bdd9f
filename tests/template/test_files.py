"""The files of a view class."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2
import pytest
from jinja2 import DictLoader, FunctionLoader

from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.template.view_files import (
    TemplateFileNotFound,
    find_beside,
    layout_of,
    stylesheet_path,
    template_for,
    template_path,
)

Load = Callable[[str, str], Any]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Write a module and import it."""
    loaded: list[str] = []

    def load_module(name: str, source: str) -> ModuleType:
        file = tmp_path / f"{name}.py"
        file.write_text(source)
        spec = importlib.util.spec_from_file_location(f"views_{name}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module
        loaded.append(module.__name__)
        spec.loader.exec_module(module)
        return module

    yield load_module
    for name in loaded:
        del sys.modules[name]


VIEW = "class View:\n    pass\n"


def test_template_and_style_sheet_beside_the_module(load: Load, tmp_path: Path) -> None:
    view = load("count", VIEW).View
    (tmp_path / "count.html").write_text("{{ n }}!")
    (tmp_path / "count.css").write_text("p {}")
    assert template_for(view, create_environment()).render({"n": 1}) == "1!"
    assert template_path(view) == tmp_path / "count.html"
    assert stylesheet_path(view) == tmp_path / "count.css"


def test_missing_arguments_are_named(load: Load, tmp_path: Path) -> None:
    view = load("count", VIEW).View
    with pytest.raises(TemplateFileNotFound, match="View has no template") as caught:
        template_for(view, create_environment())
    assert str(tmp_path / "count.html") in str(caught.value)
    assert caught.value.path == tmp_path / "count.html"
    assert caught.value.view is view
    assert stylesheet_path(view) is None


def test_a_class_without_a_file() -> None:
    view = type("View", (), {"__module__": "nowhere"})
    with pytest.raises(TemplateFileNotFound, match="nowhere has no file to look beside"):
        template_for(view, create_environment())


def test_a_base_class_lends_its_files(load: Load, tmp_path: Path) -> None:
    base = load("base", VIEW).View
    (tmp_path / "base.html").write_text("base")
    (tmp_path / "base.css").write_text("p {}")
    view = type("View", (base,), {"__module__": load("other", VIEW).__name__})
    assert find_beside(view, ".html") == tmp_path / "base.html"
    assert stylesheet_path(view) == tmp_path / "base.css"
    (tmp_path / "other.html").write_text("other")
    assert template_for(view, create_environment()).render({}) == "other"


def test_a_template_named_for_the_loader(load: Load) -> None:
    view = load("count", "class View:\n    template = 'pages/one.html'\n").View
    environment = create_environment(DictLoader({"pages/one.html": "one"}))
    assert template_for(view, environment).render({}) == "one"
    with pytest.raises(jinja2.TemplateNotFound, match=r"pages/one\.html"):
        template_for(view, create_environment(DictLoader({})))


def test_an_unknown_template_name_raises_an_error_with_view_and_suggestion(load: Load) -> None:
    view = load("count", "class View:\n    template = 'pages/one.html'\n    layout = 'frames.html'\n").View
    environment = create_environment(DictLoader({"pages/once.html": "", "frame.html": ""}))
    with pytest.raises(
        jinja2.TemplateNotFound, match=r"View names.*'pages/one\.html'.*mean 'pages/once\.html'\?"
    ):
        template_for(view, environment)
    with pytest.raises(jinja2.TemplateNotFound, match=r"View names.*'frames\.html'.*mean 'frame\.html'\?"):
        layout_of(view, environment)
    functions = create_environment(FunctionLoader(lambda name: None))
    with pytest.raises(
        jinja2.TemplateNotFound,
        match=r"which no loader finds\. Set .* with PyView\(templates=",
    ):
        template_for(view, functions)


def test_the_error_for_a_missing_parent_names_the_parent(load: Load) -> None:
    view = load("count", "class View:\n    template = 'one.html'\n").View
    environment = create_environment(DictLoader({"one.html": "{% include 'two.html' %}"}))
    with pytest.raises(jinja2.TemplateNotFound, match=r"^two\.html$"):
        template_for(view, environment).render({})


def test_a_template_given_as_it_is() -> None:
    template = LiveTemplate.from_string("x")
    assert template_for(type("View", (), {"template": template}), create_environment()) is template


def test_a_file_named_on_the_class(load: Load, tmp_path: Path) -> None:
    view = load("count", "class View:\n    template_file = 'html/one.html'\n").View
    (tmp_path / "html").mkdir()
    with pytest.raises(TemplateFileNotFound) as caught:
        template_for(view, create_environment())
    assert caught.value.path == tmp_path / "html" / "one.html"
    (tmp_path / "html" / "one.html").write_text("one")
    heir = type("Heir", (view,), {"__module__": load("elsewhere", VIEW).__name__})
    assert template_for(heir, create_environment()).render({}) == "one"
