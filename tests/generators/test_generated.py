"""What `pyview new` writes passes its own tests, ruff, mypy and the check, and works in the folder of a stranger."""

import sys
from pathlib import Path

import pytest

from pyview.cli.main import main
from tests.generators.project import check_style, new, run

LONG = "abcdefghij-klmnopqrst-uvwxyzab"  # as long as a name may be


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one of each kind."""
    folder = tmp_path_factory.mktemp("generated")
    new(folder, "app", "shop")
    add_parts(folder / "shop", "UserList", "Badge", "PriceTag")
    return folder / "shop"


def add_parts(project: Path, view: str, function: str, live: str) -> None:
    new(project, "view", view)
    new(project / "tests", "component", function)  # found from any folder of the project
    new(project, "component", live, "--live")


@pytest.mark.slow
def test_its_own_tests_pass(shop: Path) -> None:
    assert "10 passed" in run(shop, "pytest", "-q")


def test_ruff_finds_nothing(shop: Path) -> None:
    check_style(shop)


def test_the_longest_names_fit(tmp_path: Path) -> None:
    new(tmp_path, "app", LONG)
    add_parts(tmp_path / LONG, LONG, LONG.replace("a", "b"), LONG.replace("a", "c"))
    check_style(tmp_path / LONG)


def test_the_check_finds_nothing_in_production(shop: Path, tmp_path: Path) -> None:
    settings = {
        "PYVIEW_SECRET": "a secret of this test alone 0123456789",
        "PYVIEW_STATE": str(tmp_path / "state.db"),
        "ALLOWED_HOSTS": "shop.example.org",
    }
    output = run(shop, "pyview.cli", "check", "--deploy", "--production", "shop.app:app", **settings)
    assert "The application starts in production mode; no problems found." in output


def test_everything_is_added_once(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()}
    for words in (["view", "user-list"], ["component", "badge"], ["component", "PriceTag", "--live"]):
        assert main(["new", "--path", str(shop), *words]) == 2
        assert "already exists; nothing was written" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()} == before


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info < (3, 14), reason="needs template strings")
def test_a_project_of_new_pythons_gets_template_strings(tmp_path: Path) -> None:
    project = of_new_pythons(tmp_path)
    assert "1 passed" in run(project, "pytest", "-q", "tests/test_badge.py")


def test_template_strings_are_written_for_new_pythons_only(tmp_path: Path) -> None:
    project = of_new_pythons(tmp_path)
    assert "return t'<span" in (project / "shop/components/badge.py").read_text()
    assert not (project / "shop/components/badge.html").exists()
    check_style(project)


def of_new_pythons(folder: Path) -> Path:
    new(folder, "app", "shop")
    settings = folder / "shop" / "pyproject.toml"
    text = settings.read_text().replace(">=3.11", ">=3.14").replace('"py311"', '"py314"')
    settings.write_text(text)
    new(folder / "shop", "component", "Badge")
    return folder / "shop"


def test_a_view_outside_a_project_is_plain_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "view", "UserList", "--path", str(tmp_path), "--no-css"]) == 0
    assert capsys.readouterr().out == "created user_list.py\ncreated user_list.html\n"
    assert main(["new", "component", "Badge", "--path", str(tmp_path)]) == 2
    assert "is in no project" in capsys.readouterr().err


def test_changed_files_are_left_to_the_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new(tmp_path, "app", "shop")
    (tmp_path / "shop/shop/routes.py").write_text("ROUTES = []\n")
    new(tmp_path / "shop", "view", "Cart")
    output = capsys.readouterr().out
    assert "created shop/views/cart.py" in output
    assert "to do by hand in shop/routes.py: the function add_routes was not found. Add there:" in output
    assert '    app.add_live_view("/cart", CartLiveView)' in output


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("test", "a module of Python's standard library"),
        ("json", "a module of Python's standard library"),
        ("pyview", "a package that the application or its tools use"),
        ("sqlalchemy", "a package that the application or its tools use"),
        ("class", "a keyword of Python"),
        ("match", "a keyword of Python"),
        ("tests", "the name of another folder of the project"),
        ("9lives", "expected a name of small letters"),
        ("../x", "expected a name of small letters"),
        ("shop/", "expected a name of small letters"),
        ("käse", "expected a name of small letters"),
        ("", "expected a name of small letters"),
        ("my--shop", "expected a name of small letters"),
        ("shop\n", "expected a name of small letters"),
        ("MyShop", "Did you mean my-shop?"),
        ("my_shop", "Did you mean my-shop?"),
        ("a" * 31, "at most 30 characters"),
    ],
)
def test_a_bad_name_of_an_application(
    name: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "app", "--path", str(tmp_path), "--", name]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert captured.err.startswith("pyview new: ")
    assert reason in captured.err
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["class", "None", "a" * 31, "../x", "ünder", "9a", "a b"])
def test_a_bad_name_of_a_view(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("view", "component"):
        assert main(["new", kind, "--path", str(tmp_path), "--", name]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not [*tmp_path.iterdir()]


def test_names_that_the_project_has_already(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new(tmp_path, "app", "shop")
    capsys.readouterr()
    for words in (["view", "Static"], ["component", "component"], ["component", "LiveComponent", "--live"]):
        assert main(["new", "--path", str(tmp_path / "shop"), *words]) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)


def test_a_folder_that_is_not_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    (tmp_path / "shop" / "notes.txt").write_text("mine")
    assert main(["new", "app", "shop", "--path", str(tmp_path)]) == 2
    assert "is not empty: it has notes.txt; nothing was written" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "shop").iterdir()} == {".git", "notes.txt"}
    (tmp_path / "shop" / "notes.txt").unlink()
    assert main(["new", "app", "shop", "--path", str(tmp_path), "--dry-run"]) == 0
    assert {path.name for path in (tmp_path / "shop").iterdir()} == {".git"}
    assert main(["new", "app", "shop", "--path", str(tmp_path)]) == 0
    assert (tmp_path / "shop/shop/app.py").exists()


def test_a_file_of_that_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop").write_text("a file")
    assert main(["new", "app", "shop", "--path", str(tmp_path)]) == 2
    assert "already exists, and is no folder" in capsys.readouterr().err
