"""The application that a command finds in a folder, and the texts for what it does not find."""

from pathlib import Path

import pytest

from pyview.serving.applications import CannotLoad, load, locate

APP = "from pyview import PyView\n\n{name} = PyView()\n"


def write(folder: Path, *names: str, source: str = APP.format(name="app")) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)


@pytest.mark.parametrize(
    ("files", "target"),
    [
        (["app.py"], "app:app"),
        (["main.py"], "main:app"),
        (["app.py", "main.py"], "app:app"),
        (["shop/app.py"], "shop.app:app"),
        (["shop/app.py", "other/__init__.py", "other/app.py"], "shop.app:app"),
        (["other/__init__.py", "other/main.py"], "other.main:app"),
        (["tests/__init__.py", "tests/app.py", "other/__init__.py", "other/app.py"], "other.app:app"),
        (["src/shop/app.py"], "shop.app:app"),
        (["src/other/__init__.py", "src/other/main.py"], "other.main:app"),
    ],
)
def test_without_a_name_the_usual_files_are_searched(tmp_path: Path, files: list[str], target: str) -> None:
    folder = tmp_path / "shop"
    write(folder, *(name for name in files if not name.endswith("__init__.py")))
    write(folder, *(name for name in files if name.endswith("__init__.py")), source="")
    assert locate(None, folder) == target


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("shop:app", "shop:app"),
        ("shop:site.app", "shop:site.app"),
        ("shop", "shop:app"),
        ("shop.py", "shop:app"),
        ("shop.py:site", "shop:site"),
        ("store/web.py", "store.web:app"),
        ("store/web", "store.web:app"),
        ("store.web", "store.web:app"),
        ("store/", "store.app:app"),
        ("store", "store.app:app"),
        ("src/attic/web.py", "attic.web:app"),
        ("attic.web", "attic.web:app"),
    ],
)
def test_a_name_is_a_module_or_a_path_with_or_without_the_attribute(
    tmp_path: Path, name: str, target: str
) -> None:
    write(tmp_path, "shop.py", "store/web.py", "store/app.py", "src/attic/web.py")
    assert locate(name, tmp_path) == target


def test_pyproject_toml_names_the_application_first(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "shop/web.py")
    write(tmp_path, "pyproject.toml", source='[tool.pyview]\napp = "shop.web:app"\n')
    assert locate(None, tmp_path) == "shop.web:app"
    assert locate("app", tmp_path) == "app:app"


@pytest.mark.parametrize(
    ("source", "attribute"),
    [
        (APP.format(name="site"), "site"),
        ("import pyview\nsite: pyview.PyView = make()\nhost = Starlette()\n", "site"),
        ("site = PyView()\nhost = FastAPI()\n", "site"),
        ("api = FastAPI()\n", "api"),
        ("from shop.web import app\n", "app"),
        ("from shop.web import site as app\n", "app"),
        ("if True:\n    app = build()\n", "app"),
        ("with x:\n    app = build()\n", "app"),
        ("site = PyView()\napp = wrapped(site)\n", "app"),
        ("this is no Python", "app"),
    ],
)
def test_the_only_application_of_a_file_needs_no_name(tmp_path: Path, source: str, attribute: str) -> None:
    write(tmp_path, "main.py", source=source)
    assert locate(None, tmp_path) == f"main:{attribute}"


@pytest.mark.parametrize(
    ("source", "attribute"),
    [
        ("def create_app(): ...\ndef helper(): ...\n", "create_app"),
        ("def build() -> PyView: ...\n", "build"),
        ('def build() -> "PyView": ...\n', "build"),
    ],
)
def test_a_factory_is_found_by_its_name_or_by_what_it_returns(
    tmp_path: Path, source: str, attribute: str
) -> None:
    write(tmp_path, "app.py", source=source)
    assert locate(None, tmp_path, factory=True) == f"app:{attribute}"
    assert locate("app", tmp_path, factory=True) == f"app:{attribute}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shop:", "expected module:app"),
        (":app", "expected module:app"),
        ("not a name", "expected module:app, such as shop:app for `app` in shop.py, got 'not a name'"),
        ("nowhere_at_all", "there is no module 'nowhere_at_all' in"),
        ("nowhere/app.py", "there is no file nowhere/app.py in"),
        ("../app.py", "is outside of"),
        ("empty", "no application found in empty.py: expected `app = PyView(...)` in it"),
        ("twice", "twice.py has several applications: name one of twice:one and twice:two"),
    ],
)
def test_a_wrong_name_is_answered_with_one_line(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, "empty.py", source="import os\n")
    write(tmp_path, "twice.py", source="one = PyView()\ntwo = PyView()\n")
    with pytest.raises(CannotLoad) as caught:
        locate(name, tmp_path)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        CannotLoad, match=r"no application found in app.py and main.py here and in packages of"
    ):
        locate(None, tmp_path)
    write(tmp_path, "main.py", source="print('hello')\n")
    with pytest.raises(CannotLoad, match=r"main.py defines none\. Name it as module:app"):
        locate(None, tmp_path)


def test_two_packages_with_an_application_need_a_name(tmp_path: Path) -> None:
    write(tmp_path, "one/__init__.py", "two/__init__.py", source="")
    write(tmp_path, "one/app.py", "two/app.py")
    with pytest.raises(CannotLoad, match=r"several applications, one.app:app and two.app:app"):
        locate(None, tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("[tool.pyview]\napp = 3\n", 'expected app = "shop:app"'), ("[tool", "cannot be read")],
)
def test_a_wrong_pyproject_toml_is_named(tmp_path: Path, text: str, problem: str) -> None:
    write(tmp_path, "pyproject.toml", source=text)
    with pytest.raises(CannotLoad, match=problem):
        locate(None, tmp_path)


def test_finding_imports_nothing(tmp_path: Path) -> None:
    write(tmp_path, "app.py", source="raise SystemExit('imported')\napp = PyView()\n")
    assert locate(None, tmp_path) == "app:app"


def test_a_module_below_src_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", ["unchanged"])
    write(tmp_path, "src/attic_of_load/web.py", source="def build():\n    return 'built'\n")
    assert load("attic_of_load.web:build", tmp_path, factory=True) == "built"
