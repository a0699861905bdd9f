"""Check blocks in other languages, each with its own parser."""

import configparser
import io
import json
import re
import shlex
import subprocess
import tomllib
from email.parser import HeaderParser
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from scripts.node import find_node
from tests.docs.pages import ROOT

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_DOCKER = frozenset(
    ["FROM", "WORKDIR", "COPY", "RUN", "ENV", "EXPOSE", "USER", "CMD", "ENTRYPOINT", "ARG", "HEALTHCHECK"]
)


def check_json(code: str) -> None:
    json.loads(code)


def check_toml(code: str) -> None:
    tomllib.loads(code)


def check_ini(code: str) -> None:
    configparser.ConfigParser(interpolation=None, strict=False).read_string(code)


def check_http(code: str) -> None:
    """Check a request or status line, then headers."""
    first, _, headers = code.partition("\n")
    assert re.fullmatch(r"(HTTP/1\.1 \d{3}( .+)?|[A-Z]+ /\S* HTTP/1\.1)", first), first
    parsed = HeaderParser().parsestr(headers)
    assert parsed.keys(), code
    assert not parsed.defects, parsed.defects


def check_css(code: str) -> None:
    """Check that braces pair up and that rules have declarations."""
    plain = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    assert plain.count("{") == plain.count("}"), code
    for body in re.findall(r"\{([^{}]*)\}", plain):
        assert all(":" in part for part in body.split(";") if part.strip()), body


def check_mermaid(code: str) -> None:
    """Check a flow chart: a direction, then one arrow a line between nodes with optional labels."""
    first, *arrows = code.splitlines()
    assert re.fullmatch(r"flowchart (TD|LR)", first), first
    for arrow in arrows:
        assert re.fullmatch(r' +\w+(\["[^"]+"\])? --> \w+(\["[^"]+"\])?', arrow), arrow


def check_nginx(code: str) -> None:
    """Check that directives end and that blocks are closed."""
    plain = re.sub(r"#.*", "", code)
    depth = 0
    for line in filter(None, map(str.strip, plain.splitlines())):
        assert line.endswith((";", "{", "}")), line
        depth += line.endswith("{") - line.endswith("}")
        assert depth >= 0, line
    assert depth == 0, code


def check_yaml(code: str) -> None:
    """Check that each line is a key, with a value or with indented keys below it. A list item counts as indented."""
    lines = [re.sub(r"^( *)- ", r"\1  ", line) for line in code.splitlines() if line.strip()]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        found = re.fullmatch(r"((?:  )*)[\w-]+:( \S.*)?", line)
        assert found, line
        deeper = len(following) - len(following.lstrip()) > len(found[1])
        assert deeper != bool(found[2]), line


def check_caddyfile(code: str) -> None:
    """Check that blocks are closed. A brace that opens one ends its line; placeholders such as `{host}` do not."""
    plain = re.sub(r"(^|\s)#.*", "", code)
    depth = 0
    for line in map(str.strip, plain.splitlines()):
        depth += line.endswith("{") - (line == "}")
        assert depth >= 0, line
    assert depth == 0, code


def check_elixir(code: str) -> None:
    """Check that each block ends and that brackets pair up."""
    plain = re.sub(r'#.*|"[^"\n]*"', "", code)
    assert len(re.findall(r"\b(?:do\b(?!:)|fn\b)", plain)) == len(re.findall(r"\bend\b", plain)), code
    for opening, closing in ("()", "[]", "{}"):
        assert plain.count(opening) == plain.count(closing), code


def check_po(code: str) -> None:
    """Check a catalogue of gettext: its messages, and the placeholders of their translations."""
    catalogue = read_po(io.StringIO(code), abort_invalid=True)
    problems = [str(one) for message in catalogue for one in message.check(catalogue)]
    assert len(catalogue) > 0, code
    assert not problems, problems


def check_dockerfile(code: str) -> None:
    for line in filter(None, map(str.strip, code.replace("\\\n", " ").splitlines())):
        instruction, _, rest = line.partition(" ")
        assert line.startswith("#") or instruction in _DOCKER, line
        if instruction in ("CMD", "ENTRYPOINT"):
            assert shlex.join(json.loads(rest)), line


def check_javascript(code: str, folder: Path) -> None:
    """Check the syntax with Node.js, and that names imported from PyView are exported."""
    _check_imports(code)
    node = find_node()
    if node is None:
        pytest.skip("no Node.js on this machine")
    file = folder / "block.mjs"
    file.write_text(code)
    done = subprocess.run([node / "node", "--check", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _check_imports(code: str) -> None:
    for names, source in re.findall(r"import\s*\{([^}]*)\}\s*from\s*\"([^\"]+)\"", code):
        if source.endswith("/live/assets/pyview.js"):
            assert set(_names(names)) <= client_exports(), names


def client_exports() -> set[str]:
    """Return the names that PyView's browser module exports."""
    source = (ROOT / "client/src/pyview.js").read_text()
    return {name for names in re.findall(r"export \{([^}]*)\}", source) for name in _names(names)}


def _names(listed: str) -> list[str]:
    return [name.partition(" as ")[0].strip() for name in listed.split(",") if name.strip()]


def check_html(code: str) -> None:
    """Check that tags pair up."""
    parser = _Tags()
    parser.feed(re.sub(r"\{[%#].*?[%#]\}", "", code, flags=re.DOTALL))
    parser.close()
    assert not parser.open, f"never closed: {parser.open}"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()
