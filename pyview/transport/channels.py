"""Joined topics of one connection: each frame goes to the view that has joined its topic.

Phoenix channels, protocol version 2: every frame carries the ref of the join that it belongs to. A frame of an earlier
join of the same topic is dropped, because live navigation joins another view on the same topic.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from orjson import loads

from pyview.process.app_context import AppContext
from pyview.process.create import create_process
from pyview.process.keeper import Keeper
from pyview.process.messages import CookieChanged, Join, Recheck, Rejoin
from pyview.process.nested import Children
from pyview.process.transfer import Transfer
from pyview.process.unread import Intake, Unread
from pyview.process.uploads import UploadLoad, UploadManager
from pyview.rendering.lifecycle import Location, MountContext
from pyview.template.nested import PAGE_PREFIX
from pyview.transport.channel import Channel
from pyview.transport.connection_api import ConnectionApi
from pyview.transport.join_params import TOPIC_PREFIX, JoinParams
from pyview.transport.reconnect import Detached, shown_key
from pyview.transport.send_queue import SendQueue
from pyview.transport.uploads import UPLOAD_PREFIX, UploadChannels
from pyview.transport.view_frames import READERS, read_event_payload
from pyview.wire.message import (
    UNREAD,
    Frame,
    MalformedFrame,
    check_join,
    decode,
    encode,
    frame_of,
    may_be_deeper_than,
    reply,
)

logger = logging.getLogger("pyview")

_PAGE_TOPIC = f"{TOPIC_PREFIX}{PAGE_PREFIX}"
_UNMATCHED = {"reason": "unmatched topic"}


class Channels:
    """Takes the frames of one connection and never waits for user code.

    `intake` counts the bytes of frames that are not handled yet.
    """

    __slots__ = ("_joined", "_max_depth", "_uploads", "app", "connection", "intake", "send_queue")

    def __init__(self, app: AppContext, connection: ConnectionApi, send_queue: SendQueue) -> None:
        self.app = app
        self.connection = connection
        self.send_queue = send_queue
        self.intake = Intake(app.security.max_unhandled_bytes)
        self._joined: dict[str, Channel] = {}
        self._max_depth = app.security.max_json_depth
        self._uploads: UploadChannels | None = None

    @property
    def joined(self) -> int:
        return len(self._joined)

    @property
    def has_our_client(self) -> bool:
        """True if the script of the page is ours, and not only the official client. It names the loads of its page."""
        return any(channel.shown is not None and channel.shown[1] for channel in self._joined.values())

    @property
    def busy(self) -> bool:
        """True while a view handles a message or has some waiting."""
        return any(channel.process.busy for channel in self._joined.values())

    @property
    def main_topic(self) -> str | None:
        """Topic of the page itself, None if only nested views have joined."""
        return next((topic for topic in self._joined if topic.startswith(_PAGE_TOPIC)), None)

    @property
    def main(self) -> Location | None:
        """URL of the page."""
        topic = self.main_topic
        return None if topic is None else self._joined[topic].process.location

    def children_of(self, dom_id: str) -> Children | None:
        """Return the views nested in the view with this element id, None if it has none."""
        channel = self._joined.get(f"{TOPIC_PREFIX}{dom_id}")
        return None if channel is None else channel.process.children

    # Incoming frames

    def dispatch(self, frame: Frame, text: str) -> None:
        """Handle a frame, or keep its `text` until its view can handle it.

        Raises `MalformedFrame` for a frame that breaks the protocol, as far as it has been read.
        """
        join_ref, _, topic, event, payload = frame
        channel = self._joined.get(topic)
        # Live navigation sends the leave of the old view and the join of the new one at once.
        # What is still on its way to the old view must not reach the new one.
        if channel is None or join_ref != channel.join_ref:
            self._to_connection(self._whole(frame, text), len(text), channel)
            return
        read = READERS.get(event)
        if read is None:
            self._to_channel(channel, self._whole(frame, text), len(text))
        elif payload is UNREAD or channel.process.busy:
            # Text takes less memory than parsed JSON, and `intake` knows its size.
            channel.process.post(Unread(text, partial(self._read_late, channel), self.intake))
        else:
            message = read(channel, frame)
            if message is not None:
                channel.process.post(message)

    def take(self, text: str) -> bool:
        """Handle an event of a view that is free, or the join of a free topic, and return True.

        Return False for any other frame, with nothing done. Those need what `dispatch` and its caller do besides. A
        malformed frame raises there.
        """
        if self.intake.full or self.send_queue.is_full:
            return False
        depth = self._max_depth
        if len(text) > 2 * depth and may_be_deeper_than(text, depth):
            return False
        # It checks what `decode` does, but only as far as an event needs it: 0.3 microseconds less.
        try:
            join_ref, ref, topic, event, payload = fields = loads(text)
            channel = self._joined.get(topic)
        except (ValueError, TypeError, RecursionError):
            return False
        if channel is None:
            return event == "phx_join" and self._take_join(fields, len(text))
        if event != "event" or join_ref != channel.join_ref or type(ref) is not str or channel.process.busy:
            return False
        try:
            message = read_event_payload(channel, ref, payload)
        except (ValueError, TypeError):
            return False
        if message is not None:
            channel.process.post(message)
        return True

    def _take_join(self, fields: list[Any], size: int) -> bool:
        """Handle a join without a second parse and a wake-up of the reader: an eighth of the cost of a visit."""
        try:
            frame = frame_of(fields)
            if not frame.topic.startswith(TOPIC_PREFIX):
                return False
            self._join(frame, size)
        except MalformedFrame:
            return False
        return True

    def receive(self, frame: Frame) -> None:
        """Handle a binary frame, which is part of a file. Raises `MalformedFrame` for any other."""
        if not frame.topic.startswith(UPLOAD_PREFIX):
            raise MalformedFrame("expected bytes for an upload only")
        self._to_upload(frame)

    def _whole(self, frame: Frame, text: str) -> Frame:
        return decode(text, self.app.security.max_json_depth) if frame.payload is UNREAD else frame

    def _read_late(self, channel: Channel, text: str) -> Any:
        """Read a frame that waited for its view. A malformed one closes the connection, as it would have earlier."""
        try:
            frame = decode(text, self.app.security.max_json_depth)
            return READERS[frame.event](channel, frame)
        except MalformedFrame as error:
            self.connection.malformed(error)
            if self._joined.get(channel.topic) is channel:
                self._end(channel)  # frames that came after the malformed one are not handled
            return None

    def _to_connection(self, frame: Frame, size: int, channel: Channel | None) -> None:
        """Handle a frame for no joined view. `channel` has joined the same topic with another ref."""
        topic, event = frame.topic, frame.event
        if topic == "phoenix" and event == "heartbeat":
            self.send_queue.put(reply(None, frame.ref, topic, "ok", {}))
        elif topic == "phoenix" and event == "goodbye":
            self.connection.goodbye()
        elif topic.startswith(UPLOAD_PREFIX):
            self._to_upload(frame)
        elif event == "phx_join":
            self._join(frame, size)
        elif channel is None and event == "phx_leave":
            self.send_queue.put(reply(frame.join_ref, frame.ref, topic, "ok", {}))
        elif channel is None:
            self.send_queue.put(reply(None, frame.ref, topic, "error", _UNMATCHED))

    def _to_channel(self, channel: Channel, frame: Frame, size: int) -> None:
        """Handle a frame about the join itself."""
        if frame.event == "phx_leave":
            channel.process.drop_kept()
            channel.closed()
            self._end(channel)
            self.send_queue.put(reply(frame.join_ref, frame.ref, frame.topic, "ok", {}))
        elif frame.event == "phx_join":
            self._join(frame, size)
        else:
            raise MalformedFrame("unknown event for a joined topic")

    def refuse(self, frame: Frame, text: str, reason: str) -> None:
        """Answer a frame without acting on it. Heartbeats and leaves are handled anyway: they cost next to nothing."""
        join_ref, ref, topic, event, _ = frame
        if event in ("heartbeat", "phx_leave") and text:
            self.dispatch(frame, text)
        elif ref is not None:
            self.send_queue.put(reply(join_ref, ref, topic, "error", {"reason": reason}))

    # Joins

    def _join(self, frame: Frame, size: int) -> None:
        topic, join_ref = frame.topic, check_join(frame)
        refusal = self._join_refusal(frame)
        if refusal is not None:
            self.send_queue.put(reply(frame.join_ref, frame.ref, topic, "error", {"reason": refusal}))
            return
        join = JoinParams.read(topic, frame.payload)  # raises before anything is changed
        old = self._joined.get(topic)
        if old is not None:
            # A second join of an open topic closes the first one, with the ref of the first.
            self.send_queue.put(encode(old.join_ref, old.join_ref, topic, "phx_close", {}))
            self._end(old)
        channel = Channel(self, topic, join_ref)
        channel.process = create_process(self.app, channel)
        self._joined[topic] = channel
        self.app.processes.add(channel.process)
        self.intake.hold(size)
        release = partial(self.intake.release, size)
        admit = self._make_admit(channel, join, frame.ref)
        channel.process.post(Join(frame.ref, admit, join.navigated, release))

    def _join_refusal(self, frame: Frame) -> str | None:
        """Return the reason to refuse a join with, None for one that may go on."""
        if not frame.topic.startswith(TOPIC_PREFIX):
            return "unmatched topic"
        if type(frame.payload) is not dict:
            raise MalformedFrame("expected phx_join to carry an object")
        limit = self.app.security.max_topics
        if len(self._joined) >= limit and frame.topic not in self._joined:
            self.app.client_warnings.warn(
                self.connection.client,
                f"a join was refused: one socket carries {limit} views, the page's and nested ones "
                "(SecurityConfig.max_topics)",
            )
            return "too many channels joined"
        return None

    def _make_admit(
        self, channel: Channel, join: JoinParams, ref: str | None
    ) -> Callable[[], Awaitable[MountContext | None]]:
        async def admit() -> MountContext | None:
            mount_context = await self.connection.admit(join, self)
            # The topic may have been left, or joined again, during the lookup of the identity.
            if channel.open and self._resume(channel, join, ref, mount_context):
                return None
            kept = await self.app.kept_states.recall(mount_context)
            if kept is not None:
                return mount_context._replace(kept=kept)
            first = self.connection.first_view(join, mount_context)
            return mount_context if first is None else mount_context.with_first(first)

        return admit

    def _resume(
        self, channel: Channel, join: JoinParams, ref: str | None, mount_context: MountContext
    ) -> bool:
        """Continue the view that the page had on another connection. Return False if there is none."""
        channel.shown, channel.mounts = shown_key(join, mount_context), join.mounts
        process = self.connection.claim(join, channel.shown, mount_context)
        self.connection.show(channel)
        if process is None:
            return False
        channel.process = process
        rejoin = Rejoin(ref, mount_context.lasting, join.navigated)
        process.attach(channel, self.intake, rejoin)
        return True

    # All views of the connection

    def recheck(self) -> None:
        """Make every view check its access: the identity may have changed."""
        for channel in tuple(self._joined.values()):
            channel.process.post_soon(Recheck())

    def cookie_changed(self, message: CookieChanged) -> None:
        """Make every view continue with the browser's new cookie, or load its page again."""
        for channel in tuple(self._joined.values()):
            channel.process.post_soon(message)

    async def keep(self) -> None:
        """Store what the views keep, before the connection closes."""
        keepers = list(self._keepers())
        if keepers:
            await self.app.kept_states.save(keepers)

    @property
    def unsaved(self) -> bool:
        """True if a view has changed what it keeps, and no store has that yet."""
        return any(keeper.dirty for keeper in self._keepers())

    def _keepers(self) -> Iterator[Keeper]:
        for channel in self._joined.values():
            if channel.process.keeper is not None:
                yield channel.process.keeper

    def release(self) -> list[Detached]:
        """Return the views that can wait for their page after a lost connection. The caller owns them from now on."""
        detached = []
        for channel in tuple(self._joined.values()):
            if channel.shown is not None and channel.process.can_wait:
                detached.append(Detached(channel.shown, channel.process, channel.sent, channel.mounts))
                channel.mute()
                self.forget(channel)
        return detached

    def close(self, *, left: bool) -> None:
        """End every view: the connection is closed. `left`: the page does not come back."""
        for channel in self._joined.values():
            if left:
                channel.process.drop_kept()
            else:
                channel.process.hand_over()
        if self._uploads is not None:
            self._uploads.close()
        for channel in tuple(self._joined.values()):
            self._end(channel)

    def forget(self, channel: Channel) -> None:
        # Another join of the same topic may have taken its place already.
        if self._joined.get(channel.topic) is channel:
            del self._joined[channel.topic]
            self.connection.hide(channel)

    def _end(self, channel: Channel) -> None:
        channel.mute()
        self.forget(channel)
        channel.process.stop()

    # Uploads

    def receiving(self, frame: Frame) -> Transfer | None:
        """Return the transfer that the bytes of the frame belong to."""
        return None if self._uploads is None else self._uploads.receiving(frame)

    def upload_load(self) -> UploadLoad:
        """Return the number and size of the files that all views of the connection are receiving or keep."""
        loads = [manager.load for manager in self._upload_managers()]
        return UploadLoad(sum(load.files for load in loads), sum(load.size for load in loads))

    def _to_upload(self, frame: Frame) -> None:
        if self._uploads is None:
            self._uploads = UploadChannels(self.send_queue, self.intake, self._upload_managers)
        self._uploads.dispatch(frame)

    def _upload_managers(self) -> list[UploadManager]:
        managers = (channel.process.upload_manager for channel in self._joined.values())
        return [manager for manager in managers if manager is not None]
