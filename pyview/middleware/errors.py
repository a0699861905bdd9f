"""What a reader sees when a page cannot be shown: the status, and for a failure a number that the log has as well.

With `debug=True` a failure shows the developer where it happened: file and line of the handler or of the template.
Who does not ask for HTML gets text.

What a developer sees when a page fails: the message, and the lines of their own files that led to it.
"""

import linecache
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from inspect import isawaitable
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import quote

import jinja2
from jinja2 import Environment
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.auth.connection import client_address
from pyview.observability.error_ids import CrashLog, is_own, is_template, may_leave
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
<p>Error id {error_id}. This page is shown because the application has <code>debug=True</code>; others see the
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


def failure_page(error: Exception, error_id: str) -> str:
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
            error_id=error_id,
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


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an application's own error page has to show.

    `phrase` are the words of the status, `detail` those of the `HTTPException`. `error_id` is the id of the failure
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

_ERROR_PAGE = Pattern("""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{status} {phrase}</title></head>
<body style="font-family: system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem">
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
    """The page of an application that has none of its own."""
    text = f"{_FAILED}{error.error_id}" if error.error_id else error.detail
    if text == error.phrase:
        text = f"Error {error.status}"
    return str(
        _ERROR_PAGE.fill(status=str(error.status), phrase=error.phrase, text=text, way_home=_way_home(error))
    )


def _way_home(error: ErrorPage) -> Markup:
    """Return the link to the start page; "" where the start page is what could not be shown."""
    return Markup() if error.path == error.home else _WAY_HOME.fill(home=error.home)


def error_template(environment: Environment, name: str) -> ErrorPageFunction:
    """An error page from a Jinja2 template, which has the `ErrorPage` as `error`."""
    return lambda error: environment.get_template(name).render(error=error)


class ErrorPages:
    """The error pages of one application. `page` makes them; `debug` shows developers what has failed."""

    def __init__(self, page: ErrorPageFunction, crashes: CrashLog, *, debug: Callable[[], bool]) -> None:
        self._page = page
        self._crashes = crashes
        self._debug = debug

    async def http_error(self, request: Request, error: HTTPException) -> Response:
        """The answer to an `HTTPException`: its status and its headers stay."""
        if error.status_code in (204, 304):
            return Response(status_code=error.status_code, headers=error.headers)
        page = _error_page(request, error.status_code, error.detail)
        return await self._response(request, page, error.headers)

    async def failure(self, request: Request, error: Exception) -> Response:
        """The answer to an exception that nobody expected: 500, and an error id."""
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


class Failures:
    """ASGI middleware, outside of all others: answers what they did not expect, and logs it once."""

    def __init__(self, app: ASGIApp, pages: ErrorPages) -> None:
        self.app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if not started:
                response = await self._pages.failure(Request(scope), error)
                await response(scope, receive, send)
                if not may_leave(scope):
                    return
            raise


def _error_page(request: Request, status: int, detail: str, error_id: str = "") -> ErrorPage:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = f"Error {status}"
    home = quote(f"{request.scope.get('root_path', '')}/")
    return ErrorPage(status, phrase, detail, request.url.path, error_id, home)


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
