"""Long polls that reach another worker than the one that has their session.

The worker that gets a request checks its origin, and the size of its body; what is left of it is a call to the worker
that has the session. That one checks the browser, by the key of its owner: cookies are not sent.
"""

import asyncio
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import orjson

from pyview.config import SecurityConfig
from pyview.tokens.page import InvalidToken, Tokens
from pyview.transport.poll_session import PollSession
from pyview.workers.workers import CallFailed, Workers

_POLL, _FRAME, _STATE, _END, _RELEASE = "poll.wait", "poll.frame", "poll.state", "poll.end", "poll.release"
_TRAVEL_TIME = 5.0  # seconds that a call and its answer may take on their way
_LAST_WINDOW = 0.5  # seconds that a poll waits at a worker that stops


class _PollRequest(NamedTuple):
    """One call: the token of the session, the key of its owner, a value, and the bytes of a frame."""

    token: str
    owner: str
    value: Any = None
    frame: bytes = b""

    def encode(self) -> bytes:
        *head, frame = self
        return orjson.dumps(head) + b"\n" + frame

    @classmethod
    def decode(cls, data: bytes) -> "_PollRequest":
        head, _, frame = data.partition(b"\n")
        token, owner, value = orjson.loads(head)
        return cls(token, owner, value, frame)


class PollCalls:
    """Answers the calls of other workers for the sessions of this one."""

    def __init__(self, sessions: Mapping[str, PollSession], limits: SecurityConfig) -> None:
        self._sessions = sessions
        self._limits = limits

    def register(self, workers: Workers) -> None:
        workers.register(_POLL, self._poll)
        workers.register(_FRAME, self._put)
        workers.register(_STATE, self._state)
        workers.register(_END, self._end)
        workers.register(_RELEASE, self._release)

    async def _poll(self, payload: bytes) -> bytes:
        request = _PollRequest.decode(payload)
        session = self._find(request)
        window = min(request.value, self._limits.poll_window)
        return orjson.dumps(None if session is None else await session.poll(window))

    async def _put(self, payload: bytes) -> bytes:
        request = _PollRequest.decode(payload)
        session = self._find(request)
        if session is None:
            return _state_of(None)
        frame = request.frame.decode() if request.value == "text" else request.frame
        async with session.pushing:
            done = await session.put(frame, self._limits.poll_window)
        return _state_of(session, done=done)

    async def _state(self, payload: bytes) -> bytes:
        return _state_of(self._find(_PollRequest.decode(payload)))

    async def _end(self, payload: bytes) -> bytes:
        request = _PollRequest.decode(payload)
        session = self._find(request)
        if session is not None and request.value == "left":
            session.leave()
        elif session is not None:
            session.lose()
        return b""

    async def _release(self, payload: bytes) -> bytes:
        session = self._find(_PollRequest.decode(payload))
        if session is not None:
            session.release()
        return b""

    def _find(self, request: _PollRequest) -> PollSession | None:
        session = self._sessions.get(request.token)
        if session is None or not hmac.compare_digest(session.owner.encode(), request.owner.encode()):
            return None
        return session


def _state_of(session: PollSession | None, *, done: bool = True) -> bytes:
    if session is None:
        return orjson.dumps([False, False, True])
    return orjson.dumps([done, session.admitted, session.closed])


class PollForwarding:
    """Sessions of other workers that requests to this one belong to."""

    def __init__(self, tokens: Tokens, workers: Workers) -> None:
        self._tokens = tokens
        self._workers = workers
        # One object for all requests of one session and browser that are here at the same time.
        self._sessions: WeakValueDictionary[tuple[str, str], ForwardedSession] = WeakValueDictionary()
        self._stopping = False

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Answer the polls that wait: this worker stops, and browsers reach another one with their next polls."""
        self._stopping = True
        for session in list(self._sessions.values()):
            session.stop()
        try:
            yield
        finally:
            self._stopping = False

    def session(self, token: str, owner: str) -> "ForwardedSession | None":
        """Return the session of `token`, None if no other worker can have it."""
        if not self._workers.started:
            return None
        try:
            worker_id = self._tokens.read_poll_token(token)
        except InvalidToken:
            return None
        if worker_id == self._workers.id:
            return None
        session = self._sessions.get((token, owner))
        if session is None:
            session = ForwardedSession(self._workers, worker_id, token, owner)
            session.stopping = self._stopping
            self._sessions[token, owner] = session
        return session


class ForwardedSession:
    """A long-poll session of another worker. If that worker has gone, the session has ended."""

    def __init__(self, workers: Workers, worker_id: str, token: str, owner: str) -> None:
        self._workers = workers
        self._worker_id = worker_id
        self._token = token
        self._owner = owner
        # As in a `PollSession`: the bodies of one session are read one after the other.
        self.pushing = asyncio.Lock()
        self.ended = asyncio.Event()
        self.admitted = False
        self.stopping = False

    def stop(self) -> None:
        """Answer the poll that waits, and let later ones wait for a moment only."""
        self.stopping = True
        # By the worker of the session: a message that it sends to a poll which is answered already would be lost.
        self._workers.notify(self._worker_id, _RELEASE, self._request().encode())

    async def look_up(self) -> None:
        """Ask if the session goes on, and if a page has joined on it."""
        await self._take_state(_STATE, self._request(), _TRAVEL_TIME)

    async def poll(self, window: float) -> list[str] | None:
        """Return the messages for the browser, None if the session has ended."""
        if self.stopping:
            window = min(window, _LAST_WINDOW)
        try:
            answer = await self._call(_POLL, self._request(window), window + _TRAVEL_TIME)
        except (CallFailed, TimeoutError):
            return None
        messages: list[str] | None = orjson.loads(answer)
        return messages

    async def put(self, frame: str | bytes, window: float) -> bool:
        """Pass a frame on. Return False if it is not read in `window` seconds, or if the session has ended."""
        kind, data = ("text", frame.encode()) if isinstance(frame, str) else ("bytes", frame)
        return await self._take_state(_FRAME, self._request(kind, data), window + _TRAVEL_TIME)

    def lose(self) -> None:
        """End the session: the browser has given up its poll."""
        self._workers.notify(self._worker_id, _END, self._request("lost").encode())

    def leave(self) -> None:
        """End the session: the user leaves the page."""
        self._workers.notify(self._worker_id, _END, self._request("left").encode())

    async def _take_state(self, method: str, request: _PollRequest, seconds: float) -> bool:
        try:
            done, self.admitted, ended = orjson.loads(await self._call(method, request, seconds))
        except (CallFailed, TimeoutError):
            done, ended = False, True
        if ended:
            self.ended.set()
        return bool(done)

    async def _call(self, method: str, request: _PollRequest, seconds: float) -> bytes:
        return await self._workers.call(self._worker_id, method, request.encode(), seconds)

    def _request(self, value: Any = None, frame: bytes = b"") -> _PollRequest:
        return _PollRequest(self._token, self._owner, value, frame)
