"""A WebSocket protocol for uvicorn on picows, for any ASGI application.

`uvicorn shop:app --ws pyview.uvicorn_ws:PicowsProtocol`. It needs uvicorn and picows, which the extra `standard`
brings.
"""

from pyview.uvicorn_ws.choice import websocket_protocol

try:
    from pyview.uvicorn_ws.protocol import PicowsProtocol
except ModuleNotFoundError as _missing:
    _name = _missing.name

    def __getattr__(name: str) -> object:
        if name == "PicowsProtocol":
            raise ImportError(f"PicowsProtocol needs {_name}: pip install 'pyview-live[standard]'")
        raise AttributeError(name)


__all__ = ["PicowsProtocol", "websocket_protocol"]
