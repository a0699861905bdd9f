"""Where server-side sessions are kept: one contract, three kinds of store.

Nothing here knows cookies or requests. Keys are digests that the caller makes (SHA-256 of the id in the cookie):
who reads a store can sign in as nobody.

OnceStore: whoever comes first gets it, among all workers, and nobody after them.

For what may be used once only. Keys are opaque text that the caller makes, never a secret.

Revocation: what is signed out although its cookie says otherwise, told to every worker within a second.

Nothing here knows sessions, sockets or requests: keys are opaque text that the caller makes (`sid:<digest>`,
`user:<digest>`, `all`), never a raw session id.

Storage: what outlives a worker. Files and servers that several workers share, and what happens while one is
gone.

Nothing here knows what is stored. Whatever cannot be asked raises `StoreUnavailable`; nothing is guessed.
"""

from pyview.stores.claims import MemoryClaims, OnceStore, SQLiteClaims
from pyview.stores.from_environment import (
    claims_from_environment,
    revocations_from_environment,
    session_store_from_environment,
)
from pyview.stores.outage import StoreUnavailable
from pyview.stores.revocations import Listener, MemoryRevocations, Revocations
from pyview.stores.revocations_shared import SQLiteRevocations
from pyview.stores.sessions import KeyTaken, MemorySessionStore, Record, SessionStore, decode, encode
from pyview.stores.sessions_sqlite import SQLiteSessionStore

__all__ = [
    "KeyTaken",
    "Listener",
    "MemoryClaims",
    "MemoryRevocations",
    "MemorySessionStore",
    "OnceStore",
    "Record",
    "Revocations",
    "SQLiteClaims",
    "SQLiteRevocations",
    "SQLiteSessionStore",
    "SessionStore",
    "StoreUnavailable",
    "claims_from_environment",
    "decode",
    "encode",
    "revocations_from_environment",
    "session_store_from_environment",
]
