"""Error pages: for users the status, and the error id of a failure; for developers the lines that led to the failure.

With `debug=True` the page of a failure shows the message, and the lines of the application's own files that led to it.
A client that does not accept HTML gets text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from inspect import isawaitable
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from pyview.auth.connection import client_address
from pyview.middleware.failure_pages import FailurePages
from pyview.observability.error_ids import CrashLog
from pyview.template.markup import Pattern


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
        self.failure_pages = FailurePages()

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
            return self.failure_pages.response(request, error, error_id)
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
