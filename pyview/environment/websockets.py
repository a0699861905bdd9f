"""The WebSocket protocol that uvicorn should use. This module imports neither uvicorn nor that protocol."""

from importlib import import_module
from typing import Final

PICOWS_PROTOCOL: Final = "pyview.uvicorn_ws:PicowsProtocol"


def websocket_protocol() -> str:
    """Return the value for uvicorn's option `ws`: PyView's own protocol if it can be imported, else "auto".

    It cannot without picows, and with a version of picows that it does not know.
    """
    try:
        import_module("pyview.uvicorn_ws.protocol")
    except ImportError:
        return "auto"
    return PICOWS_PROTOCOL
