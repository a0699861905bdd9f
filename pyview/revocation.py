"""Documented import path, kept for users. Names of `pyview.stores`."""

from pyview.stores import (
    Listener,
    MemoryRevocations,
    Revocations,
    SQLiteRevocations,
    StoreUnavailable,
    revocations_from_environment,
)

__all__ = [
    "Listener",
    "MemoryRevocations",
    "Revocations",
    "SQLiteRevocations",
    "StoreUnavailable",
    "revocations_from_environment",
]
