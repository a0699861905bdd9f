"""`pyview new auth` and `pyview new crud`: the projects that they make, and what they refuse."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyview.cli.main import main
from pyview.generators.columns import KINDS
from tests.generators.project import check_style, new, run

PRODUCT = ("crud", "Product", "name:str", "price:Decimal", "stock:int")
# Every kind, required and optional, and names that forms and templates use themselves.
FIELDS = (
    *(f"a_{kind.lower()}:{kind}" for kind in KINDS),
    *(f"some_{kind.lower()}:{kind}?" for kind in KINDS),
    "status:enum(draft,live)",
    "kind:enum(a,b)?",
    *("value:int", "errors:str?", "items:str?", "date:date?", "query:str?", "page:int?", "name:str"),
)
PART = "appears_in or registration or have_to_sign_in"
LONG = "abcdefghij_abcdefghij_abc"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a table from before its accounts, and one from after."""
    folder = tmp_path_factory.mktemp("generated")
    new(folder, "app", "shop")
    new(folder / "shop", "crud", "Article", *FIELDS)
    new(folder / "shop", "auth")
    new(folder / "shop", *PRODUCT)
    return folder / "shop"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project as `pyview new app` writes it."""
    new(tmp_path, "app", "shop")
    return tmp_path / "shop"


def refused(folder: Path, *words: str) -> None:
    """Run `pyview new ...`, which has to fail and to write nothing."""
    before = content(folder)
    assert main(["new", words[0], "--path", str(folder), *words[1:]]) == 2
    assert content(folder) == before


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def create_user(folder: Path, password: str, environ: dict[str, str]) -> tuple[int, str]:
    """Return the exit code of the command, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "shop.accounts.create_user", "ada@example.org", "--admin"],
        cwd=folder,
        env=os.environ | environ,
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_its_own_tests_pass(shop: Path) -> None:
    # A part of them. scripts/generated runs all, mypy and the check in a clean environment; scripts/types runs mypy.
    output = run(shop, "pytest", "-q", "-p", "no:cacheprovider", "-k", PART)
    assert "6 passed" in output


def test_ruff_finds_nothing(shop: Path) -> None:
    check_style(shop)


def test_the_longest_names_fit(tmp_path: Path) -> None:
    app = "long-application-name-of-shops"
    new(tmp_path, "app", app)
    new(tmp_path / app, "auth")
    fields = (f"{chr(97 + number)}{LONG[1:]}:{kind}" for number, kind in enumerate((*KINDS, "enum(a,b)")))
    new(tmp_path / app, "crud", LONG, *fields)
    new(tmp_path / app, "crud", "It", "ok:bool")
    check_style(tmp_path / app)


@pytest.mark.slow
def test_migrations_are_valid_for_postgresql(shop: Path) -> None:
    sql = run(shop, "alembic", "upgrade", "head", "--sql", DATABASE_URL="postgresql://shop@localhost/shop")
    assert "price NUMERIC(12, 2) NOT NULL" in sql
    assert "created_at TIMESTAMP WITH TIME ZONE" in sql


@pytest.mark.slow
def test_the_tables_of_the_models_and_the_first_user(shop: Path, tmp_path: Path) -> None:
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/shop.db"}
    run(shop, "shop.migrate", **database)
    assert "No new upgrade operations detected" in run(shop, "alembic", "check", **database)
    assert create_user(shop, "correct horse battery", database) == (0, "created ada@example.org\n")
    assert create_user(shop, "correct horse battery", database) == (
        1,
        "ada@example.org has an account already\n",
    )
    code, output = create_user(shop, "short", database)
    assert code == 2
    assert output.startswith("password: ")


def test_the_database_is_added_once(shop: Path) -> None:
    text = (shop / "pyproject.toml").read_text()
    assert text.count("alembic") == 1
    assert (shop / "shop/settings.py").read_text().count("database_url") == 1
    assert (shop / "tests/conftest.py").read_text().count("def migrated(") == 1
    assert (shop / "Dockerfile").read_text().count("shop.migrate") == 1


def test_nothing_is_left_to_do_by_hand(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new(empty, "auth")
    new(empty, *PRODUCT)
    assert "by hand" not in capsys.readouterr().out


def test_a_dry_run_writes_nothing(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = content(empty)
    new(empty, "auth", "--dry-run")
    new(empty, *PRODUCT, "--dry-run")
    assert content(empty) == before
    assert "would create shop/products/model.py" in capsys.readouterr().out


def test_nothing_is_added_twice(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(shop, "auth")
    refused(shop, *PRODUCT)
    refused(shop, "crud", "User", "name:str")
    refused(shop, "crud", "Home", "name:str", "--plural", "home")
    refused(shop, "crud", "Account", "name:str")
    assert len(capsys.readouterr().err.splitlines()) == 5


def test_a_project_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(tmp_path, "auth")
    refused(tmp_path, *PRODUCT)
    assert capsys.readouterr().err.count("is in no project") == 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("product",), "expected at least one field"),
        (("Product", "name"), "expected a field such as name:str"),
        (("Product", "name:"), "expected a field such as name:str"),
        (("Product", "name:str:int"), "expected a field such as name:str"),
        (("Product", "name:string"), "unknown type in 'name:string': expected one of str, text"),
        (("Product", "price:decimal"), "did you mean Decimal?"),
        (("Product", "name:str", "name:int"), "the field name is there twice"),
        (("Product", "note:text"), "by which the list can be sorted"),
        (("Product", "Name:str"), "in small letters"),
        (("Product", "name-x:str"), "in small letters"),
        (("Product", "_name:str"), "in small letters"),
        (("Product", "n\u00e4me:str"), "in small letters"),
        (("Product", f"{LONG}d:str"), "at most 25 characters"),
        (("Product", "class:str"), "'class' is a word of Python"),
        (("Product", "str:str"), "'str' is a word of Python"),
        (("Product", "id:int"), "'id' is taken"),
        (("Product", "metadata:str"), "'metadata' is taken"),
        (("Product", "json:str"), "'json' is taken"),
        (("Product", "model_name:str"), "'model_name' is taken"),
        (("Product", "status:enum"), "different values"),
        (("Product", "status:enum(one)"), "different values"),
        (("Product", "status:enum(one,one)"), "different values"),
        (("Product", "status:enum(one,Two)"), "different values"),
        (("Product", "status:str(one,two)"), "unknown type"),
        (("Product", "product:enum(a,b)"), "the name of another class, Product"),
        (("Page", "name:str"), "uses the name Page"),
        (("Class", "name:str"), "keyword of Python"),
        (("9Lives", "name:str"), "expected a name"),
        ((f"{LONG}def", "name:str"), "at most 25 characters"),
        (("Product", "name:str", "--plural", "../x"), "expected a name"),
    ],
)
def test_a_wrong_table_is_refused(
    empty: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], problem: str
) -> None:
    refused(empty, "crud", *words)
    error = capsys.readouterr().err
    assert error.startswith("pyview new: ")
    assert problem in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("model", "plural"),
    [("Category", "categories"), ("Day", "days"), ("Box", "boxes"), ("StaffPerson", "staff_people")],
)
def test_plurals(empty: Path, model: str, plural: str) -> None:
    new(empty, "crud", model, "name:str")
    assert (empty / f"shop/views/{plural}.py").is_file()


def test_a_migration_follows_the_last_one(empty: Path) -> None:
    new(empty, *PRODUCT)
    versions = empty / "shop/migrations/versions"
    own = 'revision: str = "ab12"\ndown_revision = ("0001",)\n'
    (versions / "ab12_by_hand.py").write_text(own)
    new(empty, "crud", "Category", "name:str")
    assert 'down_revision = "ab12"' in (versions / "0003_create_categories.py").read_text()


def test_two_last_migrations_are_refused(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new(empty, *PRODUCT)
    other = 'revision = "x"\ndown_revision = None\n'
    (empty / "shop/migrations/versions/x.py").write_text(other)
    refused(empty, "crud", "Category", "name:str")
    assert "two migrations are the last one, 0001 and x" in capsys.readouterr().err
