"""Change of the session by a view, until an HTTP response can apply it."""

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from pyview.sessions.session import HIDDEN

SESSION_EVENT = "pyview:session"  # the page's script listens for it
MAX_BYTES = 16 * 1024  # of the change as JSON, because the browser carries it
TOO_EARLY = (
    "The session can be changed once the page is live: in handle_event, handle_info or an @event handler. In mount and "
    "the first handle_params it cannot: change request.session in a Starlette route instead."
)
NO_SESSION = (
    "There is no session to change: the application has no session middleware. "
    "Add one: app.add_middleware(SessionMiddleware, secret_key=...)"
)


class SessionNotWritable(RuntimeError):
    """The session cannot be changed at this moment, or there is none."""


@dataclass(frozen=True, slots=True)
class SessionChange:
    """Change of a session. `values` are JSON data; None removes its key. `clear` removes all other keys."""

    values: dict[str, Any] = field(default_factory=dict)
    clear: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "SessionChange":
        """Return a change with a copy of `values`.

        Raises `TypeError` for values that are not JSON-serialisable, and `ValueError` for PyView's own names.
        """
        for name in values:
            _check_name(name)
        return cls(_copied(values))

    def then(self, later: "SessionChange") -> "SessionChange":
        """Return this change followed by `later`. Raises `ValueError` if the result is too large."""
        if later.clear:
            return later
        both = SessionChange({**self.values, **later.values}, self.clear)
        size = len(both.to_json())
        if size > MAX_BYTES:
            raise ValueError(
                f"a session change may have {MAX_BYTES} bytes as JSON, got {size}: store large values in a database, "
                "and their key in the session"
            )
        return both

    def apply(self, session: MutableMapping[str, Any]) -> None:
        if self.clear:
            session.clear()
        for name, value in self.values.items():
            if value is None:
                session.pop(name, None)
            else:
                session[name] = value

    def to_json(self) -> str:
        return json.dumps([self.clear, self.values])

    @classmethod
    def from_json(cls, text: str) -> "SessionChange":
        clear, values = json.loads(text)
        return cls(values, clear)


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"the keys of a session are text, got {name!r}")
    if name.startswith(HIDDEN):
        raise ValueError(f"{name!r}: names that begin with {HIDDEN!r} are reserved for PyView")


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(values), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"a session contains JSON data (text, numbers, true, false, lists, dicts): {error}. "
            "Store an id or a text instead."
        ) from error
    return copy
