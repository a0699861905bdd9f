"""Upload topics (`lvu:`) of one connection: each carries the bytes of one file.

The client numbers its topics itself, so the name of a topic proves nothing. The token of the join names the file.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pyview.process.transfer import Transfer
from pyview.process.unread import Intake
from pyview.process.uploads import UploadManager, UploadRefused
from pyview.transport.send_queue import SendQueue
from pyview.wire.message import Frame, MalformedFrame, check_join, encode, reply

UPLOAD_PREFIX = "lvu:"

_UNMATCHED = {"reason": "unmatched topic"}


class UploadChannel:
    """One joined upload topic: the connection that its transfer sees."""

    __slots__ = ("_channels", "_open", "join_ref", "topic", "transfer")

    transfer: Transfer

    def __init__(self, channels: "UploadChannels", topic: str, join_ref: str) -> None:
        self._channels = channels
        self._open = True
        self.topic = topic
        self.join_ref = join_ref

    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None:
        if self._open and ref is not None:
            self._channels.send_queue.put(reply(self.join_ref, ref, self.topic, status, response))

    def closed(self) -> None:
        """Close the channel in the client: the file is complete, or is not wanted any more."""
        self._close("phx_close")

    def crashed(self) -> None:
        """Make the client give up: the file cannot be received."""
        self._close("phx_error")

    def hold(self, size: int) -> None:
        """Count bytes that have arrived."""
        self._channels.intake.hold(size)

    def release(self, size: int) -> None:
        """Stop counting bytes that have been written, or never will be."""
        self._channels.intake.release(size)

    def mute(self) -> None:
        self._open = False
        self._channels.forget(self)

    def _close(self, event: str) -> None:
        if self._open:
            self._channels.send_queue.put(encode(self.join_ref, self.join_ref, self.topic, event, {}))
            self.mute()


class UploadChannels:
    """Takes the frames of uploads and never waits for a writer.

    `managers` returns the upload managers of the connection's views.
    """

    __slots__ = ("_joined", "_managers", "intake", "send_queue")

    def __init__(
        self, send_queue: SendQueue, intake: Intake, managers: Callable[[], Iterable[UploadManager]]
    ) -> None:
        self.send_queue = send_queue
        self.intake = intake
        self._managers = managers
        self._joined: dict[str, UploadChannel] = {}

    def receiving(self, frame: Frame) -> Transfer | None:
        """Return the transfer that the frame is for."""
        channel = self._joined.get(frame.topic)
        return channel.transfer if channel is not None and channel.join_ref == frame.join_ref else None

    def dispatch(self, frame: Frame) -> None:
        """Handle a frame. Raises `MalformedFrame` for one that breaks the protocol."""
        channel = self._joined.get(frame.topic)
        if frame.event == "phx_join":
            self._join(frame, channel)
        elif channel is None and frame.event == "phx_leave":
            self.send_queue.put(reply(frame.join_ref, frame.ref, frame.topic, "ok", {}))
        elif channel is None:
            self.send_queue.put(reply(None, frame.ref, frame.topic, "error", _UNMATCHED))
        elif channel.join_ref == frame.join_ref:
            self._to_channel(channel, frame)

    def _to_channel(self, channel: UploadChannel, frame: Frame) -> None:
        if frame.event == "phx_leave":
            channel.closed()
            channel.transfer.abandon()
            self.send_queue.put(reply(frame.join_ref, frame.ref, frame.topic, "ok", {}))
        elif frame.event == "chunk" and type(frame.payload) is bytes:
            channel.transfer.chunk(frame.ref, frame.payload)
        else:
            raise MalformedFrame("expected a chunk of bytes for an upload")

    def _join(self, frame: Frame, old: UploadChannel | None) -> None:
        if type(frame.payload) is not dict:
            raise MalformedFrame("expected phx_join to carry an object")
        channel = UploadChannel(self, frame.topic, check_join(frame))
        try:
            channel.transfer = self._claim(frame.payload.get("token"), channel)
        except UploadRefused as refused:
            channel.reply(frame.ref, "error", {"reason": refused.reason})
            return
        # Only after the token was accepted: an invalid join must not stop a running upload.
        if old is not None:
            old.closed()
            old.transfer.abandon()
        self._joined[frame.topic] = channel
        channel.transfer.open(frame.ref)

    def _claim(self, token: object, channel: UploadChannel) -> Transfer:
        for manager in self._managers():
            transfer = manager.claim(token, channel)
            if transfer is not None:
                return transfer
        raise UploadRefused("invalid_token")

    def close(self) -> None:
        """Send nothing more: the connection is closed. The views end the transfers."""
        for channel in tuple(self._joined.values()):
            channel.mute()

    def forget(self, channel: UploadChannel) -> None:
        # Another join of the same topic may have taken its place already.
        if self._joined.get(channel.topic) is channel:
            del self._joined[channel.topic]
