"""Steps that a tab takes after a message of the server: load, navigate, join again, send something else.

Messages arrive while the client reads, but most of what they ask for needs to send and to wait. So the code that reads
only queues steps; `Tab.follow` takes them in order.
"""

from dataclasses import dataclass
from typing import Any

from pyview.testing.view import View


@dataclass(frozen=True, slots=True)
class FollowRedirect:
    """Load another URL. `payload` is the server's: `to`, and maybe `flash`."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LiveRedirect:
    """Navigate to another view on the same socket. `payload` is the server's: `to`, `kind`, and maybe `flash`."""

    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reload:
    """Load the page again because the server refused to join `view` and answered `response`."""

    view: View
    response: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoadAgain:
    """Load the page again because its code has changed."""


@dataclass(frozen=True, slots=True)
class JoinAgain:
    """Join a view again that has crashed."""

    view: View


@dataclass(frozen=True, slots=True)
class SyncInnerViews:
    """Join the views that the page now contains, and leave those that it no longer contains."""


@dataclass(frozen=True, slots=True)
class SubmitTriggered:
    """Submit the form with `phx-trigger-action` over HTTP."""


@dataclass(frozen=True, slots=True)
class ChangeSession:
    """Change the session over HTTP. `order` is the server's: `token`, and maybe `to` and `flash`."""

    order: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DropComponents:
    """Tell the server that components of `view` have gone from the page."""

    view: View
    cids: frozenset[int]


Step = (
    FollowRedirect
    | LiveRedirect
    | Reload
    | LoadAgain
    | JoinAgain
    | SyncInnerViews
    | SubmitTriggered
    | ChangeSession
    | DropComponents
)
