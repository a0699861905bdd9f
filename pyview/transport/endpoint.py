"""ASGI endpoint that every live page of an application connects to, by WebSocket or by long poll."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.types import Receive, Scope, Send

from pyview.auth.replay import IdentityPipeline
from pyview.process.app_context import AppContext
from pyview.transport.connections import OpenConnections
from pyview.transport.first_views import FirstViews
from pyview.transport.identity_monitor import IdentityMonitor
from pyview.transport.join import JoinAuthorizer
from pyview.transport.reconnect import DetachedViews
from pyview.transport.websocket import WebSocketConnection

logger = logging.getLogger("pyview")

SOCKET_PATH = "/live/websocket"


class SocketEndpoint:
    """Makes a `WebSocketConnection` for each handshake and serves it.

    `app_context` and `pipeline` are called for each connection: both are made when the application starts.
    """

    def __init__(
        self,
        app_context: Callable[[], AppContext],
        pipeline: Callable[[], IdentityPipeline],
        authorizer: JoinAuthorizer,
        connections: OpenConnections,
        monitor: IdentityMonitor,
        detached_views: DetachedViews,
        first_views: FirstViews,
    ) -> None:
        self._app_context = app_context
        self._pipeline = pipeline
        self._authorizer = authorizer
        self._connections = connections
        self._monitor = monitor
        self._detached_views = detached_views
        self._first_views = first_views
        self._warned = False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # Not a coroutine of its own: it would keep one more frame for each open socket.
        connect = partial(self._connect, scope, receive, send)
        return self._connections.serve(connect, scope, receive, send)

    async def serve_polls(
        self, scope: Scope, receive: Receive, send: Send, connected: Callable[[WebSocketConnection], None]
    ) -> None:
        """Serve a connection that comes as long polls. `connected` is called with it."""

        def connect() -> WebSocketConnection:
            connection = self._connect(scope, receive, send)
            connected(connection)
            return connection

        await self._connections.serve(connect, scope, receive, send)

    def _connect(self, scope: Scope, receive: Receive, send: Send) -> WebSocketConnection:
        pipeline = self._pipeline()
        if "session" in scope and not (pipeline.loads_session or self._warned):
            self._warned = True
            logger.warning(
                "The session comes from the host application and cannot be re-checked: open pages keep the user they "
                "connected as, even after sign-out. Call authenticate_with(host_app)."
            )
        return WebSocketConnection(
            self._app_context(),
            self._authorizer,
            pipeline,
            self._monitor,
            self._detached_views,
            self._first_views,
            scope,
            receive,
            send,
        )
