"""An application in one expression, for examples in a single file and for experiments."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from pyview.app import PyView
from pyview.live_view import LiveView
from pyview.template.markup import Pattern
from pyview.template.root_template import defaultRootTemplate

_LINK = Pattern('<link rel="icon" href="data:image/svg+xml,{svg}">')
_ICON = Pattern(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="14" fill="{bg}"/>'
    '<text x="32" y="43" font-family="sans-serif" font-size="30" font-weight="bold" text-anchor="middle" fill="{fg}">'
    "{initials}</text></svg>"
)


@dataclass(frozen=True)
class Favicon:
    """An icon with the initials of the title. The colours are CSS colours."""

    bg_color: str = "#3b5bdb"
    text_color: str = "#ffffff"

    def link(self, title: str) -> Markup:
        """Return the `<link>` element for `<head>`."""
        svg = _ICON.fill(bg=self.bg_color, fg=self.text_color, initials=initials_of(title))
        # In a data URL a `#`, with which colours begin, would begin the fragment: so the SVG is
        # percent-encoded.
        return _LINK.fill(svg=quote(svg))


def initials_of(title: str) -> str:
    """Return the first letters of the first two words."""
    return "".join(word[0] for word in title.split()[:2]).upper()


class PlaygroundBuilder:
    """Collects the parts of an application for `build`. Each other method returns the builder."""

    def __init__(self) -> None:
        self._views: list[tuple[str, type[LiveView[Any]]]] = []
        self._css: list[str] = []
        self._title: str | None = None
        self._favicon: Favicon | None = Favicon()

    def with_live_view(self, view: type[LiveView[Any]], path: str = "/") -> "PlaygroundBuilder":
        """Serve `view` at `path`."""
        self._views.append((path, view))
        return self

    def with_css(self, css: str) -> "PlaygroundBuilder":
        """Put an element into `<head>`, such as a style sheet or a script. It is not escaped.

        May be called several times.
        """
        self._css.append(css)
        return self

    def with_title(self, title: str) -> "PlaygroundBuilder":
        """Set the title of pages whose view sets none. The icon shows its initials."""
        self._title = title
        return self

    def with_favicon(self, favicon: Favicon) -> "PlaygroundBuilder":
        """Set the colours of the icon."""
        self._favicon = favicon
        return self

    def no_favicon(self) -> "PlaygroundBuilder":
        """Serve pages without an icon."""
        self._favicon = None
        return self

    def build(self, **options: Any) -> PyView:
        """Return the application. `options` are those of `PyView`. Raises `ValueError` if there is no view."""
        if not self._views:
            raise ValueError(
                "playground().build() has no view to serve; call .with_live_view(YourView) first"
            )
        app = PyView(**options)
        app.rootTemplate = defaultRootTemplate(
            css=Markup("\n").join(Markup(each) for each in self._css),  # noqa: S704  the developer's own elements
            title=self._title,
            title_suffix=None,
            head_content=self._icon(),
        )
        for path, view in self._views:
            app.add_live_view(path, view)
        return app

    def _icon(self) -> Markup | None:
        return self._favicon.link(self._title) if self._favicon and self._title else None


def playground() -> PlaygroundBuilder:
    """Return a new builder: `app = playground().with_live_view(Counter).with_title("Counter").build()`."""
    return PlaygroundBuilder()
