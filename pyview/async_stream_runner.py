"""AsyncStreamRunner: an async generator into a view, one `InfoEvent` for each of its values."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any, Protocol

from pyview.async_work import Job
from pyview.events.info_event import InfoEvent


class Background(Protocol):
    """What runs the generators: the socket of a view."""

    def run_beside(self, name: str, job: Job, closing: Callable[[Any], InfoEvent | None]) -> None: ...
    def stop_beside(self, name: str) -> bool: ...
    def tell(self, event: InfoEvent) -> Awaitable[None]: ...
