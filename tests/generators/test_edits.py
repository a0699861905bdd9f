"""Lines added to Python, TOML and text files: their place, their format, and what is there already."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pyview.generators.dependencies import add_dependency, add_table
from pyview.generators.edits import (
    add_argument,
    append_to_class,
    append_to_file,
    append_to_function,
    append_to_list,
    append_to_module,
    insert_after,
)
from pyview.generators.imports import insert_import
from pyview.generators.source import PlaceNotFound

ROUTES = '''\
"""Routes."""

from pyview import PyView
from shop.views.home import HomeLiveView  # the first page


def add_routes(app: PyView) -> None:
    """Add every page: ünïcode."""
    app.add_live_view("/", HomeLiveView)  # home
    # more to come


OTHER = 1
'''
LINE = 'app.add_live_view("/cart", CartLiveView)'


def test_a_statement_is_added_at_the_end_of_a_function_once() -> None:
    once = append_to_function(ROUTES, "add_routes", LINE)
    assert f"HomeLiveView)  # home\n    {LINE}\n" in once
    assert once.replace(f"    {LINE}\n", "") == ROUTES
    assert append_to_function(once, "add_routes", LINE) == once
    assert append_to_function(once, "add_routes", LINE.replace('"', "'")) == once


def test_a_statement_stands_before_the_return() -> None:
    text = "def make():\n    app = 1\n    if app:\n        return 2\n    # done\n    return (\n        app\n    )\n"
    added = append_to_function(text, "make", "app += 1\nif app:\n    app = 3")
    assert added == text.replace("    # done\n", "    # done\n    app += 1\n    if app:\n        app = 3\n")


def test_a_function_of_one_line_gets_another() -> None:
    assert append_to_function("async def f():\n\tpass", "f", "x = 1") == "async def f():\n\tpass\n x = 1\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LINKS = []\n", "LINKS = [3]\n"),
        ("LINKS = [1, 2]\n", "LINKS = [1, 2, 3]\n"),
        ("LINKS: list[int] = [1, (2)]  # é\n", "LINKS: list[int] = [1, (2), 3]  # é\n"),
        ("LINKS = [\n    1,\n    2,  # two\n]\n", "LINKS = [\n    1,\n    2,  # two\n    3,\n]\n"),
        ("LINKS = [\n    1,\n    2\n]\n", "LINKS = [\n    1,\n    2,\n    3,\n]\n"),
        ("é = 1; LINKS = [1, 3]\n", "é = 1; LINKS = [1, 3]\n"),
    ],
)
def test_an_item_is_added_to_a_list(text: str, expected: str) -> None:
    assert append_to_list(text, "LINKS", "3,") == expected
    assert append_to_list(expected, "LINKS", "3") == expected


def test_a_long_list_is_broken_into_lines() -> None:
    text = f'LINKS = ["{"a" * 60}", "b"]\n'
    assert append_to_list(text, "LINKS", f'"{"c" * 30}"') == (
        f'LINKS = [\n    "{"a" * 60}",\n    "b",\n    "{"c" * 30}",\n]\n'
    )


def test_an_argument_is_added_to_the_call() -> None:
    text = "app = PyView(\n    security=limits(),\n)\nother = PyView()\n"
    added = add_argument(text, "PyView", "lifespan=lifespan")
    assert added == text.replace("limits(),\n", "limits(),\n    lifespan=lifespan,\n")
    assert add_argument(added, "PyView", "lifespan=another") == added
    assert add_argument("app = PyView()", "PyView", "debug=True") == "app = PyView(debug=True)"


def test_a_field_follows_the_last_one() -> None:
    text = 'class Settings:\n    """Settings."""\n\n    hosts: str = ""\n\n    def read(self) -> None: ...\n'
    added = append_to_class(text, "Settings", 'database_url: str = "sqlite://"')
    assert added == text.replace(
        'hosts: str = ""\n', 'hosts: str = ""\n    database_url: str = "sqlite://"\n'
    )
    assert append_to_class(added, "Settings", 'database_url: str = "edited"') == added


def test_a_definition_follows_the_imports() -> None:
    text = '"""Doc."""\n\nimport os\n\nX = os\n'
    added = append_to_module(text, "def f() -> None:\n    pass")
    assert added == '"""Doc."""\n\nimport os\n\n\ndef f() -> None:\n    pass\n\n\nX = os\n'
    assert append_to_module(added, "def f() -> None:\n    return None") == added


@pytest.mark.parametrize(
    "change",
    [
        lambda: append_to_function(ROUTES, "routes", LINE),
        lambda: append_to_class(ROUTES, "add_routes_of", "x: int = 1"),
        lambda: append_to_list(ROUTES, "OTHER", "1"),
        lambda: add_argument(ROUTES, "FastAPI", "x=1"),
        lambda: insert_after(ROUTES, "{# account #}", "x"),
        lambda: add_dependency("[project]\nname = 'x'\n", "sqlalchemy"),
        lambda: insert_import("import sys\nimport os\n", "import re"),
    ],
)
def test_a_place_that_is_not_there_is_named(change: object) -> None:
    assert callable(change)
    with pytest.raises(PlaceNotFound, match=r"routes|add_routes_of|OTHER|FastAPI|account|dependencies|isort"):
        change()


IMPORTS = [
    "import asyncio",
    "import os",
    "from collections.abc import Iterator",
    "from pathlib import Path",
    "import pytest",
    "from pyview import LiveView, PyView, is_connected",
    "from pyview.events import event",
    "from sqlalchemy import URL, Column, select",
    "from shop.layout import LINKS, Page",
    "from shop.views.a import ALiveView",
    "from shop.views.home import HomeLiveView",
    "from shop.views.very_long_name_of_a_module import OneLongNameOfAClass, TwoLongNameOfAClass, ThreeLongName",
]
RUFF = '[tool.ruff]\nline-length = 100\n[tool.ruff.lint.isort]\nknown-first-party = ["shop"]\n'


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("start", ["", '"""A module."""\n', "from __future__ import annotations\n"])
def test_imports_are_where_ruff_sorts_them(order: int, start: str, tmp_path: Path) -> None:
    """Every import in every order: what results is what `ruff check --select I` accepts."""
    text = start
    for line in IMPORTS[::order]:
        module, _, names = line.partition(" import ")
        for part in [f"{module} import {name}" for name in names.split(", ")] if names else [line]:
            text = insert_import(text, part, own={"shop", "tests"})
            assert insert_import(text, part, own={"shop", "tests"}) == text
    (tmp_path / "module.py").write_text(text)
    (tmp_path / "pyproject.toml").write_text(RUFF)
    command = [sys.executable, "-m", "ruff", "check", "--select", "I"]
    done = subprocess.run([*command, "module.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + text
    assert "Iterator" in {
        alias.name for node in ast.walk(ast.parse(text)) for alias in getattr(node, "names", ())
    }


TOML = """\
[project]
name = "shop"  # the name
dependencies = [
  "pyview-live[redis,standard]",
  # the database
]

[dependency-groups]
dev = ["pytest>=9", 'ruff']

[tool.x]
"""


def test_a_dependency_is_added_once() -> None:
    added = add_dependency(TOML, "sqlalchemy[asyncio]>=2.1,<3")
    assert added == TOML.replace("database\n", 'database\n  "sqlalchemy[asyncio]>=2.1,<3",\n')
    assert add_dependency(added, "SQLAlchemy>=2") == added
    assert '"pyview-live[auth,redis,standard]",' in add_dependency(TOML, "pyview-live[auth]")
    assert 'dev = ["pytest>=9", \'ruff\', "mypy"]' in add_dependency(TOML, "mypy", "dev")


def test_a_table_is_added_once() -> None:
    added = add_table(TOML, "[tool.alembic]\nscript_location = 'migrations'")
    assert added.endswith("[tool.x]\n\n[tool.alembic]\nscript_location = 'migrations'\n")
    assert add_table(added, "[tool.alembic]\nother = 1") == added


def test_lines_are_added_to_any_text() -> None:
    assert append_to_file("A=1", "B=2\n") == "A=1\nB=2\n"
    assert append_to_file("A=1\nB=2\n", "B=2") == "A=1\nB=2\n"
    text = "<header>\n  {# account #}\n</header>\n"
    added = insert_after(text, "{# account #}", "<a>Sign in</a>\n<a>Register</a>")
    assert added == "<header>\n  {# account #}\n  <a>Sign in</a>\n  <a>Register</a>\n</header>\n"
    assert insert_after(added, "{# account #}", "<a>Sign in</a>\n<a>Register</a>") == added
