"""Pages of `docs/` for the generator: without tests, with two pictures for two themes, and with links that it knows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.site.diagram import drawn
from scripts.site.pictures import size
from scripts.stamps import ROOT

DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(?P<indent> *)(?P<marks>```+)(?P<language>[\w+-]*)$")
_FILE_NAME = re.compile(r"^(?:#|//|/\*|\{#|<!--)\s*(?P<name>[\w./-]+\.\w+)\s*(?:\*/|#\}|-->)?$")
_BEGIN = re.compile(r"<!-- begin ([a-z]+) -->")
_OUTSIDE = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\(\.\./(?P<path>[^)\s]+)\)")
_PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(images/(?P<name>[\w-]+)\.webp\)")


@dataclass(frozen=True)
class Fence:
    """A block of code: its language, its lines, and the indentation of its list item."""

    indent: str
    language: str
    lines: list[str]


def prepared(text: str, repository: str = "") -> str:
    """Return a page for the generator. `repository` is the URL of the source files, if it is public."""
    parts: list[str] = []
    for part in _parts(text.splitlines()):
        if isinstance(part, Fence):
            parts.extend(_code(part))
        else:
            parts.append(_outside(_pictures(part), repository))
    return "\n".join(parts) + "\n"


def _parts(lines: list[str]) -> Iterator[str | Fence]:
    """Yield lines and blocks of code. Comments are tests of the page, or `<!-- begin name -->` and `<!-- end -->`."""
    rest = iter(lines)
    for line in rest:
        opened = _FENCE.match(line)
        if opened:
            yield Fence(
                opened["indent"], opened["language"], _until(rest, opened["indent"] + opened["marks"])
            )
        elif began := _BEGIN.fullmatch(line):
            yield f'<div class="{began[1]}" markdown>\n'
        elif line == "<!-- end -->":
            yield "\n</div>"
        elif line.startswith("<!--"):
            _skip_comment(line, rest)
        else:
            yield line


def _until(lines: Iterator[str], end: str) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line == end:
            return found
        found.append(line)
    raise ValueError(f"a block of code is not closed by {end!r}")


def _skip_comment(line: str, rest: Iterator[str]) -> None:
    while "-->" not in line:
        line = next(rest)


def _code(fence: Fence) -> list[str]:
    """Return a block of code. The comment with the name of its file becomes its title."""
    if fence.language == "mermaid":
        return ["", drawn(fence.lines), ""]
    lines, title = fence.lines, ""
    named = _FILE_NAME.match(lines[0].strip()) if lines else None
    if named:
        title, lines = f' title="{named["name"]}"', lines[1:]
        while lines and not lines[0].strip():
            lines = lines[1:]
    language = {"html": "html+jinja"}.get(fence.language, fence.language)
    return [f"{fence.indent}```{language}{title}", *lines, f"{fence.indent}```"]


def _pictures(line: str) -> str:
    return _PICTURE.sub(lambda found: _both_themes(found["alt"], found["name"]), line)


def _both_themes(alt: str, name: str) -> str:
    """Return the picture for each theme. Its size is known before it is loaded, so that nothing moves."""
    width, height = size(DOCS / "images" / f"{name}.webp")
    attributes = f"{{ width={width} height={height} loading=lazy }}"
    files = (f"images/{name}.webp#only-light", f"images/{name}-dark.webp#only-dark")
    return " ".join(f"![{alt}]({file}){attributes}" for file in files)


def _outside(line: str, repository: str) -> str:
    """Lead links to files outside of `docs/` to the repository. Without one, leave their text."""
    shown = rf"[\g<text>]({repository}/blob/main/\g<path>)" if repository else r"\g<text>"
    return _OUTSIDE.sub(shown, line)


def write_pages(folder: Path, repository: str = "") -> None:
    for page in sorted(DOCS.glob("*.md")):
        text = prepared(page.read_text(encoding="utf-8"), repository)
        front = (
            "---\ntemplate: home.html\nhide: [navigation, toc]\n---\n\n" if page.name == "index.md" else ""
        )
        (folder / page.name).write_text(front + text, encoding="utf-8")
