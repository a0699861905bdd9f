"""Files, output and results of `pyview convert`."""

import os
from pathlib import Path

import pytest

from pyview.cli.main import main
from pyview.convert import folder as convert_folder

IBIS = "<ul>\n{% for x in xs %}<li>{{ loop.index }}</li>\n{% empty %}none{% endfor %}</ul>\n"
JINJA = "<ul>\n{% for x in xs %}<li>{{ loop.index0 }}</li>\n{% else %}none{% endfor %}</ul>\n"


@pytest.fixture
def views(tmp_path: Path) -> Path:
    folder = tmp_path / "views"
    folder.mkdir()
    (folder / "list.html").write_text(IBIS)
    (folder / "plain.html").write_text("<p>{{ x }}</p>")
    return folder


def run(*arguments: object) -> int:
    return main(["convert", *map(str, arguments)])


def test_nothing_is_written_without_write(views: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(views) == 1
    assert (views / "list.html").read_text() == IBIS
    output = capsys.readouterr().out
    assert f"{views / 'list.html'}:2: {{{{ loop.index }}}}  ->  {{{{ loop.index0 }}}}" in output
    assert f"{views / 'list.html'}:3: {{% empty %}}  ->  {{% else %}}" in output
    assert "2 templates read; 2 changes in 1 file to write: run again with --write." in output
    assert "plain.html" not in output


def test_a_second_run_changes_nothing(views: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(views, "--write") == 0
    assert (views / "list.html").read_text() == JINJA
    assert "2 changes in 1 file written." in capsys.readouterr().out
    before = os.stat(views / "list.html")
    assert run(views, "--write") == 0
    assert run(views) == 0
    assert os.stat(views / "list.html") == before
    assert "nothing to change" in capsys.readouterr().out


def test_one_file_is_converted_alone(views: Path) -> None:
    (views / "other.html").write_text(IBIS)
    assert run(views / "list.html", "--write") == 0
    assert (views / "list.html").read_text() == JINJA
    assert (views / "other.html").read_text() == IBIS


def test_open_places_are_listed_and_make_the_exit_code_1(
    views: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (views / "list.html").write_text("{{ a || b }}\n{{ a ?? b }}\n")
    assert run(views, "--write") == 1
    assert (views / "list.html").read_text() == "{{ a or b }}\n{{ a ?? b }}\n"
    output = capsys.readouterr().out
    assert f"{views / 'list.html'}:2: TO DO: {{{{ a ?? b }}}}: Ibis does not understand this either" in output
    assert "1 place to change by hand" in output


def test_line_endings_mode_and_byte_order_mark_stay(views: Path) -> None:
    file = views / "list.html"
    file.write_bytes(b"\xef\xbb\xbf" + IBIS.replace("\n", "\r\n").encode())
    file.chmod(0o640)
    assert run(views, "--write") == 0
    assert file.read_bytes() == b"\xef\xbb\xbf" + JINJA.replace("\n", "\r\n").encode()
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in views.iterdir()) == ["list.html", "plain.html"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{{ a || b }}\xe9", "it is not UTF-8, at byte 12"),
        (b"{{ " + b"(" * 100_000 + b" }}", "nested too deeply"),
        (b"{{ a || b }}\0", "it contains a NUL byte"),
        (b"{{ a || b }}" + b" " * convert_folder.LARGEST, "more than 1,000,000 bytes"),
    ],
)
def test_files_that_are_no_templates_are_not_converted(
    content: bytes, reason: str, views: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (views / "odd.html").write_bytes(content)
    assert run(views, "--write") == 1
    assert (views / "odd.html").read_bytes() == content
    assert f"{views / 'odd.html'}: not converted: " in (output := capsys.readouterr().out)
    assert reason in output
    assert (views / "list.html").read_text() == JINJA


def test_links_are_not_followed(views: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "elsewhere").mkdir()
    outside = tmp_path / "elsewhere" / "outside.html"
    outside.write_text(IBIS)
    (views / "link.html").symlink_to(outside)
    (views / "folder").symlink_to(outside.parent)
    (views / "circle").symlink_to(views)
    (views / "nowhere.html").symlink_to(tmp_path / "missing.html")
    assert run(views, "--write") == 1
    assert outside.read_text() == IBIS
    assert (views / "link.html").is_symlink()
    assert capsys.readouterr().out.count("not converted: it is a symbolic link") == 2


def test_only_templates_are_read(views: Path) -> None:
    for name in (".git", "node_modules", "__pycache__", "venv"):
        (views / name).mkdir()
        (views / name / "page.html").write_text(IBIS)
    (views / "venv" / "pyvenv.cfg").write_text("")
    (views / "notes.md").write_text(IBIS)
    os.mkfifo(views / "pipe.html")
    (views / "deeper").mkdir()
    (views / "deeper" / "Page.HTM").write_text(IBIS)
    assert run(views, "--write") == 1
    others = [file for file in views.rglob("*") if file.is_file() and file.name in ("page.html", "notes.md")]
    assert {file.read_text() for file in others} == {IBIS}
    assert (views / "deeper" / "Page.HTM").read_text() == JINJA


def test_a_tag_without_an_end_is_listed_with_its_line(
    views: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (views / "list.html").write_text("one\n{{ a || b }}\n{% if a")
    assert run(views, "--write") == 1
    assert f"{views / 'list.html'}:3: TO DO: {{% is not closed" in capsys.readouterr().out
    assert (views / "list.html").read_text() == "one\n{{ a || b }}\n{% if a"


def test_a_file_that_cannot_be_written_stays_whole(
    views: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert run(views, "--write") == 1
    assert (views / "list.html").read_text() == IBIS
    assert sorted(each.name for each in views.iterdir()) == ["list.html", "plain.html"]
    assert "No space left on device" in capsys.readouterr().out


def test_a_missing_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "missing") == 2
    assert "pyview convert: there is no folder" in capsys.readouterr().err
