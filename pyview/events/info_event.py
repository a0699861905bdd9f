"""InfoEvent: what the server tells a view."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class InfoEvent:
    """A message for `handle_info`: of a timer, of `send_info`, or a broadcast, whose topic is the name."""

    name: str
    payload: Any = None
