"""Failures get a number: the log has it with the traceback, the browser gets nothing but the number."""

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress

from pyview.complaints import Complaints
from pyview.tracebacks import own_part, own_place

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
        self._counts = Complaints(logger, _LINES, things="crashes")

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
