"""The `lvu:` topics of one connection: each brings the bytes of one file.

A topic's name is the browser's own count, and no proof of anything: which file comes in is what its token says.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pyview.process.transfer import Transfer
from pyview.process.unread import Intake
from pyview.process.uploads import UploadManager, UploadRefused
from pyview.transport.send_queue import SendQueue
from pyview.wire.message import Frame, MalformedFrame, check_join, encode, reply

PREFIX = "lvu:"

_UNMATCHED = {"reason": "unmatched topic"}


class UploadChannel:
    """One joined topic: the outlet of its transfer."""

    __slots__ = ("_channels", "_open", "join_ref", "topic", "transfer")

    transfer: Transfer

    def __init__(self, channels: "UploadChannels", topic: str, join_ref: str) -> None:
        self._channels = channels
        self._open = True
        self.topic = topic
        self.join_ref = join_ref

    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None:
        if self._open and ref is not None:
            self._channels.outbox.put(reply(self.join_ref, ref, self.topic, status, response))

    def closed(self) -> None:
        """The file is wanted no more, or has been taken: the client forgets the channel."""
        self._part("phx_close")

    def crashed(self) -> None:
        """The file cannot be received: the client's uploader gives up."""
        self._part("phx_error")

    def hold(self, size: int) -> None:
        """Bytes have come."""
        self._channels.intake.hold(size)

    def release(self, size: int) -> None:
        """Bytes have been written, or never will be."""
        self._channels.intake.release(size)

    def mute(self) -> None:
        self._open = False
        self._channels.forget(self)

    def _part(self, event: str) -> None:
        if self._open:
            self._channels.outbox.put(encode(self.join_ref, self.join_ref, self.topic, event, {}))
            self.mute()


class UploadChannels:
    """Takes frames, never waits for a writer. `managers` are those of the connection's views."""

    __slots__ = ("_joined", "_managers", "intake", "outbox")

    def __init__(
        self, outbox: SendQueue, intake: Intake, managers: Callable[[], Iterable[UploadManager]]
    ) -> None:
        self.outbox = outbox
        self.intake = intake
        self._managers = managers
        self._joined: dict[str, UploadChannel] = {}

    def receiving(self, frame: Frame) -> Transfer | None:
        """The file that the frame is for, if it is on its way."""
        channel = self._joined.get(frame.topic)
        return channel.transfer if channel is not None and channel.join_ref == frame.join_ref else None

    def dispatch(self, frame: Frame) -> None:
        """Raises `MalformedFrame` for a frame that no client of this protocol sends."""
        channel = self._joined.get(frame.topic)
        if frame.event == "phx_join":
            self._join(frame, channel)
        elif channel is None:
            self._answer_unmatched(frame)
        elif channel.join_ref == frame.join_ref:
            self._to_channel(channel, frame)

    def close(self) -> None:
        """The connection has gone: nothing more is said. The views end the transfers."""
        for channel in tuple(self._joined.values()):
            channel.mute()

    def forget(self, channel: UploadChannel) -> None:
        if self._joined.get(channel.topic) is channel:
            del self._joined[channel.topic]

    def _to_channel(self, channel: UploadChannel, frame: Frame) -> None:
        if frame.event == "phx_leave":
            self._leave(channel, frame)
        elif frame.event == "chunk" and type(frame.payload) is bytes:
            channel.transfer.chunk(frame.ref, frame.payload)
        else:
            raise MalformedFrame("expected a chunk of bytes for an upload")

    def _leave(self, channel: UploadChannel, frame: Frame) -> None:
        channel.closed()
        channel.transfer.leave()
        self.outbox.put(reply(frame.join_ref, frame.ref, frame.topic, "ok", {}))

    def _answer_unmatched(self, frame: Frame) -> None:
        if frame.event == "phx_leave":
            self.outbox.put(reply(frame.join_ref, frame.ref, frame.topic, "ok", {}))
        else:
            self.outbox.put(reply(None, frame.ref, frame.topic, "error", _UNMATCHED))

    def _join(self, frame: Frame, old: UploadChannel | None) -> None:
        if type(frame.payload) is not dict:
            raise MalformedFrame("expected phx_join to carry an object")
        channel = UploadChannel(self, frame.topic, check_join(frame))
        try:
            channel.transfer = self._claimed(frame.payload.get("token"), channel)
        except UploadRefused as refused:
            channel.reply(frame.ref, "error", {"reason": refused.reason})
            return
        if old is not None:
            old.closed()
            old.transfer.leave()
        self._joined[frame.topic] = channel
        channel.transfer.open(frame.ref)

    def _claimed(self, token: object, channel: UploadChannel) -> Transfer:
        for manager in self._managers():
            transfer = manager.claim(token, channel)
            if transfer is not None:
                return transfer
        raise UploadRefused("invalid_token")
