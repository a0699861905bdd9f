"""Data of a browser that connects: its parameters, its address and headers. For `mount`; dropped afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlsplit

from starlette.datastructures import URL, Headers
from starlette.types import Scope

BUNDLE = "pyview.bundle"
"""Key of a scope for the names of the files that this server's pages load."""

# What PyView's client adds for the server: a CSRF token, a nonce, and what a rejoin needs.
# A view that shows its parameters must not show them.
_NOT_TOLD = frozenset({"_csrf_token", "_csp_nonce", "_load", "_received"})
_ASSETS = "/live/assets/"


class NotConnecting(RuntimeError):
    """Connect data was asked for after the mount, when it is gone."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"socket.{what} exists only while the view is mounted (mount, on_mount, the first handle_params). "
            "Put what you need of it into the context."
        )


@dataclass(frozen=True, slots=True)
class ConnectInfo:
    """Request or handshake of a browser.

    `peer` is host and port of the client, as the server reports it: behind a proxy that is not trusted, the proxy.
    `uri` is the URI of the request or the handshake. `headers` are those that `SecurityConfig(connect_headers=...)`
    names, in lower case.
    """

    peer: tuple[str, int] | None
    uri: str
    user_agent: str
    headers: Mapping[str, str]


class ConnectData:
    """Connect data of one request or one join. `params` is None for a request, which has none.

    `was_read` is True once anything of it has been read.
    """

    __slots__ = ("_allowed", "_params", "_scope", "was_read")

    def __init__(self, scope: Scope, params: Any, allowed: Sequence[str]) -> None:
        self.was_read = False
        self._scope = scope
        self._params = params if isinstance(params, dict) else {}
        self._allowed = allowed

    @property
    def params(self) -> Mapping[str, Any]:
        self.was_read = True
        return MappingProxyType(
            {name: value for name, value in self._params.items() if name not in _NOT_TOLD}
        )

    @property
    def info(self) -> ConnectInfo:
        self.was_read = True
        headers = Headers(scope=self._scope)
        wanted = {name.lower(): headers[name] for name in self._allowed if name in headers}
        client = self._scope.get("client")
        return ConnectInfo(
            (client[0], client[1]) if client else None,
            str(URL(scope=self._scope)),
            headers.get("user-agent", ""),
            MappingProxyType(wanted),
        )

    def statics_changed(self, current: Sequence[str]) -> bool:
        """Return True if the page would be loaded with other files now."""
        self.was_read = True
        # The browser sends the list, so its form and the length of each URL are checked.
        tracked = self._params.get("_track_static")
        if not isinstance(tracked, list):
            return False
        paths = {urlsplit(url).path for url in tracked if isinstance(url, str) and len(url) < 2048}
        bundle = self._scope.get(BUNDLE, frozenset())
        # A name contains the digest of its file, so a name that is not in the bundle is of another version.
        ours = {path.rpartition("/")[2] for path in paths if _ASSETS in path}
        return not ours <= bundle or any(urlsplit(url).path not in paths for url in current)


class Connectable(Protocol):
    """A socket."""

    @property
    def connecting(self) -> ConnectData | None: ...


def static_changed(socket: Connectable, *current: str) -> bool:
    """Return True if the page was loaded before the last deploy. For `mount`:

        if is_connected(socket) and static_changed(socket, static_url("app.css")):
            socket.put_flash("info", "There is a new version of this page. Please load it again.")

    A page is older if it has another version of PyView's files, or not all of `current`: the URLs of files that your
    own root template marks with `phx-track-static`. False during the first HTTP request, which brings the newest files.
    Raises `NotConnecting` after the mount.
    """
    return connecting_of(socket, "static_changed").statics_changed(current)


def connecting_of(socket: Connectable, what: str) -> ConnectData:
    """Return the connect data of a socket. Raises `NotConnecting`."""
    if socket.connecting is None:
        raise NotConnecting(what)
    return socket.connecting
