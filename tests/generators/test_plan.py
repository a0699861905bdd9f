"""A plan writes everything or nothing, and says what is left to do by hand."""

import os
from pathlib import Path

import pytest

from pyview.generators.errors import GeneratorError
from pyview.generators.plan import Plan
from pyview.generators.project import Project


def snapshot(folder: Path) -> dict[str, bytes | None]:
    paths = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in paths}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "routes.py").write_bytes(b"def add_routes(app):\r\n    app.add(1)\r\n")
    (tmp_path / "routes.py").chmod(0o640)
    plan = Plan(tmp_path)
    plan.create("views/a/new.py", "x = 1\n")
    plan.append_to_function("routes.py", "add_routes", "app.add(2)")
    plan.insert_import("routes.py", "from views.a.new import x")
    return plan


def test_everything_is_written(plan: Plan) -> None:
    plan.next_steps("uv sync")
    lines = list(plan.apply().lines())
    assert lines == ["created views/a/new.py", "changed routes.py", "\nNext:", "  uv sync"]
    assert (plan.folder / "views/a/new.py").read_text() == "x = 1\n"
    assert (plan.folder / "routes.py").read_bytes() == (
        b"from views.a.new import x\r\n\r\n\r\ndef add_routes(app):\r\n    app.add(1)\r\n    app.add(2)\r\n"
    )
    assert (plan.folder / "routes.py").stat().st_mode & 0o777 == 0o640


def test_a_dry_run_writes_nothing(plan: Plan) -> None:
    before = snapshot(plan.folder)
    lines = list(plan.apply(dry_run=True).lines())
    assert lines == ["would create views/a/new.py", "would change routes.py"]
    assert snapshot(plan.folder) == before


def test_a_file_that_exists_stops_everything(plan: Plan) -> None:
    (plan.folder / "views/a").mkdir(parents=True)
    (plan.folder / "views/a/new.py").symlink_to("nowhere")
    before = snapshot(plan.folder)
    with pytest.raises(GeneratorError, match=r"new\.py already exists; nothing was written"):
        plan.apply()
    assert snapshot(plan.folder) == before


def test_what_was_written_is_removed_after_an_error(plan: Plan) -> None:
    plan.create("file/below.py", "")
    (plan.folder / "file").write_text("a file, no folder")
    before = snapshot(plan.folder)
    with pytest.raises(
        GeneratorError, match=r"cannot write .*below\.py: Not a directory; nothing was written"
    ):
        plan.apply()
    assert snapshot(plan.folder) == before


@pytest.mark.skipif(not Path("/dev/full").exists() or os.geteuid() == 0, reason="needs a user without rights")
def test_a_folder_without_permission(plan: Plan) -> None:
    plan.folder.chmod(0o500)
    before = snapshot(plan.folder)
    with pytest.raises(GeneratorError, match="Permission denied; nothing was written"):
        plan.apply()
    assert snapshot(plan.folder) == before
    plan.folder.chmod(0o700)


def test_a_place_that_is_gone_is_left_to_the_user(plan: Plan) -> None:
    (plan.folder / "routes.py").write_text("ROUTES = [\n")
    plan.append_to_list("layout.py", "LINKS", "Link('a')")
    result = plan.apply()
    assert (plan.folder / "views/a/new.py").exists()
    assert (plan.folder / "routes.py").read_text() == "ROUTES = [\n"
    text = "\n".join(result.lines())
    assert "to do by hand in routes.py: a file without errors ('[' was never closed" in text
    assert "    app.add(2)" in text
    assert "    from views.a.new import x" in text
    assert "layout.py: the file was not found. Add there:\n    Link('a')," in text


def test_a_project_is_found_from_its_folders(tmp_path: Path) -> None:
    (tmp_path / "shop" / "views").mkdir(parents=True)
    assert Project.find(tmp_path / "shop" / "views") is None
    with pytest.raises(GeneratorError, match="is in no project"):
        Project.require(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.pyview]\napp = "shop.app:app"\n')
    project = Project.find(tmp_path / "shop" / "views")
    assert project is not None
    assert (project.folder, project.package) == (tmp_path.resolve(), "shop")
    (tmp_path / "pyproject.toml").write_text("[tool.pyview\n")
    with pytest.raises(GeneratorError, match=r"pyproject\.toml cannot be read"):
        Project.find(tmp_path)
