"""PyView: live, server-rendered web pages in Python, on Starlette."""

from pyview.app import PyView
from pyview.async_result import AsyncFailure, AsyncResult
from pyview.binding import Depends, Params, Session
from pyview.config import SecurityConfig
from pyview.hooks import Halt
from pyview.js import JsCommand, JsCommands, js
from pyview.live_render import Embedded, live_render
from pyview.live_view import LiveView
from pyview.meta import PyViewMeta
from pyview.socket import ConnectedLiveViewSocket, LiveViewSocket, UnconnectedSocket, is_connected
from pyview.template.root_template import RootTemplate, RootTemplateContext, defaultRootTemplate
from pyview.threads import inline

__all__ = [
    "AsyncFailure",
    "AsyncResult",
    "ConnectedLiveViewSocket",
    "Depends",
    "Embedded",
    "Halt",
    "JsCommand",
    "JsCommands",
    "LiveView",
    "LiveViewSocket",
    "Params",
    "PyView",
    "PyViewMeta",
    "RootTemplate",
    "RootTemplateContext",
    "SecurityConfig",
    "Session",
    "UnconnectedSocket",
    "defaultRootTemplate",
    "inline",
    "is_connected",
    "js",
    "live_render",
]
