"""What a developer sees when a page fails: the message, and the lines of their own files that led to it."""

import linecache
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple

import jinja2
from markupsafe import Markup, escape

from pyview.observability.error_ids import is_own, is_template
from pyview.template.markup import Pattern

_AROUND = 4

_FAILURE_PAGE = Pattern("""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{kind}: {first_line}</title>
<style>
:root { color-scheme: light dark; --wash: #f4f4f4; --mark: #ffd0d0; }
@media (prefers-color-scheme: dark) { :root { --wash: #262626; --mark: #5c2626; } }
body { font-family: system-ui, sans-serif; margin: 2rem 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; white-space: pre-wrap; } h2 { font-size: 1rem; }
pre { background: var(--wash); padding: .7rem; overflow-x: auto; overflow-wrap: normal; }
mark { background: var(--mark); color: inherit; display: block; width: max-content; min-width: 100%; }
@media (min-width: 48rem) { body { margin: 2rem; } }
</style></head>
<body>
<h1>{kind}: {message}</h1>
{places}
<details><summary>The whole traceback</summary><pre>{whole}</pre></details>
<p>Correlation id {number}. This page is shown because the application has <code>debug=True</code>; others see the
number only.</p>
</body>
</html>
""")

_PLACE = Pattern("<h2>{what} {file}, line {line}</h2>\n{lines}")


class _Place(NamedTuple):
    file: str
    line: int

    @property
    def is_template(self) -> bool:
        return is_template(self.file)


def failure_page(error: Exception, number: str) -> str:
    """The page as HTML. The innermost of the developer's own lines comes first."""
    message = str(error) or "(no message)"
    places = Markup("").join(_shown(place) for place in _places(error))
    return str(
        _FAILURE_PAGE.fill(
            kind=type(error).__name__,
            first_line=message.splitlines()[0][:100],
            message=message,
            places=places,
            whole="".join(traceback.format_exception(error)),
            number=number,
        )
    )


def _places(error: BaseException) -> Iterator[_Place]:
    if isinstance(error, jinja2.TemplateSyntaxError) and error.filename:
        yield _Place(error.filename, error.lineno)
    own = [place for place in _frames(error.__traceback__) if is_own(place.file)]
    yield from reversed(own[-4:])


def _frames(trace: TracebackType | None) -> Iterator[_Place]:
    for frame, line in traceback.walk_tb(trace):
        yield _Place(frame.f_code.co_filename, line)


def _shown(place: _Place) -> Markup:
    numbers = range(max(1, place.line - _AROUND), place.line + _AROUND + 1)
    texts = ((number, linecache.getline(place.file, number)) for number in numbers)
    shown = Markup("").join(
        _line(number, text, marked=number == place.line) for number, text in texts if text
    )
    what = "Template" if place.is_template else "File"
    # A template that came from no file has no lines to show.
    lines = Markup("<pre>{}</pre>\n").format(shown) if shown else shown
    return _PLACE.fill(what=what, file=place.file, line=str(place.line), lines=lines)


def _line(number: int, text: str, *, marked: bool) -> Markup:
    line = escape(f"{number:>4}  {text.rstrip()}")
    return Markup("<mark>{}</mark>").format(line) if marked else line + Markup("\n")
