"""HTTP requests and WebSocket handshakes to an application in the same process, with one cookie jar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.testing.errors import PageError
from pyview.testing.forms import Submission
from pyview.testing.location import absolute, same_origin, set_cookie
from pyview.testing.raw_socket import RawSocket

CLIENT_ADDRESS = ("127.0.0.1", 50000)
MAX_REDIRECTS = 20
HTML = {
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    # The server keeps a first view only for a browser that loads a document, since crawlers never join.
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a `LiveClient`. `live_path` is None for the path that the page names, otherwise `/live`."""

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
    """The result of a request, after redirects. `response` is None if the URL is outside the application."""

    url: str
    response: httpx.Response | None


class Browser:
    """The application and the cookie jar that all pages of one client share."""

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
            # `trust_env`: proxy settings of the environment must not apply to an application in this process.
            transport=transport,
            base_url=settings.base_url,
            headers=dict(headers),
            trust_env=False,
        )
        for name, value in cookies.items():
            set_cookie(self.http.cookies, settings.base_url, name, value)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Each request gets a copy of the lifespan state, as servers do.
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
            # httpx must not follow redirects: its transport would send a URL of another site to this
            # application too.
            response = await self.http.send(request, follow_redirects=False)
            if response.next_request is None:
                return Loaded(url, response)
            request = response.next_request
        raise PageError(
            f"more than {MAX_REDIRECTS} redirects in a row, the last one to {request.url}: a redirect loop?"
        )

    def socket(
        self,
        path: str,
        params: Mapping[str, Any],
        headers: Mapping[str, str | None],
        cookies: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
    ) -> RawSocket:
        """Return a WebSocket that is not connected yet.

        `cookies` is None for those of the jar. A header whose value is None is left out.
        """
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
            # The example of RFC 6455, section 1.3. No server in between checks it.
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
        # httpx adds headers of its own, such as `user-agent`: a test may leave those out too.
        for name in [
            name for name, value in all_headers.items() if value is None and name in request.headers
        ]:
            del request.headers[name]
        return request


def _form_request(http: httpx.AsyncClient, form: Submission, headers: Mapping[str, str]) -> httpx.Request:
    if form.method == "get":
        # HTML standard, form submission: the fields replace the query of the action.
        url = httpx.URL(form.url).copy_with(query=str(httpx.QueryParams(list(form.pairs))).encode())
        return http.build_request("GET", url, headers=headers)
    if form.multipart:
        # httpx writes multipart only for files. A file without a name is sent as a plain field.
        files = [(name, (None, value)) for name, value in form.pairs]
        return http.build_request("POST", form.url, headers=headers, files=files)
    return http.build_request(
        "POST",
        form.url,
        # Not `data=`, which takes a dict: fields that repeat would lose their order.
        content=str(httpx.QueryParams(list(form.pairs))),
        headers={**headers, "content-type": "application/x-www-form-urlencoded"},
    )


def websocket_scope(
    request: httpx.Request,
    *,
    subprotocols: Sequence[str],
    root_path: str,
    client: tuple[str, int],
    state: dict[str, Any],
) -> Scope:
    """Return the ASGI scope that a server makes of a WebSocket handshake.

    `request` is the GET of the handshake, with its cookies. `root_path` is a prefix of its path, as ASGI defines it.
    """
    url = request.url
    secure = url.scheme in ("https", "wss")
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "wss" if secure else "ws",
        "path": unquote(url.path),
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "root_path": root_path,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": client,
        "server": (url.host, url.port or (443 if secure else 80)),
        "subprotocols": list(subprotocols),
        "state": dict(state),
        # As servers do that let the application refuse a handshake with a whole HTTP response.
        "extensions": {"websocket.http.response": {}},
    }
