"""Every code block in the documentation runs."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jinja2 import Environment

from pyview import PyView
from pyview.lint import lint
from pyview.testing import LiveClient
from tests.docs import shell_blocks, text_blocks
from tests.docs.pages import PAGES, ROOT, Block, blocks
from tests.docs.python_blocks import Reader

STRONG_SECRET = "a-secret-of-the-documentation-tests-0123456789"
MOST_UNRUN = 0
MOST_TEXT = 8
DATA: dict[str, Callable[[str], None]] = {
    "caddyfile": text_blocks.check_caddyfile,
    "css": text_blocks.check_css,
    "dockerfile": text_blocks.check_dockerfile,
    "elixir": text_blocks.check_elixir,
    "http": text_blocks.check_http,
    "ini": text_blocks.check_ini,
    "json": text_blocks.check_json,
    "mermaid": text_blocks.check_mermaid,
    "nginx": text_blocks.check_nginx,
    "po": text_blocks.check_po,
    "yaml": text_blocks.check_yaml,
    "toml": text_blocks.check_toml,
}


def named(page: Path) -> str:
    return page.name


@pytest.fixture
def reader(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    for name in ("PYVIEW_SECRET", "SESSION_SECRET"):
        monkeypatch.setenv(name, f"{STRONG_SECRET}-{name}")
    monkeypatch.chdir(tmp_path)
    return Reader(page, tmp_path, monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=named)
async def test_every_block_of_the_page_works(page: Path, reader: Reader, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.unrun is None:
            with naming(block):
                reader.write(block)
                await work(block, reader, tmp_path)
    for app in reader.apps:
        if isinstance(app, PyView):
            await visit(app)
            # A page may show a view without its template.
            found = [
                one for one in lint(app) if one.rule != "unused-handler" and "has no template" not in one.text
            ]
            assert not found, "\n".join(map(str, found))
    run_tests_of_reader(tmp_path)


async def work(block: Block, reader: Reader, folder: Path) -> None:
    if block.language == "python":
        await reader.run(block)
    elif block.language == "shell":
        shell_blocks.check(block, reader.modules)
    elif block.language == "javascript":
        text_blocks.check_javascript(block.code, folder)
    elif block.language == "html":
        Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(block.code)
        text_blocks.check_html(block.code)
    elif block.language != "text":
        assert block.language in DATA, f"no way to check a block of {block.language or 'no language'}"
        DATA[block.language](block.code)


async def visit(app: PyView) -> None:
    """Open every page without path parameters, in a browser without cookies."""
    hosts = app.security.allowed_hosts
    base_url = f"https://{hosts[0]}" if hosts else "http://testserver"
    async with LiveClient(app, base_url=base_url) as client:
        for path in [route.path for route in app.live_routes if "{" not in route.path]:
            page = await client.open(path)
            status = page.response.status_code
            assert status < 500, (path, status)
            assert page.connected or status in (401, 403) or page.path != path, path


def run_tests_of_reader(folder: Path) -> None:
    """Run the test files of the page with pytest."""
    if any(folder.glob("test_*.py")):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [*command, str(folder)], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def naming(block: Block) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        error.add_note(f"in the block at {block.where}")
        raise


def test_no_block_is_skipped() -> None:
    unrun = [block for page in PAGES for block in blocks(page) if block.unrun is not None]
    assert len(unrun) <= MOST_UNRUN, [block.where for block in unrun]
    assert all(block.unrun for block in unrun), "a block is left out without a reason"


def test_few_blocks_are_plain_text() -> None:
    text = [block.where for page in PAGES for block in blocks(page) if block.language == "text"]
    assert len(text) <= MOST_TEXT, f"output and drawings only; code has a language: {text}"
