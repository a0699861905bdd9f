"""What one running view is doing, for those who operate the application."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ViewSnapshot:
    """One joined view at one moment.

    `view` is the name of its class, `page` the path and query it shows, `user` the display name of who is looking
    ("" for somebody who is not signed in). `waiting` messages are in its mailbox. `nested` says that it is no page of
    its own.
    """

    view: str
    page: str
    user: str
    waiting: int
    components: int
    timers: int
    nested: bool


def display_name_of(user: Any) -> str:
    """The name to show of a user; "" for one who is not signed in."""
    if not getattr(user, "is_authenticated", False):
        return ""
    try:
        return str(user.display_name)
    except (AttributeError, NotImplementedError):  # Starlette's own BaseUser asks for it and has none
        return type(user).__name__
