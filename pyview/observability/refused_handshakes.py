"""A log filter for handshakes that were refused with a response, which uvicorn reports as an error.

With `websockets-sansio`, its default, uvicorn 0.54 takes a handshake for complete only if it was accepted or closed. A
worker that stops refuses several from each open page, and the log would have an error for each.
"""

import logging
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

_MESSAGE: Final = "ASGI callable returned without completing handshake."
# uvicorn logs in the task of the handshake, after the application has returned.
_refused: ContextVar[bool] = ContextVar("refused", default=False)


def note_refused() -> None:
    """Note that the handshake of this task was answered with a response."""
    _refused.set(True)


class SkipRefused(logging.Filter):
    """Drops uvicorn's error about a handshake that was refused with a response."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != _MESSAGE or not _refused.get()


def skip_refused_handshakes(loggers: Sequence[str] = ("uvicorn.error",)) -> None:
    """Add the filter to these loggers, once however often this is called."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(found, SkipRefused) for found in logger.filters):
            logger.addFilter(SkipRefused())
