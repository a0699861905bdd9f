"""The log of an application in development: one line for each request and message, with its time."""

import logging
import sys
from typing import Any, Final

from pyview.serving.terminal import Terminal

_QUIET: Final = ("/live/assets/", "/live/health", "/live/ready", "/favicon.ico")

_INTERNAL: Final = ("leave", "PushToPage", "FilesChanged")


class LineFormatter(logging.Formatter):
    """`12:03:04  Cart: event "add" in 0.4 ms`, with a colour for warnings and errors."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def format(self, record: logging.LogRecord) -> str:
        text = _request(record.args) if record.name == "uvicorn.access" else record.getMessage()
        if record.exc_info:
            # The failures of an application in debug mode have a text of their own.
            text = f"{text}\n{record.exc_text or self.formatException(record.exc_info)}"
        return self._terminal.formatted(text, _colour(record.levelno), record.created)


def log_to(terminal: Terminal) -> None:
    """Write the logs of PyView and of the server to the terminal. The application's own loggers are left alone."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LineFormatter(terminal))
    for name, level in (("pyview", logging.INFO), ("uvicorn", logging.INFO)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
    messages = logging.getLogger("pyview.messages")
    messages.setLevel(logging.DEBUG)
    messages.addFilter(_is_of_page)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").addFilter(_is_of_interest)


def _is_of_page(record: logging.LogRecord) -> bool:
    """Return False for messages that follow from others: a page leaves because it goes to another process."""
    return not str(_parts(record.args)[1]).startswith(_INTERNAL)


def _is_of_interest(record: logging.LogRecord) -> bool:
    """Return False for requests that a developer has not caused."""
    _, _, path, _, status = _parts(record.args)
    return not (str(path).startswith(_QUIET) and int(status) < 400)


def _request(arguments: Any) -> str:
    _, method, path, _, status = _parts(arguments)
    return f"{method} {path} {status}"


def _parts(arguments: Any) -> tuple[Any, ...]:
    return tuple(arguments)  # client, method, path, HTTP version, status: as uvicorn logs them


def _colour(level: int) -> str:
    if level >= logging.ERROR:
        return "red"
    return "yellow" if level >= logging.WARNING else ""
