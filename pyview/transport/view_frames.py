"""Frames for a joined view: each event of the protocol -> the message that the view process handles.

A new kind of frame is one function and one row in `READERS`.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

from pyview.config import SecurityConfig
from pyview.process.messages import (
    ClearFlash,
    ComponentEvent,
    ComponentsLeaving,
    ComponentsLeft,
    Event,
    FilesChosen,
    Preflight,
    SessionRenewed,
    UploadAdvanced,
    URLChanged,
)
from pyview.wire.form import TooManyFields, decode_form, merge_meta
from pyview.wire.message import Frame, MalformedFrame, as_tuple
from pyview.wire.uploads import read_advance, read_choices, read_preflight

MAX_EVENT_NAME: Final = 255  # characters


class JoinedTopic(Protocol):
    """The joined topic that a frame is for."""

    @property
    def security(self) -> SecurityConfig: ...
    def refuse_event_name(self, ref: str | None, name: str) -> None: ...


def read_event(topic: JoinedTopic, frame: Frame) -> Event | ComponentEvent | FilesChosen | ClearFlash | None:
    return read_event_payload(topic, frame.ref, frame.payload)


def read_event_payload(
    topic: JoinedTopic, ref: str | None, payload: Any
) -> Event | ComponentEvent | FilesChosen | ClearFlash | None:
    """Read an event of the view or of a component. Return None if it has been refused. Raises `MalformedFrame`."""
    try:
        name, value, kind = payload["event"], payload["value"], payload.get("type")
    except (TypeError, KeyError, AttributeError):
        raise MalformedFrame("expected an event with 'event', 'value' and 'type'") from None
    if type(name) is not str:
        raise MalformedFrame("expected the name of an event to be text")
    if len(name) > MAX_EVENT_NAME:
        topic.refuse_event_name(ref, name)
        return None
    cid = payload.get("cid")
    if cid is not None and type(cid) is not int:
        raise MalformedFrame("expected the cid of an event to be a number")
    if name.startswith("lv:"):
        return _read_builtin(ref, name, value, cid)
    if kind == "form":
        value = _read_form(payload, value, topic.security.max_form_fields)
    # Nearly all frames are events of the view, so these are made the cheap way.
    event = as_tuple(Event, (ref, name, value)) if cid is None else ComponentEvent(ref, name, value, cid)
    if kind == "form" and payload.get("uploads"):
        return FilesChosen(read_choices(payload["uploads"]), event)
    return event


def _read_builtin(ref: str | None, name: str, value: Any, cid: int | None) -> ClearFlash:
    if name != "lv:clear-flash":
        raise MalformedFrame("unknown built-in event")
    key = value.get("key") if type(value) is dict else None
    return ClearFlash(ref, key if type(key) is str else None, cid)


def _read_form(payload: dict[str, Any], value: Any, max_fields: int) -> dict[str, Any]:
    meta = payload.get("meta", {})
    if type(value) is not str or type(meta) is not dict:
        raise MalformedFrame("expected a form's value as text and its meta as an object")
    try:
        return merge_meta(decode_form(value, max_fields=max_fields), meta)
    except TooManyFields as error:
        raise MalformedFrame(str(error)) from None


def read_live_patch(topic: JoinedTopic, frame: Frame) -> URLChanged:
    url = frame.payload.get("url") if type(frame.payload) is dict else None
    if type(url) is not str:
        raise MalformedFrame("expected live_patch to carry a URL")
    return URLChanged(frame.ref, url)


def read_session_renewed(topic: JoinedTopic, frame: Frame) -> SessionRenewed:
    return SessionRenewed(frame.ref, frame.payload)


def read_allow_upload(topic: JoinedTopic, frame: Frame) -> Preflight:
    return Preflight(frame.ref, *read_preflight(frame.payload))


def read_progress(topic: JoinedTopic, frame: Frame) -> UploadAdvanced:
    return UploadAdvanced(frame.ref, read_advance(frame.payload))


def read_cids_will_destroy(topic: JoinedTopic, frame: Frame) -> ComponentsLeaving:
    return ComponentsLeaving(frame.ref, _cids(frame.payload))


def read_cids_destroyed(topic: JoinedTopic, frame: Frame) -> ComponentsLeft:
    return ComponentsLeft(frame.ref, _cids(frame.payload))


def _cids(payload: Any) -> list[int]:
    cids = payload.get("cids") if type(payload) is dict else None
    if type(cids) is not list or not all(type(cid) is int for cid in cids):
        raise MalformedFrame("expected a list of components' numbers")
    return cids


READERS: Final[dict[str, Callable[[JoinedTopic, Frame], Any]]] = {
    "event": read_event,
    "live_patch": read_live_patch,
    "session_renewed": read_session_renewed,
    "allow_upload": read_allow_upload,
    "progress": read_progress,
    "cids_will_destroy": read_cids_will_destroy,
    "cids_destroyed": read_cids_destroyed,
}
"""Reader of each event. A reader raises `MalformedFrame`, and returns None if it has refused the frame itself."""
