"""The socket under the path that PyView users know."""

from pyview.socket import ConnectedLiveViewSocket, LiveViewSocket, UnconnectedSocket, is_connected

__all__ = ["ConnectedLiveViewSocket", "LiveViewSocket", "UnconnectedSocket", "is_connected"]
