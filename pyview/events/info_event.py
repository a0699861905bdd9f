"""InfoEvent: a message of the server to a view."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class InfoEvent:
    """A message for `handle_info`: from a timer, from `send_info`, or a broadcast, with the topic as its name."""

    name: str
    payload: Any = None
