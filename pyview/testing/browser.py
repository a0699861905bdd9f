"""What all pages of one client share: the application, the cookie jar, the way to it over HTTP and WebSocket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.testing.errors import PageError
from pyview.testing.forms import Submission
from pyview.testing.location import CLIENT_ADDRESS, absolute, same_origin, set_cookie, websocket_scope
from pyview.testing.raw_socket import RawSocket

MAX_REDIRECTS = 20
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@dataclass(frozen=True, slots=True)
class Settings:
    """How a client behaves. Times are seconds; `live_path` None means: as the page says, else `/live`."""

    base_url: str = "http://testserver"
    live_path: str | None = None
    root_path: str = ""
    client: tuple[str, int] = CLIENT_ADDRESS
    timeout: float = 5.0
    raise_crashes: bool = True
    connect_params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        url = httpx.URL(self.base_url)
        return f"{url.scheme}://{url.netloc.decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Where a request ended, after redirects. `response` is None when that is outside the application."""

    url: str
    response: httpx.Response | None


class Browser:
    """In-process HTTP and WebSocket requests that share one cookie jar."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
        state: dict[str, Any],
        raise_server_exceptions: bool,
    ) -> None:
        self.app = app
        self.settings = settings
        self.state = state
        transport = httpx.ASGITransport(
            self._call, raise_server_exceptions, root_path=settings.root_path, client=settings.client
        )
        self.http = httpx.AsyncClient(
            transport=transport, base_url=settings.base_url, headers=dict(headers), trust_env=False
        )
        for name, value in cookies.items():
            set_cookie(self.http.cookies, settings.base_url, name, value)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "state": dict(self.state)}, receive, send)

    async def fetch(self, url: str, *, referer: str = "") -> Loaded:
        """GET a page, following redirects."""
        headers = {**HTML, **({"referer": referer} if referer else {})}
        return await self._follow(self.http.build_request("GET", url, headers=headers))

    async def submit(self, form: Submission, *, referer: str) -> Loaded:
        """Send a form as a browser does, following redirects."""
        headers = {**HTML, "referer": referer, "origin": self.settings.origin}
        return await self._follow(_form_request(self.http, form, headers))

    async def _follow(self, request: httpx.Request) -> Loaded:
        for _ in range(MAX_REDIRECTS):
            url = str(request.url)
            if not same_origin(url, self.settings.base_url):
                return Loaded(url, None)
            response = await self.http.send(request, follow_redirects=False)
            if response.next_request is None:
                return Loaded(url, response)
            request = response.next_request
        raise PageError(f"more than {MAX_REDIRECTS} redirects in a row, the last one to {request.url}")

    def socket(
        self,
        path: str,
        params: Mapping[str, Any],
        headers: Mapping[str, str | None],
        cookies: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
    ) -> RawSocket:
        """A WebSocket that is not connected yet. `cookies` None means the jar's; a header of None is left out."""
        request = self._handshake(path, params, headers, cookies, subprotocols)
        scope = websocket_scope(
            request,
            subprotocols=subprotocols,
            root_path=self.settings.root_path,
            client=self.settings.client,
            state=self.state,
        )
        return RawSocket(self.app, scope)

    def _handshake(
        self,
        path: str,
        params: Mapping[str, Any],
        headers: Mapping[str, str | None],
        cookies: Mapping[str, str] | None,
        subprotocols: Sequence[str],
    ) -> httpx.Request:
        all_headers: dict[str, str | None] = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
            "origin": self.settings.origin,
            **({"sec-websocket-protocol": ", ".join(subprotocols)} if subprotocols else {}),
            **(
                {}
                if cookies is None
                else {"cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()) or None}
            ),
            **{name.lower(): value for name, value in headers.items()},
        }
        url = absolute(self.settings.base_url, path)
        request = self.http.build_request("GET", url, params=params or None)
        request.headers.update({name: value for name, value in all_headers.items() if value is not None})
        for name in [
            name for name, value in all_headers.items() if value is None and name in request.headers
        ]:
            del request.headers[name]
        return request


def _form_request(http: httpx.AsyncClient, form: Submission, headers: Mapping[str, str]) -> httpx.Request:
    if form.method == "get":
        url = httpx.URL(form.url).copy_with(query=str(httpx.QueryParams(list(form.pairs))).encode())
        return http.build_request("GET", url, headers=headers)
    if form.multipart:
        files = [(name, (None, value)) for name, value in form.pairs]
        return http.build_request("POST", form.url, headers=headers, files=files)
    return http.build_request(
        "POST",
        form.url,
        content=str(httpx.QueryParams(list(form.pairs))),
        headers={**headers, "content-type": "application/x-www-form-urlencoded"},
    )
