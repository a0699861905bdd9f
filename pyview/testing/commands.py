"""What stands in a `phx-*` attribute: the name of an event, or JavaScript commands as JSON."""

import json
from typing import Any, NamedTuple

from pyview.wire.client_tree import ProtocolError

# Commands that change only how the page looks. They have no effect here: no style and no time passes in a test.
_APPEARANCE_NAMES = (
    "toggle show hide add_class remove_class toggle_class transition set_attr remove_attr toggle_attr "
    "ignore_attrs focus focus_first push_focus pop_focus"
)
APPEARANCE = frozenset(_APPEARANCE_NAMES.split())
ACTIVE = frozenset(("push", "navigate", "patch", "exec", "dispatch"))


class Command(NamedTuple):
    """One command: `op` and its arguments, as in section "JS command encodings" of the protocol."""

    op: str
    args: dict[str, Any]


def parse(attribute: str) -> list[Command]:
    """The commands of an attribute; an event's name is a push of that event."""
    if not attribute.startswith("["):
        return [Command("push", {"event": attribute})]
    return [_command(item, attribute) for item in json.loads(attribute)]


def _command(item: Any, attribute: str) -> Command:
    if not (isinstance(item, list) and len(item) == 2 and isinstance(item[1], dict)):
        raise ProtocolError(f"a JS command is [op, {{arguments}}], got {item!r} in {attribute!r}")
    if item[0] not in APPEARANCE | ACTIVE:
        raise ProtocolError(f"the client knows no JS command {item[0]!r}: {attribute!r}")
    return Command(item[0], item[1])
