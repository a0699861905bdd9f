"""Highlight source code on the server, as HTML with a class for each kind of token."""

from functools import lru_cache
from pathlib import Path

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LANGUAGES = {"py": "python", "html": "html+django", "css": "css", "js": "javascript"}


def load_lexers() -> None:
    """Load what `highlighted` needs, which takes a moment."""
    for language in LANGUAGES:
        highlighted("", language)


def highlighted(code: str, language: str) -> Markup:
    """Return the code as HTML, for a `<pre>`. An unknown language is text."""
    try:
        lexer = get_lexer_by_name(LANGUAGES.get(language, language) or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    return Markup(highlight(code, lexer, HtmlFormatter(nowrap=True)))  # noqa: S704  Pygments escapes the code


@lru_cache(500)
def numbered_lines(path: Path, changed: int) -> Markup:
    """Return a file as HTML, with an element for each line. `changed` is its time, so that it is read again."""
    lines = highlighted(path.read_text(encoding="utf-8"), path.suffix.lstrip(".")).splitlines()
    return Markup("\n").join(Markup('<span class="line">{}</span>').format(Markup(line)) for line in lines)  # noqa: S704
