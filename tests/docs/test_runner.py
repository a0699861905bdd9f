"""The checks of the documentation find mistakes; pages agree with the code."""

import ast
import configparser
import dataclasses
import re
import tomllib
from pathlib import Path

import click
import pytest
from jinja2 import TemplateSyntaxError

from pyview import SecurityConfig
from tests.docs import shell_blocks, text_blocks
from tests.docs.pages import ROOT, Block, blocks
from tests.docs.python_blocks import Reader
from tests.docs.test_blocks import DATA, work

PAGE = ROOT / "docs" / "nowhere.md"


def block(language: str, code: str, *, hidden: bool = False) -> Block:
    return Block(PAGE, 1, language, code, hidden=hidden)


@pytest.mark.parametrize(
    "command",
    [
        "make nothing",
        "uvicorn shop:app --no-such-option",
        "uvicorn missing_module:app",
        "granian --no-such-option shop:app",
        "hypercorn --no-such-option shop:app",
        "pip install '.[no-such-extra]'",
        "export PYVIEW_NOTHING=1",
        "rm -rf /",
        "python -m no_such_module",
    ],
)
def test_a_wrong_command_is_found(command: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        shell_blocks.check(block("shell", command), {"shop"})


def test_a_correct_command_passes() -> None:
    command = "export A=1 && PYTHONPATH=. uvicorn shop:app --ws-per-message-deflate false --workers 4"
    shell_blocks.check(block("shell", command), {"shop"})


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("css", "p { color red }"),
        ("http", "HTTP 200\nA: b"),
        ("json", "{'a': 1}"),
        ("nginx", "server {\n    listen 80\n}"),
        ("yaml", "probe:\nperiod: 2"),
        ("toml", "a = "),
        ("ini", "no section"),
        ("dockerfile", "FORM python"),
        ("mermaid", "flowchart TD\n    a -> b"),
    ],
)
def test_wrong_data_is_found(language: str, code: str) -> None:
    with pytest.raises((AssertionError, ValueError, configparser.Error)):
        DATA[language](code)


@pytest.mark.parametrize("code", ["<p>", "<p></b></p>", "</p>"])
def test_unbalanced_tags_are_found(code: str) -> None:
    with pytest.raises(AssertionError):
        text_blocks.check_html(code)


@pytest.mark.parametrize("code", ["const = 1;", 'import { nothing } from "/live/assets/pyview.js";'])
def test_wrong_javascript_is_found(code: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        text_blocks.check_javascript(code, tmp_path)


async def test_wrong_python_and_templates_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(PAGE, tmp_path, monkeypatch)
    with pytest.raises(NameError):
        await work(block("python", "unknown"), reader, tmp_path)
    with pytest.raises(SyntaxError):
        await work(block("python", "await something()"), reader, tmp_path)
    with pytest.raises(TemplateSyntaxError):
        await work(block("html", "{% if %}"), reader, tmp_path)
    with pytest.raises(AssertionError, match="no way to check a block of cobol"):
        await work(block("cobol", ""), reader, tmp_path)


async def test_blocks_share_names_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(PAGE, tmp_path, monkeypatch)
    for code in ("# one.py\nx = 1", "from one import x\ny = x + 1"):
        shown = block("python", code)
        reader.write(shown)
        await reader.run(shown)
    await reader.run(block("python", "assert (x, y) == (1, 2)", hidden=True))
    assert (tmp_path / "one.py").read_text().endswith("x = 1")


def test_every_limit_is_described_with_its_default() -> None:
    page = (ROOT / "docs/settings.md").read_text().partition("## SecurityConfig")[2]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| `([^`]+)` \|", page, re.MULTILINE))
    described = {name: ast.literal_eval(default) for name, default in rows.items()}
    assert described == {field.name: field.default for field in dataclasses.fields(SecurityConfig)}


def test_the_readme_shows_a_counter_of_15_lines() -> None:
    counter = [one for one in blocks(ROOT / "README.md") if "counter." in (one.file_name or "")]
    lines = [line for one in counter[:2] for line in one.code.splitlines() if line.strip()]
    assert [one.language for one in counter] == ["python", "html", "css"]
    assert len(lines) <= 15


def test_the_readme_gives_a_reason_for_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *extras["standard"], *extras["testing"]]
    names = {re.split(r"[<>=;\[ ]", requirement)[0] for requirement in needed}
    readme = (ROOT / "README.md").read_text()
    section = readme[readme.index("## Dependencies") : readme.index("## Documentation")]
    explained = {
        name.strip()
        for row in re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
        for name in row.split(",")
    }
    assert names <= explained, names - explained
