"""Root template of the examples: the default style, and one style sheet for what it does not have."""

from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup
from starlette.staticfiles import StaticFiles

from pyview import RootTemplate, RootTemplateContext, defaultRootTemplate

STYLESHEET = Markup('<link rel="stylesheet" href="/assets/gallery.css">')

assets = StaticFiles(directory=Path(__file__).parent / "assets")


def page(title: str) -> RootTemplate:
    """Return the root template of an example that runs alone."""
    return document(title, _main)


def document(title: str | None, wrapper: Callable[[RootTemplateContext, Markup], Markup]) -> RootTemplate:
    """Return a root template with `wrapper` around the live element."""
    return defaultRootTemplate(css=STYLESHEET, title=title, content_wrapper=wrapper, style=True)


def _main(context: RootTemplateContext, content: Markup) -> Markup:
    return Markup("<main>{}</main>").format(content)
