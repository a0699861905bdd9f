"""State that the workers of an application share: contracts, and their memory, SQLite and Redis implementations.

Each kind of store has a contract (a Protocol) that its implementations share, and the environment chooses one of them
(`from_environment`). Nothing here knows requests, cookies or sockets: keys are opaque text that the caller makes, a
digest and never a secret, so that a leaked store signs no one in. An operation that the store cannot answer raises
`StoreUnavailable`: the caller then refuses instead of guessing.
"""

from pyview.stores.from_environment import (
    claims_from_environment,
    once_store_from_environment,
    revocations_from_environment,
    session_store_from_environment,
    state_store_from_environment,
)
from pyview.stores.health import StoreUnavailable
from pyview.stores.once import MemoryOnceStore, OnceStore, SQLiteOnceStore
from pyview.stores.revocations import Listener, MemoryRevocations, Revocations
from pyview.stores.revocations_sqlite import SQLiteRevocations
from pyview.stores.sessions import KeyTaken, MemorySessionStore, Record, SessionStore, decode, encode
from pyview.stores.sessions_sqlite import SQLiteSessionStore
from pyview.stores.states import MemoryStateStore, SQLiteStateStore, StateEntry, StateStore

__all__ = [
    "KeyTaken",
    "Listener",
    "MemoryOnceStore",
    "MemoryRevocations",
    "MemorySessionStore",
    "MemoryStateStore",
    "OnceStore",
    "Record",
    "Revocations",
    "SQLiteOnceStore",
    "SQLiteRevocations",
    "SQLiteSessionStore",
    "SQLiteStateStore",
    "SessionStore",
    "StateEntry",
    "StateStore",
    "StoreUnavailable",
    "claims_from_environment",
    "decode",
    "encode",
    "once_store_from_environment",
    "revocations_from_environment",
    "session_store_from_environment",
    "state_store_from_environment",
]
