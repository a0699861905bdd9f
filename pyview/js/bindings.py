"""Attributes that hold the name of an event or JS commands, and protection of them from injected commands.

The client runs any text that begins with `[` as a JSON list of commands. So such a text may come from a chain of
`pyview.js` or from the template source, but never from data. In HTML a chain begins with an entity; escaped text never
begins with one.
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
"""Attributes that hold the name of an event, or JS commands."""

COMMAND_BINDINGS: Final = frozenset({"phx-mounted", "phx-remove", "phx-connected", "phx-disconnected"})
"""Attributes that hold JS commands only."""

BINDINGS: Final = EVENT_BINDINGS | COMMAND_BINDINGS

_PLAIN: Final = (JsCommands, int, float)


def is_binding(name: str) -> bool:
    """Return True if the client runs JS commands in the attribute."""
    # HTML ignores the case of attribute names, so `PHX-Click` is a binding too.
    return name.lower() in BINDINGS


def event_text(value: Any) -> Any:
    """Return `value`; turn a text that the client would run into the name of an event that no view handles."""
    # Made harmless and not refused: the text of one visitor must not make the page fail for all others.
    text = _commands_in_text(value)
    return value if text is None else f"unsafe:{text}"


def commands_text(value: Any) -> Any:
    """Return `value`; turn a text that the client would run into an empty list of commands."""
    return value if _commands_in_text(value) is None else "[]"


def _commands_in_text(value: Any) -> str | None:
    """Return the text of a value that is no chain of commands, if the client would run it; else None."""
    if isinstance(value, _PLAIN):
        return None
    if hasattr(value, "__html__"):
        # Only a bare `[` counts. A chain that went through a macro or a block is HTML too, but begins with
        # its entity.
        written = str(value.__html__())
        return html.unescape(written) if written.startswith("[") else None
    text = str(value)
    return text if text.startswith("[") else None


def binding_text(name: str, value: Any) -> Any:
    """Return `value`, made safe for the start of the attribute `name`, one of `BINDINGS`."""
    return commands_text(value) if name.lower() in COMMAND_BINDINGS else event_text(value)


def command_piece(value: Any) -> Any:
    """Return `value` for use inside hand-written commands: escaped, so that it cannot leave its JSON string."""
    if isinstance(value, _PLAIN):
        return value
    return json.dumps(seen_by_browser(value), ensure_ascii=False)[1:-1]


def seen_by_browser(value: Any) -> str:
    """Return the text that the browser sees for a value in an attribute: the entities of HTML values are resolved."""
    return html.unescape(str(value.__html__())) if hasattr(value, "__html__") else str(value)
