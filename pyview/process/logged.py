"""A view whose messages are logged, one line each: for developers, on the logger `pyview.messages` at DEBUG.

The line has the names of what came with a message, never the values: those may be a password.
"""

import logging
import time
from collections.abc import Coroutine
from typing import Any

from pyview.process.described import described
from pyview.process.unread import Unread
from pyview.process.view_process import ViewProcess

logger = logging.getLogger("pyview.messages")


class LoggedViewProcess(ViewProcess):
    """One message is one line, written when it has been handled."""

    __slots__ = ()

    def _handle(self, message: Any) -> Coroutine[Any, Any, None]:
        if type(message) is Unread:
            return super()._handle(message)  # which handles what is in it
        return self._logged(message, super()._handle(message))

    async def _logged(self, message: Any, work: Coroutine[Any, Any, None]) -> None:
        begun = time.perf_counter()
        try:
            await work
        except Exception as error:
            self._say(message, begun, f" failed: {type(error).__qualname__}")
            raise
        self._say(message, begun, "")

    def _say(self, message: Any, begun: float, end: str) -> None:
        milliseconds = (time.perf_counter() - begun) * 1000
        logger.debug("%s: %s in %.1f ms%s", self._name, described(message), milliseconds, end)


def logs_messages() -> bool:
    """Whether the messages of a view that is made now are logged."""
    return logger.isEnabledFor(logging.DEBUG)
