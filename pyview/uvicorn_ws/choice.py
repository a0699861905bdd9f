"""The choice of uvicorn's WebSocket protocol."""

from importlib.util import find_spec
from typing import Final

PICOWS_PROTOCOL: Final = "pyview.uvicorn_ws:PicowsProtocol"


def websocket_protocol() -> str:
    """Return the value for uvicorn's option `ws`: this package's protocol where picows is installed, else "auto"."""
    return PICOWS_PROTOCOL if find_spec("picows") else "auto"
