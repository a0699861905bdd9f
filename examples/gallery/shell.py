"""The documents of the gallery: a bar with the way home on each page, and the source beside each example."""

from functools import partial
from pathlib import Path

from markupsafe import Markup

from examples.gallery.catalogue import Example
from examples.gallery.highlight import LANGUAGES, numbered_lines
from examples.page import STYLESHEET, document
from pyview import RootTemplate, RootTemplateContext

FOLDER = Path(__file__).resolve().parents[1]
HOME = Markup('<a href="/">← All examples</a>')
BAR = Markup(
    '<nav class="bar" aria-label="Gallery">{home} <strong>{title}</strong>'
    '<span><a class="to-source" href="#source">Source</a> <a href="/guides/{guide}">Guide</a></span></nav>'
)
STAGE = Markup('{bar}<div class="stage"><main>{content}</main>{source}</div>')
SOURCE = Markup(
    '<aside id="source" class="source" aria-label="Source"><fieldset><legend>examples/{folder}</legend>{files}'
    "</fieldset></aside>"
)
FILE = Markup(
    '<input type="radio" name="file" id="file-{number}"{checked}><label for="file-{number}">{name}</label>'
    '<pre tabindex="0" role="region" aria-label="{name}"><code>{lines}</code></pre>'
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
    return document(example.title, partial(on_stage, example))


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


def bar(example: Example) -> Markup:
    return BAR.format(home=HOME, title=example.title, guide=example.guide)


def source(example: Example) -> Markup:
    """Return the files of an example, one of them open. The views come first, each with its template."""
    files = sorted(files_of(example.folder), key=partial(place_of, example.folder))
    tabs = [
        FILE.format(
            number=number,
            name=path.name,
            checked=Markup(" checked") if number == 0 else "",
            lines=numbered_lines(path, path.stat().st_mtime_ns),
        )
        for number, path in enumerate(files)
    ]
    return SOURCE.format(folder=example.folder, files=Markup().join(tabs))


def place_of(folder: str, path: Path) -> tuple[bool, bool, bool]:
    """Return a sort key: the view of the same name first, then views with a template; the application last."""
    return path.stem == "app", path.stem != folder, not path.with_suffix(".html").exists()


def files_of(folder: str) -> list[Path]:
    """Return the files of an example by name, Python before templates, styles and scripts."""
    order = list(LANGUAGES)
    paths = [path for path in (FOLDER / folder).iterdir() if path.suffix.lstrip(".") in LANGUAGES]
    return sorted(
        (path for path in paths if path.name != "__init__.py"),
        key=lambda path: (path.stem, order.index(path.suffix.lstrip("."))),
    )
