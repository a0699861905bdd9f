"""The source of an example as a document, which its page shows in a frame."""

from functools import partial
from pathlib import Path

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from examples.gallery.catalogue import EXAMPLES, Example
from examples.highlight import LANGUAGES, numbered_lines
from examples.page import STYLESHEET

FOLDER = Path(__file__).resolve().parents[1]
FILE = Markup(
    '<input type="radio" name="file" id="file-{number}"{checked}><label for="file-{number}">{name}</label>'
    '<pre tabindex="0" role="region" aria-label="{name}"><code>{lines}</code></pre>'
)
DOCUMENT = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Source of {title}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">{stylesheet}</head>'
    '<body class="files"><fieldset><legend>examples/{folder}</legend>{files}</fieldset></body></html>'
)


def source_page(request: Request) -> HTMLResponse:
    """Return the files of an example. No coroutine: Starlette runs it in a thread, because highlighting takes time."""
    folder = request.path_params["folder"]
    example = next((example for example in EXAMPLES if example.folder == folder), None)
    if example is None:
        raise HTTPException(404, "There is no such example.")
    return HTMLResponse(document_of(example))


def document_of(example: Example) -> str:
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
    return DOCUMENT.format(
        title=example.title, stylesheet=STYLESHEET, folder=example.folder, files=Markup().join(tabs)
    )


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
