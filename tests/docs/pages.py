"""Parse the documentation: pages, their code blocks in order, headings and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_COMMENT = re.compile(r"<!--\s*(?P<kind>[a-z-]+)(?P<rest>.*?)-->", re.DOTALL)
_FILE_NAME = re.compile(r"^(?:#|//|/\*|\{#|<!--)\s*(?P<name>[\w./-]+\.\w+)\s*(?:\*/|#\}|-->)?$")
_MARKUP = re.compile(r"[^\w\- ]")
_LINKS = ("link_open", "href"), ("image", "src")


@dataclass(frozen=True, slots=True)
class Block:
    """A code block. `line` is the number of its first line of code in `page`.

    `hidden` blocks are HTML comments (`<!-- python ... -->`): checks that readers do not need to see. `unrun` is the
    reason of a `<!-- not-run: ... -->` comment before the block.
    """

    page: Path
    line: int
    language: str
    code: str
    hidden: bool = False
    unrun: str | None = None

    @property
    def file_name(self) -> str | None:
        """File name from a first line such as `# counter.py` or `{# counter.html #}`."""
        found = _FILE_NAME.match(self.code.partition("\n")[0].strip())
        return found["name"] if found else None

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return all blocks of `page` in order, including hidden ones."""
    return list(_blocks(page, _tokens(page)))


def headings(page: Path) -> set[str]:
    """Return the anchors of the headings, in GitHub's form."""
    tokens = _tokens(page)
    texts = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    return {_MARKUP.sub("", text.lower()).replace(" ", "-") for text in texts}


def links(page: Path) -> list[str]:
    """Return the targets of all links and images."""
    inline = [child for token in _tokens(page) for child in token.children or ()]
    return [str(token.attrs[name]) for kind, name in _LINKS for token in inline if token.type == kind]


def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def _blocks(page: Path, tokens: list[Token]) -> Iterator[Block]:
    unrun: str | None = None
    for token in tokens:
        if token.type == "html_block":
            found = _COMMENT.match(token.content)
            kind = found["kind"] if found else ""
            unrun = found["rest"].lstrip(": ").strip() if found and kind == "not-run" else None
            if found and kind == "python":
                yield Block(page, _first_line(token), kind, found["rest"].lstrip("\n"), hidden=True)
        elif token.type == "fence":
            language = token.info.strip()
            yield Block(page, _first_line(token), language, token.content, unrun=unrun)
            unrun = None


def _first_line(token: Token) -> int:
    assert token.map is not None
    return token.map[0] + 2
