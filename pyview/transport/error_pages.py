"""What a reader sees when a page cannot be shown: the status, and for a failure a number that the log has as well.

With `debug=True` a failure shows the developer where it happened: file and line of the handler or of the template.
Who does not ask for HTML gets text.
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
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.observability.error_ids import CrashLog, may_leave
from pyview.template.markup import Pattern
from pyview.transport.failure_page import failure_page
from pyview.transport.guards import client_address


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an application's own error page has to show.

    `phrase` are the words of the status, `detail` those of the `HTTPException`. `correlation_id` is the number of the
    failure in the log, "" for an error that is none, such as a 404. `home` is the path of the start page, with the
    prefix that the application is mounted under.
    """

    status: int
    phrase: str
    detail: str
    path: str
    correlation_id: str = ""
    home: str = "/"


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

_FAILED = "Something went wrong on our side. If you tell us about it, please tell us this number, too: "


def default_error_page(error: ErrorPage) -> str:
    """The page of an application that has none of its own."""
    text = f"{_FAILED}{error.correlation_id}" if error.correlation_id else error.detail
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
        """The answer to an exception that nobody expected: 500, and a number."""
        number = self._log_crash(request, request.method, error)
        if self._debug() and _wants_html(request):
            return HTMLResponse(failure_page(error, number), 500)
        page = _error_page(request, 500, f"Internal Server Error (correlation id {number})", number)
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


def _error_page(request: Request, status: int, detail: str, number: str = "") -> ErrorPage:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = f"Error {status}"
    home = quote(f"{request.scope.get('root_path', '')}/")
    return ErrorPage(status, phrase, detail, request.url.path, number, home)


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
