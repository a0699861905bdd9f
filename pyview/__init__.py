"""PyView: live, server-rendered web pages in Python, on Starlette."""

from pyview.app import PyView
from pyview.background.result import AsyncFailure, AsyncResult
from pyview.binding import Depends, Params, Session
from pyview.components import ComponentMeta, ComponentSocket, LiveComponent, live_component
from pyview.config import SecurityConfig
from pyview.hooks import Halt
from pyview.js import JsCommand, JsCommands, js
from pyview.keeping import Keep
from pyview.live_render import Embedded, live_render
from pyview.live_view import LiveView
from pyview.meta import PyViewMeta
from pyview.playground import playground
from pyview.socket.connect import ConnectInfo, static_changed
from pyview.socket.socket import ConnectedLiveViewSocket, LiveViewSocket, UnconnectedSocket, is_connected
from pyview.stream import Stream
from pyview.template.component import component
from pyview.template.declared.declaration import SlotEntry
from pyview.template.declared.signature import Slot, Slots, attr
from pyview.template.root_template import RootTemplate, RootTemplateContext, defaultRootTemplate
from pyview.template.tstrings.each import each
from pyview.threads import inline

__all__ = [
    "AsyncFailure",
    "AsyncResult",
    "ComponentMeta",
    "ComponentSocket",
    "ConnectInfo",
    "ConnectedLiveViewSocket",
    "Depends",
    "Embedded",
    "Halt",
    "JsCommand",
    "JsCommands",
    "Keep",
    "LiveComponent",
    "LiveView",
    "LiveViewSocket",
    "Params",
    "PyView",
    "PyViewMeta",
    "RootTemplate",
    "RootTemplateContext",
    "SecurityConfig",
    "Session",
    "Slot",
    "SlotEntry",
    "Slots",
    "Stream",
    "UnconnectedSocket",
    "attr",
    "component",
    "defaultRootTemplate",
    "each",
    "inline",
    "is_connected",
    "js",
    "live_component",
    "live_render",
    "playground",
    "static_changed",
]
