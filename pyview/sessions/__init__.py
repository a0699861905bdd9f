"""Server-side sessions, and the list of a user's devices."""

from pyview.sessions.devices import Device, end_device, list_devices
from pyview.sessions.middleware import ServerSessionMiddleware
from pyview.stores.from_environment import session_store_from_environment
from pyview.stores.sessions import MemorySessionStore, SessionStore
from pyview.stores.sessions_sqlite import SQLiteSessionStore

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
