"""Attributes that the client reads as the name of an event or as JS commands, and values that may stand there.

The client takes a text that begins with `[` for a list of commands, in JSON, and runs them. So such a text comes from a
chain of `pyview.js` or from the author of the template, never from data. In HTML, a chain begins with an entity, as
escaped text never does.
"""

import html
import json
from typing import Any, Final

from pyview.js.commands import JsCommands

EVENT_BINDINGS: Final = frozenset(
    "phx-" + name
    for name in (
        *("click", "click-away", "submit", "change", "auto-recover", "keydown", "keyup", "focus", "blur"),
        *("window-keydown", "window-keyup", "window-focus", "window-blur", "viewport-top", "viewport-bottom"),
    )
)
"""Those that hold the name of an event, or JS commands."""

COMMAND_BINDINGS: Final = frozenset({"phx-mounted", "phx-remove", "phx-connected", "phx-disconnected"})
"""Those that hold JS commands only."""

BINDINGS: Final = EVENT_BINDINGS | COMMAND_BINDINGS

_PLAIN: Final = (JsCommands, int, float)


def is_binding(name: str) -> bool:
    """Return whether the client runs JS commands in the attribute."""
    return name.lower() in BINDINGS


def event_text(value: Any) -> Any:
    """`value`; a text that the client would run is turned into the name of an event that no view handles."""
    text = _commands_in_text(value)
    return value if text is None else f"unsafe:{text}"


def commands_text(value: Any) -> Any:
    """`value`; a text that the client would run is turned into no commands."""
    return value if _commands_in_text(value) is None else "[]"


def _commands_in_text(value: Any) -> str | None:
    """The text, if the client would run it and it does not come from a chain of commands."""
    if isinstance(value, _PLAIN):
        return None
    if hasattr(value, "__html__"):
        written = str(value.__html__())
        return html.unescape(written) if written.startswith("[") else None
    text = str(value)
    return text if text.startswith("[") else None


def binding_text(name: str, value: Any) -> Any:
    """`value` at the beginning of the attribute `name`, a binding."""
    return commands_text(value) if name.lower() in COMMAND_BINDINGS else event_text(value)


def command_piece(value: Any) -> Any:
    """`value` as a piece of commands that are written by hand: it stays within the JSON string that it stands in."""
    return (
        value if isinstance(value, _PLAIN) else json.dumps(seen_by_browser(value), ensure_ascii=False)[1:-1]
    )


def seen_by_browser(value: Any) -> str:
    """The text of a value in an attribute, after a browser has resolved the entities of what is HTML already."""
    return html.unescape(str(value.__html__())) if hasattr(value, "__html__") else str(value)
