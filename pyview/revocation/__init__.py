"""Revocation: what is signed out although its cookie says otherwise, told to every worker within a second.

Nothing here knows sessions, sockets or requests: keys are opaque text that the caller makes (`sid:<digest>`,
`user:<digest>`, `all`), never a raw session id.
"""

from pyview.revocation.base import Listener, Revocations
from pyview.revocation.environment import revocations_from_environment
from pyview.revocation.memory import MemoryRevocations
from pyview.revocation.sqlite import SQLiteRevocations
from pyview.storage.errors import StoreUnavailable

__all__ = [
    "Listener",
    "MemoryRevocations",
    "Revocations",
    "SQLiteRevocations",
    "StoreUnavailable",
    "revocations_from_environment",
]
