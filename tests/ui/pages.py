"""Pages of components, rendered to text and into a tree, which must be the same."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from jinja2 import StrictUndefined

from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge

# Strict, so that the components do not rely on names and attributes that are not there.
ENVIRONMENT = create_environment(undefined=StrictUndefined)
IMPORT = '{% import "pyview/components.html" as ui %}'


class Page:
    """A template that is rendered again and again: the client's page must equal the text."""

    def __init__(self, source: str) -> None:
        self.template = LiveTemplate.from_string(IMPORT + source, environment=ENVIRONMENT)
        self._rendering = self.template.rendering()
        self._tree: dict[str, Any] = {}

    def render(self, **names: Any) -> BeautifulSoup:
        text = self.template.render(names)
        self._tree = merge(self._tree, self._rendering.update(names))
        assert to_html(self._tree) == text
        assert self._rendering.update(names) == {}
        return BeautifulSoup(text, "html.parser")


def rendered(source: str, **names: Any) -> BeautifulSoup:
    return Page(source).render(**names)


def only(soup: BeautifulSoup | Tag, css: str) -> Tag:
    """Return the only element that matches."""
    (found,) = soup.select(css)
    return found
