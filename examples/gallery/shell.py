"""The documents of the gallery: a bar with the way home on each page, and a frame with the source of the example."""

from functools import partial

from markupsafe import Markup

from examples.gallery.catalogue import Example
from examples.page import STYLESHEET, document
from pyview import RootTemplate, RootTemplateContext

HOME = Markup('<a href="/">← All examples</a>')
BAR = Markup(
    '<nav class="bar" aria-label="Gallery">{home} <strong>{title}</strong>'
    '<span>{source} <a href="/guides/{guide}">Guide</a></span></nav>'
)
SOURCE_PAGE = Markup('<a href="/sources/{folder}">Source</a>')
SOURCE_BELOW = Markup('<a class="to-source" href="#source">Source</a>')
STAGE = Markup('{bar}<div class="stage"><main>{content}</main>{source}</div>')
# A document of its own: the files of an example are often larger than its page.
SOURCE = Markup(
    '<aside id="source" class="source"><iframe src="/sources/{folder}" title="Source of {title}" loading="lazy">'
    "</iframe></aside>"
)
PLAIN = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">{stylesheet}</head><body>{stage}</body></html>'
)


def gallery_document() -> RootTemplate:
    """Return the root template of the start page and the guides."""
    return document(None, in_gallery)


def example_document(example: Example) -> RootTemplate:
    """Return the root template of an example."""
    return document(example.title, partial(below_bar if example.whole else on_stage, example))


def plain_document(example: Example, content: Markup) -> str:
    """Return the document of a page of an example that is no live view."""
    stage = STAGE.format(bar=bar(example), content=content, source=source(example))
    return PLAIN.format(title=example.title, stylesheet=STYLESHEET, stage=stage)


def in_gallery(context: RootTemplateContext, content: Markup) -> Markup:
    home = Markup('<nav class="bar" aria-label="Gallery">{}</nav>').format(HOME)
    is_start = context.get("path") == "/"
    return Markup('{}<main class="gallery">{}</main>').format("" if is_start else home, content)


def on_stage(example: Example, context: RootTemplateContext, content: Markup) -> Markup:
    return STAGE.format(bar=bar(example), content=content, source=source(example))


def below_bar(example: Example, context: RootTemplateContext, content: Markup) -> Markup:
    return Markup("{}{}").format(bar(example), content)


def bar(example: Example) -> Markup:
    source = SOURCE_PAGE.format(folder=example.folder) if example.whole else SOURCE_BELOW
    return BAR.format(home=HOME, title=example.title, guide=example.guide, source=source)


def source(example: Example) -> Markup:
    return SOURCE.format(folder=example.folder, title=example.title)
