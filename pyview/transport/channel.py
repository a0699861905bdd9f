"""One joined topic of a connection: the connection that its view process sees."""

from collections.abc import Callable
from typing import Any, Protocol

from pyview.config import SecurityConfig
from pyview.process.app_context import AppContext
from pyview.process.create import create_process
from pyview.process.messages import Join
from pyview.process.uploads import UploadLoad
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Location
from pyview.sessions.change import SessionChange
from pyview.transport.connection_api import ConnectionApi
from pyview.transport.reconnect import OwnerKey, ShownKey
from pyview.transport.send_queue import SendQueue
from pyview.transport.view_frames import MAX_EVENT_NAME
from pyview.wire.message import encode, frame_head, reply


class Topics(Protocol):
    """All topics of the connection that a topic is on."""

    app: AppContext
    connection: ConnectionApi
    send_queue: SendQueue

    @property
    def main(self) -> Location | None: ...
    @property
    def main_topic(self) -> str | None: ...
    def forget(self, channel: "Channel") -> None: ...
    def upload_load(self) -> UploadLoad: ...


class Channel:
    """One joined topic: the connection that its view process sees.

    `shown` names the view and the page once the join is admitted; `mounts` is the number of the page's joins of it
    before. `sent` counts the messages that the client was sent on this join; the client counts what it receives, so
    that a rejoin shows whether a message was lost.
    """

    __slots__ = (
        "_diff_head",
        "_open",
        "_send_queue",
        "_topics",
        "join_ref",
        "mounts",
        "process",
        "sent",
        "shown",
        "topic",
    )

    process: ViewProcess
    shown: ShownKey | None

    def __init__(self, topics: Topics, topic: str, join_ref: str) -> None:
        self._topics = topics
        self._send_queue = topics.send_queue
        self._open = True
        self._diff_head: bytes | None = None
        self.topic = topic
        self.join_ref = join_ref
        self.shown = None
        self.mounts = 0
        self.sent = 0

    @property
    def open(self) -> bool:
        """True as long as neither side has closed it."""
        return self._open

    @property
    def security(self) -> SecurityConfig:
        return self._topics.app.security

    @property
    def owner(self) -> OwnerKey:
        return self._topics.connection.owner

    @property
    def client(self) -> str:
        return self._topics.connection.client

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

    def push_shared(self, frame_end: bytes, *, more: bool) -> None:
        """Push a diff that other views push, too. It comes as the end of its frame, see `SharedDiff`.

        `more`: the view is about to handle another message, so that both answers may go out together.
        """
        if self._open:
            self.sent += 1
            # Kept from the first diff on: to encode a whole frame takes 6 % of the instructions of a delivery.
            head = self._diff_head
            if head is None:
                head = self._diff_head = frame_head(self.join_ref, None, self.topic, "diff")
            if more:
                self._send_queue.hold(head + frame_end)
            else:
                self._send_queue.put(head + frame_end)

    def refuse_event_name(self, ref: str | None, name: str) -> None:
        """Answer an event whose name is too long. Names are logged, so their length is bounded."""
        warning = f"the name of an event has {len(name)} characters, {MAX_EVENT_NAME} are allowed"
        self._topics.app.client_warnings.warn(self.process.name, warning)
        self.reply(ref, "error", {"reason": "event_name_too_long"})

    def refused(self) -> None:
        """Forget a join that was answered with an error. The client expects no close message after that."""
        self.mute()
        self._topics.forget(self)

    def closed(self) -> None:
        """Close the channel in the client: the view has ended by itself."""
        self._close("phx_close", {})

    def crashed(self, error_id: str = "") -> None:
        """Make the client join again: the view has failed. It shows its user the error id, if there is one."""
        payload: dict[str, Any] = {"error_id": error_id} if error_id else {}
        if self._topics.app.development:
            # The page brings the state back that the view had before the failure.
            payload["keeps"] = True
        self._close("phx_error", payload)

    def join_again(self, message: Join) -> None:
        """Answer a join with another process, since the one before has ended without an answer."""
        app = self._topics.app
        self.process = create_process(app, self)
        app.processes.add(self.process)
        self.process.post(message)

    def overloaded(self) -> None:
        self._topics.connection.overloaded()

    def when_writable(self, call: Callable[[], None]) -> None:
        self._send_queue.when_writable(call)

    def locate(self, url: str) -> Location | None:
        return self._topics.connection.locate(url)

    def sign_in_url(self, redirect: str, page: str) -> str:
        return self._topics.connection.sign_in_url(redirect, page)

    @property
    def has_session(self) -> bool:
        return self._topics.main_topic is not None and self._topics.connection.has_session

    @property
    def page(self) -> str | None:
        """Path and query of the page, None for a page that is not live itself."""
        main = self._topics.main
        return None if main is None else main.page

    def mint_change_token(self, change: SessionChange) -> str | None:
        # The page posts the token and brings the new cookie back, so the topic of its main view stands for it.
        return self._topics.connection.mint_change_token(self._topics.main_topic or self.topic, change)

    async def renew(self, payload: Any) -> dict[str, str]:
        return await self._topics.connection.renew(self.topic, payload)

    def upload_load(self) -> UploadLoad:
        return self._topics.upload_load()

    def mute(self) -> None:
        """Send nothing more on this join. Messages that the view still sends are dropped."""
        self._open = False

    def _close(self, event: str, payload: dict[str, Any]) -> None:
        if self._open:
            self._send_queue.put(encode(self.join_ref, self.join_ref, self.topic, event, payload))
            self._open = False
            self._topics.forget(self)
