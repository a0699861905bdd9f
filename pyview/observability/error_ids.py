"""Error ids: the log has the traceback of a failure under an id, and the browser shows nothing but the id.

An exception has to leave the application, so that test clients and the host application see it. A server would then log
it a second time, with all of its own frames and without an error id: `skip_logged_failures` filters that out. Granian
formats an exception before it logs it, so that no filter knows it; there, the exception does not leave (`may_leave`).
"""

import logging
import secrets
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from starlette.types import Scope

from pyview.observability.rate_limited_warnings import RateLimitedWarnings

_PACKAGE = str(Path(__file__).resolve().parents[1])
_TEMPLATES = (".html", ".jinja", ".j2", ".jinja2")
_TRACEBACKS = 10
_LINES = 60
_ERROR_ID = "_pyview_error_id"

SERVER_LOGGERS = ("uvicorn.error", "hypercorn.error")
_GRANIAN_EXTENSION = "http.response.pathsend"

LogCrash = Callable[[str, BaseException], str]
"""Logs that something has crashed; returns the error id."""


def is_template(file: str) -> bool:
    return file.endswith(_TEMPLATES)


def is_own(file: str) -> bool:
    """Return True if a file, code or template, belongs to the application, and not to a library or to PyView."""
    if is_template(file):
        return True
    # `<...>` is generated code, `/lib/python` the standard library.
    library = "site-packages" in file or "dist-packages" in file or file.startswith(_PACKAGE)
    return not library and not file.startswith("<") and "/lib/python" not in file


def own_part(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback from the first frame of the application's own code; all of it if there is none."""
    part = trace
    while part is not None and not is_own(part.tb_frame.f_code.co_filename):
        part = part.tb_next
    return part or trace


def own_place(error: BaseException) -> str:
    """Return file and line of the innermost frame of the application's own code; "" if there is none."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [(file, line) for file, line in places if is_own(file)]
    return f"{own[-1][0]}, line {own[-1][1]}" if own else ""


def new_error_id() -> str:
    """Return eight random characters, enough to find one line in a log."""
    return secrets.token_hex(4)


def is_logged(error: BaseException | None) -> bool:
    """Return True if a failure is in the log, or was left out of it because there were too many."""
    return hasattr(error, _ERROR_ID)


class LogText(NamedTuple):
    """A failure for a developer's terminal: the end of the first line, and the lines below it."""

    title: str
    lines: str


Describe = Callable[[BaseException, str, str, str], LogText | None]
"""Returns the text for an exception, the view or path, what was going on, and the error id. None: log a traceback."""


class CrashLog:
    """The log of failures of one application. `describe` may replace the tracebacks by a text for developers.

    In each minute, the first failures that one client causes are logged with a traceback, the next in one line each.
    Further ones are only counted, and the count is logged at the end of the minute: no client can flood the log.
    """

    def __init__(self, logger: logging.Logger, describe: Describe = lambda *_: None) -> None:
        self._logger = logger
        self._describe = describe
        self._counts = RateLimitedWarnings(logger, _LINES, subject="crashes")
        self.total = 0
        """Number of failures so far, with those that were left out of the log."""

    def log(self, client: str, where: str, what: str, error: BaseException) -> str:
        """Log `error`, without the values that caused it. Return the error id. `client`: an IP address."""
        error_id = new_error_id()
        self.total += 1
        with suppress(
            AttributeError
        ):  # a class with __slots__ takes no attribute: its failure may be logged twice
            setattr(error, _ERROR_ID, error_id)
        # A client can cause failures in a loop, so the limit counts per client: it must not hide those of others.
        count = self._counts.count(client)
        if count <= _TRACEBACKS:
            # The frames that lead to the application's code matter only to a developer of the framework.
            whole = self._logger.isEnabledFor(logging.DEBUG)
            text = None if whole else self._describe(error, where, what, error_id)
            trace = error.__traceback__ if whole else own_part(error.__traceback__)
            message = f"{where}: {what} crashed (error id {error_id})"
            if text is not None:
                self._log_text(f"{message}: {text.title}", error, text.lines)
            else:
                self._logger.error("%s", message, exc_info=(type(error), error, trace))
        elif count <= _LINES:
            place = own_place(error)
            kind = f"{type(error).__qualname__} at {place}" if place else type(error).__qualname__
            self._logger.error("%s: %s crashed (error id %s): %s", where, what, error_id, kind)
        return error_id

    def _log_text(self, message: str, error: BaseException, lines: str) -> None:
        logger = self._logger
        if not logger.isEnabledFor(logging.ERROR):
            return
        trace = (type(error), error, error.__traceback__)
        record = logger.makeRecord(logger.name, logging.ERROR, __file__, 0, "%s", (message,), trace)
        # Formatters use this instead of a traceback that they would make.
        record.exc_text = lines
        logger.handle(record)

    def flush_due(self) -> None:
        """Log the counts of the failures that were left out, if the minute is over."""
        self._counts.flush_due()

    def flush(self) -> None:
        """Log the counts of the failures that were left out."""
        self._counts.flush()


class SkipLogged(logging.Filter):
    """Drops records about failures that have an error id."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and is_logged(record.exc_info[1]))


def may_leave(scope: Scope) -> bool:
    """Return True if an exception that is in the log may leave the application without being logged again."""
    return _GRANIAN_EXTENSION not in scope.get("extensions", {})


def skip_logged_failures(loggers: Sequence[str] = SERVER_LOGGERS) -> None:
    """Add the filter to these loggers, once however often this is called."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(found, SkipLogged) for found in logger.filters):
            logger.addFilter(SkipLogged())
