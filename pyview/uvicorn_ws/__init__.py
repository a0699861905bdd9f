"""A WebSocket protocol for uvicorn on picows, for any ASGI application.

`uvicorn shop:app --ws pyview.uvicorn_ws:PicowsProtocol`. It needs uvicorn and picows, which the extra `standard`
brings.
"""

from pyview.environment.websockets import websocket_protocol

try:
    from pyview.uvicorn_ws.protocol import PicowsProtocol
except ImportError as _error:
    _reason = str(_error)

    def __getattr__(name: str) -> object:
        if name == "PicowsProtocol":
            raise ImportError(
                f"PicowsProtocol needs uvicorn and picows 2.3 ({_reason}): pip install 'pyview-live[standard]'"
            )
        raise AttributeError(name)


__all__ = ["PicowsProtocol", "websocket_protocol"]
