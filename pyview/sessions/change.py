"""What a view wants to be changed in the session, until an HTTP response can do it."""

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from pyview.sessions.session import HIDDEN

SESSION_EVENT = "pyview:session"  # what the page's script listens for
MAX_BYTES = 16 * 1024
TOO_EARLY = (
    "The session can be changed once the page is live: in handle_event, handle_info or an @event handler. While a "
    "page is made, in mount or its first handle_params, a Starlette route is the place: it changes request.session."
)
NO_SESSION = (
    "There is no session to change: the application has no session middleware. "
    "Add one: app.add_middleware(SessionMiddleware, secret_key=...)"
)


class SessionNotWritable(RuntimeError):
    """The session cannot be changed here, or now."""


@dataclass(frozen=True, slots=True)
class SessionChange:
    """`values` are JSON data; one of None takes its key away. `clear`: everything else goes."""

    values: dict[str, Any] = field(default_factory=dict)
    clear: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "SessionChange":
        """A copy that later changes of `values` do not reach. Raises `TypeError` for what JSON cannot say, and
        `ValueError` for names that are not the application's."""
        for name in values:
            _check_name(name)
        return cls(_copied(values))

    def then(self, later: "SessionChange") -> "SessionChange":
        """Both, one after the other. Raises `ValueError` where that is too much for a session."""
        if later.clear:
            return later
        both = SessionChange({**self.values, **later.values}, self.clear)
        size = len(both.to_json())
        if size > MAX_BYTES:
            raise ValueError(
                f"a change of the session may hold {MAX_BYTES} bytes as JSON, got {size}: keep what is big in a "
                "database, and its key in the session"
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
        raise TypeError(f"a session has text for keys, got {name!r}")
    if name.startswith(HIDDEN):
        raise ValueError(f"{name!r}: names that begin with {HIDDEN!r} are PyView's own")


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(values), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"a session holds JSON data (text, numbers, true, false, lists, dicts): {error}. "
            "Put an id or a text into it instead."
        ) from error
    return copy
