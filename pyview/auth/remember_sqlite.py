"""Documented import path, kept for users. Names of `pyview.auth.remember_store`."""

from pyview.auth.remember_store import SQLiteRememberStore

__all__ = ["SQLiteRememberStore"]
