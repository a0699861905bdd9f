"""Where server-side sessions are kept: one contract, three kinds of store.

Nothing here knows cookies or requests. Keys are digests that the caller makes (SHA-256 of the id in the cookie):
who reads a store can sign in as nobody.
"""

from pyview.sessions.store.base import SessionStore
from pyview.sessions.store.data import decode, encode
from pyview.sessions.store.environment import session_store_from_environment
from pyview.sessions.store.memory import MemorySessionStore
from pyview.sessions.store.record import KeyTaken, Record
from pyview.sessions.store.sqlite import SQLiteSessionStore
from pyview.storage.errors import StoreUnavailable

__all__ = [
    "KeyTaken",
    "MemorySessionStore",
    "Record",
    "SQLiteSessionStore",
    "SessionStore",
    "StoreUnavailable",
    "decode",
    "encode",
    "session_store_from_environment",
]
