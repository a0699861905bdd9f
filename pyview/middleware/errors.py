"""Error pages: for users the status, and the error id of a failure; for developers the lines that led to the failure.

With `debug=True` the page of a failure shows the message, and the lines of the application's own files that led to it.
A client that does not accept HTML gets text.
"""

import linecache
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from inspect import isawaitable
from typing import Any, NamedTuple
from urllib.parse import quote

import jinja2
from jinja2 import Environment
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from pyview.auth.connection import client_address
from pyview.observability.error_ids import CrashLog, is_own, is_template
from pyview.template.markup import Pattern

_CONTEXT_LINES = 4  # shown before and after a line

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
<p>Error id {error_id}. This page is shown because the application has <code>debug=True</code>; others see the
number only.</p>
</body>
</html>
""")

_CODE = Pattern("<h2>{what} {file}, line {line}</h2>\n{lines}")


class _CodeLine(NamedTuple):
    file: str
    line: int

    @property
    def is_template(self) -> bool:
        return is_template(self.file)


def failure_page(error: Exception, error_id: str) -> str:
    """Return the page for developers as HTML. The innermost line of their own files comes first."""
    message = str(error) or "(no message)"
    places = Markup("").join(_code_html(line) for line in _code_lines(error))
    return str(
        _FAILURE_PAGE.fill(
            kind=type(error).__name__,
            first_line=message.splitlines()[0][:100],
            message=message,
            places=places,
            whole="".join(traceback.format_exception(error)),
            error_id=error_id,
        )
    )


def _code_lines(error: BaseException) -> Iterator[_CodeLine]:
    if isinstance(error, jinja2.TemplateSyntaxError) and error.filename:
        # A template that does not compile has no frame in the traceback.
        yield _CodeLine(error.filename, error.lineno)
    frames = traceback.walk_tb(error.__traceback__)
    own = [
        _CodeLine(frame.f_code.co_filename, line)
        for frame, line in frames
        if is_own(frame.f_code.co_filename)
    ]
    yield from reversed(own[-4:])


def _code_html(code: _CodeLine) -> Markup:
    lines = Markup()
    for number in range(max(1, code.line - _CONTEXT_LINES), code.line + _CONTEXT_LINES + 1):
        text = linecache.getline(code.file, number)
        if not text:
            continue
        line = escape(f"{number:>4}  {text.rstrip()}")
        lines += Markup("<mark>{}</mark>").format(line) if number == code.line else line + Markup("\n")
    what = "Template" if code.is_template else "File"
    # A template from a string has no lines to show.
    block = Markup("<pre>{}</pre>\n").format(lines) if lines else lines
    return _CODE.fill(what=what, file=code.file, line=str(code.line), lines=block)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Values for the error page of an application.

    `phrase` is the text of the status, and `detail` that of the `HTTPException`. `error_id` is the id of the failure
    in the log, "" for an error that is not a failure, such as a 404. `home` is the path of the start page, with the
    prefix that the application is mounted under.
    """

    status: int
    phrase: str
    detail: str
    path: str
    error_id: str = ""
    home: str = "/"

    @property
    def correlation_id(self) -> str:
        """Earlier name of `error_id`."""
        return self.error_id


ErrorPageFunction = Callable[[ErrorPage], Any]
"""Returns the HTML of the page, or an awaitable of it."""

# The colours are those of client/src/palette.css. They are inline: an error page must not need a second request.
_ERROR_PAGE = Pattern("""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{status} {phrase}</title>
<style>
:root { color-scheme: light dark; }
body { max-width: 32rem; margin: 15vh auto; padding: 0 1rem; background: light-dark(#f6f5f1, #121517);
  color: light-dark(#1d2226, #e9e7e2); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
main { padding: 2rem; border: 1px solid light-dark(#d9d6cd, #2d3338); border-radius: 1rem;
  background: light-dark(#fff, #1a1e21); }
h1 { margin: 0 0 .75rem; font-size: 1.75rem; font-weight: 650; line-height: 1.2; letter-spacing: -.015em; }
p { margin: 0 0 1rem; } p:last-child { margin: 0; }
a { color: light-dark(#0b6b5d, #62d2ba); text-underline-offset: .2em; }
</style></head>
<body>
<main>
<h1>{phrase}</h1>
<p>{text}</p>
{way_home}</main>
</body>
</html>
""")

_WAY_HOME = Pattern("""\
<p><a href="{home}">Go to the start page</a></p>
""")

_FAILED = "Something went wrong on our side. If you tell us about it, please include this error id: "


def default_error_page(error: ErrorPage) -> str:
    """Return the page of an application without an error page of its own."""
    text = f"{_FAILED}{error.error_id}" if error.error_id else error.detail
    if text == error.phrase:
        text = f"Error {error.status}"
    return str(
        _ERROR_PAGE.fill(status=str(error.status), phrase=error.phrase, text=text, way_home=_way_home(error))
    )


def _way_home(error: ErrorPage) -> Markup:
    """Return the link to the start page; "" if the start page itself could not be shown."""
    return Markup() if error.path == error.home else _WAY_HOME.fill(home=error.home)


def error_template(environment: Environment, name: str) -> ErrorPageFunction:
    """Return an error page from a Jinja2 template, which has the `ErrorPage` as `error`."""
    return lambda error: environment.get_template(name).render(error=error)


class ErrorPages:
    """Error pages of one application. `page` renders them. `debug()`: show developers the cause of a failure."""

    def __init__(self, page: ErrorPageFunction, crashes: CrashLog, *, debug: Callable[[], bool]) -> None:
        self._page = page
        self._crashes = crashes
        self._debug = debug

    async def http_error(self, request: Request, error: HTTPException) -> Response:
        """Answer an `HTTPException` with its status and headers."""
        # These responses have no content (RFC 9110, 15.3.5 and 15.4.5).
        if error.status_code in (204, 304):
            return Response(status_code=error.status_code, headers=error.headers)
        page = _error_page(request, error.status_code, error.detail)
        return await self._response(request, page, error.headers)

    async def failure(self, request: Request, error: Exception) -> Response:
        """Answer any other exception: 500, with the error id of the log."""
        error_id = self._log_crash(request, request.method, error)
        if self._debug() and _wants_html(request):
            return HTMLResponse(failure_page(error, error_id), 500)
        page = _error_page(request, 500, f"Internal Server Error (error id {error_id})", error_id)
        return await self._response(request, page, None)

    def _log_crash(self, request: Request, what: str, error: Exception) -> str:
        return self._crashes.log(client_address(request.scope), request.url.path, what, error)

    async def _response(self, request: Request, page: ErrorPage, headers: Any) -> Response:
        if not _wants_html(request):
            return PlainTextResponse(page.detail, page.status, headers=headers)
        try:
            html = self._page(page)
            html = await html if isawaitable(html) else html
        except Exception as error:
            self._log_crash(request, "the error page", error)
            html = default_error_page(page)
        return HTMLResponse(str(html), page.status, headers=headers)


def _error_page(request: Request, status: int, detail: str, error_id: str = "") -> ErrorPage:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = f"Error {status}"
    home = quote(f"{request.scope.get('root_path', '')}/")
    return ErrorPage(status, phrase, detail, request.url.path, error_id, home)


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
