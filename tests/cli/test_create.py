"""Files of `pyview new`."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from pyview import PyView
from pyview.cli.main import main
from pyview.testing import LiveClient


@pytest.mark.parametrize("name", ["UserList", "user_list", "user-list"])
async def test_a_new_view_is_live(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", name, "--path", str(tmp_path / "views")]) == 0
    assert sorted(path.name for path in (tmp_path / "views").iterdir()) == [
        "user_list.css",
        "user_list.html",
        "user_list.py",
    ]
    assert "user_list.html" in capsys.readouterr().out
    monkeypatch.syspath_prepend(tmp_path / "views")
    monkeypatch.delitem(sys.modules, "user_list", raising=False)
    app = PyView()
    app.add_live_view("/", import_module("user_list").UserListLiveView)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        assert page.find("p").text == "1"


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cart.html").write_text("mine")
    assert main(["create-view", "Cart", "--path", str(tmp_path)]) == 2
    assert "cart.html already exists" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["cart.html"]


def test_a_style_sheet_may_be_left_out(tmp_path: Path) -> None:
    assert main(["new", "Cart", "--path", str(tmp_path), "--no-css"]) == 0
    assert not (tmp_path / "cart.css").exists()


@pytest.mark.parametrize("name", ["", "../etc", "7up", "a b", "--"])
def test_an_invalid_name(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "--path", str(tmp_path), "--", name]) == 2
    assert "expected a name of letters and digits" in capsys.readouterr().err
