"""A page in a browser, as the official client plays it: joins, events, and its pauses before it connects again."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.frames import Page, page_in

PAUSES = (0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.0)
"""Seconds before each attempt to connect again: `reconnectAfterMs` of phoenix.js. Later attempts wait for 5."""

Pushed = Callable[[str, Any], None]
"""Called with the name and the payload of an event that the view pushes."""


class SentAway(Exception):
    """The server refused a join or a page: the browser would load a page, perhaps that of the sign-in."""


class ChaosPage:
    """An open page that connects again until it is closed.

    `returns` holds, for each time that its connection was lost, the seconds until its view answered the next join.
    `away` has what sent it away: each makes a browser load the page again. `joined` is set while the view is live.
    """

    def __init__(self, http: httpx.AsyncClient, path: str, pushed: Pushed | None = None) -> None:
        self.joined = asyncio.Event()
        self.returns: list[float] = []
        self.away: list[str] = []
        self._http = http
        self._path = path
        self._pushed = pushed
        self._page: Page | None = None
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._ref = 0
        self._join_ref = ""
        # Parameters of the next join, as PyView's own lines of the client send them.
        self._mounts = self._joins = 0
        self._load_id = ""
        self._loads_again = False
        self._moving = False
        self._received = 0
        self._worker: str | None = None
        self._kept: str | None = None

    async def open(self) -> None:
        """Load the page, and go on in the background. Returns when its view has joined."""
        await self._load()
        self._task = asyncio.ensure_future(self._stay())
        await self.joined.wait()

    async def close(self) -> None:
        """Leave the page, as a browser does whose tab is closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps([None, None, "phoenix", "goodbye", {}]))
            await self._socket.close(4000)

    async def push(self, name: str, value: dict[str, Any]) -> Any:
        """Send an event and return the reply of its handler, None if it has none.

        Raises `ConnectionError` if there comes no answer, or one that sends the user away.
        """
        reply = await self._request("event", {"type": "hook", "event": name, "value": value})
        response = reply["response"]
        if reply["status"] != "ok" or not response.keys() <= {"diff"}:
            self._send_away(f"the click was answered with {reply}")
            raise ConnectionError(self.away[-1])
        return response.get("diff", {}).get("r")

    # The page

    async def _load(self) -> None:
        response = await self._http.get(self._path)
        if response.status_code != 200:
            raise SentAway(f"{self._path} answered {response.status_code}")
        self._page = page_in(response)
        self._mounts = self._joins = self._received = 0
        self._worker = self._kept = None
        self._load_id, self._loads_again = secrets.token_hex(8), False

    async def _stay(self) -> None:
        """Stay connected: join, read until the connection is lost, and begin again."""
        lost, attempt = None, 0
        while True:
            try:
                await self._connect()
                reading = asyncio.ensure_future(self._read())
                try:
                    await self._join()
                    if lost is not None:
                        self.returns.append(monotonic() - lost)
                    attempt = 0
                    self.joined.set()
                    await reading
                finally:
                    reading.cancel()
            except SentAway as reason:
                self._send_away(str(reason))
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                pass
            if attempt == 0:
                lost = monotonic()
            await self._disconnect()
            if self._loads_again:
                with suppress(SentAway, httpx.TransportError):
                    await self._load()
            await asyncio.sleep(PAUSES[attempt] if attempt < len(PAUSES) else 5.0)
            attempt += 1

    def _send_away(self, reason: str) -> None:
        """Load the page again instead of coming back to its view."""
        self.away.append(reason)
        self._loads_again = True
        if self._socket is not None:
            self._socket.transport.abort()

    async def _connect(self) -> None:
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())}
        host = self._http.base_url.netloc.decode()
        self._socket = await connect(
            f"ws://{host}/live/websocket?vsn=2.0.0",
            origin=f"http://{host}",  # type: ignore[arg-type]
            additional_headers=headers,
            compression=None,
            ping_interval=None,
            open_timeout=10,
        )

    async def _disconnect(self) -> None:
        self.joined.clear()
        self._fail_answers()
        if self._socket is not None:
            # Not `close`, which waits for the answer of a worker that may be frozen.
            self._socket.transport.abort()

    def _fail_answers(self) -> None:
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the connection was lost before the answer came"))
                answer.exception()  # the sender may have given up

    # Frames

    async def _join(self) -> None:
        assert self._page is not None
        self._ref += 1
        self._join_ref = str(self._ref)
        own = {
            "_load": self._load_id,
            "_received": self._received,
            "_joins": self._joins,
            "_worker": self._worker,
            "_kept": self._kept,
        }
        params = {"_csrf_token": self._page.csrf, "_mounts": self._mounts, "_mount_attempts": 0}
        params |= {name: value for name, value in own.items() if value}
        self._received = 0
        join = self._page.join(self._join_ref, params=params)
        answer = self._expect(self._join_ref)
        await self._send(join)
        async with asyncio.timeout(10):
            payload = await answer
        if payload["status"] != "ok":
            raise SentAway(f"the join was answered with {payload}")
        self._mounts += 1
        self._joins = self._joins + 1 if payload["response"].get("keeps") else 0
        self._worker = payload["response"].get("worker", self._worker)

    async def _request(self, event: str, payload: Any) -> Any:
        assert self._page is not None
        if not self.joined.is_set():
            raise ConnectionError("the page has not joined")
        self._ref += 1
        ref = str(self._ref)
        answer = self._expect(ref)
        try:
            await self._send([self._join_ref, ref, self._page.topic, event, payload])
        except ConnectionClosed:
            raise ConnectionError("the connection is lost") from None
        return await answer

    def _expect(self, ref: str) -> "asyncio.Future[Any]":
        answer = self._answers[ref] = asyncio.get_running_loop().create_future()
        return answer

    async def _send(self, frame: list[Any]) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame))

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for text in self._socket:
                self._handle(json.loads(text))
                if self._moving and not self._answers:
                    # As PyView's own lines of the client do: when no answer is missing, to another worker.
                    self._moving = False
                    self.joined.clear()
                    await self._socket.close(4002)
        finally:
            self._fail_answers()  # a join under way must not wait for its time to be over

    def _handle(self, frame: list[Any]) -> None:
        join_ref, ref, _, event, payload = frame
        if event == "reconnect":
            self._moving = True
        if join_ref == self._join_ref:
            self._handle_own(ref, event, payload)

    def _handle_own(self, ref: str | None, event: str, payload: Any) -> None:
        self._received += 1
        if event == "phx_reply":
            answer = self._answers.pop(ref or "", None)
            if answer is not None and not answer.done():
                answer.set_result(payload)
            # Not where the answer is awaited: a diff that was read with it would be handled before it.
            self._notify(payload["response"].get("rendered") or payload["response"].get("diff", {}))
        elif event == "diff":
            self._notify(payload)
        elif event == "pyview:kept":
            self._kept = payload.get("token")
        elif event in ("redirect", "live_redirect"):
            self._send_away(f"the view answered with {event} {payload}")
        elif event in ("phx_error", "phx_close"):
            raise ConnectionError(f"the view ended with {event}")

    def _notify(self, diff: dict[str, Any]) -> None:
        if self._pushed is not None:
            for name, payload in diff.get("e", ()):
                self._pushed(name, payload)


async def all_of(calls: "list[Awaitable[Any]]", at_once: int = 32) -> None:
    """Await all calls, a limited number at the same time."""
    gate = asyncio.Semaphore(at_once)

    async def gated(call: Awaitable[Any]) -> None:
        async with gate:
            await call

    await asyncio.gather(*(gated(call) for call in calls))
