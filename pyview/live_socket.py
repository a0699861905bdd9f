"""The socket under the path that PyView users know."""

from typing import TYPE_CHECKING

from pyview.removed_names import missing_name
from pyview.socket.socket import ConnectedLiveViewSocket, LiveViewSocket, UnconnectedSocket, is_connected

__all__ = ["ConnectedLiveViewSocket", "LiveViewSocket", "UnconnectedSocket", "is_connected"]

if not TYPE_CHECKING:  # type checkers would take every name for one of this module

    def __getattr__(name):
        raise missing_name(__name__, name)
