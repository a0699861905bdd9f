"""Failures get a number: the log has it with the traceback, the browser gets nothing but the number.

The part of a traceback that is the application's own code.

Failures that are in the log already are not logged once more by the server.

An exception has to leave the application, so that test clients and whatever is around the application see it. Servers
log what leaves an application: with every frame of their own, and without a correlation id.

Granian makes text of an exception before it logs it, so that no filter knows which one it was: there it does not leave.
"""

import logging
import secrets
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from starlette.types import Scope

from pyview.observability.rate_limited_warnings import RateLimitedWarnings

_PACKAGE = str(Path(__file__).resolve().parents[1])
_TEMPLATES = (".html", ".jinja", ".j2", ".jinja2")


def is_template(file: str) -> bool:
    return file.endswith(_TEMPLATES)


def is_own(file: str) -> bool:
    """Return whether a file is the application's, code or template: neither a library's nor PyView's."""
    if is_template(file):
        return True
    library = "site-packages" in file or "dist-packages" in file or file.startswith(_PACKAGE)
    return not library and not file.startswith("<") and "/lib/python" not in file


def own_part(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback from the first frame of the application's own code on; all of it if there is none."""
    part = trace
    while part is not None and not is_own(part.tb_frame.f_code.co_filename):
        part = part.tb_next
    return part or trace


def own_place(error: BaseException) -> str:
    """Return file and line of the innermost frame of the application's own code; "" if there is none."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [(file, line) for file, line in places if is_own(file)]
    return f"{own[-1][0]}, line {own[-1][1]}" if own else ""


_TRACEBACKS = 10
_LINES = 60
_MARK = "_pyview_number"

LogCrash = Callable[[str, BaseException], str]
"""Logs that something has crashed; returns the correlation id."""


def new_correlation_id() -> str:
    """Eight characters, enough to find one line in a log."""
    return secrets.token_hex(4)


def is_logged(error: BaseException | None) -> bool:
    """Return whether a failure is in the log already, or was left out of it because there were too many."""
    return hasattr(error, _MARK)


class CrashLog:
    """The failures of one application.

    In each minute, the first failures that one client causes are logged with a traceback, the next in one line each.
    What is more is counted, and the count is logged when the minute is over: no client can flood the log.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._counts = RateLimitedWarnings(logger, _LINES, things="crashes")

    def log(self, client: str, where: str, what: str, error: BaseException) -> str:
        """Log `error`, without the values that caused it; returns the correlation id. `client` is an address."""
        number = new_correlation_id()
        with suppress(AttributeError):  # of a class that has __slots__
            setattr(error, _MARK, number)
        count = self._counts.count(client)
        if count <= _TRACEBACKS:
            self._log_whole(f"{where}: {what} crashed (correlation id {number})", error)
        elif count <= _LINES:
            place = own_place(error)
            kind = f"{type(error).__qualname__} at {place}" if place else type(error).__qualname__
            self._logger.error("%s: %s crashed (correlation id %s): %s", where, what, number, kind)
        return number

    def flush_due(self) -> None:
        """Log the counts of what was left out, if the minute is over."""
        self._counts.flush_due()

    def flush(self) -> None:
        """Log the counts of what was left out."""
        self._counts.flush()

    def _log_whole(self, message: str, error: BaseException) -> None:
        # How the framework came to call the application's code is of interest to who works on the framework.
        whole = self._logger.isEnabledFor(logging.DEBUG)
        trace = error.__traceback__ if whole else own_part(error.__traceback__)
        self._logger.error("%s", message, exc_info=(type(error), error, trace))


SERVER_LOGGERS = ("uvicorn.error", "hypercorn.error")
_GRANIANS_OWN = "http.response.pathsend"


class SkipLogged(logging.Filter):
    """Drops records about failures that have a correlation id."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and is_logged(record.exc_info[1]))


def may_leave(scope: Scope) -> bool:
    """Return whether an exception that is in the log may leave the application without being logged again."""
    return _GRANIANS_OWN not in scope.get("extensions", {})


def skip_logged_failures(loggers: Sequence[str] = SERVER_LOGGERS) -> None:
    """Filter these loggers, once however often it is called."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(found, SkipLogged) for found in logger.filters):
            logger.addFilter(SkipLogged())
