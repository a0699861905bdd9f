"""A message of a mailbox in a few words, without the values that a browser sent."""

from typing import Any

from pyview.events.info_event import InfoEvent
from pyview.process.messages import (
    ComponentEvent,
    Event,
    FilesChosen,
    Info,
    Join,
    Leave,
    Return,
    Tick,
    URLChanged,
)

_MOST_NAMES = 12
_LONGEST_NAME = 40


def titled(message: Any) -> str:
    """Return the kind of a message, and the name of the event or info that it is."""
    match message:
        case Event(name=name):
            return f"event {name[:_LONGEST_NAME]!r}"
        case ComponentEvent(name=name, cid=cid):
            return f"event {name[:_LONGEST_NAME]!r} of component {cid}"
        case FilesChosen(event=event):
            return titled(event)
        case Info(event=event) | Tick(timer=event) | (InfoEvent() as event):
            return f"info {str(getattr(event, 'name', type(event).__name__))[:_LONGEST_NAME]!r}"
        case Join() | Return() | Leave() | URLChanged():
            return type(message).__name__.lower()
    return type(message).__name__


def described(message: Any) -> str:
    """Return the title of a message with the names of what came with it."""
    if isinstance(message, Event | ComponentEvent):
        return titled(message) + _names(message.payload)
    return titled(message)


def _names(payload: Any) -> str:
    if not isinstance(payload, dict) or not payload:
        return ""
    names = [repr(str(name)[:_LONGEST_NAME]) for name in list(payload)[:_MOST_NAMES]]
    return f" with {', '.join(names)}"
