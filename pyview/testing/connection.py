"""The client's end of one WebSocket: refs, channels and answers, as in `phoenix.js`.

Frames that `phoenix.js` would drop without a message are kept in `dropped`; frames that would make it wait for ever
raise `ProtocolError`.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pyview.testing.kept import KEPT, KeptViews
from pyview.testing.raw_socket import RawSocket
from pyview.wire.merge import ProtocolError

OnAnswer = Callable[[dict[str, Any]], None]


class Push(NamedTuple):
    """A message that the server sent by itself."""

    event: str
    payload: Any


@dataclass(slots=True)
class ClientChannel:
    """One topic.

    `state` is "closed", "joining", "joined", "errored" or "left". `received` counts the messages since the last join.
    """

    topic: str
    join_ref: str | None = None
    state: str = "closed"
    received: int = 0


@dataclass(slots=True)
class Pending:
    """A message that waits for its answer.

    `status` is "ok" or "error" once the answer has come, and "lost" if it can no longer come.
    """

    event: str
    ref: str
    join_ref: str | None
    on_ok: OnAnswer | None = None
    status: str | None = None
    response: Any = None


class ClientConnection:
    """Sends messages and routes the frames of the server to the channels.

    `on_push(channel, push)` is called for a message that the server sends by itself. `kept` outlives the connection.
    """

    def __init__(
        self,
        socket: RawSocket,
        refs: Iterator[int],
        on_push: Callable[[ClientChannel, Push], None],
        kept: KeptViews | None = None,
    ) -> None:
        self.socket = socket
        self._kept = kept or KeptViews()
        self.dropped: list[Any] = []
        self.refs = refs
        self._on_push = on_push
        self._pending: dict[str, Pending] = {}
        self._lost: set[str] = set()
        self._channels: list[ClientChannel] = []

    @property
    def open(self) -> bool:
        return self.socket.open

    async def join(self, channel: ClientChannel, payload: dict[str, Any], on_ok: OnAnswer) -> Pending:
        """Join a topic. The ref of this message is the channel's `join_ref` from now on."""
        ref = str(next(self.refs))
        channel.join_ref, channel.state, channel.received = ref, "joining", 0
        if channel.topic.startswith("lv:"):
            payload = {**payload, "params": {**payload["params"], **self._kept.params(channel.topic)}}
        # A rejoin uses the same channel with a new join_ref; frames are matched by both.
        if channel not in self._channels:
            self._channels.append(channel)
        return await self._send(channel.topic, "phx_join", payload, ref, ref, on_ok)

    async def push(
        self, channel: ClientChannel, event: str, payload: Any, on_ok: OnAnswer | None = None
    ) -> Pending:
        return await self._send(channel.topic, event, payload, str(next(self.refs)), channel.join_ref, on_ok)

    async def push_bytes(self, channel: ClientChannel, event: str, data: bytes) -> Pending:
        """Send a binary push, which carries bytes of a file."""
        ref = str(next(self.refs))
        pending = self._pending[ref] = Pending(event, ref, channel.join_ref)
        await self.socket.send_chunk(channel.join_ref or "", ref, channel.topic, event, data)
        return pending

    async def heartbeat(self) -> Pending:
        return await self._send("phoenix", "heartbeat", {}, str(next(self.refs)), None, None)

    async def leave(self, channel: ClientChannel) -> Pending:
        """Leave a topic. The channel is left at once, without waiting for the answer."""
        channel.state = "left"
        self._kept.left(channel.topic)
        return await self.push(channel, "phx_leave", {})

    async def _send(
        self, topic: str, event: str, payload: Any, ref: str, join_ref: str | None, on_ok: OnAnswer | None
    ) -> Pending:
        pending = self._pending[ref] = Pending(event, ref, join_ref, on_ok)
        await self.socket.send_frame([join_ref, ref, topic, event, payload])
        return pending

    def pump(self) -> bool:
        """Process all messages that have arrived; return False if there were none."""
        received = False
        while (message := self.socket.receive_nowait()) is not None:
            received = True
            self._receive(message)
        if not self.socket.open:
            self.lose(lambda _: True)
        return received

    def lose(self, is_lost: Callable[[Pending], bool]) -> None:
        """Mark pending messages as lost, because their answer can no longer come."""
        for pending in [pending for pending in self._pending.values() if is_lost(pending)]:
            pending.status = "lost"
            # The answer may still arrive, for example before a crash: the client drops it.
            self._lost.add(pending.ref)
            del self._pending[pending.ref]

    def _receive(self, message: str | bytes) -> None:
        join_ref, ref, topic, event, payload = _frame(message)
        # Counted for the server, which can resume a view only if no message was lost.
        for one in self._channels:
            if (one.topic, one.join_ref) == (topic, join_ref):
                one.received += 1
        if event == "phx_reply":
            self._answer(join_ref, ref, topic, payload)
            return
        if topic == "phoenix" and event == "reconnect":
            return  # the server stops; a test decides when its page connects again
        channel = self._channel(topic, join_ref, event)
        if channel is None:
            self.dropped.append([join_ref, ref, topic, event, payload])
        elif event == KEPT:
            self._kept.pushed(topic, payload)
        else:
            if event == "phx_error" and not payload.get("keeps"):
                self._kept.failed(topic)
            self._on_push(channel, Push(event, payload))

    def _channel(self, topic: str, join_ref: str | None, event: str) -> ClientChannel | None:
        if join_ref is None:
            raise ProtocolError(
                f"{event!r} for {topic!r} came without a join_ref; a live navigation reuses the topic, so every push "
                "must carry the join_ref of its own channel"
            )
        return next((one for one in self._channels if (one.topic, one.join_ref) == (topic, join_ref)), None)

    def _answer(self, join_ref: str | None, ref: str | None, topic: str, payload: Any) -> None:
        # Not an error: the client has stopped waiting, and drops the answer.
        if ref in self._lost:
            self.dropped.append([join_ref, ref, topic, "phx_reply", payload])
            return
        pending = self._pending.pop(ref or "", None)
        if pending is None:
            raise ProtocolError(
                f"an answer to ref {ref!r} on {topic!r}, but no message with this ref waits for one: {payload!r}"
            )
        status, response = _reply(payload)
        if join_ref is not None and join_ref != pending.join_ref:
            raise ProtocolError(
                f"the answer to {pending.event!r} has join_ref {join_ref!r}, its channel has {pending.join_ref!r}; "
                "the client would drop it and wait for ever"
            )
        pending.status, pending.response = status, response
        if status == "ok" and pending.event == "phx_join" and topic.startswith("lv:"):
            self._kept.joined(topic, response)
        if status == "ok" and pending.on_ok is not None:
            pending.on_ok(response)


def new_refs() -> Iterator[int]:
    """Return the refs of one document: they go on counting after a reconnection."""
    # `phoenix.js` takes refs for callbacks of the socket too: the first join of the client has ref 4.
    return itertools.count(4)


def _frame(message: str | bytes) -> list[Any]:
    if isinstance(message, bytes):
        raise ProtocolError(
            f"expected a text frame, because a live view sends no binary frames, got {message[:100]!r}"
        )
    frame = json.loads(message)
    if not (
        isinstance(frame, list)
        and len(frame) == 5
        and isinstance(frame[2], str)
        and isinstance(frame[3], str)
    ):
        raise ProtocolError(f"a frame is [join_ref, ref, topic, event, payload], got {message[:200]!r}")
    if not all(ref is None or isinstance(ref, str) for ref in frame[:2]):
        raise ProtocolError(f"join_ref and ref are strings or null, got {frame[:2]!r}")
    return frame


def _reply(payload: Any) -> tuple[str, dict[str, Any]]:
    well_formed = isinstance(payload, dict) and payload.get("status") in ("ok", "error")
    if not well_formed or not isinstance(payload.get("response"), dict):
        raise ProtocolError(f"a reply holds `status` ok or error and `response`, an object; got {payload!r}")
    return payload["status"], payload["response"]
