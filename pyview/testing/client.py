"""`LiveClient`: runs an application and opens pages of it."""

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx
from starlette.types import ASGIApp, Message

from pyview.testing.address import base_url_of
from pyview.testing.browser import CLIENT_ADDRESS, Browser, Settings
from pyview.testing.page import Page
from pyview.testing.raw_socket import RawSocket
from pyview.testing.tab import Tab


class Lifespan:
    """Runs the ASGI lifespan of an application. Exceptions of its start-up and shutdown are raised here."""

    def __init__(self, app: ASGIApp) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        # ASGI: the start-up and the shutdown are messages to one call, so it goes on while the client is
        # open.
        self._task = asyncio.create_task(self._run())
        await self._send("lifespan.startup")

    async def shutdown(self) -> None:
        if self._task is not None and not self._task.done():
            await self._send("lifespan.shutdown")
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        await self._app(scope, self._to_app.get, self._from_app.put)

    async def _send(self, event: str) -> None:
        await self._to_app.put({"type": event})
        answer = await self._answer(event)
        if answer["type"] == f"{event}.failed":
            await self._raise_from_task()
            raise RuntimeError(f"the application's {event} failed: {answer.get('message', '')}")

    async def _answer(self, event: str) -> Message:
        assert self._task is not None
        answer = asyncio.create_task(self._from_app.get())
        # The application may end before it answers: by an exception, or because it has no lifespan.
        await asyncio.wait({answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        answer.cancel()
        await self._raise_from_task()
        return {"type": f"{event}.complete"}  # ASGI allows an application without lifespan to return

    async def _raise_from_task(self) -> None:
        """Raise the application's exception, which has a traceback, if it has ended with one."""
        assert self._task is not None
        await self._task


class LiveClient:
    """A browser in memory: no network, and the application runs in the test's own event loop.

    ```python
    async with LiveClient(app) as client:
        page = await client.open("/count")
        await page.click("button", text="+")
        assert page.find("output").text == "1"
    ```

    Entering the context runs the application's start-up. Leaving it closes all pages and runs the shutdown. All pages
    share one cookie jar. Exceptions of the application are raised in the test. If a view crashes, `ViewCrashed` is
    raised after the page has joined again.

    - `base_url`: the scheme and host of all URLs. Default: `http://testserver`, or a host that the application allows.
    - `headers`: sent with every request and handshake. `cookies`: in the jar from the start.
    - `live_path`: the path of the socket, if the page does not name it.
    - `root_path`: the prefix that a proxy strips, for ASGI.
    - `client`: the address and port of the browser.
    - `timeout`: how long an answer may take, in seconds.
    - `raise_crashes`: False to go on after a crash; `page.crashes` counts them.
    - `raise_server_exceptions`: False to get a response with status 500 for an exception of an HTTP request.
    - `connect_params`: sent with the connection and with every join, as the application's own script would.
    - `lifespan`: False to run neither start-up nor shutdown.
    """

    def __init__(
        self,
        app: ASGIApp,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        *,
        live_path: str | None = None,
        root_path: str = "",
        client: tuple[str, int] = CLIENT_ADDRESS,
        timeout: float = 5.0,
        raise_crashes: bool = True,
        raise_server_exceptions: bool = True,
        connect_params: Mapping[str, Any] | None = None,
        lifespan: bool = True,
    ) -> None:
        address = base_url_of(app) if base_url is None else base_url
        settings = Settings(
            address, live_path, root_path, client, timeout, raise_crashes, dict(connect_params or {})
        )
        self._lifespan = Lifespan(app) if lifespan else None
        state = {} if self._lifespan is None else self._lifespan.state
        self._browser = Browser(app, settings, headers or {}, cookies or {}, state, raise_server_exceptions)
        self._pages: list[Page] = []
        self._sockets: list[RawSocket] = []

    async def __aenter__(self) -> Self:
        if self._lifespan is not None:
            await self._lifespan.startup()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._close_pages(politely=error is None)
        finally:
            await self._browser.http.aclose()
            if self._lifespan is not None:
                await self._lifespan.shutdown()

    async def _close_pages(self, *, politely: bool) -> None:
        for page in self._pages:
            # After an error of the test, a closing handshake could wait for an application that hangs.
            if politely:
                await page.close()
            else:
                page.abort()
        for socket in self._sockets:
            socket.abort()

    # --- pages ---

    async def open(self, url: str) -> Page:
        """Load a page in a new tab, following redirects, and join its live view if it has one."""
        page = Page(Tab(self._browser))
        self._pages.append(page)
        await page.open(url)
        return page

    async def restart(self) -> None:
        """Restart the application as a deploy does, and let every page that was connected join again.

        All views end, and what their `keep` names is stored before the pages come back. Objects of the application,
        such as a list in a module or a store in memory, stay as they are. Raises `RuntimeError` for a client without
        lifespan.
        """
        if self._lifespan is None:
            raise RuntimeError(
                "restart() runs the shutdown and the start-up: expected LiveClient(lifespan=True)"
            )
        pages = [page for page in self._pages if page.connected]
        await self._lifespan.shutdown()
        await self._lifespan.startup()
        for page in pages:
            await page.reconnect()

    # --- plain HTTP ---

    @property
    def cookies(self) -> httpx.Cookies:
        """The cookie jar that pages, requests and sockets share."""
        return self._browser.http.cookies

    async def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send one HTTP request with the browser's cookies.

        `options` are those of `httpx.AsyncClient.request`. Redirects are followed only with `follow_redirects=True`.
        """
        return await self._browser.http.request(method, url, **options)

    async def get(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("POST", url, **options)

    async def put(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("PUT", url, **options)

    async def patch(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("PATCH", url, **options)

    async def delete(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", url, **options)

    async def head(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("HEAD", url, **options)

    async def options(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("OPTIONS", url, **options)

    # --- raw sockets ---

    def raw_socket(
        self,
        path: str = "/live/websocket",
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        cookies: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
    ) -> RawSocket:
        """Return a WebSocket for tests of the protocol: `async with client.raw_socket() as socket: ...`.

        The handshake is that of a browser, with its origin and the cookies of the jar, unless `cookies` are given. A
        header whose value is None is left out. `params` are the query, by default `{"vsn": "2.0.0"}`.
        """
        query = {"vsn": "2.0.0"} if params is None else params
        socket = self._browser.socket(path, query, headers or {}, cookies, subprotocols)
        self._sockets.append(socket)
        return socket
