"""Root template of the examples: one stylesheet, and in the gallery a link back to the index."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from markupsafe import Markup
from starlette.staticfiles import StaticFiles

from pyview import RootTemplate, RootTemplateContext, defaultRootTemplate

NOTHING = Markup()
STYLESHEET = Markup('<link rel="stylesheet" href="/assets/gallery.css">')
BAR = Markup(
    '<nav class="bar" aria-label="Gallery"><a href="/">← All examples</a><code>examples/{}</code></nav>'
)

assets = StaticFiles(directory=Path(__file__).parent / "assets")


def page(title: str) -> RootTemplate:
    """Return the root template of an example that runs alone."""
    return _document(title, _main)


def gallery_page(title: str, folder: str) -> RootTemplate:
    """Return the root template of an example in the gallery."""
    return _document(title, partial(_main, above=BAR.format(folder)))


def _document(title: str, wrapper: Callable[[RootTemplateContext, Markup], Markup]) -> RootTemplate:
    return defaultRootTemplate(
        css=STYLESHEET, title=title, title_suffix="", content_wrapper=wrapper, component_styles=True
    )


def _main(context: RootTemplateContext, content: Markup, above: Markup = NOTHING) -> Markup:
    return above + Markup("<main>{}</main>").format(content)
