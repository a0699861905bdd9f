"""Messages that wait for one mailbox."""

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple


class _Posted(NamedTuple):
    """A message of the connection, among those of the application."""

    message: Any


class Waiting:
    """Queue of messages in the order in which they came.

    Messages of the connection and of the application are counted apart: a browser may send few, and a burst of the
    application's own does not use up what the browser may send.
    """

    __slots__ = ("_messages", "posted")

    def __init__(self) -> None:
        self._messages: deque[Any] = deque()
        self.posted = 0
        """Count of messages of the connection."""

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Any]:
        return (each.message if type(each) is _Posted else each for each in self._messages)

    @property
    def internal(self) -> int:
        """Count of messages of the application."""
        return len(self._messages) - self.posted

    def add_posted(self, message: Any) -> None:
        self._messages.append(_Posted(message))
        self.posted += 1

    def add(self, message: Any) -> None:
        self._messages.append(message)

    def pop(self) -> Any:
        """Remove and return the message that has waited longest."""
        message = self._messages.popleft()
        if type(message) is _Posted:
            self.posted -= 1
            return message.message
        return message
