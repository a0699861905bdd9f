"""Sessions that live on the server, and the list of where somebody is signed in."""

from pyview.sessions.devices import Device, end_device, list_devices
from pyview.sessions.middleware import ServerSessionMiddleware
from pyview.sessions.store import (
    MemorySessionStore,
    SessionStore,
    SQLiteSessionStore,
    session_store_from_environment,
)

__all__ = [
    "Device",
    "MemorySessionStore",
    "SQLiteSessionStore",
    "ServerSessionMiddleware",
    "SessionStore",
    "end_device",
    "list_devices",
    "session_store_from_environment",
]
