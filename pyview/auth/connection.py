"""The connection that an `AuthProvider` gets, and the client IP of a connection."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import unquote

from starlette.datastructures import QueryParams
from starlette.types import Scope
from starlette.websockets import WebSocket

from pyview.auth.identity import auth_of, user_of
from pyview.auth.redirects import page_path
from pyview.sessions.session import ReadOnlySession, read_only, session_of


def client_address(scope: Scope) -> str:
    """Return the client IP from the server; behind a proxy that the server does not trust, that of the proxy.

    `X-Forwarded-For` is never read, because any client may send it: a server that trusts its proxy puts the real client
    IP into the scope.
    """
    client = scope.get("client")
    return str(client[0]) if client else "unknown client"


_PAGE_SCHEMES = {"ws": "http", "wss": "https"}
_BEARER = "base64url.bearer.phx."


class LiveConnection(WebSocket):
    """A `WebSocket` with the `url`, `query_params` and `path_params` of the joining page.

    Headers, cookies, session, user and scopes are those of the handshake. A page without a query has the query of the
    handshake, for clients that are not browsers. It can only be read: a provider refuses by returning False.
    """

    def __init__(
        self, scope: Scope, page_url: str | None = None, path_params: Mapping[str, Any] | None = None
    ) -> None:
        """`scope` is that of the handshake. `page_url` is path and query of the page without fragment, for example
        `/items/3?sort=name`; None for a join without a page."""
        self._handshake_query: bytes = scope.get("query_string", b"")
        super().__init__(_page_scope(scope, page_url, path_params), _closed, _closed)

    @property
    def query_params(self) -> QueryParams:
        return QueryParams(self.scope["query_string"] or self._handshake_query)

    @property
    def page_url(self) -> str:
        """The page's path and query, as the browser shows them."""
        return page_path(self.scope)

    @property
    def auth_token(self) -> str | None:
        """The token that the client sent as a sub-protocol (`authToken` of phoenix.js), None without one.

        It keeps secrets out of URLs and logs. The sub-protocol is `base64url.bearer.phx.` followed by the token in
        base64url without padding.
        """
        offered = (name for name in self.scope.get("subprotocols", ()) if name.startswith(_BEARER))
        return next(map(_decoded, offered), None)

    @property
    def session(self) -> ReadOnlySession:
        """The session, read-only; empty without a session middleware."""
        return read_only(session_of(self.scope))

    @property
    def auth(self) -> Any:
        """The credentials, without scopes if no authentication middleware is installed."""
        return auth_of(self.scope)

    @property
    def user(self) -> Any:
        """The user, an `UnauthenticatedUser` without one."""
        return user_of(self.scope)


def _decoded(protocol: str) -> str | None:
    encoded = protocol.removeprefix(_BEARER)
    try:
        return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return None


def _page_scope(scope: Scope, page_url: str | None, path_params: Mapping[str, Any] | None) -> Scope:
    # Providers are written for HTTP requests too: `url` of a page is http(s), not ws(s).
    page = dict(scope, scheme=_PAGE_SCHEMES.get(scope.get("scheme", "ws"), "http"))
    page.pop("raw_path", None)  # it is that of the socket's endpoint
    if page_url is not None:
        path, _, query = page_url.partition("?")
        page["path"] = unquote(path)
        page["query_string"] = query.encode()
    if path_params is not None:
        page["path_params"] = dict(path_params)
    return page


async def _closed(*_: Any) -> NoReturn:
    raise RuntimeError(
        "An AuthProvider may read the connection, but not receive, send or close: the socket has other pages too. "
        "Return False to refuse this page."
    )
