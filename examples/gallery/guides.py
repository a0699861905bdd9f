"""The documentation as pages: each Markdown file in `docs/`, and README.md as the list of them."""

import posixpath
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypedDict

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.exceptions import HTTPException

from examples.highlight import highlighted
from pyview import LiveView, LiveViewSocket

ROOT = Path(__file__).resolve().parents[2]
FILES = {"readme": ROOT / "README.md"} | {path.stem: path for path in sorted((ROOT / "docs").glob("*.md"))}
PAGES = {path.relative_to(ROOT).as_posix(): f"/guides/{name}" for name, path in FILES.items()}
EXTERNAL = re.compile(r"[a-z]+:|#")
NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")

PICTURE = Markup(
    '<picture><source media="(prefers-color-scheme: dark)" srcset="/guides/images/{name}-dark.webp">'
    '<img src="/guides/images/{name}.webp" alt="{alt}"></picture>'
)


class Guide(NamedTuple):
    title: str
    html: Markup


class GuideContext(TypedDict):
    html: Markup


class GuideLiveView(LiveView[GuideContext]):
    async def handle_params(self, socket: LiveViewSocket[GuideContext], name: str) -> None:
        if name not in FILES:
            raise HTTPException(404, "There is no such guide.")
        guide = read_guide(name, FILES[name].stat().st_mtime_ns)
        socket.live_title = guide.title
        socket.context = {"html": guide.html}


@lru_cache(100)
def read_guide(name: str, changed: int) -> Guide:
    """Return a guide as HTML. `changed` is the time of its file, so that a new text is read again."""
    markdown = MarkdownIt("commonmark", {"highlight": code_block})
    markdown.enable("table")
    tokens = markdown.parse(FILES[name].read_text(encoding="utf-8"))
    folder = posixpath.dirname(FILES[name].relative_to(ROOT).as_posix())
    title = next(
        (tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"), name
    )
    prepare(tokens, folder)
    # Comments are tests of the page, which readers do not see.
    shown = [
        token for token in tokens if not (token.type == "html_block" and token.content.startswith("<!--"))
    ]
    return Guide(title, Markup(markdown.renderer.render(shown, markdown.options, {})))  # noqa: S704  our own text


def code_block(code: str, language: str, attributes: str) -> str:
    """Return a block of code as HTML. It can be focused, so that the keyboard scrolls it."""
    return str(Markup('<pre tabindex="0"><code>{}</code></pre>').format(highlighted(code, language)))


def prepare(tokens: list[Token], folder: str) -> None:
    """Give headings the anchors that links use, and lead links to pages and pictures of the gallery."""
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[at + 1].content))
        elif token.type == "table_open":
            token.attrSet("tabindex", "0")  # a wide table scrolls, also by the keyboard
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", target(str(child.attrGet("href")), folder))
            elif child.type == "image":
                child.type, child.content = "html_inline", picture(child)
        if token.type == "html_block":
            token.content = token.content.replace('"docs/images/', '"/guides/images/')


def picture(image: Token) -> str:
    """Return a picture for the theme of the system: `name.webp`, and `name-dark.webp` beside it."""
    name = posixpath.basename(str(image.attrGet("src"))).removesuffix(".webp")
    return PICTURE.format(name=name, alt=image.content)


def anchor(heading: str) -> str:
    return NOT_IN_ANCHORS.sub("", heading.lower()).replace(" ", "-")


def target(href: str, folder: str) -> str:
    """Return where a link of a page in `folder` leads: a page of the gallery, or the start page for other files."""
    if EXTERNAL.match(href):
        return href
    path, _, fragment = href.partition("#")
    page = PAGES.get(posixpath.normpath(posixpath.join(folder, path)), "/")
    return f"{page}#{fragment}" if fragment else page
