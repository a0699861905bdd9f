"""Payloads of the client's `event` messages, and the JS commands of `phx-*` attributes that send them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bs4 import BeautifulSoup, Tag

from pyview.testing.dom import outline
from pyview.testing.errors import ElementNotFound
from pyview.testing.forms import CHECKABLE, Fields, attribute, kind, option_value
from pyview.wire.merge import ProtocolError

# Commands that change only the appearance. They have no effect in tests, which have neither styles nor transitions.
_APPEARANCE_NAMES = (
    "toggle show hide add_class remove_class toggle_class transition set_attr remove_attr toggle_attr "
    "ignore_attrs focus focus_first push_focus pop_focus"
)
APPEARANCE = frozenset(_APPEARANCE_NAMES.split())
ACTIVE = frozenset(("push", "navigate", "patch", "exec", "dispatch"))


class Command(NamedTuple):
    """One JS command: its name `op` and its arguments, in the encoding of LiveView's protocol."""

    op: str
    args: dict[str, Any]


def parse(attribute: str) -> list[Command]:
    """Return the commands of an attribute; the name of an event is a push of that event."""
    if not attribute.startswith("["):
        return [Command("push", {"event": attribute})]
    return [_command(item, attribute) for item in json.loads(attribute)]


def _command(item: Any, attribute: str) -> Command:
    if not (isinstance(item, list) and len(item) == 2 and isinstance(item[1], dict)):
        raise ProtocolError(f"a JS command is [op, {{arguments}}], got {item!r} in {attribute!r}")
    if item[0] not in APPEARANCE | ACTIVE:
        raise ProtocolError(f"the client knows no JS command {item[0]!r}: {attribute!r}")
    return Command(item[0], item[1])


Payload = dict[str, Any]
Args = Mapping[str, Any]

PREFIX = "phx-value-"
COMPONENT = "data-phx-component"
VIEW = "data-phx-session"


@dataclass(frozen=True, slots=True)
class Occasion:
    """The DOM event that made the client act.

    `type` is its name on the wire, `source` the element with the binding, `submitter` the button of a form, `uploads`
    the chosen files. `data` grows: the client collects the values of all pushes of one DOM event in one object, so a
    second push repeats the values of the first.
    """

    type: str | None
    source: Tag
    submitter: Tag | None = None
    data: dict[str, Any] = field(default_factory=dict)
    uploads: Mapping[str, Any] = field(default_factory=dict)


def element_payload(occasion: Occasion, args: Args, fields: Fields, cid: int | None) -> Payload:
    """Return the payload of a click, a key, a focus or a blur.

    Later values win: those of the key, then `phx-value-*`, the DOM's `value`, the command's own `value`.
    """
    tag = occasion.source
    value = occasion.data
    value.update(attributes_value(tag))
    value.update(dom_value(tag, fields))
    value.update(args.get("value", {}))
    return with_cid({"type": occasion.type, "event": args["event"], "value": dict(value)}, cid)


def change_payload(
    form: Tag, args: Args, value: str, target: str, cid: int | None, uploads: Mapping[str, Any] | None = None
) -> Payload:
    """Return the payload of a form's change event about the field named `target`; `value` is the urlencoded form."""
    # Until 1.0.5 the client sent a missing target as the text `undefined`, and it has kept that.
    meta = {"_target": target or "undefined", **attributes_value(form), **args.get("value", {})}
    return with_cid(
        {
            "type": "form",
            "event": args["event"],
            "value": value,
            "meta": meta,
            "uploads": dict(uploads or {}),
        },
        cid,
    )


def submit_payload(form: Tag, args: Args, value: str, cid: int | None) -> Payload:
    meta = {**attributes_value(form), **args.get("value", {})}
    return with_cid({"type": "form", "event": args["event"], "value": value, "meta": meta}, cid)


def with_cid(payload: Payload, cid: int | None) -> Payload:
    return payload if cid is None else {**payload, "cid": cid}


def attributes_value(tag: Tag) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX): str(value) for name, value in tag.attrs.items() if name.startswith(PREFIX)
    }


def dom_value(tag: Tag, fields: Fields) -> dict[str, Any]:
    """Return `{"value": ...}` for elements with a `value` in the DOM. For an `<li>` without one it is the number 0."""
    if kind(tag) in CHECKABLE and not fields.checked(tag):
        return {}
    read = _VALUES.get(tag.name)
    return {} if read is None else {"value": read(tag, fields)}


def _integer(tag: Tag, _: Fields) -> int:
    text = attribute(tag, "value", "0").strip()
    return int(text) if text.lstrip("-").isdecimal() else 0


def _number(tag: Tag, _: Fields) -> float:
    try:
        return float(attribute(tag, "value", "0"))
    except ValueError:
        return 0


_VALUES = {
    "button": lambda tag, _: attribute(tag, "value"),
    "input": lambda tag, fields: fields.value(tag),
    "select": lambda tag, fields: fields.value(tag),
    "textarea": lambda tag, fields: fields.value(tag),
    "option": lambda tag, _: option_value(tag),
    "output": lambda tag, _: tag.get_text(),
    "data": lambda tag, _: attribute(tag, "value"),
    "param": lambda tag, _: attribute(tag, "value"),
    "li": _integer,
    "meter": _number,
    "progress": _number,
}


def target_cids(tag: Tag, target: Any, soup: BeautifulSoup) -> list[int | None]:
    """Return the numbers of the components that an event goes to, one event for each; None stands for the view.

    `target` is that of the command, otherwise the element's `phx-target` counts: a number, or a selector whose matches
    are the targets. Raises `ElementNotFound` if nothing matches.
    """
    selector = attribute(tag, "phx-target") if target is None else str(target)
    if not selector:
        return [None]
    if selector.isdecimal():
        return [_component(int(selector), tag, soup)]
    found = soup.select(selector)
    if not found:
        raise ElementNotFound(f"no element on the page matches the phx-target {selector!r} of {outline(tag)}")
    return [closest_component(match) for match in found]


def _component(cid: int, tag: Tag, soup: BeautifulSoup) -> int:
    if soup.select_one(f'[{COMPONENT}="{cid}"]') is None:
        raise ElementNotFound(f"no component {cid} is on the page; it is the phx-target of {outline(tag)}")
    return cid


def event_owner(tag: Tag, target: Any, soup: BeautifulSoup) -> Tag:
    """Return the element whose view an event goes to: the first match of a selector, otherwise the element itself."""
    selector = attribute(tag, "phx-target") if target is None else str(target)
    found = soup.select_one(selector) if selector and not selector.isdecimal() else None
    return tag if found is None else found


def closest_component(tag: Tag) -> int | None:
    """Return the number of the component that contains an element; None if its view contains it directly."""
    for one in (tag, *tag.parents):
        if one.has_attr(COMPONENT):
            return int(attribute(one, COMPONENT))
        if one.has_attr(VIEW):
            return None
    return None
