"""Failures that are in the log already are not logged once more by the server.

An exception has to leave the application, so that test clients and whatever is around the application see it. Servers
log what leaves an application: with every frame of their own, and without a correlation id.

Granian makes text of an exception before it logs it, so that no filter knows which one it was: there it does not leave.
"""

import logging
from collections.abc import Sequence

from starlette.types import Scope

from pyview.correlation import is_logged

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
