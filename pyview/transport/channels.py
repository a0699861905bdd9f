"""One connection's topics: which view answers which frame.

Phoenix channels, protocol version 2: every frame names the join it belongs to. A frame of an earlier join of the same
topic is dropped, because live navigation puts another view on the same topic.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, Protocol

from pyview.process.app_context import AppContext
from pyview.process.create import create_process
from pyview.process.messages import (
    ClearFlash,
    ComponentEvent,
    ComponentsLeaving,
    ComponentsLeft,
    CookieChanged,
    Event,
    FilesChosen,
    Join,
    Preflight,
    Recheck,
    Rejoin,
    SessionRenewed,
    UploadAdvanced,
    URLChanged,
)
from pyview.process.nested import Children
from pyview.process.transfer import Transfer
from pyview.process.unread import Intake, Unread
from pyview.process.uploads import UploadLoad, UploadManager
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Location, MountContext
from pyview.sessions.change import SessionChange
from pyview.template.nested import PAGE_PREFIX
from pyview.transport.join import OpenViews
from pyview.transport.reconnect import Detached, OwnerKey, ShownKey, shown_key
from pyview.transport.send_queue import SendQueue
from pyview.transport.uploads import PREFIX, UploadChannels
from pyview.wire.form import TooManyFields, decode_form, merge_meta
from pyview.wire.message import UNREAD, Frame, MalformedFrame, as_tuple, check_join, decode, encode, reply
from pyview.wire.uploads import read_advance, read_choices, read_preflight

logger = logging.getLogger("pyview")

_MAIN = f"lv:{PAGE_PREFIX}"
_UNMATCHED = {"reason": "unmatched topic"}
_LONGEST_NAME = 255  # characters


class ConnectionApi(Protocol):
    """What the connection knows of its browser."""

    async def admit(self, topic: str, payload: dict[str, Any], views: OpenViews) -> MountContext: ...
    def claim(self, payload: dict[str, Any], key: ShownKey, visit: MountContext) -> ViewProcess | None: ...
    def shows(self, channel: "Channel") -> None: ...
    def hides(self, channel: "Channel") -> None: ...
    @property
    def whose(self) -> OwnerKey: ...
    @property
    def address(self) -> str: ...
    def locate(self, url: str) -> Location | None: ...
    def sign_in_url(self, redirect: str, page: str) -> str: ...
    @property
    def client(self) -> str: ...
    def overloaded(self) -> None: ...
    def malformed(self, error: MalformedFrame) -> None: ...
    def goodbye(self) -> None: ...
    @property
    def has_session(self) -> bool: ...
    def order(self, topic: str, change: SessionChange) -> str | None: ...
    async def renew(self, topic: str, payload: Any) -> dict[str, str]: ...


class Channel:
    """One joined topic: the outlet of its view."""

    __slots__ = ("_channels", "_open", "_send_queue", "join_ref", "process", "sent", "shown", "topic")

    process: ViewProcess
    shown: ShownKey | None
    """Which view of which page it shows, once that is known."""

    def __init__(self, channels: "Channels", topic: str, join_ref: str) -> None:
        self._channels = channels
        self._send_queue = channels.outbox
        self._open = True
        self.topic = topic
        self.join_ref = join_ref
        self.shown = None
        self.sent = 0

    @property
    def open(self) -> bool:
        """Whether the client has it, as far as is known."""
        return self._open

    @property
    def whose(self) -> OwnerKey:
        return self._channels.handshake.whose

    @property
    def client(self) -> str:
        return self._channels.handshake.client

    @property
    def is_full(self) -> bool:
        return self._send_queue.is_full

    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None:
        if self._open and ref is not None:
            self.sent += 1
            self._send_queue.put(reply(self.join_ref, ref, self.topic, status, response))

    def push(self, event: str, payload: Any) -> None:
        if self._open:
            self.sent += 1
            self._send_queue.put(encode(self.join_ref, None, self.topic, event, payload))

    def refused(self) -> None:
        """The join was answered with an error, which is all that the client needs to hear."""
        self.mute()
        self._channels.forget(self)

    def closed(self) -> None:
        """The view has ended by itself: the client forgets the channel."""
        self._part("phx_close")

    def crashed(self) -> None:
        """The view has failed: the client joins again."""
        self._part("phx_error")

    def overloaded(self) -> None:
        self._channels.handshake.overloaded()

    def when_writable(self, call: Callable[[], None]) -> None:
        self._send_queue.when_writable(call)

    def locate(self, url: str) -> Location | None:
        return self._channels.handshake.locate(url)

    def sign_in_url(self, redirect: str, page: str) -> str:
        return self._channels.handshake.sign_in_url(redirect, page)

    @property
    def has_session(self) -> bool:
        return self._channels.main_topic is not None and self._channels.handshake.has_session

    @property
    def page(self) -> str | None:
        """Path and query of the page, None for one that is not live itself."""
        main = self._channels.main
        return None if main is None else main.page

    def order(self, change: SessionChange) -> str | None:
        # The page posts it, and brings the answer: its main view's topic stands for it.
        return self._channels.handshake.order(self._channels.main_topic or self.topic, change)

    async def renew(self, payload: Any) -> dict[str, str]:
        return await self._channels.handshake.renew(self.topic, payload)

    def upload_load(self) -> UploadLoad:
        return self._channels.upload_load()

    def mute(self) -> None:
        """Nothing more is said on this join; what the view still sends goes nowhere."""
        self._open = False

    def _part(self, event: str) -> None:
        if self._open:
            self._send_queue.put(encode(self.join_ref, self.join_ref, self.topic, event, {}))
            self._open = False
            self._channels.forget(self)


class Channels:
    """Takes frames, never waits for user code. `intake` counts what of them is not handled yet."""

    __slots__ = ("_joined", "_site", "_uploads", "handshake", "intake", "outbox")

    def __init__(self, site: AppContext, handshake: ConnectionApi, outbox: SendQueue) -> None:
        self._site = site
        self.intake = Intake(site.security.max_unhandled_bytes)
        self._joined: dict[str, Channel] = {}
        self._uploads: UploadChannels | None = None
        self.handshake = handshake
        self.outbox = outbox

    @property
    def joined(self) -> int:
        return len(self._joined)

    @property
    def main_topic(self) -> str | None:
        """The topic of the page itself, None where only views within it have joined."""
        return next((topic for topic in self._joined if topic.startswith(_MAIN)), None)

    @property
    def main(self) -> Location | None:
        """Where the page is."""
        topic = self.main_topic
        return None if topic is None else self._joined[topic].process.location

    def children_of(self, dom_id: str) -> Children | None:
        """The views inside the one whose element has that id, None if none could be."""
        channel = self._joined.get(f"lv:{dom_id}")
        return None if channel is None else channel.process.children

    def dispatch(self, frame: Frame, text: str) -> None:
        """Handle a frame, or keep its `text` until its view has time for it.

        Raises `MalformedFrame` for a frame that no client of this protocol sends, as far as it has been read.
        """
        join_ref, _, topic, event, payload = frame
        channel = self._joined.get(topic)
        if channel is None or join_ref != channel.join_ref:
            self._to_connection(self._whole(frame, text), len(text), channel)
            return
        read = self._to_view.get(event)
        if read is None:
            self._to_channel(channel, self._whole(frame, text), len(text))
        elif payload is UNREAD or channel.process.busy:
            channel.process.post(Unread(text, partial(self._read, channel), self.intake))
        else:
            message = read(self, channel, frame)
            if message is not None:
                channel.process.post(message)

    def receive(self, frame: Frame) -> None:
        """Handle a binary frame: a part of a file. Raises `MalformedFrame` for any other."""
        if not frame.topic.startswith(PREFIX):
            raise MalformedFrame("expected bytes for an upload only")
        self._upload(frame)

    def _whole(self, frame: Frame, text: str) -> Frame:
        return decode(text, self._site.security.max_json_depth) if frame.payload is UNREAD else frame

    def _read(self, channel: Channel, text: str) -> Any:
        """The message in a frame whose turn has come. A malformed one ends the connection, as any other does."""
        try:
            frame = decode(text, self._site.security.max_json_depth)
            return self._to_view[frame.event](self, channel, frame)
        except MalformedFrame as error:
            self.handshake.malformed(error)
            if self._joined.get(channel.topic) is channel:
                self._end(channel)  # what has come after it is not handled
            return None

    def _to_connection(self, frame: Frame, size: int, channel: Channel | None) -> None:
        """Handle a frame that is for no view that has joined; `channel` has its topic, with another join."""
        topic, event = frame.topic, frame.event
        if topic == "phoenix" and event == "heartbeat":
            self.outbox.put(reply(None, frame.ref, topic, "ok", {}))
        elif topic == "phoenix" and event == "goodbye":
            self.handshake.goodbye()
        elif topic.startswith(PREFIX):
            self._upload(frame)
        elif event == "phx_join":
            self._join(frame, size)
        elif channel is None:
            self._answer_unmatched(frame)

    def _to_channel(self, channel: Channel, frame: Frame, size: int) -> None:
        """Handle a frame about the join itself, which is not the view's."""
        if frame.event == "phx_leave":
            self._leave(channel, frame)
        elif frame.event == "phx_join":
            self._join(frame, size)
        else:
            raise MalformedFrame("unknown event for a joined topic")

    def recheck(self) -> None:
        """Who is there may have changed: every view looks whether it may go on."""
        for channel in tuple(self._joined.values()):
            channel.process.post_soon(Recheck())

    def tell(self, news: CookieChanged) -> None:
        """The browser has a new cookie: every view goes on with it, or loads its page."""
        for channel in tuple(self._joined.values()):
            channel.process.post_soon(news)

    def refuse(self, frame: Frame, text: str, reason: str) -> None:
        """Answer a frame without acting on it. Leaving and heartbeats give or cost nothing: they are heard."""
        join_ref, ref, topic, event, _ = frame
        if event in ("heartbeat", "phx_leave") and text:
            self.dispatch(frame, text)
        elif ref is not None:
            self.outbox.put(reply(join_ref, ref, topic, "error", {"reason": reason}))

    def release(self) -> list[Detached]:
        """The connection broke off: the views that could wait for their pages. They are the caller's."""
        waiting = []
        for channel in tuple(self._joined.values()):
            if channel.shown is not None and channel.process.can_wait:
                waiting.append(Detached(channel.shown, channel.process, channel.sent))
                channel.mute()
                self.forget(channel)
        return waiting

    def close(self) -> None:
        """The connection has gone: every view ends."""
        if self._uploads is not None:
            self._uploads.close()
        for channel in tuple(self._joined.values()):
            self._end(channel)

    def forget(self, channel: Channel) -> None:
        if self._joined.get(channel.topic) is channel:
            del self._joined[channel.topic]
            self.handshake.hides(channel)

    def _answer_unmatched(self, frame: Frame) -> None:
        if frame.event == "phx_leave":
            self.outbox.put(reply(frame.join_ref, frame.ref, frame.topic, "ok", {}))
        else:
            self.outbox.put(reply(None, frame.ref, frame.topic, "error", _UNMATCHED))

    def _end(self, channel: Channel) -> None:
        channel.mute()
        self.forget(channel)
        channel.process.stop()

    # Uploads

    def receiving(self, frame: Frame) -> Transfer | None:
        """The file whose bytes the frame brings."""
        return None if self._uploads is None else self._uploads.receiving(frame)

    def upload_load(self) -> UploadLoad:
        """What all views of the connection have on their way and in store."""
        loads = [manager.load for manager in self._managers()]
        return UploadLoad(sum(load.files for load in loads), sum(load.size for load in loads))

    def _upload(self, frame: Frame) -> None:
        if self._uploads is None:
            self._uploads = UploadChannels(self.outbox, self.intake, self._managers)
        self._uploads.dispatch(frame)

    def _managers(self) -> list[UploadManager]:
        managers = (channel.process.upload_manager for channel in self._joined.values())
        return [manager for manager in managers if manager is not None]

    # Joining

    def _join(self, frame: Frame, size: int) -> None:
        join_ref = check_join(frame)
        refusal = self._unfit(frame)
        if refusal is not None:
            self.outbox.put(reply(frame.join_ref, frame.ref, frame.topic, "error", {"reason": refusal}))
            return
        self._replace(frame.topic)
        channel = Channel(self, frame.topic, join_ref)
        channel.process = create_process(self._site, channel)
        self._joined[frame.topic] = channel
        self._site.processes.add(channel.process)
        admission = self._authorizer(channel, frame)
        self.intake.hold(size)
        let_go = partial(self.intake.release, size)
        channel.process.post(Join(frame.ref, admission, "redirect" in frame.payload, let_go))

    def _unfit(self, frame: Frame) -> str | None:
        if not frame.topic.startswith("lv:"):
            return "unmatched topic"
        if type(frame.payload) is not dict:
            raise MalformedFrame("expected phx_join to carry an object")
        if len(self._joined) >= self._site.security.max_topics and frame.topic not in self._joined:
            self._site.client_warnings.warn(
                self.handshake.address,
                f"a join was refused: one socket carries {self._site.security.max_topics} views, the page's and nested "
                "ones (SecurityConfig.max_topics)",
            )
            return "too many channels joined"
        return None

    def _replace(self, topic: str) -> None:
        # A second join of an open topic closes the first instance, with the first one's join_ref.
        old = self._joined.get(topic)
        if old is not None:
            self.outbox.put(encode(old.join_ref, old.join_ref, topic, "phx_close", {}))
            self._end(old)

    def _authorizer(self, channel: Channel, frame: Frame) -> Callable[[], Awaitable[MountContext | None]]:
        async def admit() -> MountContext | None:
            visit = await self.handshake.admit(frame.topic, frame.payload, self)
            if not channel.open:
                return visit
            return None if self._takes_up(channel, frame, visit) else visit

        return admit

    def _takes_up(self, channel: Channel, frame: Frame, visit: MountContext) -> bool:
        """Whether the page goes on with the view that it had on another connection."""
        channel.shown = shown_key(visit, frame.payload)
        process = self.handshake.claim(frame.payload, channel.shown, visit)
        self.handshake.shows(channel)
        if process is None:
            return False
        channel.process = process
        # It may have to wait, and what the page said of itself may be large.
        back = Rejoin(frame.ref, visit._replace(connecting=None), "redirect" in frame.payload)
        process.attach(channel, self.intake, back)
        return True

    # Frames of a joined topic

    def _leave(self, channel: Channel, frame: Frame) -> None:
        channel.closed()
        self._end(channel)
        self.outbox.put(reply(frame.join_ref, frame.ref, frame.topic, "ok", {}))

    def _event(
        self, channel: Channel, frame: Frame
    ) -> Event | ComponentEvent | FilesChosen | ClearFlash | None:
        payload = frame.payload
        try:
            name, value, kind = payload["event"], payload["value"], payload.get("type")
        except (TypeError, KeyError, AttributeError):
            raise MalformedFrame("expected an event with 'event', 'value' and 'type'") from None
        if type(name) is not str:
            raise MalformedFrame("expected the name of an event to be text")
        if len(name) > _LONGEST_NAME:
            self._refuse_name(channel, frame.ref, name)
            return None
        cid = payload.get("cid")
        if cid is not None and type(cid) is not int:
            raise MalformedFrame("expected the cid of an event to be a number")
        if name.startswith("lv:"):
            return _builtin(frame.ref, name, value, cid)
        if kind == "form":
            value = self._form(payload, value)
            if payload.get("uploads"):
                return FilesChosen(read_choices(payload["uploads"]), _event_of(frame.ref, name, value, cid))
        return _event_of(frame.ref, name, value, cid)

    def _refuse_name(self, channel: Channel, ref: str | None, name: str) -> None:
        complaint = f"the name of an event has {len(name)} characters, {_LONGEST_NAME} are allowed"
        self._site.client_warnings.warn(channel.process.name, complaint)
        channel.reply(ref, "error", {"reason": "event_name_too_long"})

    def _form(self, payload: dict[str, Any], value: Any) -> dict[str, Any]:
        meta = payload.get("meta", {})
        if type(value) is not str or type(meta) is not dict:
            raise MalformedFrame("expected a form's value as text and its meta as an object")
        try:
            return merge_meta(decode_form(value, max_fields=self._site.security.max_form_fields), meta)
        except TooManyFields as error:
            raise MalformedFrame(str(error)) from None

    def _live_patch(self, channel: Channel, frame: Frame) -> URLChanged:
        url = frame.payload.get("url") if type(frame.payload) is dict else None
        if type(url) is not str:
            raise MalformedFrame("expected live_patch to carry a URL")
        return URLChanged(frame.ref, url)

    def _session_renewed(self, channel: Channel, frame: Frame) -> SessionRenewed:
        return SessionRenewed(frame.ref, frame.payload)

    def _preflight(self, channel: Channel, frame: Frame) -> Preflight:
        return Preflight(frame.ref, *read_preflight(frame.payload))

    def _progress(self, channel: Channel, frame: Frame) -> UploadAdvanced:
        return UploadAdvanced(frame.ref, read_advance(frame.payload))

    def _components_will_go(self, channel: Channel, frame: Frame) -> ComponentsLeaving:
        return ComponentsLeaving(frame.ref, _cids(frame.payload))

    def _components_gone(self, channel: Channel, frame: Frame) -> ComponentsLeft:
        return ComponentsLeft(frame.ref, _cids(frame.payload))

    _to_view: ClassVar[dict[str, Callable[["Channels", Channel, Frame], Any]]] = {
        "event": _event,
        "live_patch": _live_patch,
        "session_renewed": _session_renewed,
        "allow_upload": _preflight,
        "progress": _progress,
        "cids_will_destroy": _components_will_go,
        "cids_destroyed": _components_gone,
    }


def _event_of(ref: str | None, name: str, value: Any, cid: int | None) -> Event | ComponentEvent:
    if cid is None:
        return as_tuple(Event, (ref, name, value))
    return ComponentEvent(ref, name, value, cid)


def _builtin(ref: str | None, name: str, value: Any, cid: int | None) -> ClearFlash:
    if name != "lv:clear-flash":
        raise MalformedFrame("unknown built-in event")
    key = value.get("key") if type(value) is dict else None
    return ClearFlash(ref, key if type(key) is str else None, cid)


def _cids(payload: Any) -> list[int]:
    cids = payload.get("cids") if type(payload) is dict else None
    if type(cids) is not list or not all(type(cid) is int for cid in cids):
        raise MalformedFrame("expected a list of components' numbers")
    return cids
